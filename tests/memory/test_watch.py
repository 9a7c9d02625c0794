"""The watcher against the real watchdog, real files and the real kernel queue."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from watchdog.events import FileSystemEventHandler

from curatord.memory.settle import Batch, Hint
from curatord.memory.watch import WatchdogWatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

_DEADLINE = 10.0


class _Ears:
    """Collects hints and waits for conditions on them."""

    def __init__(self) -> None:
        self._hints: list[Hint] = []
        self._news = threading.Condition()

    def hear(self, hint: Hint) -> None:
        """Take a hint from whatever thread."""
        with self._news:
            self._hints.append(hint)
            self._news.notify_all()

    @property
    def hints(self) -> frozenset[Hint]:
        """What was heard so far."""
        with self._news:
            return frozenset(self._hints)

    def forget(self) -> None:
        """Start anew."""
        with self._news:
            self._hints.clear()

    def wait_for(self, condition: Callable[[frozenset[Hint]], bool]) -> bool:
        """Wait until what was heard meets `condition`; False after the deadline."""
        with self._news:
            return self._news.wait_for(lambda: condition(frozenset(self._hints)), _DEADLINE)

    def cover(self, root: Path, *paths: str) -> bool:
        """Wait until what was heard leads to every one of `paths`."""
        return self.wait_for(lambda hints: all(Batch(hints).covers(Hint(str(root), path)) for path in paths))

    def heard(self, root: Path, path: str | None) -> bool:
        """Wait for exactly this hint."""
        return self.wait_for(lambda hints: Hint(str(root), path) in hints)


def _eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + _DEADLINE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an empty memory root."""
    directory = tmp_path.resolve() / "root"
    directory.mkdir()
    return directory


@pytest.fixture
def ears() -> _Ears:
    """Return a collector of hints."""
    return _Ears()


@pytest.fixture
def watcher(root: Path, ears: _Ears) -> Iterator[WatchdogWatcher]:
    """Yield a watcher that has begun to watch `root`."""
    watching = WatchdogWatcher([root], ears.hear)
    watching.start()
    yield watching
    watching.stop()


@pytest.mark.usefixtures("watcher")
def test_a_new_note_is_hinted_at(root: Path, ears: _Ears) -> None:
    """The user drops a file into the folder and does nothing else."""
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")


def test_an_edited_note_is_hinted_at(root: Path, ears: _Ears) -> None:
    """Writing into a file that was there before the watch began."""
    (root / "a.md").write_text("a")
    watcher = WatchdogWatcher([root], ears.hear)
    watcher.start()
    (root / "a.md").write_text("b")
    assert ears.heard(root, "a.md")
    watcher.stop()


@linux_only
@pytest.mark.usefixtures("watcher")
def test_reading_a_note_is_no_event(root: Path, ears: _Ears) -> None:
    """The daemon's own reading must not wake it."""
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")
    time.sleep(0.1)  # the write's last event
    ears.forget()
    (root / "a.md").read_text()
    (root / "sentinel.md").write_text("s")
    assert ears.heard(root, "sentinel.md")
    assert ears.hints == {Hint(str(root), "sentinel.md")}


@pytest.mark.usefixtures("watcher")
def test_an_atomic_replacement_is_hinted_at(root: Path, ears: _Ears) -> None:
    """Most editors and agents write a temporary file and rename it."""
    (root / "a.md.tmp.1234").write_text("a")
    (root / "a.md.tmp.1234").rename(root / "a.md")
    assert ears.heard(root, "a.md")
    assert Hint(str(root), "a.md.tmp.1234") not in ears.hints


@pytest.mark.usefixtures("watcher")
def test_both_ends_of_a_rename_are_hinted_at(root: Path, ears: _Ears) -> None:
    """The old name has to go as the new one comes."""
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")
    ears.forget()
    (root / "a.md").rename(root / "b.md")
    assert ears.cover(root, "a.md", "b.md")


