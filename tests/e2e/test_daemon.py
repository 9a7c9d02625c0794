"""The daemon as a process: what a user does to the folder, and what happens."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.daemon.helpers import note
from tests.live import CURATORD, Live, configure, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One daemon for the tests that leave it as they found it."""
    directory = tmp_path_factory.mktemp("live")
    configure(directory)
    (directory / "knowledge" / "orders.md").write_text(note("Orders"))
    with running(directory) as live:
        yield live


def documents(live: Live) -> set[str]:
    """Return the paths of all documents."""
    return {item["path"] for item in live.json("documents")["documents"]}


def says(live: Live, words: bytes) -> bool:
    """Tell whether words stand in any shard."""
    return any(words in data for data in live.shard_files().values())


def wait_for_document(live: Live, path: str, *, gone: bool = False) -> None:
    """Wait until a document is there, or gone."""
    live.wait_for(lambda _status: (path in documents(live)) != gone)


def test_a_note_dropped_into_the_folder_is_in_its_shard_soon(shared: Live) -> None:
    """The main job: a new file becomes lines of JSONL, and goes when it goes."""
    file = shared.memory / "dropped.md"
    file.write_text(note("Dropped", 4321))
    wait_for_document(shared, "dropped.md")
    shared.wait_for(lambda _status: says(shared, b"4321"))
    file.unlink()
    wait_for_document(shared, "dropped.md", gone=True)
    shared.wait_for(lambda _status: not says(shared, b"4321"))


def test_an_atomic_save_is_an_edit(shared: Live) -> None:
    """Editors write a temporary file and rename it over the note."""
    file = shared.memory / "saved.md"
    file.write_text(note("Saved", 1111))
    wait_for_document(shared, "saved.md")
    temporary = file.with_name("saved.md.tmp")
    temporary.write_text(note("Saved", 2222))
    temporary.rename(file)
    shared.wait_for(lambda _status: not says(shared, b"1111"))
    assert says(shared, b"2222")
    file.unlink()


def test_a_directory_that_appears_full_is_read_whole(shared: Live) -> None:
    """mkdir -p and writing at once leaves no time to watch the new directory: nothing is missed all the same."""
    target = shared.memory / "a" / "b" / "c"
    target.mkdir(parents=True)
    (target / "deep.md").write_text(note("Deep"))
    wait_for_document(shared, "a/b/c/deep.md")
    shutil.rmtree(shared.memory / "a")
    wait_for_document(shared, "a/b/c/deep.md", gone=True)


def test_a_note_may_move_between_roots(shared: Live) -> None:
    """From knowledge to episodes: one goes, one comes."""
    (shared.memory / "moving.md").write_text(note("Moving"))
    wait_for_document(shared, "moving.md")
    (shared.memory / "moving.md").rename(shared.directory / "episodes" / "moved.md")
    wait_for_document(shared, "moved.md")
    wait_for_document(shared, "moving.md", gone=True)
    (shared.directory / "episodes" / "moved.md").unlink()


def test_a_pipe_in_the_folder_blocks_nothing(shared: Live) -> None:
    """A FIFO is one problem, and notes after it are read."""
    os.mkfifo(shared.memory / "aaa.md")
    (shared.memory / "after.md").write_text(note("After"))
    wait_for_document(shared, "after.md")
    assert [item["path"] for item in shared.json("problems")["problems"]] == ["aaa.md"]
    (shared.memory / "aaa.md").unlink()
    (shared.memory / "after.md").unlink()
    shared.wait_for(lambda status: status["problems"] == 0 and status["documents"] == 1)


def test_sync_waits_for_what_is_on_disk_now(shared: Live) -> None:
    """After `sync --wait` a note written just before is in the store, settle window or not."""
    (shared.memory / "now.md").write_text(note("Now"))
    shared.sync()
    assert "now.md" in documents(shared)
    (shared.memory / "now.md").unlink()
    shared.sync()
    assert "now.md" not in documents(shared)


def test_a_second_daemon_ends_well_and_names_the_first(shared: Live) -> None:
    """launchd would start it again and again if it failed."""
    second = shared.command("run")
    assert second.returncode == 0
    assert shared.process is not None
    assert str(shared.process.pid) in second.stdout + second.stderr


def test_the_daemon_never_imports_mlx(shared: Live) -> None:
    """It stays small, and survives whatever a training process does."""
    assert shared.process is not None
    maps = Path(f"/proc/{shared.process.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc to see what a process has loaded")
    assert "mlx" not in maps.read_text()


@pytest.mark.parametrize("way", ["SIGTERM", "SIGINT", "stop"])
def test_it_stops_within_five_seconds_in_every_way(tmp_path: Path, way: str) -> None:
    """By a signal, by Ctrl-C, by command: exit code 0, socket gone, nothing half-written."""
    with running(tmp_path) as live:
        (live.memory / "a.md").write_text(note("A"))
        live.sync()
        started = time.monotonic()
        process = live.process
        assert process is not None
        if way == "stop":
            live.command("stop")
        else:
            process.send_signal(getattr(signal, way))
        assert process.wait(10) == 0
        assert time.monotonic() - started < 5
        live.process = None
        assert not (live.state / "curatord.sock").exists()
        assert not list(live.state.rglob("*.tmp"))


