-- What happened, for as long as it is worth knowing: `curatord history`. Not derived from the notes.
CREATE TABLE history (
    id   INTEGER PRIMARY KEY,    -- in the order of writing
    time TEXT NOT NULL,          -- ISO 8601, UTC, milliseconds
    kind TEXT NOT NULL,
    data TEXT NOT NULL           -- JSON object: ids, counts, reasons
) STRICT;
CREATE INDEX history_by_time ON history (time);
