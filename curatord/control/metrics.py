"""What the daemon tells as metrics: its status, its runs and its process, in Prometheus's exposition format.

Nothing is counted on the way: all of it is read when it is asked for, so that it costs nothing in between.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from curatord.train.run_directory import RunState, list_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from prometheus_client.core import Metric

    from curatord.daemon.status import Status
    from curatord.train.run_directory import State

ROOT_STATES = ("watching", "polling", "missing", "unreadable", "held")
STATES = ("starting", "ready", "working", "stopping")
TRAINING_STATES = ("off", "idle", "running", "held", "paused")


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The runs by state, and of the last one that is done when it ended (Unix time) and how many seconds it took."""

    by_state: Mapping[str, int]
    last_end: float | None = None
    last_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """The daemon's process: bytes of memory, of its children too, seconds of CPU time, threads, open files."""

    memory: int
    memory_of_children: int
    cpu_seconds: float
    threads: int
    open_files: int


def exposition(status: Status, runs: Path) -> bytes:
    """Return the metrics of a daemon, in the text format 0.0.4."""
    figures = run_figures(run.state() for run in list_runs(runs).runs)
    registry = CollectorRegistry()
    registry.register(_Collector(families(status, figures, process_figures(), datetime.now().astimezone())))
    return generate_latest(registry)


def families(status: Status, runs: RunFigures, process: ProcessFigures, now: datetime) -> Iterator[Metric]:
    """Yield the metrics of these figures; what is not known gives no sample."""
    yield InfoMetricFamily("curatord", "The daemon.", {"version": status.version})
    yield _one("curatord_uptime_seconds", "Seconds since the daemon was started.", status.uptime_seconds)
    yield _states_of("curatord_state", "What the daemon does.", status.state, STATES)
    yield from _notes(status, now)
    yield from _pairs(status)
    yield from _training(status, runs)
    yield from _process(process)


def run_figures(states: Iterable[State]) -> RunFigures:
    """Return what the states of all runs come to."""
    found = list(states)
    by_state = Counter(state.state.value for state in found)
    counted = {state.value: by_state[state.value] for state in RunState}
    done = [(s.finished, s.started) for s in found if s.state is RunState.DONE and s.finished and s.started]
    if not done:
        return RunFigures(counted)
    finished, started = max(done)
    return RunFigures(counted, finished.timestamp(), (finished - started).total_seconds())


def process_figures() -> ProcessFigures:
    """Return the figures of this process as the system has them now."""
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        memory, threads, files = process.memory_info().rss, process.num_threads(), process.num_fds()
    return ProcessFigures(memory, _memory_of_children(process), times.user + times.system, threads, files)


class _Collector(Collector):
    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        return self._found


def _notes(status: Status, now: datetime) -> Iterator[Metric]:
    yield _one("curatord_documents", "Notes that were read.", status.documents)
    yield _one("curatord_documents_skipped", "Notes that give nothing.", status.skipped)
    yield _one("curatord_facts", "Facts found in the notes.", status.facts)
    yield _one("curatord_problems", "What is wrong with notes and roots.", status.problems)
    queue = GaugeMetricFamily("curatord_queue", "Notes to be read, and places waiting for quiet.", labels=["what"])
    queue.add_metric(["pending"], status.queue.pending)
    queue.add_metric(["settling"], status.queue.settling)
    yield queue
    roots = GaugeMetricFamily("curatord_root_state", "How a memory root stands (1).", labels=["root", "state"])
    documents = GaugeMetricFamily("curatord_root_documents", "Notes that were read, by root.", labels=["root"])
    for root in status.roots:
        documents.add_metric([root.name], root.documents)
        for state in ROOT_STATES:
            roots.add_metric([root.name, state], root.state == state)
    yield from (roots, documents)
    yield _one("curatord_pass_failing", "Whether the last pass failed.", status.error is not None)
    yield _one("curatord_configuration_broken", "Whether the file is broken.", status.config.error is not None)
    if status.last_pass is not None:
        last = datetime.fromisoformat(status.last_pass)
        yield _one("curatord_last_pass_timestamp_seconds", "When the last good pass ended.", last.timestamp())
        told = "Seconds since the last good pass ended."
        yield _one("curatord_seconds_since_last_pass", told, max(0.0, (now - last).total_seconds()))


def _pairs(status: Status) -> Iterator[Metric]:
    kinds = {"sft": status.pairs.sft, "preference": status.pairs.preference, "heldout": status.pairs.heldout}
    pairs = GaugeMetricFamily("curatord_pairs", "Pairs by kind; heldout ones are for the exam.", labels=["kind"])
    for kind, number in kinds.items():
        pairs.add_metric([kind], number)
    yield pairs
    by_category = GaugeMetricFamily("curatord_pairs_by_category", "Pairs to train on.", labels=["category"])
    for category, number in status.pairs.by_category.items():
        by_category.add_metric([category], number)
    yield by_category
    yield _one("curatord_pairs_new", "Pairs that no run has seen.", status.new_pairs)
    yield _one("curatord_pairs_wanted", "New pairs that a run takes.", status.training.min_new_pairs)
    yield _one("curatord_shards_generation", "The generation of the shards.", status.generation)


def _training(status: Status, runs: RunFigures) -> Iterator[Metric]:
    yield _states_of("curatord_training_state", "What training does.", status.training.state, TRAINING_STATES)
    by_state = GaugeMetricFamily("curatord_runs", "Training runs that are kept, by state.", labels=["state"])
    for state, number in runs.by_state.items():
        by_state.add_metric([state], number)
    yield by_state
    if runs.last_end is not None and runs.last_seconds is not None:
        yield _one("curatord_last_run_timestamp_seconds", "When the last run that is done ended.", runs.last_end)
        yield _one("curatord_last_run_duration_seconds", "Seconds from its start to its end.", runs.last_seconds)
    if status.training.next_run is not None:
        due = datetime.fromisoformat(status.training.next_run).timestamp()
        yield _one("curatord_next_run_timestamp_seconds", "When training may next go on by itself.", due)
    if status.training.progress is not None:
        yield _one("curatord_run_step", "The step that the run in hand is at.", status.training.progress.step)
    yield InfoMetricFamily("curatord_adapter", "The adapter in service.", {"adapter": status.adapter or ""})
    exam = GaugeMetricFamily("curatord_exam_accuracy_ratio", "Exam questions answered right.", labels=["when"])
    for when, accuracy in (("before", status.exam.before), ("after", status.exam.after)):
        if accuracy is not None:
            exam.add_metric([when], accuracy)
    yield exam
    yield _one("curatord_serving", "Whether the OpenAI-compatible server serves.", status.serving.state == "serving")


def _process(process: ProcessFigures) -> Iterator[Metric]:
    yield _one("process_resident_memory_bytes", "Resident memory of the daemon.", process.memory)
    children = "Resident memory of the workers, training and serving."
    yield _one("curatord_children_resident_memory_bytes", children, process.memory_of_children)
    yield CounterMetricFamily("process_cpu_seconds", "CPU time of the daemon.", process.cpu_seconds)
    yield _one("process_threads", "Threads of the daemon.", process.threads)
    yield _one("process_open_fds", "Open file descriptors of the daemon.", process.open_files)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value)


def _states_of(name: str, told: str, now: str, states: Iterable[str]) -> Metric:
    """Return a metric with a sample for each state, 1 for the one that is (a state set, as OpenMetrics calls it)."""
    family = GaugeMetricFamily(name, told, labels=["state"])
    for state in states:
        family.add_metric([state], state == now)
    return family


def _memory_of_children(process: psutil.Process) -> int:
    total = 0
    for child in process.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return total
