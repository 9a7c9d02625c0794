"""What the desktop is told of an event, and by which command: values in, values out.

Only names, counts and fixed sentences are told. What a run says of its failure may quote what it was trained on, so
that is left to `curatord runs show`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from curatord.config_keeping import Topic
    from curatord.daemon.events import Event

_SCRIPT = (
    "on run told",
    "display notification (item 2 of told) with title (item 1 of told)",
    "end run",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A line to catch the eye and one that explains it."""

    topic: Topic
    title: str
    text: str


def notice_of(event: Event, on: Sequence[Topic]) -> Notice | None:
    """Return what is told of an event where these topics are wanted; None: nothing."""
    tell = _TOLD.get(event.event)
    notice = tell(event.data) if tell else None
    return notice if notice is not None and notice.topic in on else None


def command_for(notice: Notice, own: Sequence[str], platform: str) -> tuple[str, ...]:
    """Return the words of the command that tells it: one's own if there is one, else the platform's (`sys.platform`).

    Title and text are words of their own, which no shell reads.
    """
    if own:
        return (*own, notice.title, notice.text)
    if platform == "darwin":
        script = (word for line in _SCRIPT for word in ("-e", line))
        return ("/usr/bin/osascript", *script, notice.title, notice.text)
    # The text is taken for markup: Desktop Notifications Specification 1.3, "Markup".
    return ("notify-send", "--app-name=curatord", "--", notice.title, escape(notice.text, quote=False))


def _run_over(data: Mapping[str, Any]) -> Notice:
    return Notice("run_finished", "curatord: training has finished", f"Run {_word(data, 'run')} is done.")


def _run_cancelled(data: Mapping[str, Any]) -> Notice:
    return Notice("run_finished", "curatord: training was cancelled", f"Run {_word(data, 'run')} is over.")


def _promoted(data: Mapping[str, Any]) -> Notice:
    figures = [data.get(name) for name in ("right", "asked", "right_before")]
    text = f"Adapter {_word(data, 'adapter')}."
    if all(isinstance(figure, int) for figure in figures):
        right, asked, before = figures
        text = f"Adapter {_word(data, 'adapter')}: {right} of {asked} exam questions right, {before} before it."
    return Notice("promoted", "curatord: a new adapter is in service", text)


def _run_failed(data: Mapping[str, Any]) -> Notice:
    run = _word(data, "run")
    return Notice("failed", "curatord: training has failed", f"Run {run}: `curatord runs show {run}` tells why.")


def _pass_failed(_data: Mapping[str, Any]) -> Notice:
    text = "Notes could not be read in; it is tried again. `curatord status` tells why."
    return Notice("problem", "curatord: a problem", text)


def _root_lost(data: Mapping[str, Any]) -> Notice:
    text = f"The memory root {_word(data, 'root')} is {_word(data, 'trouble')}. See `curatord status`."
    return Notice("problem", "curatord: a memory root is lost", text)


def _deletions_held(data: Mapping[str, Any]) -> Notice:
    text = f"Many notes of {_word(data, 'root')} are gone. Bring them back, or run `curatord confirm-deletes`."
    return Notice("problem", "curatord: deletions wait for your word", text)


def _reload_refused(_data: Mapping[str, Any]) -> Notice:
    text = "The former settings stay in force. `curatord config check` tells what is wrong."
    return Notice("problem", "curatord: the configuration is broken", text)


_TOLD: dict[str, Callable[[Mapping[str, Any]], Notice]] = {
    "run_done": _run_over,
    "run_cancelled": _run_cancelled,
    "run_failed": _run_failed,
    "promoted": _promoted,
    "pass_failed": _pass_failed,
    "root_lost": _root_lost,
    "deletions_held": _deletions_held,
    "reload_refused": _reload_refused,
}


def _word(data: Mapping[str, Any], name: str) -> str:
    """Return an id or a name of ours: printable, on one line, and short."""
    text = "".join(character for character in str(data.get(name, "")) if character.isprintable())
    return text[:80]