@pytest.mark.usefixtures("watcher")
def test_a_renamed_directory_is_hinted_at_under_both_names(root: Path, ears: _Ears) -> None:
    """And what is written there later is seen under the new name."""
    (root / "old").mkdir()
    (root / "old" / "a.md").write_text("a")
    assert ears.cover(root, "old/a.md")
    ears.forget()
    (root / "old").rename(root / "new")
    assert ears.cover(root, "old/a.md", "new/a.md")
    ears.forget()
    (root / "new" / "b.md").write_text("b")
    assert ears.cover(root, "new/b.md")


@pytest.mark.usefixtures("watcher")
def test_a_directory_moved_in_is_hinted_at_and_watched(root: Path, ears: _Ears) -> None:
    """Nothing inside it has an event of its own."""
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "a.md").write_text("a")
    outside.rename(root / "inside")
    assert ears.cover(root, "inside/a.md")
    ears.forget()
    (root / "inside" / "b.md").write_text("b")
    assert ears.heard(root, "inside/b.md")


@pytest.mark.usefixtures("watcher")
def test_a_directory_moved_out_is_hinted_at(root: Path, ears: _Ears) -> None:
    """Its notes are gone without events of their own."""
    (root / "a").mkdir()
    (root / "a" / "b.md").write_text("b")
    assert ears.cover(root, "a/b.md")
    ears.forget()
    (root / "a").rename(root.parent / "away")
    assert ears.cover(root, "a/b.md")


@pytest.mark.usefixtures("watcher")
def test_a_note_written_at_once_into_new_nested_directories_is_covered(root: Path, ears: _Ears) -> None:
    """The directories are there before anyone could watch them."""
    deep = root / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "d.md").write_text("d")
    assert ears.cover(root, "a/b/c/d.md")


def test_many_new_nested_directories_leave_the_watcher_alive(root: Path, ears: _Ears, watcher: WatchdogWatcher) -> None:
    """A directory is registered twice when it is made while its parent is being walked."""
    paths = [f"{number}/a/b/c.md" for number in range(100)]
    for path in paths:
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(path)
    assert ears.cover(root, *paths)
    assert watcher.check() == ()


@pytest.mark.usefixtures("watcher")
def test_a_deleted_note_is_hinted_at(root: Path, ears: _Ears) -> None:
    """So that its pairs can go."""
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")
    time.sleep(0.1)  # the write's last event
    ears.forget()
    (root / "a.md").unlink()
    assert ears.heard(root, "a.md")


@pytest.mark.usefixtures("watcher")
def test_a_changed_ignore_file_hints_at_the_whole_root(root: Path, ears: _Ears) -> None:
    """Any note may come or go with it."""
    (root / ".curatorignore").write_text("a.md\n")
    assert ears.heard(root, None)


@pytest.mark.usefixtures("watcher")
def test_hidden_directories_and_other_files_are_quiet(root: Path, ears: _Ears) -> None:
    """A commit in the notes' repository, or a program's log file, wakes nobody."""
    (root / ".git" / "refs").mkdir(parents=True)
    (root / ".git" / "refs" / "a.md").write_text("a")
    (root / "node_modules").mkdir()
    (root / "node_modules" / "a.md").write_text("a")
    (root / "agent.log").write_text("log")
    (root / "sentinel.md").write_text("s")
    assert ears.heard(root, "sentinel.md")
    assert ears.hints == {Hint(str(root), "sentinel.md")}


def test_a_root_given_as_a_link_is_watched_where_it_leads(root: Path, ears: _Ears) -> None:
    """Hints name it as it was given."""
    link = root.parent / "link"
    link.symlink_to(root)
    watcher = WatchdogWatcher([link], ears.hear)
    watcher.start()
    (root / "a.md").write_text("a")
    assert ears.heard(link, "a.md")
    assert watcher.check() == ()
    watcher.stop()


