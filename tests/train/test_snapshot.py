"""What a training run is given: drawn at one moment, the same for the same store, and noticed when it changes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.curate.pair import Category, Split, pair_id
from curatord.errors import StoreError
from curatord.exam.grade import grade
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.judgements import By, Edit, Verdict
from curatord.store.judging import Said, judge
from curatord.store.splits import Part
from curatord.train.draw import draw
from curatord.train.snapshot import ExamRow, File, PreferenceRow, ReplayRow, SftRow, add_replay, open_snapshot
from tests.store.samples import document, pair, section, sha

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.store.records import DocumentRecord
    from curatord.train.snapshot import Snapshot


def put(store: Store, *records: DocumentRecord) -> None:
    """Put documents in one batch."""
    with batch(store, 32) as changes:
        for record in records:
            changes.put(record)


def facts(count: int, phrasings: int = 3, first: int = 0) -> list[DocumentRecord]:
    """Return a note per fact, each asked for in several ways and once for the exam."""
    return [
        document(
            f"{number:03d}.md",
            section(
                *(pair(f"Q{number}-{way}?", f"A{number}.", rejected="No.") for way in range(phrasings)),
                pair(f"Exam {number}?", f"A{number}.", split=Split.TEST),
            ),
        )
        for number in range(first, first + count)
    ]


def drawn(store: Store, directory: Path, *, valid_share: float = 0.05, seed: int = 0) -> Snapshot:
    """Draw a snapshot of a store."""
    return draw(store.path, directory, valid_share=valid_share, seed=seed)


def content(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every file."""
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_kept_training_pairs_become_rows(store: Store, tmp_path: Path) -> None:
    """A supervised row each, and a preference row where there is a rejected answer."""
    put(store, document("a.md", section(pair("Q1?", "A."), pair("Q2?", "A.", rejected="B."))))
    put(store, document("b.md", section(pair("Q1?", "Another."))))
    snapshot = drawn(store, tmp_path / "snapshot")
    kept = store.connection.execute("SELECT answer FROM pairs WHERE kept AND question = 'Q1?'").fetchone()[0]
    rows = {row.question: row for row in snapshot.sft(Part.TRAIN)}
    title = "a.md" if kept == "A." else "b.md"
    assert rows == {
        "Q1?": SftRow("Q1?", kept, "factual", sha("Q1?", kept), title, "en", [kept], heading=["Heading"]),
        "Q2?": SftRow("Q2?", "A.", "factual", sha("Q2?", "A."), "a.md", "en", ["A."], heading=["Heading"]),
    }
    assert list(snapshot.preference(Part.TRAIN)) == [PreferenceRow("Q2?", "A.", "B.", sha("Q2?", "A."))]
    assert snapshot.manifest.categories[Category.FACTUAL] == 2


def test_held_out_pairs_become_exam_rows_and_nothing_else(store: Store, tmp_path: Path) -> None:
    """With all that grading and reporting need; they are not among the pairs that are seen."""
    put(store, document("a.md", section(pair("Q?", "A."), pair("Exam?", "A.", split=Split.TEST, rejected="B."))))
    snapshot = drawn(store, tmp_path / "snapshot")
    exam = ExamRow("Exam?", "A.", "factual", sha("Exam?", "A."), sha("A."), ["A."], "knowledge", "a.md", kind="test")
    assert list(snapshot.test()) == [exam]
    assert snapshot.pairs() == [sha("Q?", "A.")]
    assert snapshot.counts["preference-train"] == 0


