"""Making the store equal to the disk."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from curatord.config import Engine
from curatord.daemon.plan import Planner
from curatord.daemon.workers import Workers
from tests.daemon.helpers import World, note, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """One pool for all tests of this file: starting processes takes longer than the tests."""
    pool = Workers(Engine(workers=1))
    yield pool
    pool.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A memory of three notes, one of them nested."""
    root = tmp_path / "memory"
    (root / "deep").mkdir(parents=True)
    for name, port in (("orders.md", 8085), ("stock.md", 9001), ("deep/till.md", 7001)):
        (root / name).write_text(note(name.removesuffix(".md").title(), port))
    return root


@pytest.fixture
def here(tmp_path: Path, root: Path, workers: Workers) -> Iterator[World]:
    """An ingest over that memory, before its first pass."""
    with world(tmp_path / "state", root, workers=workers) as opened:
        yield opened


def clean_digest(tmp_path: Path, root: Path, workers: Workers) -> tuple[str, dict[str, bytes]]:
    """Return what one clean pass over the files gives."""
    with world(tmp_path / "clean", root, workers=workers) as fresh:
        fresh.run()
        return fresh.digest(), fresh.shard_files()


def test_a_first_pass_reads_every_note(here: World) -> None:
    """Documents and shards appear, and the second pass finds nothing to do."""
    first = here.run()
    assert (first.examined, first.stored) == (3, 3)
    assert here.documents() == ["knowledge/deep/till.md", "knowledge/orders.md", "knowledge/stock.md"]
    assert sum(data.count(b"\n") for data in here.shard_files().values()) > 6
    assert not here.run().did_something


def test_an_edit_is_seen_by_a_pass_over_its_path_alone(here: World, root: Path) -> None:
    """A hint about one file is enough, and the answer in the shard changes."""
    here.run()
    (root / "stock.md").write_text(note("Stock", 9555))
    assert here.run(knowledge=("stock.md",)).stored == 1
    text = b"".join(here.shard_files().values())
    assert b"9555" in text
    assert b"9001" not in text


def test_a_touched_file_is_not_curated_again(here: World, root: Path) -> None:
    """The same bytes under a new date are recognized by their hash."""
    here.run()
    os.utime(root / "stock.md", ns=(1, 1))
    summary = here.run()
    assert (summary.examined, summary.stored) == (1, 0)


