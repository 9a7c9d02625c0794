"""Memory roots: readable, watched, let in; each shown as it should be, and not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.doctor import notes
from curatord.doctor.finding import Level, Situation, situation
from curatord.doctor.reading import reading
from tests.doctor.namespace import run_apart
from tests.doctor.unprivileged import unchecked
from tests.live import configure, running

if TYPE_CHECKING:
    from tests.live import Live


def test_roots_that_can_be_read_are_ok(still: Live, here: Situation) -> None:
    """With the number of notes."""
    (still.memory / "a.md").write_text("# A\n")
    (still.memory / "picture.png").write_text("")
    finding = notes.roots(here)
    assert (finding.level, finding.message) == (Level.OK, "2 memory roots with 1 notes can be read.")


def test_without_roots_there_is_a_warning(tmp_path: Path) -> None:
    """`init` makes a configuration."""
    assert notes.roots(situation(tmp_path / "none.toml")).remedy == "curatord init"


def test_a_root_that_is_not_there_fails(still: Live, here: Situation) -> None:
    """The command makes it."""
    still.memory.rmdir()
    finding = notes.roots(here)
    assert (finding.level, finding.remedy) == (Level.FAIL, f"mkdir -p {still.memory}")


def test_a_root_that_may_not_be_read_fails_until_the_remedy_is_applied(unprivileged_root: Path) -> None:
    """Permissions as they are, not as they are meant to be."""
    live = configure(unprivileged_root)
    live.memory.chmod(0o300)
    finding = notes.roots(unchecked(live))
    assert (finding.level, finding.remedy) == (Level.FAIL, f"chmod u+rx {live.memory}")
    live.memory.chmod(0o700)
    assert notes.roots(unchecked(live)).level is Level.OK


@pytest.mark.parametrize("inside", ["directory", "note.md"])
def test_what_may_not_be_read_inside_a_root_warns(unprivileged_root: Path, inside: str) -> None:
    """A directory, or a single note."""
    live = configure(unprivileged_root)
    closed = live.memory / inside
    closed.write_text("# A\n") if closed.suffix else closed.mkdir()
    closed.chmod(0)
    finding = notes.roots(unchecked(live))
    assert finding.level is Level.WARN
    assert inside in finding.message
    assert finding.remedy.startswith("chmod")


def test_few_directories_are_well_within_the_kernels_limits(here: Situation) -> None:
    """On the machine as it is."""
    assert notes.watches(here).level is Level.OK


_UNDER_A_LIMIT = """
import sys
from pathlib import Path
from curatord.doctor.finding import situation
from curatord.doctor.notes import watches
from watchdog.observers.inotify_c import InotifyFD

here = situation(Path(sys.argv[1]))
limits = Path("/proc/sys/user")
for watched, instances in ((5, 100), (12, 100), (5000, 0)):
    (limits / "max_inotify_watches").write_text(str(watched))
    (limits / "max_inotify_instances").write_text(str(instances))
    found = watches(here)
    print(found.level, found.remedy)
(limits / "max_inotify_instances").write_text("100")
print(watches(here).level)
"""


def test_limits_of_the_kernel_that_are_too_low_warn(still: Live) -> None:
    """Real limits, in a namespace: fewer watches than directories, few to spare, no instance left, enough."""
    for number in range(8):
        (still.memory / str(number)).mkdir()
    short, scarce, none_left, enough = run_apart(_UNDER_A_LIMIT, str(still.config)).splitlines()
    assert short == "warn sudo sysctl fs.inotify.max_user_watches=524288"
    assert scarce == "warn sudo sysctl fs.inotify.max_user_watches=524288"
    assert none_left == "warn sudo sysctl fs.inotify.max_user_instances=512"
    assert enough == "ok"


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="only Linux tells what a process watches")
def test_the_watches_that_a_users_processes_hold_are_counted(tmp_path: Path) -> None:
    """A daemon of our own holds one instance, and a watch for each directory; no other process is looked at here."""
    processes = tmp_path / "proc"
    processes.mkdir()
    with running(tmp_path / "daemon") as live:
        assert live.process is not None
        (processes / str(live.process.pid)).symlink_to(f"/proc/{live.process.pid}")
        instances, watched = notes._held(processes, os.getuid())
    assert instances >= 1
    assert watched >= 2
    assert notes._held(processes, os.getuid()) == (0, 0)


def test_elsewhere_than_on_macos_permissions_are_all(here: Situation) -> None:
    """There is no TCC."""
    assert notes.access(here, "linux").level is Level.OK


def test_a_root_where_macos_guards_warns_with_the_program_that_needs_leave(tmp_path: Path) -> None:
    """As long as no daemon tells better."""
    live = configure(tmp_path / "Documents")
    finding = notes.access(situation(live.config), "darwin", tmp_path)
    assert finding.level is Level.WARN
    assert "Full Disk Access" in finding.message
    assert "Privacy_AllFiles" in finding.remedy
    assert notes.access(situation(live.config), "darwin", tmp_path / "another").level is Level.OK


def test_a_daemon_that_was_let_in_settles_the_matter(tmp_path: Path) -> None:
    """And one that was not makes it a failure."""
    with running(tmp_path / "Documents") as live:
        here = situation(live.config)
        assert notes.access(here, "darwin", tmp_path).level is Level.OK
        live.memory.rmdir()
        live.sync()
        assert notes.access(here, "darwin", tmp_path).level is Level.FAIL


def test_a_worker_makes_facts_of_a_sample_note(here: Situation) -> None:
    """As the daemon's workers do."""
    assert reading(here).level is Level.OK


def test_a_worker_that_has_too_little_time_fails(still: Live) -> None:
    """A real worker, which is given a hundredth of a second."""
    still.config.write_text(still.config.read_text() + "\n[engine]\nseconds = 0.001\n")
    finding = reading(situation(still.config))
    assert finding.level is Level.FAIL
    assert "[engine]" in finding.remedy