def test_a_link_that_leads_elsewhere_now_is_reported(root: Path, ears: _Ears) -> None:
    """Its notes are others now."""
    link, other = root.parent / "link", root.parent / "other"
    other.mkdir()
    link.symlink_to(root)
    watcher = WatchdogWatcher([link], ears.hear)
    watcher.start()
    link.unlink()
    link.symlink_to(other)
    assert watcher.check() == (link,)
    assert watcher.rewatch(link)
    (other / "a.md").write_text("a")
    assert ears.heard(link, "a.md")
    watcher.stop()


def test_two_roots_are_told_apart(root: Path, ears: _Ears) -> None:
    """A move between them is two hints."""
    other = root.parent / "root-2"
    other.mkdir()
    watcher = WatchdogWatcher([root, other], ears.hear)
    watcher.start()
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")
    (root / "a.md").rename(other / "b.md")
    assert ears.heard(other, "b.md")
    assert Hint(str(other), "a.md") not in ears.hints
    watcher.stop()


def test_a_healthy_watch_needs_nothing(watcher: WatchdogWatcher) -> None:
    """The check is quiet unless there is something to do."""
    assert watcher.check() == ()
    assert watcher.problems() == ()


def test_a_root_that_comes_later_is_reported_until_it_is_watched(root: Path, ears: _Ears) -> None:
    """A missing root is no failure, and no problem."""
    later = root / "later"
    watcher = WatchdogWatcher([later], ears.hear)
    watcher.start()
    assert watcher.check() == (later,)
    assert not watcher.rewatch(later)
    assert watcher.problems() == ()
    later.mkdir()
    assert watcher.rewatch(later)
    assert ears.heard(later, None)
    assert watcher.check() == ()
    (later / "a.md").write_text("a")
    assert ears.heard(later, "a.md")
    watcher.stop()


def test_a_root_deleted_and_made_again_is_reported_and_heals(root: Path, ears: _Ears, watcher: WatchdogWatcher) -> None:
    """Here watchdog goes deaf for good, while its observer stays alive."""
    root.rmdir()
    assert ears.heard(root, None)
    assert _eventually(lambda: watcher.check() == (root,))
    root.mkdir()
    assert watcher.check() == (root,)
    assert watcher.rewatch(root)
    assert watcher.check() == ()
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")


def test_a_root_replaced_by_another_directory_is_reported(root: Path, ears: _Ears, watcher: WatchdogWatcher) -> None:
    """The watch would go on following the old one, wherever it was moved."""
    root.rename(root.parent / "moved")
    assert watcher.check() == (root,)
    root.mkdir()
    assert watcher.check() == (root,)
    watcher.rewatch(root)
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")


def test_a_root_that_is_a_file_is_a_problem(root: Path, ears: _Ears) -> None:
    """Watching its directory instead would be a surprise."""
    file = root / "a.md"
    file.write_text("a")
    watcher = WatchdogWatcher([file], ears.hear)
    watcher.start()
    assert watcher.check() == (file,)
    (problem,) = watcher.problems()
    assert problem.startswith(f"{file} cannot be watched (Not a directory)")
    watcher.stop()


def test_a_stopped_watcher_starts_again(root: Path, ears: _Ears, watcher: WatchdogWatcher) -> None:
    """A reload stops and starts it."""
    watcher.stop()
    watcher.start()
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")
    assert watcher.check() == ()


@pytest.mark.usefixtures("watcher")
def test_a_watcher_costs_nothing_while_nothing_changes(root: Path, ears: _Ears) -> None:
    """No thread polls."""
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")
    time.sleep(0.1)
    before = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - before < 0.01


