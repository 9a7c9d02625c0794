-- How many kept pairs there are of each sort, counted as they come and go: the status asks after every batch, and
-- counting half a million rows takes most of a second.

CREATE TABLE tally (
    split     TEXT NOT NULL,
    category  TEXT NOT NULL,
    preferred INTEGER NOT NULL,  -- 1: with a rejected answer
    pairs     INTEGER NOT NULL,
    PRIMARY KEY (split, category, preferred)
) STRICT, WITHOUT ROWID;

INSERT INTO tally
SELECT split, category, strategy IS NOT NULL, count(*) FROM pairs WHERE kept GROUP BY 1, 2, 3;

CREATE TRIGGER tally_insert AFTER INSERT ON pairs WHEN new.kept BEGIN
    INSERT INTO tally VALUES (new.split, new.category, new.strategy IS NOT NULL, 1)
    ON CONFLICT DO UPDATE SET pairs = pairs + 1;
END;
CREATE TRIGGER tally_keep AFTER UPDATE OF kept ON pairs WHEN new.kept > old.kept BEGIN
    INSERT INTO tally VALUES (new.split, new.category, new.strategy IS NOT NULL, 1)
    ON CONFLICT DO UPDATE SET pairs = pairs + 1;
END;
CREATE TRIGGER tally_leave_out AFTER UPDATE OF kept ON pairs WHEN new.kept < old.kept BEGIN
    UPDATE tally SET pairs = pairs - 1
    WHERE split = old.split AND category = old.category AND preferred = (old.strategy IS NOT NULL);
END;
CREATE TRIGGER tally_delete AFTER DELETE ON pairs WHEN old.kept BEGIN
    UPDATE tally SET pairs = pairs - 1
    WHERE split = old.split AND category = old.category AND preferred = (old.strategy IS NOT NULL);
END;

-- The tally answers what this index was for.
DROP INDEX pairs_in_shards;
