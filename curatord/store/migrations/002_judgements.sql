-- What people say of pairs. Nothing that is derived from the notes touches it: a judgement whose pair is gone lies
-- dormant, and is in force again when the same pair comes back. It holds what is needed to know the pair again by what
-- it says, never by a row's id, so that a rebuild, or another store, can take the table over as it is.
CREATE TABLE judgements (
    pair          TEXT PRIMARY KEY, -- content hash of the pair as it was made
    question_hash INTEGER NOT NULL, -- of the question as it was made; with `sense` it knows the pair in other words
    sense         INTEGER,          -- of its fact
    verdict       TEXT NOT NULL CHECK (verdict IN ('up', 'down', 'edited')),
    question      TEXT,             -- as edited; NULL: as made
    answer        TEXT,             -- as edited; NULL: as made
    rejected      TEXT,             -- what to train the edited answer against; NULL: what follows from the edit
    made_question TEXT NOT NULL,
    made_answer   TEXT NOT NULL,
    fact          TEXT NOT NULL,    -- content hash
    root          TEXT NOT NULL,    -- where it stood when it was judged
    path          TEXT NOT NULL,
    judged_at     TEXT NOT NULL,    -- ISO 8601, UTC
    judged_by     TEXT NOT NULL CHECK (judged_by IN ('cli', 'dashboard', 'api')),
    CHECK (verdict <> 'edited' OR coalesce(question, answer, rejected) IS NOT NULL),
    CHECK (verdict <> 'up' OR coalesce(question, answer, rejected) IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX judgements_by_question ON judgements (question_hash, sense);

-- What of it is in force for a pair. Where one is edited, `pair`, `question_hash`, `question`, `answer`,
-- `made_strategy` and `made_rejected` are those of the edit, and what curation made of the fact is put by in `made`.
ALTER TABLE pairs ADD COLUMN judgement TEXT; -- the judgement in force; NULL: none
ALTER TABLE pairs ADD COLUMN verdict TEXT CHECK (verdict IN ('up', 'down', 'edited'));
ALTER TABLE pairs ADD COLUMN made_pair TEXT; -- content hash as it was made; NULL: nobody edited it
ALTER TABLE pairs ADD COLUMN made TEXT;      -- JSON object
CREATE INDEX pairs_by_judgement ON pairs (judgement) WHERE judgement IS NOT NULL;
CREATE INDEX pairs_by_made_hash ON pairs (made_pair) WHERE made_pair IS NOT NULL;

-- As before, and for pairs that an edit gives or takes a rejected answer.
DROP TRIGGER tally_update;
CREATE TRIGGER tally_update AFTER UPDATE OF kept, stale, seen, made_strategy ON pairs BEGIN
    UPDATE tally SET pairs = pairs - 1
    WHERE old.kept AND split = old.split AND category = old.category AND preferred = (old.strategy IS NOT NULL)
      AND seen = old.seen;
    INSERT INTO tally SELECT new.split, new.category, new.strategy IS NOT NULL, new.seen, 1 WHERE new.kept
    ON CONFLICT DO UPDATE SET pairs = pairs + 1;
END;