def test_an_overflow_of_the_kernels_queue_hints_at_every_root(
    root: Path, ears: _Ears, watcher: WatchdogWatcher
) -> None:
    """The events are lost and watchdog tells nobody; this fails when a new version reads its queue otherwise."""
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if queue > 50_000:
        pytest.skip(f"the kernel's queue holds {queue} events; filling it takes too long")
    observer = watcher._observer
    assert observer is not None
    one, two = root / "a.md", root / "b.md"
    one.write_text("a")
    assert ears.heard(root, "a.md")
    with observer._inotify_fd._lock:  # its reader takes the lock before each read
        for _ in range(queue // 4 + 1):  # two events for each rename, and the reader may have read once
            one.rename(two)
            two.rename(one)
        for _ in range(queue // 4 + 1):
            one.rename(two)
            two.rename(one)
    assert ears.heard(root, None)
    assert _eventually(lambda: watcher.check() == (root,))
    assert watcher.rewatch(root)
    assert watcher.check() == ()
    ears.forget()
    (root / "after.md").write_text("a")
    assert ears.heard(root, "after.md")


def test_a_dead_reader_thread_is_reported_and_replaced(root: Path, ears: _Ears, watcher: WatchdogWatcher) -> None:
    """Without it the observer and its emitters stay alive and hear nothing."""
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    observer = watcher._observer
    assert observer is not None
    observer._inotify_fd.stop()
    observer._inotify_fd.join()
    assert watcher.check() == (root,)
    assert watcher.rewatch(root)
    (root / "a.md").write_text("a")
    assert ears.heard(root, "a.md")


_UNDER_A_LIMIT = """
import sys
from pathlib import Path
from curatord.memory.watch import WatchdogWatcher

limit, root = Path("/proc/sys/user/max_inotify_watches"), Path(sys.argv[1])
limit.write_text("5")
watcher = WatchdogWatcher([root], lambda hint: None)
watcher.start()
print(watcher.check() == (), *watcher.problems(), sep="|")
limit.write_text("50")
print(watcher.check() == (root,), watcher.rewatch(root), watcher.check() == (), watcher.problems(), sep="|")
watcher.stop()
"""


@linux_only
def test_directories_beyond_the_kernels_limit_are_told_until_it_is_raised(root: Path) -> None:
    """Left alone, watchdog starts without a word and sees only some of the directories."""
    for number in range(10):
        (root / str(number)).mkdir()
    namespace = ["unshare", "--user", "--map-root-user"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    result = subprocess.run(
        [*namespace, sys.executable, "-c", _UNDER_A_LIMIT, str(root)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    limited, raised = result.stdout.splitlines()
    assert limited.startswith("True|6 directories are beyond the kernel's limit of 5 inotify watches")
    assert limited.endswith("sudo sysctl fs.inotify.max_user_watches=524288")
    assert raised == "True|True|True|()"


_NO_INSTANCE_LEFT = """
import sys
from pathlib import Path
from curatord.memory.watch import WatchdogWatcher

limit, root = Path("/proc/sys/user/max_inotify_instances"), Path(sys.argv[1])
limit.write_text("0")
watcher = WatchdogWatcher([root], lambda hint: None)
watcher.start()
print(watcher.check() == (root,), *watcher.problems(), sep="|")
limit.write_text("5")
print(watcher.rewatch(root), watcher.check() == (), watcher.problems(), sep="|")
watcher.stop()
"""


@linux_only
def test_without_an_inotify_instance_left_the_watcher_says_so_and_recovers(root: Path) -> None:
    """The daemon goes on with its regular comparison."""
    namespace = ["unshare", "--user", "--map-root-user"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    result = subprocess.run(
        [*namespace, sys.executable, "-c", _NO_INSTANCE_LEFT, str(root)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    without, again = result.stdout.splitlines()
    assert without.startswith("True|Nothing can be watched (inotify instance limit reached)")
    assert "fs.inotify.max_user_instances=512" in without
    assert again == "True|True|()"


@pytest.fixture
def fsevents(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the macOS observer over a stand-in for Apple's event stream, the one thing that is not here."""
    native = ModuleType("_watchdog_fsevents")
    native.Stream = lambda paths, latency: SimpleNamespace(paths=paths, latency=latency)  # type: ignore[attr-defined]  # a stand-in
    native.NativeEvent = SimpleNamespace  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "_watchdog_fsevents", native)
    for name in ("watchdog.observers.fsevents", "curatord.memory.fsevents"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("curatord.memory.fsevents")


_LOSS_FLAGS = ("must_scan_subdirs", "is_user_dropped", "is_kernel_dropped", "is_mount", "is_unmount")
_OTHER_FLAGS = (
    "is_root_changed", "is_created", "is_removed", "is_renamed", "is_modified", "is_inode_meta_mod", "is_xattr_mod",
    "is_owner_change", "is_directory",
)  # fmt: skip


def _native_event(path: Path, *flags: str) -> SimpleNamespace:
    return SimpleNamespace(
        path=str(path), inode=1, **dict.fromkeys(_LOSS_FLAGS + _OTHER_FLAGS, False) | dict.fromkeys(flags, True)
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="needs no stand-in there; the other tests run on the real one")
@pytest.mark.parametrize("flag", _LOSS_FLAGS)
def test_events_that_macos_dropped_are_told(fsevents: ModuleType, root: Path, flag: str) -> None:
    """Left alone, watchdog never looks at these flags."""
    lost: list[str | None] = []
    observer = fsevents.Observer(lost.append, print)
    observer.schedule(FileSystemEventHandler(), str(root), recursive=True, event_filter=list(fsevents.EVENTS))
    (emitter,) = observer.emitters
    emitter.queue_events(1.0, [_native_event(root / "a.md", "is_modified")])
    assert lost == []
    emitter.queue_events(1.0, [_native_event(root / "a.md"), _native_event(root, flag)])
    assert lost == [str(root)]
    event, _ = observer.event_queue.get_nowait()
    assert (event.event_type, event.src_path) == ("modified", str(root / "a.md"))


@pytest.mark.skipif(sys.platform == "darwin", reason="needs no stand-in there; the other tests run on the real one")
def test_macos_events_that_watchdog_fails_on_count_as_dropped(fsevents: ModuleType, root: Path) -> None:
    """It logs the error and goes on with the next ones."""
    lost: list[str | None] = []
    observer = fsevents.Observer(lost.append, print)
    observer.schedule(FileSystemEventHandler(), str(root), recursive=True)
    (emitter,) = observer.emitters
    broken = _native_event(root / "a.md")
    del broken.is_created
    with pytest.raises(AttributeError):
        emitter.queue_events(1.0, [broken])
    assert lost == [str(root)]


def test_an_unreadable_directory_is_watched_once_it_can_be(unprivileged_root: Path, ears: _Ears) -> None:
    """Left alone, watchdog takes the kernel's refusal for a watch."""
    locked = unprivileged_root / "locked"
    locked.mkdir(mode=0)
    watcher = WatchdogWatcher([unprivileged_root], ears.hear)
    watcher.start()
    assert watcher.check() == ()
    locked.chmod(0o700)
    if sys.platform == "linux":  # FSEvents watches a tree as one
        assert watcher.check() == (unprivileged_root,)
        assert watcher.rewatch(unprivileged_root)
    (locked / "a.md").write_text("a")
    assert ears.heard(unprivileged_root, "locked/a.md")
    watcher.stop()


def test_an_unreadable_root_is_a_problem_until_it_can_be_watched(unprivileged_root: Path, ears: _Ears) -> None:
    """Nothing can be heard there."""
    root = unprivileged_root / "root"
    root.mkdir(mode=0)
    watcher = WatchdogWatcher([root], ears.hear)
    watcher.start()
    if sys.platform == "linux":
        assert watcher.check() == (root,)
        assert watcher.problems()[0].startswith(f"{root} cannot be watched (Permission denied)")
    root.chmod(0o700)
    assert watcher.rewatch(root)
    assert watcher.problems() == ()
    watcher.stop()