def test_content_changed_behind_the_same_size_and_mtime_is_seen(here: World, root: Path) -> None:
    """A restored mtime does not hide an edit: the inode's change time tells."""
    here.run()
    file = root / "stock.md"
    status = file.stat()
    file.write_text(file.read_text().replace("9001", "9002"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert here.run().stored == 1


def test_a_deleted_note_takes_its_pairs_along(here: World, root: Path) -> None:
    """Nothing of it stays in store or shards."""
    here.run()
    (root / "stock.md").unlink()
    assert here.run(knowledge=("stock.md",)).removed == 1
    assert b"Stock" not in b"".join(here.shard_files().values())


def test_a_moved_directory_is_found_again(here: World, root: Path, tmp_path: Path, workers: Workers) -> None:
    """Renaming a directory gives what a clean pass over the new place gives."""
    here.run()
    (root / "deep").rename(root / "deeper")
    here.run(knowledge=("deep", "deeper"))
    assert "knowledge/deeper/till.md" in here.documents()
    assert (here.digest(), here.shard_files()) == clean_digest(tmp_path, root, workers)


def test_short_notes_and_notes_that_ask_for_it_are_skipped(here: World, root: Path) -> None:
    """Under fifty characters, or `curate: false`: no document, and a reason in the store."""
    (root / "tiny.md").write_text("# Tiny\n\nToo short.\n")
    (root / "private.md").write_text("---\ncurate: false\n---\n" + note("Private"))
    assert here.run().skipped == 2
    reasons = dict(here.store.connection.execute("SELECT path, reason FROM files WHERE outcome = 'skipped'").fetchall())
    assert reasons == {"tiny.md": "under 50 characters", "private.md": "its frontmatter says `curate: false`"}
    assert here.problems() == []


@pytest.mark.parametrize(
    "head",
    [
        "---\ncurate: 'false'\n---\n",
        "---\ncurate: No\n---\n",
        "---\ncurate: false\ntags: [a\n---\n",
        "---\ncurate: false\n\n",
        "+++\ncurate = false\ntags = [\n+++\n",
    ],
)
def test_a_refusal_counts_in_quotes_and_in_a_broken_frontmatter(here: World, root: Path, head: str) -> None:
    """A mistake elsewhere must not teach the model what its writer wanted left out."""
    (root / "private.md").write_text(head + note("Private"))
    here.run()
    assert "knowledge/private.md" not in here.documents()


def test_a_note_that_begins_to_refuse_curation_is_withdrawn(here: World, root: Path) -> None:
    """`curate: false` added later removes what the note had given."""
    here.run()
    (root / "stock.md").write_text("---\ncurate: false\n---\n" + note("Stock"))
    here.run()
    assert "knowledge/stock.md" not in here.documents()


def test_a_note_that_cannot_be_read_is_one_problem_that_goes_with_its_cause(here: World, root: Path) -> None:
    """A file that is not UTF-8 is reported, and once mended the report is gone."""
    (root / "bad.md").write_bytes(b"# Bad\n\n" + b"\xff" * 100)
    here.run()
    assert here.problems() == [("bad.md", "not_utf8")]
    (root / "bad.md").write_text(note("Bad"))
    here.run()
    assert here.problems() == []
    assert "knowledge/bad.md" in here.documents()


def test_a_note_that_becomes_unreadable_keeps_nothing_stale(here: World, root: Path) -> None:
    """What the store holds is what the files say now; a broken file says nothing."""
    here.run()
    (root / "stock.md").write_bytes(b"\xff" * 200)
    here.run()
    assert "knowledge/stock.md" not in here.documents()


@pytest.mark.parametrize("kind", ["fifo", "symlink", "socket"])
def test_special_files_are_one_problem_each_and_stop_nothing(here: World, root: Path, kind: str) -> None:
    """A pipe would block a careless reader for ever; here the other notes are read."""
    if kind == "fifo":
        os.mkfifo(root / "odd.md")
    elif kind == "symlink":
        (root / "odd.md").symlink_to(root / "orders.md")
    else:
        os.mknod(root / "odd.md", 0o140600)
    assert here.run().stored == 3
    assert [path for path, _ in here.problems()] == ["odd.md"]
    (root / "odd.md").unlink()
    here.run()
    assert here.problems() == []


def test_a_large_note_is_recorded_as_skipped(tmp_path: Path, root: Path, workers: Workers) -> None:
    """Over max_bytes: a problem, no document."""
    with world(tmp_path / "state", root, workers=workers, max_bytes=400) as here:
        (root / "large.md").write_text(note("Large") * 5)
        assert here.run().skipped == 1
        assert here.problems() == [("large.md", "too_large")]
        told = here.store.connection.execute("SELECT message FROM problems").fetchone()[0]
        assert told.endswith("Split the note, or raise memory.max_bytes."), "what to do about it stands there too"


def test_ignored_files_are_no_notes(here: World, root: Path) -> None:
    """INDEX.md by default, and whatever `.curatorignore` names; a change of that file counts at once."""
    (root / "INDEX.md").write_text(note("Index"))
    (root / ".curatorignore").write_text("drafts/\n")
    (root / "drafts").mkdir()
    (root / "drafts" / "idea.md").write_text(note("Idea"))
    here.run()
    assert len(here.documents()) == 3
    (root / ".curatorignore").unlink()
    here.run()
    assert "knowledge/drafts/idea.md" in here.documents()


def many(root: Path, count: int) -> None:
    """Add many small notes."""
    for number in range(count):
        (root / f"n{number}.md").write_text(note(f"Number {number}", 1000 + number))


def test_losing_most_notes_at_once_is_held_until_confirmed(tmp_path: Path, root: Path, workers: Workers) -> None:
    """Over the limits nothing is deleted; after confirmation everything is."""
    many(root, 12)
    with world(tmp_path / "state", root, workers=workers, hold_deletions_above=5) as here:
        here.run()
        for number in range(12):
            (root / f"n{number}.md").unlink()
        assert (here.run().held, len(here.documents())) == (12, 15)
        here.store.connection.execute("UPDATE roots SET confirmed = 1")
        assert (here.run().removed, len(here.documents())) == (12, 3)
        assert here.store.connection.execute("SELECT held, confirmed FROM roots").fetchone()[:] == (None, 0)


def test_held_deletions_are_forgotten_when_the_files_are_back(tmp_path: Path, root: Path, workers: Workers) -> None:
    """A volume that is mounted again, or a root that was swapped for a moment, costs nothing."""
    with world(tmp_path / "state", root, workers=workers) as here:
        here.run()
        before = here.digest()
        root.rename(tmp_path / "away")
        assert here.run().held == 3
        assert here.problems() == [("", "missing")]
        (tmp_path / "away").rename(root)
        assert not here.run().removed
        assert here.store.connection.execute("SELECT held FROM roots").fetchone()[0] is None
        assert (here.digest(), here.problems()) == (before, [])


def test_a_confirmation_is_used_up_only_by_the_deletions_themselves(
    tmp_path: Path, root: Path, workers: Workers
) -> None:
    """A daemon that ends between the two must not ask again."""
    many(root, 12)
    with world(tmp_path / "state", root, workers=workers, hold_deletions_above=5) as here:
        here.run()
        for number in range(12):
            (root / f"n{number}.md").unlink()
        here.run()
        here.store.connection.execute("UPDATE roots SET confirmed = 1")
        planner = Planner(here.ingest.settings.memory, here.store, here.ingest.curation)
        assert planner.judge(planner.plan(here.ingest.roots[0], None)) is None
        assert here.run().removed == 12


def test_renaming_a_directory_of_many_notes_is_no_loss(tmp_path: Path, root: Path, workers: Workers) -> None:
    """Over the limits, but every note is there under another name: nothing waits for a confirmation."""
    (root / "old").mkdir()
    many(root / "old", 12)
    with world(tmp_path / "state", root, workers=workers, hold_deletions_above=5) as here:
        here.run()
        (root / "old").rename(root / "new")
        summary = here.run(knowledge=("old", "new"))
        assert (summary.removed, summary.held, len(here.documents())) == (12, 0, 15)


def test_moving_many_notes_to_another_root_is_no_loss(tmp_path: Path, root: Path, workers: Workers) -> None:
    """The content is looked for in every root, so also a change of the roots' order in the configuration is none."""
    other = tmp_path / "other"
    other.mkdir()
    many(other, 12)
    with world(tmp_path / "state", root, other, workers=workers, hold_deletions_above=5) as here:
        here.run()
    with world(tmp_path / "state", other, root, workers=workers, hold_deletions_above=5) as here:
        assert here.run().held == 0
        assert "knowledge/n1.md" in here.documents()
        assert len(here.documents()) == 15


def test_a_hold_ends_as_soon_as_the_files_are_back(tmp_path: Path, root: Path, workers: Workers) -> None:
    """While a root is on hold, a hint about one file is reason enough to look at all of it."""
    many(root, 12)
    with world(tmp_path / "state", root, workers=workers, hold_deletions_above=5) as here:
        here.run()
        for number in range(12):
            (root / f"n{number}.md").unlink()
        assert here.run().held == 12
        many(root, 12)
        here.run(knowledge=("n3.md",))
        assert here.store.connection.execute("SELECT held FROM roots").fetchone()[0] is None


def test_a_file_in_the_place_of_a_root_is_called_that(tmp_path: Path, root: Path, workers: Workers) -> None:
    """It is there, but no directory; the notes are kept."""
    with world(tmp_path / "state", root, workers=workers) as here:
        here.run()
        root.rename(tmp_path / "away")
        root.write_text("a file")
        assert here.run().held == 3
        assert here.problems() == [("", "not_a_directory")]


@pytest.mark.parametrize("victim", ["sft/000.jsonl", "preference", "."])
def test_shards_that_somebody_deleted_are_written_again_by_the_next_full_pass(here: World, victim: str) -> None:
    """The store has all that is in them, so nothing but the next look at everything is needed."""
    here.run()
    before = here.shard_files()
    lost = here.shards / victim
    lost.unlink() if lost.is_file() else shutil.rmtree(lost)
    here.run()
    assert here.shard_files() == before
    assert (here.shards / "manifest.json").exists()


def test_a_root_no_longer_configured_is_forgotten(tmp_path: Path, root: Path, workers: Workers) -> None:
    """Taking a root out of the configuration withdraws its notes."""
    second = tmp_path / "second"
    second.mkdir()
    (second / "extra.md").write_text(note("Extra"))
    with world(tmp_path / "state", root, second, workers=workers) as here:
        here.run()
        assert "knowledge-2/extra.md" in here.documents()
    with world(tmp_path / "state", root, workers=workers) as here:
        assert here.run().removed == 1
        assert len(here.documents()) == 3


def test_a_root_that_is_half_forgotten_is_forgotten_by_the_next_pass(
    tmp_path: Path, root: Path, workers: Workers
) -> None:
    """A stop in the middle of many deletions leaves no document that nobody knows the file of."""
    second = tmp_path / "second"
    second.mkdir()
    many(second, 100)
    with world(tmp_path / "state", root, second, workers=workers) as here:
        here.run()
    with world(tmp_path / "state", root, workers=workers) as here:
        stops = iter([False, True])
        here.ingest.reconcile(should_stop=lambda: next(stops, True))
        assert 3 < len(here.documents()) < 103
        here.run()
        assert len(here.documents()) == 3
        assert here.store.connection.execute("SELECT count(*) FROM files").fetchone()[0] == 3


def test_a_memory_that_moves_keeps_its_documents(tmp_path: Path, root: Path, workers: Workers) -> None:
    """Identity is the root's name and the path below it, not where the root lies."""
    with world(tmp_path / "state", root, workers=workers) as here:
        here.run()
        before = here.digest()
    root.rename(tmp_path / "elsewhere")
    with world(tmp_path / "state", tmp_path / "elsewhere", workers=workers) as here:
        assert here.run().removed == 0
        assert here.digest() == before


def test_stopping_in_the_middle_leaves_the_rest_for_the_next_pass(tmp_path: Path, root: Path, workers: Workers) -> None:
    """What was committed stands, what was not is found again."""
    many(root, 200)
    with world(tmp_path / "state", root, workers=workers) as here:
        seen: list[int] = []
        here.ingest.reconcile(on_progress=seen.append, should_stop=lambda: bool(seen))
        assert 0 < len(here.documents()) < 203
        here.run()
        assert (here.digest(), here.shard_files()) == clean_digest(tmp_path, root, workers)
