"""Backups and the way back, rebuilding, and what can be thrown away."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tarfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.config import Settings
from curatord.daemon import garbage
from curatord.daemon.backup import back_up, restore
from curatord.daemon.garbage import KnownRun, superfluous_runs
from curatord.daemon.lock import InstanceLock
from curatord.daemon.rebuild import rebuild
from curatord.errors import BusyError, CuratordError, StoreError
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from curatord.settings_file import load
from curatord.store import archive, history, replacement
from curatord.store.archive import ArchiveError
from curatord.store.database import Store
from curatord.store.digest import digest
from curatord.store.seen import mark_seen
from curatord.train.run_directory import Request, RunState, State, new_run
from tests.daemon.helpers import note
from tests.live import Live, configure, running

if TYPE_CHECKING:
    from curatord.train.run_directory import RunDirectory

START = datetime(2026, 11, 1, tzinfo=UTC)


def make_run(state: StateDirectory, number: int, ended: RunState = RunState.DONE) -> RunDirectory:
    """Make a run with a snapshot, a record of its events, and the weights that a run leaves behind."""
    moment = START + timedelta(days=number)
    request = Request(
        created=moment,
        reason="schedule",
        seed=0,
        training=Settings().training,
        system="",
        store=state.store,
        models=state.path,
    )
    run = new_run(state.runs, request)
    run.write_state(State(state=ended, reason="so", started=moment, finished=moment + timedelta(seconds=90)))
    run.events.write_text('{"event": "finished"}\n')
    run.snapshot.mkdir()
    (run.snapshot / "pairs.txt").write_text("p1\n")
    run.adapter.mkdir()
    (run.adapter / "adapters.safetensors").write_bytes(b"w" * 1000)
    return run


def make_adapter(state: StateDirectory, identity: str) -> Path:
    """Make an adapter that looks like one from outside."""
    path = state.adapters / identity
    path.mkdir(parents=True)
    (path / "adapters.safetensors").write_bytes(identity.encode() * 100)
    (path / "adapter_config.json").write_bytes(orjson.dumps({"name": identity}))
    return path


@pytest.fixture
def filled(tmp_path: Path, made: Path) -> Live:
    """A state with notes, two runs, two adapters, one of them in service, and pairs that a run has seen."""
    live = configure(tmp_path / "first")
    for name in ("state", "knowledge"):
        shutil.copytree(made / name, live.directory / name, symlinks=True, dirs_exist_ok=True)
    return live


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, made once and copied for each test."""
    live = configure(tmp_path_factory.mktemp("made"))
    for name in ("Alpha", "Beta"):
        (live.memory / f"{name}.md").write_text(note(name))
    live.command("build")
    state = StateDirectory(live.state)
    for number in (1, 2):
        make_adapter(state, make_run(state, number).id)
    shelf = Adapters(state)
    for adapter in shelf.all():
        shelf.promote(adapter, "good")
    (live.state / "questions.jsonl").write_text('{"question": "What?"}\n')
    store = Store.open(state.store)
    with store.transaction() as connection:
        pair = connection.execute("SELECT pair FROM pairs WHERE kept LIMIT 1").fetchone()[0]
        mark_seen(connection, "run", [pair])
        connection.execute(
            "INSERT INTO judgements (pair, question_hash, verdict, made_question, made_answer, fact, root, path,"
            " judged_at, judged_by) VALUES ('gone', 1, 'up', 'Q?', 'A.', 'f', 'knowledge', 'x.md', '2026', 'cli')"
        )
        history.add(connection, [history.Entry(history.now(), "promoted", {"adapter": "a"})])
    store.close()
    return live.directory


