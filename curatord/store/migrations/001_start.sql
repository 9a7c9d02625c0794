-- What is derived from the notes (documents, sections, facts, pairs) is a function of the files and the settings
-- alone. What is remembered about the disk and the shards (files, roots, problems, seen, shards, dirty, meta) is not.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Memory roots by name: "knowledge", "episodes", "knowledge-2", ... in the order of the configuration.
CREATE TABLE roots (
    name      TEXT PRIMARY KEY,
    path      TEXT NOT NULL,
    device    INTEGER,
    held      TEXT,              -- why deletions wait for confirmation; NULL: they do not
    held_at   TEXT,
    confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What the last look at each note saw, and what became of it.
CREATE TABLE files (
    root     TEXT NOT NULL,
    path     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    device   INTEGER NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('document', 'skipped', 'failed')),
    reason   TEXT NOT NULL DEFAULT '',
    content  TEXT,               -- sha256 of the bytes; NULL where they could not be read
    curation TEXT NOT NULL,      -- fingerprint of the code and the settings that read it
    PRIMARY KEY (root, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    id       TEXT PRIMARY KEY,   -- hash of root name and path
    root     TEXT NOT NULL,
    path     TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('knowledge', 'episodes')),
    title    TEXT NOT NULL,
    language TEXT NOT NULL,
    date     TEXT,               -- ISO 8601, from the frontmatter
    words    INTEGER NOT NULL,
    bucket   INTEGER NOT NULL,   -- 31 bits of the id: decides the shard
    UNIQUE (root, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE sections (
    id         INTEGER PRIMARY KEY,
    document   TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL, -- 0: the frontmatter; 1, 2, ...: in reading order
    key        TEXT NOT NULL,    -- hash of everything its facts and pairs depend on
    heading    TEXT NOT NULL,    -- JSON array: the heading path
    first_line INTEGER NOT NULL,
    last_line  INTEGER NOT NULL,
    dropped    TEXT NOT NULL,    -- JSON object: how many questions and facts were refused, by reason
    UNIQUE (document, ordinal)
) STRICT;

CREATE TABLE facts (
    id         INTEGER PRIMARY KEY,
    section    INTEGER NOT NULL REFERENCES sections (id) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    fact       TEXT NOT NULL,    -- content hash
    extractor  TEXT NOT NULL,
    subject    TEXT NOT NULL,
    statement  TEXT NOT NULL,
    keys       TEXT NOT NULL,    -- JSON array
    siblings   TEXT NOT NULL,    -- JSON array
    first_line INTEGER NOT NULL, -- counted from the section's first line, which is 0
    last_line  INTEGER NOT NULL,
    sense      INTEGER,          -- equal for facts that say the same
    attribute  INTEGER,          -- equal for facts that give the same thing a value; NULL: none is given
    repeated   INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1)),  -- 1: another that says the same is asked
    superseded INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1)) -- 1: a newer note gives another value
) STRICT;
CREATE INDEX facts_by_section ON facts (section, ordinal);
CREATE INDEX facts_by_sense ON facts (sense);
CREATE INDEX facts_by_attribute ON facts (attribute);

