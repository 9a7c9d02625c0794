"""Worker processes and the notes that try to take them down."""

from __future__ import annotations

import os
import re
import signal
import threading
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import pytest

from curatord.config import Engine
from curatord.curate.options import Options
from curatord.daemon.task import Examined, Task
from curatord.daemon.workers import Workers
from curatord.memory.document import Kind
from curatord.store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator


def task(path: str) -> Task:
    """Return a task whose path tells `misbehave` what to do."""
    return Task("knowledge", path, Kind.KNOWLEDGE, Path(path), None, (), 1000, 0, Options())


def misbehave(given: Task) -> Examined:
    """Do to the worker process what the note's name says."""
    if given.path.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if given.path.startswith("fault"):
        raise ValueError("the words of the note")
    if given.path.startswith("hang"):
        sleep(60)
    if given.path.startswith("hoard"):
        return Examined(Outcome.DOCUMENT, str(len(bytearray(4 * 1024**3))))
    return Examined(Outcome.DOCUMENT, given.path)


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Two workers with half a second per note."""
    pool = Workers(Engine(workers=2, seconds=0.5, memory_mb=512), misbehave)
    yield pool
    pool.close()


def reasons(workers: Workers, *paths: str) -> list[tuple[str, str]]:
    """Run the tasks and return (path, reason) in the order of the results."""
    return [(given.path, found.reason) for given, found in workers.run(map(task, paths))]


def test_results_come_in_the_order_of_the_tasks(workers: Workers) -> None:
    """Whatever process is faster, the order is kept."""
    names = [f"note-{n}" for n in range(40)]
    assert [path for path, _ in reasons(workers, *names)] == names


HARMS = [("crash", "crashed"), ("hang", "too_slow"), ("hoard", "too_hungry"), ("fault", "broken")]


@pytest.mark.parametrize(("name", "code"), HARMS)
def test_a_note_that_harms_its_worker_is_set_aside_and_the_rest_goes_on(workers: Workers, name: str, code: str) -> None:
    """A crash, a hang and a memory hog each cost their own note and no other."""
    found = reasons(workers, "a", name, "b", "c", "d")
    assert found == [("a", "a"), (name, code), ("b", "b"), ("c", "c"), ("d", "d")]


def test_a_fault_of_ours_is_told_without_the_words_of_the_note(workers: Workers) -> None:
    """An error's text may quote the note: only its type and the place in the code are shown."""
    [(_, found)] = workers.run([task("fault")])
    (message,) = [problem.message for problem in found.problems]
    assert re.fullmatch(r"reading it failed with ValueError at test_workers.py:\d+, a fault of curatord", message)


def test_a_pool_that_was_closed_starts_again_when_it_is_needed(workers: Workers) -> None:
    """Giving the processes back costs nothing but their start."""
    assert reasons(workers, "a") == [("a", "a")]
    workers.close()
    assert reasons(workers, "b") == [("b", "b")]


def test_a_pool_that_broke_is_replaced(workers: Workers) -> None:
    """Whatever happened inside it, the next notes are read."""
    assert reasons(workers, "a") == [("a", "a")]
    assert workers._pool is not None
    workers._pool.stop()
    assert reasons(workers, "b") == [("b", "b")]


def test_warming_and_giving_back_at_the_same_time_harm_nobody(workers: Workers) -> None:
    """A hint may come in the very moment in which the idle processes are given back."""
    failures: list[BaseException] = []

    def warm() -> None:
        try:
            for _ in range(20):
                workers.warm()
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=warm)
    thread.start()
    for _ in range(3):
        workers.close()
    thread.join()
    assert failures == []
    assert reasons(workers, "a") == [("a", "a")]