def files_of(state: Path, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the hash of every file below a state directory, locks left out."""
    found = {}
    for path in sorted(state.rglob("*")):
        name = path.relative_to(state).as_posix()
        if path.is_file() and not name.endswith((".lock", ".pid")) and not name.startswith(without):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def store_digest(state: Path) -> tuple[str, dict[str, int]]:
    """Return the digest of what is derived, and how many rows the other tables have."""
    store = Store.open_reader(state / "store.db")
    try:
        assert store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        tables = ("judgements", "seen", "history")
        rows = {name: store.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
        return digest(store.connection), rows
    finally:
        store.close()


def test_a_restored_state_is_that_of_the_backup(filled: Live, tmp_path: Path) -> None:
    """Adapters byte for byte, the one in service, the promotions, the store; the runs without their weights."""
    backup = tmp_path / "b.tar.gz"
    manifest = back_up(StateDirectory(filled.state), filled.config, backup)
    second = StateDirectory(tmp_path / "second")
    config = tmp_path / "other" / "curatord.toml"
    done = restore(second, config, backup)
    expected, found = (files_of(path, without=("store", "shards", "runs")) for path in (filled.state, second.path))
    assert {name: found.get(name) for name in expected} == expected
    assert second.current.readlink() == (filled.state / "current").readlink()
    assert Adapters(second).in_service() is not None
    before, after = store_digest(filled.state), store_digest(second.path)
    assert after[0] == before[0]
    assert after[1] == before[1] | {"history": before[1]["history"] + 1}
    runs = {Path(member.path).parts[1] for member in manifest.files if member.path.startswith("runs/")}
    assert len(runs) == 2
    assert not any("safetensors" in member.path for member in manifest.files if member.path.startswith("runs/"))
    assert done.config == "written"
    assert config.read_bytes() == filled.config.read_bytes()
    assert not list(second.path.glob("replace*"))


def test_after_a_restore_a_build_makes_the_same_shards(filled: Live, tmp_path: Path) -> None:
    """Shards are not in the backup: they follow from the store."""
    shards = filled.shard_files()
    backup = tmp_path / "b.tar.gz"
    back_up(StateDirectory(filled.state), filled.config, backup)
    restore(StateDirectory(filled.state), filled.config, backup, force=True)
    assert filled.shard_files() == {}
    filled.command("build")
    assert filled.shard_files() == shards
    assert filled.json("store", "check")["ok"]


def test_a_state_that_is_there_is_replaced_only_by_force(filled: Live, tmp_path: Path) -> None:
    """And then as a whole: what the backup lacks goes."""
    backup = tmp_path / "b.tar.gz"
    state = StateDirectory(filled.state)
    back_up(state, filled.config, backup)
    make_adapter(state, "20991231-000000-ffff")
    with pytest.raises(CuratordError, match="There is a state already") as caught:
        restore(state, filled.config, backup)
    assert "--force" in caught.value.hint
    assert (state.adapters / "20991231-000000-ffff").exists()
    filled.config.write_text(filled.config.read_text() + "# mine\n")
    assert restore(state, filled.config, backup, force=True).config == "kept"
    assert not (state.adapters / "20991231-000000-ffff").exists()
    assert "# mine" in filled.config.read_text()


def test_a_damaged_backup_changes_nothing(filled: Live, tmp_path: Path) -> None:
    """Every byte is verified before the first is put in place."""
    backup = tmp_path / "b.tar.gz"
    state = StateDirectory(filled.state)
    back_up(state, filled.config, backup)
    before = files_of(filled.state)
    whole = backup.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5000] + b"\0" * 50 + whole[5050:], b""):
        backup.write_bytes(broken)
        with pytest.raises(ArchiveError):
            restore(state, filled.config, backup, force=True)
        assert files_of(filled.state) == before


def test_a_store_in_a_backup_that_is_none_of_ours_changes_nothing(filled: Live, tmp_path: Path) -> None:
    """The archive may be right and the store in it not."""
    backup = tmp_path / "b.tar.gz"
    store = sqlite_of_another(tmp_path / "x.db")
    manifest = archive.Manifest(format=1, version="0", schema_version=1, created="2026")
    with archive.write(backup, manifest) as writer:
        writer.add(store, "store.db")
    before = files_of(filled.state)
    with pytest.raises(ArchiveError, match="its store"):
        restore(StateDirectory(filled.state), filled.config, backup, force=True)
    assert files_of(filled.state) == before


def sqlite_of_another(path: Path) -> Path:
    """Make a database of another program."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    return path


def test_a_restore_that_was_interrupted_is_finished_by_the_next_start(
    filled: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon, or a build, finds it half done and does the rest."""
    backup = tmp_path / "b.tar.gz"
    state = StateDirectory(filled.state)
    back_up(state, filled.config, backup)
    before = store_digest(filled.state)[1]
    make_adapter(state, "20991231-000000-ffff")
    with monkeypatch.context() as patched:
        patched.setattr(replacement, "finish", lambda _state: False)
        restore(state, filled.config, backup, force=True)
    assert (filled.state / "replacement.ready").is_dir()
    (filled.state / "store.db").rename(filled.state / "replaced-by-hand")
    filled.command("build")
    assert not (state.adapters / "20991231-000000-ffff").exists()
    assert store_digest(filled.state)[1] == before | {"history": before["history"] + 1}


def test_neither_restore_nor_rebuild_work_beside_a_daemon(tmp_path: Path) -> None:
    """It holds the lock; the backup goes on all the same."""
    live = configure(tmp_path)
    live.command("build")
    state = StateDirectory(live.state)
    backup = tmp_path / "b.tar.gz"
    lock = InstanceLock(state.lock)
    lock.acquire()
    try:
        back_up(state, live.config, backup)
        with pytest.raises(BusyError):
            restore(state, live.config, backup, force=True)
        with pytest.raises(BusyError):
            rebuild(live.config, load(live.config), state)
    finally:
        lock.release()


def test_a_backup_of_a_daemon_that_writes_all_the_time_is_one_moment_of_it(tmp_path: Path) -> None:
    """The store in it is whole, and holds the documents of one commit."""
    with running(tmp_path / "first", settle=0.0) as live:
        stop = threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                (live.memory / f"n{number % 20}.md").write_text(note(f"Note{number}", 1000 + number))
                number += 1
                time.sleep(0.01)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for number in range(4):
                live.command("backup", str(tmp_path / f"{number}.tar.gz"))
        finally:
            stop.set()
            thread.join()
        live.stop()
    for number in range(4):
        state = StateDirectory(tmp_path / f"restored{number}")
        restore(state, tmp_path / "first" / "curatord.toml", tmp_path / f"{number}.tar.gz")
        store = Store.open_reader(state.store)
        try:
            assert store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        finally:
            store.close()


def test_there_is_nothing_to_back_up_without_a_store(tmp_path: Path) -> None:
    """And nothing is written."""
    with pytest.raises(StoreError, match="There is no store"):
        back_up(StateDirectory(tmp_path / "none"), tmp_path / "c.toml", tmp_path / "b.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_adapters_stay_while_they_are_read(filled: Live, tmp_path: Path) -> None:
    """Pruning waits for the backup; what it then deletes is in the backup."""
    state = StateDirectory(filled.state)
    old = make_adapter(state, "20200101-000000-aaaa")
    backup = tmp_path / "b.tar.gz"
    pruned: list[list[str]] = []
    thread = threading.Thread(target=lambda: pruned.append(Adapters(state).prune(0)))

    def begin(_done: int, _all: int) -> None:
        if not thread.ident:
            thread.start()

    manifest = back_up(state, filled.config, backup, begin)
    thread.join()
    assert pruned == [[old.name]]  # of the others, one is in service and one was before it
    assert f"adapters/{old.name}/adapters.safetensors" in {member.path for member in manifest.files}
    with tarfile.open(backup) as tar:
        assert sum(name.endswith("adapters.safetensors") for name in tar.getnames()) == 3


def test_a_rebuilt_store_is_that_of_the_notes_and_keeps_what_no_note_tells(filled: Live) -> None:
    """Whatever was wrong with what is derived."""
    settings = load(filled.config)
    good, kept = store_digest(filled.state)
    shards = filled.shard_files()
    store = Store.open(filled.state / "store.db")
    with store.transaction() as connection:
        connection.execute("UPDATE pairs SET answer = 'wrong'")
        connection.execute("DELETE FROM facts WHERE id = 1")
        days = connection.execute("SELECT key, value FROM meta WHERE key GLOB 'made:*'").fetchall()
    generation = int(store.get("generation"))
    store.close()
    assert store_digest(filled.state)[0] != good
    done = rebuild(filled.config, settings, StateDirectory(filled.state))
    after, rows = store_digest(filled.state)
    assert after == good
    assert rows == kept | {"history": kept["history"] + 1}
    assert done.taken.damaged == []
    assert filled.shard_files() == shards
    assert filled.manifest()["generation"] > generation
    assert filled.json("store", "check")["ok"]
    reader = Store.open_reader(filled.state / "store.db")
    assert [tuple(row) for row in reader.connection.execute("SELECT key, value FROM meta WHERE key GLOB 'made:*'")] == [
        tuple(row) for row in days
    ]
    reader.close()


def test_a_store_that_is_no_database_any_more_is_rebuilt(filled: Live) -> None:
    """What cannot be kept is told."""
    good, _ = store_digest(filled.state)
    (filled.state / "store.db").write_bytes(b"no database " * 1000)
    done = rebuild(filled.config, load(filled.config), StateDirectory(filled.state))
    assert done.taken.damaged == ["store.db"]
    assert store_digest(filled.state)[0] == good


def test_a_damaged_page_costs_only_what_is_on_it(filled: Live) -> None:
    """The judgements are read as far as they can be; the notes give all the rest."""
    good, kept = store_digest(filled.state)
    path = filled.state / "store.db"
    store = Store.open_reader(path)
    page = store.connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'judgements'").fetchone()[0]
    size = store.connection.execute("PRAGMA page_size").fetchone()[0]
    store.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    done = rebuild(filled.config, load(filled.config), StateDirectory(filled.state))
    assert done.taken.damaged == ["judgements"]
    after, rows = store_digest(filled.state)
    assert after == good
    assert (rows["seen"], rows["history"]) == (kept["seen"], kept["history"] + 1)


def test_what_is_of_no_use_goes_and_the_rest_stays(filled: Live) -> None:
    """Old runs, copies of weights, unfinished files; neither adapters in use nor runs that go on."""
    state = StateDirectory(filled.state)
    settings = load(filled.config)
    keeping = settings.model_copy(update={"keeping": settings.keeping.model_copy(update={"runs": 1})})
    failed = make_run(state, -2, RunState.FAILED)
    recent = make_run(state, 5, RunState.FAILED)
    going = make_run(state, -3, RunState.PAUSED)
    (state.path / "x.tmp").write_bytes(b"1" * 10)
    (state.adapters / "y.tmp").mkdir()
    (state.adapters / "y.tmp" / "z").write_bytes(b"1" * 20)
    beside = garbage.find(state, keeping, is_running=True)
    assert not any(item.why == "unfinished" for item in beside)
    found = garbage.find(state, keeping, is_running=False)
    assert {(item.path.name, item.why) for item in found} == {
        (failed.id, "old run"),
        ("adapter", "copy of a kept adapter"),
        ("x.tmp", "unfinished"),
        ("y.tmp", "unfinished"),
    }
    assert sum(item.bytes for item in found if item.why == "unfinished") == 30
    adapters = files_of(state.adapters, without=("y.tmp",))
    assert garbage.take_away(found) == []
    assert garbage.find(state, keeping, is_running=False) == []
    assert files_of(state.adapters) == adapters
    assert recent.path.exists()
    assert (going.adapter / "adapters.safetensors").exists()
    assert not failed.path.exists()


def test_adapters_beyond_those_kept_go(filled: Live) -> None:
    """As a promotion would have it."""
    state = StateDirectory(filled.state)
    old = make_adapter(state, "20200101-000000-aaaa")
    settings = load(filled.config)
    few = settings.model_copy(update={"exam": settings.exam.model_copy(update={"keep": 1})})
    found = garbage.find(state, few, is_running=True)
    assert [item.path for item in found if item.why == "old adapter"] == [old]
    garbage.take_away(found)
    assert len(Adapters(state).all()) == 2


RUNS = st.lists(st.builds(KnownRun, st.just(""), st.booleans(), st.booleans()), max_size=12).map(
    lambda runs: [replace(run, id=f"{number:02}") for number, run in enumerate(runs)]
)


@given(runs=RUNS, keep=st.integers(0, 6))
def test_a_run_that_goes_on_or_whose_adapter_is_kept_never_goes(runs: list[KnownRun], keep: int) -> None:
    """Nor one of the last that have ended."""
    gone = set(superfluous_runs(runs, keep))
    ended = [run for run in runs if run.has_ended]
    for run in runs:
        is_recent = run in ended[-keep:] if keep else False
        assert (run.id in gone) == (run.has_ended and not run.has_adapter and not is_recent)