def test_what_people_said_of_pairs_is_in_the_snapshot(store: Store, tmp_path: Path) -> None:
    """A rejected pair is not, an edited one is as edited; an exam is graded by the answer as it was corrected."""
    exam = pair("Exam?", "It is 1.", split=Split.TEST)
    put(store, document("a.md", section(pair("Q1?", "It is 1."), pair("Q2?", "It is 1."), exam)))
    judge(store, 32, sha("Q1?", "It is 1."), Said(Verdict.DOWN, By.CLI, "2026-01-01T00:00:00.000+00:00"))
    edited = Said(Verdict.EDITED, By.CLI, "2026-01-01T00:00:00.001+00:00", Edit(answer="It is 3."))
    judge(store, 32, sha("Q2?", "It is 1."), edited)
    judge(store, 32, exam.id, edited)
    snapshot = drawn(store, tmp_path / "snapshot")
    identity = pair_id("Q2?", "It is 3.")
    (taught,) = snapshot.sft(Part.TRAIN)
    assert (taught.question, taught.answer, taught.pair) == ("Q2?", "It is 3.", identity)
    assert "3" in taught.keys
    assert list(snapshot.preference(Part.TRAIN)) == [PreferenceRow("Q2?", "It is 3.", "It is 1.", identity)]
    (row,) = snapshot.test()
    assert (row.answer, row.keys, row.siblings) == ("It is 3.", ["It is 1.", "3"], ["1"])
    assert grade("3.", row.keys, row.answer, row.siblings, row.question).right
    assert not grade("It is 1.", row.keys, row.answer, row.siblings, row.question).right


def test_rows_come_in_the_order_of_their_hashes(store: Store, tmp_path: Path) -> None:
    """Neither the order of notes nor that of arrival shows."""
    put(store, *facts(20))
    snapshot = drawn(store, tmp_path / "snapshot")
    for rows in (list(snapshot.sft(Part.TRAIN)), list(snapshot.preference(Part.TRAIN)), list(snapshot.test())):
        hashes = [row.pair for row in rows]
        assert hashes == sorted(hashes)
        assert len(hashes) > 10
    assert snapshot.pairs() == sorted(row.pair for part in (Part.TRAIN, Part.VALID) for row in snapshot.sft(part))


def test_two_draws_are_equal_byte_for_byte_whatever_the_history(store: Store, tmp_path: Path) -> None:
    """A store filled the other way round, and with detours, gives the same snapshot."""
    put(store, *facts(30))
    other = Store.open(tmp_path / "other.db")
    for record in reversed(facts(32)):
        put(other, record)
    with batch(other, 32) as changes:
        changes.remove("knowledge", "030.md")
        changes.remove("knowledge", "031.md")
    one, two = drawn(store, tmp_path / "one"), drawn(other, tmp_path / "two")
    other.close()
    assert content(one.directory) == content(two.directory)
    assert one.sha256 == two.sha256


def test_another_process_draws_the_same(store: Store, tmp_path: Path) -> None:
    """Nothing depends on the seed of Python's own hashes."""
    put(store, *facts(25))
    program = (
        "import sys; from pathlib import Path; from curatord.train.draw import draw\n"
        "draw(Path(sys.argv[1]), Path(sys.argv[2]), valid_share=0.05, seed=0)"
    )
    subprocess.run([sys.executable, "-c", program, str(store.path), str(tmp_path / "theirs")], check=True)
    assert content(drawn(store, tmp_path / "ours").directory) == content(tmp_path / "theirs")


def test_other_data_has_another_hash(store: Store, tmp_path: Path) -> None:
    """The overall hash tells snapshots apart."""
    put(store, *facts(3))
    before = drawn(store, tmp_path / "before").sha256
    put(store, document("new.md", section(pair("New?", "Yes."))))
    assert drawn(store, tmp_path / "after").sha256 != before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    phrasings=st.lists(st.integers(1, 4), min_size=1, max_size=30),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_fact_that_is_validated_on_is_learned_too(
    tmp_path_factory: pytest.TempPathFactory, phrasings: list[int], share: float, seed: int
) -> None:
    """At most one phrasing of a fact is held back, even where two notes hold it, and no row is lost."""
    directory = tmp_path_factory.mktemp("drawn")
    store = Store.open(directory / "store.db")
    for number, ways in enumerate(phrasings):
        put(
            store,
            document(f"{number}.md", section(*(pair(f"Q{number}-{way}?", f"A{number // 2}.") for way in range(ways)))),
        )
    snapshot = drawn(store, directory / "snapshot", valid_share=share, seed=seed)
    store.close()
    learned = {row.answer for row in snapshot.sft(Part.TRAIN)}
    asked = [row.answer for row in snapshot.sft(Part.VALID)]
    assert learned == {f"A{number // 2}." for number in range(len(phrasings))}
    assert len(asked) == len(set(asked))
    assert snapshot.counts["sft-train"] + snapshot.counts["sft-valid"] == sum(phrasings)