def test_without_a_daemon_the_client_says_so_in_one_line(tmp_path: Path) -> None:
    """Exit code 3 and the command that starts it."""
    live = configure(tmp_path)
    for words in (["status"], ["sync"], ["stop"], ["pairs", "list"]):
        done = live.command(*words, check=False)
        assert done.returncode == 3
        assert "curatord run" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_sighup_and_reload_apply_a_new_configuration(tmp_path: Path) -> None:
    """A new root is read without a restart; a broken file leaves the old settings in force and is told."""
    with running(tmp_path) as live:
        extra = tmp_path / "extra"
        extra.mkdir()
        (extra / "new.md").write_text(note("New"))
        good = live.config.read_text()
        live.config.write_text(good + f'[[memory.roots]]\npath = "{extra}"\nkind = "knowledge"\n')
        live.command("reload")
        wait_for_document(live, "new.md")
        live.config.write_text(good + "[memroy]\n")
        assert live.process is not None
        live.process.send_signal(signal.SIGHUP)
        status = live.wait_for(lambda status: status["config"]["error"] is not None)
        assert "memroy" in status["config"]["error"]
        assert status["documents"] == 1
        assert live.command("status").returncode == 4
        live.config.unlink()
        assert live.command("reload", check=False).returncode == 5
        assert live.status()["documents"] == 1, "a vanished file does not mean: watch nothing"
        live.config.write_text(good)
        live.command("reload")
        live.wait_for(lambda status: status["documents"] == 0 and status["config"]["error"] is None)


def test_a_root_deleted_and_made_again_is_watched_again(tmp_path: Path) -> None:
    """watchdog goes blind there; the daemon notices and heals."""
    with running(tmp_path) as live:
        shutil.rmtree(live.memory)
        live.wait_for(lambda status: status["roots"][0]["state"] == "missing")
        live.memory.mkdir()
        (live.memory / "back.md").write_text(note("Back"))
        wait_for_document(live, "back.md")
        (live.memory / "later.md").write_text(note("Later"))
        wait_for_document(live, "later.md")
        live.wait_for(lambda status: status["roots"][0]["state"] == "watching")


def test_a_root_that_does_not_exist_yet_is_read_when_it_appears(tmp_path: Path) -> None:
    """The folder may come after the daemon."""
    live = configure(tmp_path)
    live.memory.rmdir()
    live.start()
    try:
        assert live.status()["roots"][0]["state"] == "missing"
        live.memory.mkdir()
        (live.memory / "first.md").write_text(note("First"))
        wait_for_document(live, "first.md")
    finally:
        live.kill()


def test_a_root_that_is_a_link_is_watched_through_it(tmp_path: Path) -> None:
    """Events do not pass through a link; the resolved directory is watched."""
    configure(tmp_path)
    (tmp_path / "knowledge").rename(tmp_path / "real")
    (tmp_path / "knowledge").symlink_to(tmp_path / "real")
    with running(tmp_path) as live:
        (tmp_path / "real" / "through.md").write_text(note("Through"))
        wait_for_document(live, "through.md")


def test_a_vanished_root_is_held_until_confirmed(tmp_path: Path) -> None:
    """Nothing is deleted because a volume is not mounted; the person decides."""
    configure(tmp_path)
    (tmp_path / "knowledge" / "kept.md").write_text(note("Kept"))
    with running(tmp_path) as live:
        live.memory.rename(tmp_path / "away")
        live.wait_for(lambda status: status["roots"][0]["state"] == "held")
        done = live.command("status")
        assert done.returncode == 4
        assert "confirm-deletes" in done.stdout
        assert live.status()["documents"] == 1
        live.command("confirm-deletes")
        live.wait_for(lambda status: status["documents"] == 0)


def test_a_changed_note_while_the_daemon_is_down_is_found_at_start(tmp_path: Path) -> None:
    """Edits, additions and deletions between two runs are made up."""
    with running(tmp_path) as live:
        for name in ("a", "b"):
            (live.memory / f"{name}.md").write_text(note(name))
        live.sync()
        live.stop()
        (live.memory / "a.md").unlink()
        (live.memory / "b.md").write_text(note("b", 31337))
        (live.memory / "c.md").write_text(note("c"))
        live.start()
        assert documents(live) == {"b.md", "c.md"}
        assert says(live, b"31337")


def test_the_log_holds_no_note_text(tmp_path: Path) -> None:
    """Lines carry event, level and time, paths and counts, and never what a note says."""
    with running(tmp_path) as live:
        (live.memory / "secret.md").write_text(note("Xylophone"))
        (live.memory / "bad.md").write_bytes(b"Xylophone " * 20 + b"\xff")
        live.sync()
        live.stop()
    log = (live.state / "logs" / "curatord.jsonl").read_text()
    assert "Xylophone" not in log
    assert '"event":"pass"' in log
    assert (live.state / "logs" / "curatord.jsonl").stat().st_mode & 0o777 == 0o600


def test_state_is_private(tmp_path: Path) -> None:
    """The directory is 0700 and the socket 0600."""
    with running(tmp_path) as live:
        assert live.state.stat().st_mode & 0o777 == 0o700
        assert (live.state / "curatord.sock").stat().st_mode & 0o777 == 0o600


def test_build_refuses_while_a_daemon_runs(tmp_path: Path) -> None:
    """Two writers would be one too many: exit code 75."""
    with running(tmp_path) as live:
        assert live.command("build", check=False).returncode == 75


def test_build_and_daemon_give_the_same_shards(tmp_path: Path) -> None:
    """One pass in the foreground equals what the daemon arrives at."""
    live = configure(tmp_path)
    for number in range(5):
        (live.memory / f"n{number}.md").write_text(note(f"Note {number}", 4000 + number))
    live.start()
    live.stop()
    watched = live.shard_files()
    shutil.rmtree(live.state)
    done = subprocess.run([*CURATORD, "--config", str(live.config), "build", "--json"], capture_output=True, check=True)
    assert b'"documents":5' in done.stdout.replace(b" ", b"")
    assert live.shard_files() == watched