CREATE TABLE pairs (
    id           INTEGER PRIMARY KEY,
    fact         INTEGER NOT NULL REFERENCES facts (id) ON DELETE CASCADE,
    document     TEXT NOT NULL,
    ordinal      INTEGER NOT NULL,
    pair         TEXT NOT NULL,  -- content hash of question and answer
    question_hash INTEGER NOT NULL, -- equal for questions that ask the same
    split        TEXT NOT NULL CHECK (split IN ('train', 'test')),
    category     TEXT NOT NULL CHECK (category IN ('factual', 'analytical', 'practical', 'critical', 'comparative')),
    phrasing     TEXT NOT NULL,
    question     TEXT NOT NULL,
    answer       TEXT NOT NULL,
    score        REAL NOT NULL,
    parts        TEXT NOT NULL,  -- JSON object: the score's named parts
    made_strategy TEXT CHECK (made_strategy IN ('vague', 'unspecific', 'wrong')),
    made_rejected TEXT,
    stale        TEXT,           -- what an older note answers to the same question, with another value
    strategy     TEXT GENERATED ALWAYS AS (CASE WHEN stale IS NULL THEN made_strategy ELSE 'stale' END) VIRTUAL,
    rejected     TEXT GENERATED ALWAYS AS (coalesce(stale, made_rejected)) VIRTUAL,
    kept         INTEGER NOT NULL DEFAULT 1 CHECK (kept IN (0, 1)), -- 0: an equal question stands elsewhere, or its fact is not asked
    seen         INTEGER NOT NULL DEFAULT 0 CHECK (seen IN (0, 1)), -- 1: `seen` knows it
    CHECK ((made_strategy IS NULL) = (made_rejected IS NULL))
) STRICT;
CREATE INDEX pairs_by_fact ON pairs (fact, ordinal);
CREATE INDEX pairs_by_question ON pairs (question_hash);
CREATE INDEX pairs_by_hash ON pairs (pair);
CREATE INDEX pairs_left_out ON pairs (question_hash) WHERE NOT kept;

-- Which pairs a training run was given, by content hash: one that goes and comes back is still no new one.
CREATE TABLE seen (
    run  TEXT NOT NULL,          -- empty: any run whose marks stay for good
    pair TEXT NOT NULL,
    PRIMARY KEY (pair, run)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE pairs_search USING fts5 (
    question, answer, content = 'pairs', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
-- New rows are indexed by the batch that brings them, all at once.
CREATE TRIGGER pairs_search_delete AFTER DELETE ON pairs BEGIN
    INSERT INTO pairs_search (pairs_search, rowid, question, answer)
    VALUES ('delete', old.id, old.question, old.answer);
END;

-- How many kept pairs there are of each sort, counted as they come and go: the status asks after every batch, and
-- counting half a million rows takes most of a second.

CREATE TABLE tally (
    split     TEXT NOT NULL,
    category  TEXT NOT NULL,
    preferred INTEGER NOT NULL,  -- 1: with a rejected answer
    seen      INTEGER NOT NULL,
    pairs     INTEGER NOT NULL,
    PRIMARY KEY (split, category, preferred, seen)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tally_insert AFTER INSERT ON pairs WHEN new.kept BEGIN
    INSERT INTO tally VALUES (new.split, new.category, new.strategy IS NOT NULL, new.seen, 1)
    ON CONFLICT DO UPDATE SET pairs = pairs + 1;
END;
CREATE TRIGGER tally_update AFTER UPDATE OF kept, stale, seen ON pairs BEGIN
    UPDATE tally SET pairs = pairs - 1
    WHERE old.kept AND split = old.split AND category = old.category AND preferred = (old.strategy IS NOT NULL)
      AND seen = old.seen;
    INSERT INTO tally SELECT new.split, new.category, new.strategy IS NOT NULL, new.seen, 1 WHERE new.kept
    ON CONFLICT DO UPDATE SET pairs = pairs + 1;
END;
CREATE TRIGGER tally_delete AFTER DELETE ON pairs WHEN old.kept BEGIN
    UPDATE tally SET pairs = pairs - 1
    WHERE split = old.split AND category = old.category AND preferred = (old.strategy IS NOT NULL) AND seen = old.seen;
END;

CREATE TABLE problems (
    root    TEXT NOT NULL,
    path    TEXT NOT NULL,       -- empty: the root itself
    source  TEXT NOT NULL CHECK (source IN ('scan', 'note')),
    code    TEXT NOT NULL,
    message TEXT NOT NULL,
    line    INTEGER,
    since   TEXT NOT NULL
) STRICT;
CREATE INDEX problems_by_path ON problems (root, path);

-- The shards on disk, as the manifest tells them, and the numbers of those to be written again.
CREATE TABLE shards (
    kind   TEXT NOT NULL CHECK (kind IN ('sft', 'preference')),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    pairs  INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE dirty (
    number INTEGER PRIMARY KEY
) STRICT;