@pytest.mark.parametrize(
    ("number", "share", "expected"),
    [(6, 0.05, 0), (7, 0.05, 1), (40, 0.05, 2), (40, 0.0, 0), (1, 1.0, 1), (230, 0.95, 200)],
)
def test_as_many_facts_are_validated_on_as_their_share_says(
    store: Store, tmp_path: Path, number: int, share: float, expected: int
) -> None:
    """At least one where there are twenty rows (here three for each fact), at most 200; one phrasing of each."""
    put(store, *facts(number))
    snapshot = drawn(store, tmp_path / "snapshot", valid_share=share)
    assert snapshot.counts["sft-valid"] == expected
    assert snapshot.counts["preference-valid"] == expected


def test_new_notes_leave_most_of_the_validation_facts_where_they_are(store: Store, tmp_path: Path) -> None:
    """Curves of two nights are compared; a different seed draws others."""
    put(store, *facts(100))
    before = {row.answer for row in drawn(store, tmp_path / "one", valid_share=0.1).sft(Part.VALID)}
    put(store, *facts(10, first=100))
    after = {row.answer for row in drawn(store, tmp_path / "two", valid_share=0.1).sft(Part.VALID)}
    other = {row.answer for row in drawn(store, tmp_path / "three", valid_share=0.1, seed=1).sft(Part.VALID)}
    assert len(before & after) >= 8
    assert len(after & other) < 8


def test_a_store_without_pairs_is_a_clear_error_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """Held-out pairs alone are nothing to train on either."""
    put(store, document("a.md", section(pair("Exam?", "A.", split=Split.TEST))))
    with pytest.raises(StoreError, match="nothing to train on"):
        drawn(store, tmp_path / "snapshot")
    assert not list(tmp_path.glob("snapshot*"))


def test_a_missing_store_is_a_clear_error(tmp_path: Path) -> None:
    """Nothing was ever built."""
    with pytest.raises(StoreError, match="no store"):
        draw(tmp_path / "store.db", tmp_path / "snapshot", valid_share=0.05, seed=0)


