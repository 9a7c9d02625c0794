"""The status as people read it. Takes the answer as it came over the socket, so that no model need be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curatord.cli import training_text
from curatord.cli.output import seconds_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
            found.append(f"{root['name']}: {root['path']} cannot be read. Check its permissions.")
    if error := status["config"]["error"]:
        found.append(f"The configuration is broken, the former one stays in force: {error}")
    if error := status.get("error"):
        found.append(error)
    if (last := status["training"]["last"]) and last["state"] == "failed":
        found.append(f"The last training run failed: {last['reason']} (curatord runs show {last['run']})")
    return found


def render(status: Mapping[str, Any]) -> str:
    """Return the status as text of some twenty lines; colours are in it as ANSI codes."""
    return "\n".join([*_head(status), "", *_figures(status), *_notices(status)])


def _head(status: Mapping[str, Any]) -> Iterator[str]:
    up = seconds_in_words(status["uptime_seconds"])
    yield f"curatord {status['version']} is {_colored(status['state'])} (pid {status['pid']}, up {up})"
    yield ""
    roots = status["roots"]
    if not roots:
        yield f"No memory roots are configured: name one in {status['config']['path']}."
    width = max((len(root["name"]) for root in roots), default=0)
    for root in roots:
        state = _colored(f"{root['state']:<9}")
        yield f"{root['name']:<{width}}  {state} {_number(root['documents'])} notes  {root['path']}"


def _figures(status: Mapping[str, Any]) -> Iterator[str]:
    queue, pairs = status["queue"], status["pairs"]
    yield f"queue       {_number(queue['pending'])} to read, {queue['settling']} settling"
    yield f"notes       {_number(status['documents'])} read, {status['skipped']} skipped"
    yield f"facts       {_number(status['facts'])}"
    yield f"pairs       {_number(pairs['sft'])} to train on"
    for category, number in pairs["by_category"].items():
        yield f"            {_number(number)}   {category}"
    yield f"            {_number(pairs['preference'])} with a rejected answer"
    yield f"            {_number(pairs['heldout'])} kept for the exam"
    yield f"shards      generation {status['generation']}"
    yield f"problems    {_number(status['problems'])}{'  (curatord problems)' if status['problems'] else ''}"
    yield f"last pass   {status['last_pass'] or 'none yet'}"
    yield from training_text.lines(status["training"], status["new_pairs"])
    yield f"adapter     {_adapter(status)}"
    yield from _serving(status.get("serving") or {"state": "off"})


def _adapter(status: Mapping[str, Any]) -> str:
    """Return what is in service, and how well it knows the notes."""
    if not status["adapter"]:
        return "none in service: the base model answers alone"
    exam = status["exam"]
    if exam["after"] is None:
        return f"{status['adapter']}, which sat no exam"
    return f"{status['adapter']}, {100 * exam['after']:.0f} % of its exam right, {100 * exam['before']:.0f} % before it"


def _serving(serving: Mapping[str, Any]) -> Iterator[str]:
    if serving["state"] != "off":
        answers = f"{serving['model']} at {serving['url']}" if serving["model"] else ""
        told = ": ".join(part for part in (serving["state"], serving["reason"]) if part)
        yield f"serving     {', '.join(part for part in (answers, '' if told == 'serving' else told) if part)}"


def _notices(status: Mapping[str, Any]) -> Iterator[str]:
    notices = [click.style(line, fg="red") for line in attention(status)]
    notices += [click.style(line, fg="yellow") for line in status["warnings"]]
    if notices:
        yield ""
        yield from notices


def _number(number: int) -> str:
    return f"{number:>7}"


def _colored(state: str) -> str:
    return click.style(state, fg=_COLORS.get(state.strip(), "yellow"))
