"""The status as people read it. Takes the answer as it came over the socket, so that no model need be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curatord.cli import training_text
from curatord.cli.layout import LABEL, Paper, at_home
from curatord.cli.output import seconds_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_ROOTS = 4  # told one by one, besides those with which something is wrong
_WELL = frozenset({"watching"})
_COLORS = {
    "ready": "green",
    "watching": "green",
    "missing": "red",
    "unreadable": "red",
    "held": "red",
    "polling": "yellow",
}


def attention(status: Mapping[str, Any]) -> list[str]:
    """Return what needs the person, a sentence each: roots, the configuration, a pass or a run that failed."""
    found = []
    for root in status["roots"]:
        if root["held"]:
            found.append(f"{root['name']}: {root['held']} Bring the notes back, or run `curatord confirm-deletes`.")
        elif root["state"] == "missing":
            found.append(f"{root['name']}: {root['path']} is not there. It is read as soon as it is.")
        elif root["state"] == "unreadable":
            told = root.get("barrier") or f"{root['path']} cannot be read. Check its permissions."
            found.append(f"{root['name']}: {told}")
    if error := status["config"]["error"]:
        found.append(f"The configuration is broken, the former one stays in force: {error}")
    if error := status.get("error"):
        found.append(error)
    if (last := status["training"]["last"]) and last["state"] == "failed":
        found.append(f"The last training run failed: {last['reason']} (curatord runs show {last['run']})")
    return found


def render(status: Mapping[str, Any], paper: Paper | None = None) -> str:
    """Return the status as text that a screen of 80 by 24 holds where nothing is wrong; colours are ANSI codes."""
    paper = paper or Paper()
    parts = (_head, _roots, _notes, _pairs, _training, _model, _notices)
    return "\n".join(line for part in parts for line in part(status, paper))


def _head(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    up = seconds_in_words(status["uptime_seconds"])
    text = f"curatord {status['version']} is {status['state']} (pid {status['pid']}, up {up})"
    yield from _styled(paper.folded(text), status["state"])


def _roots(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    roots = status["roots"]
    if not roots:
        yield from paper.folded(f"No memory roots are configured: name one in {status['config']['path']}.")
    shown = [root for number, root in enumerate(roots) if number < MOST_ROOTS or root["state"] not in _WELL]
    name = max((len(root["name"]) for root in shown), default=0)
    number = max((len(str(root["documents"])) for root in shown), default=0)
    for root in shown:
        line = f"{root['name']:<{max(name, LABEL - 2)}}  {root['state']:<8} {root['documents']:>{number}} notes  "
        yield from _styled([line + paper.shortened(at_home(root["path"]), len(line))], root["state"])
    if rest := [root for root in roots if root not in shown]:
        notes = sum(root["documents"] for root in rest)
        yield from paper.field("", f"and {len(rest)} more, with {notes} notes")


def _notes(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    queue, problems = status["queue"], status["problems"]
    last = training_text.moment(status["last_pass"])
    seen = f", last pass {last}" if last else ""
    yield from paper.field("queue", f"{queue['pending']} to read, {queue['settling']} settling{seen}")
    wrong = f"{problems} problem{'s' if problems > 1 else ''} (curatord problems)" if problems else "no problems"
    counts = f"{status['documents']} read, {status['skipped']} skipped, {status['facts']} facts, {wrong}"
    yield from paper.field("notes", counts)
    yield ""


def _pairs(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    pairs = status["pairs"]
    columns = [pairs["by_category"], pairs.get("preference_by_category", {}), pairs.get("heldout_by_category", {})]
    yield _row("pairs", ("to train", "rejected", "exam"))
    for category in pairs["by_category"]:
        yield _row(f"  {category}", [column.get(category, "") for column in columns])
    yield _row("  all", (pairs["sft"], pairs["preference"], pairs["heldout"]))
    if made := list(pairs.get("made_by_day", {}).values()):
        told = f"{sum(made)} in {len(made)} days, {made[-1]} today, generation {status['generation']}"
        yield from paper.field("made", f"{paper.bars(made)}  {told}")
    yield ""


def _row(name: str, values: Sequence[object]) -> str:
    return f"{name:<13}" + "".join(f"{value:>9}" for value in values)  # 40 columns, as narrow as terminals get


def _training(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    for label, text in training_text.fields(status["training"], status["new_pairs"]):
        yield from paper.field(label, text)


def _model(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    """Yield what is in service, how well it knows the notes, and where it answers."""
    yield from paper.field("adapter", _adapter(status))
    if status["adapter"]:
        yield from paper.field("exam", _exam(status))
    serving = status.get("serving") or {"state": "off"}
    if serving["state"] != "off":
        answers = f"{serving['model']} at {serving['url']}" if serving["model"] else ""
        told = ": ".join(part for part in (serving["state"], serving["reason"]) if part)
        yield from paper.field("serving", ", ".join(part for part in (answers, told) if part and part != "serving"))


def _adapter(status: Mapping[str, Any]) -> str:
    if not status["adapter"]:
        return "none in service: the base model answers alone"
    since = training_text.moment((status.get("in_service") or {}).get("since"))
    return f"{status['adapter']}{f', in service since {since}' if since else ''}"


def _exam(status: Mapping[str, Any]) -> str:
    """Return the accuracies before and after, in how many questions, and how many notes are known."""
    exam, known = status["exam"], status.get("in_service")
    if exam["after"] is None:
        return "none was sat"
    told = f"{100 * exam['before']:.0f} % -> {100 * exam['after']:.0f} % right"
    if not known:
        return told
    counts = f"{known['right']} of {known['asked']} questions, {known['mastered']} of {known['topics']} notes mastered"
    return f"{told}: {counts}"


def _notices(status: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    told = [(line, "red") for line in attention(status)] + [(line, "yellow") for line in status["warnings"]]
    if told:
        yield ""
    for line, color in told:
        yield from (click.style(part, fg=color) for part in paper.folded(line))


def _styled(lines: Sequence[str], state: str) -> Iterator[str]:
    """Yield lines in which the first mention of a state has its colour."""
    colored = click.style(state, fg=_COLORS.get(state, "yellow"))
    for number, line in enumerate(lines):
        yield line.replace(state, colored, 1) if number == 0 else line