def test_a_damaged_store_is_a_clear_error(tmp_path: Path) -> None:
    """SQLite's own words, and what to do."""
    (tmp_path / "store.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="not a usable curatord store"):
        draw(tmp_path / "store.db", tmp_path / "snapshot", valid_share=0.05, seed=0)


def test_a_snapshot_is_never_drawn_over(store: Store, tmp_path: Path) -> None:
    """It is what the run used."""
    put(store, *facts(2))
    drawn(store, tmp_path / "snapshot")
    with pytest.raises(StoreError, match="already"):
        drawn(store, tmp_path / "snapshot")


def test_what_a_killed_process_left_is_in_nobodys_way(store: Store, tmp_path: Path) -> None:
    """A half-written one beside it is removed, read-only files and all."""
    put(store, *facts(2))
    half = tmp_path / "snapshot.tmp"
    half.mkdir()
    (half / "sft-train.jsonl").write_text("{")
    (half / "sft-train.jsonl").chmod(0o444)
    drawn(store, tmp_path / "snapshot")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["snapshot"]


def test_a_draw_sees_one_moment(store: Store, tmp_path: Path) -> None:
    """What is committed while rows are read belongs to the next snapshot: none of the files shows it."""
    from curatord.train import draw as module  # noqa: PLC0415  the reading transaction itself

    put(store, *facts(3))
    with module._reading(store.path) as connection:
        before = connection.execute(module._FACTS).fetchall()
        put(store, *facts(3, first=3))
        assert connection.execute(module._FACTS).fetchall() == before
    assert drawn(store, tmp_path / "snapshot").counts["test"] == 6


def test_the_files_are_read_only(store: Store, tmp_path: Path) -> None:
    """An editor asks before it changes them."""
    put(store, *facts(2))
    snapshot = add_replay(drawn(store, tmp_path / "snapshot"), [ReplayRow("Hi?", "Hello.")])
    assert {file.stat().st_mode & 0o777 for file in snapshot.directory.iterdir()} == {0o444}


def test_an_opened_snapshot_is_the_one_that_was_drawn(store: Store, tmp_path: Path) -> None:
    """Manifest and rows alike."""
    put(store, *facts(8))
    snapshot = drawn(store, tmp_path / "snapshot")
    opened = open_snapshot(tmp_path / "snapshot")
    assert opened == snapshot
    assert list(opened.sft(Part.VALID)) == list(snapshot.sft(Part.VALID))
    assert opened.counts == {
        "sft-train": 23,
        "sft-valid": 1,
        "preference-train": 23,
        "preference-valid": 1,
        "test": 8,
        "pairs": 24,
    }


@pytest.mark.parametrize("file", [*File, "snapshot.json"])
def test_a_changed_byte_is_noticed(store: Store, tmp_path: Path, file: str) -> None:
    """In any file; the error names it."""
    put(store, *facts(8))
    add_replay(drawn(store, tmp_path / "snapshot"), [ReplayRow("Hi?", "Hello.")])
    path = tmp_path / "snapshot" / file
    data = bytearray(path.read_bytes())
    at = data.index(b"sha256") + 12 if file == "snapshot.json" else len(data) // 2
    data[at] = data[at] ^ 1
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(StoreError, match=file):
        open_snapshot(tmp_path / "snapshot")


@pytest.mark.parametrize("file", ["sft-train.jsonl", "snapshot.json"])
def test_a_missing_file_is_noticed(store: Store, tmp_path: Path, file: str) -> None:
    """A snapshot is whole, or it is none."""
    put(store, *facts(2))
    drawn(store, tmp_path / "snapshot")
    (tmp_path / "snapshot" / file).unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        open_snapshot(tmp_path / "snapshot")


def test_a_manifest_names_no_files_elsewhere(store: Store, tmp_path: Path) -> None:
    """Only the files of a snapshot are read."""
    put(store, *facts(2))
    path = drawn(store, tmp_path / "snapshot").directory / "snapshot.json"
    manifest = orjson.loads(path.read_bytes())
    manifest["files"]["../store.db"] = manifest["files"]["test.jsonl"]
    path.chmod(0o644)
    path.write_bytes(orjson.dumps(manifest))
    with pytest.raises(StoreError, match="damaged"):
        open_snapshot(tmp_path / "snapshot")


def test_replay_rows_are_part_of_the_snapshot(store: Store, tmp_path: Path) -> None:
    """Hashed like the rest; added again, as after a crash, they replace the former."""
    put(store, *facts(2))
    plain = drawn(store, tmp_path / "snapshot")
    assert list(plain.replay()) == []
    rows = [ReplayRow("2 + 2?", "4."), ReplayRow("Salut ?", "Bonjour ☀.")]
    add_replay(plain, rows[:1])
    snapshot = add_replay(plain, rows)
    assert list(open_snapshot(tmp_path / "snapshot").replay()) == rows
    assert open_snapshot(tmp_path / "snapshot") == snapshot
    assert snapshot.sha256 != plain.sha256
    assert snapshot.counts["replay"] == 2


def test_an_unfinished_addition_of_replay_rows_does_no_harm(store: Store, tmp_path: Path) -> None:
    """A file that the manifest does not know yet is not read."""
    put(store, *facts(2))
    snapshot = drawn(store, tmp_path / "snapshot")
    (snapshot.directory / "replay.jsonl").write_text("{half")
    assert list(open_snapshot(snapshot.directory).replay()) == []
