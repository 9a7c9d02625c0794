"""Taking out of texts, logs and settings what is nobody else's business: pure, and rather too much than too little.

Numbers, and words that are curatord's own, stay. Of free text only that stays which cannot quote a note, with the
paths in it replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEFT_OUT = "<left out>"

# Texts under these names are ids and words of ours.
_OWN_WORDS = frozenset(
    [
        "adapter",
        "after_clean_end",
        "asked_by",
        "back",
        "before",
        "check",
        "code",
        "event",
        "finished",
        "id",
        "kind",
        "last_pass",
        "level",
        "model",
        "name",
        "next_run",
        "on",
        "outcome",
        "part",
        "root",
        "run",
        "since",
        "stage",
        "state",
        "time",
        "topic",
        "trouble",
        "version",
        "when",
        "where",
    ]
)
# Sentences of ours about paths and counts.
_SENTENCES = frozenset(["held", "held_by", "message", "remedy", "url", "warnings"])
# Events whose `reason` is such a sentence; that of others may be an error that quotes what it stumbled over.
_CALM_EVENTS = frozenset(
    [
        "deletions_held",
        "hook_failed",
        "hour_skipped",
        "making_room",
        "notification_failed",
        "promoted",
        "not_promoted",
        "rolled_back",
        "run_asked_to_leave",
        "run_rests",
        "run_started",
        "serving_held",
    ]
)
_REASONS = frozenset({"reason", "reasons"})
_WORD = re.compile(r"[\w.:+-]{0,64}")
_FRAME = re.compile(r'^\s*File "(.+)", line (\d+), in (.+)$', re.MULTILINE)
_ERROR = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)
_QUOTED = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|“[^”\n]*”')
_BELOW_PRIVATE = re.compile(r"(<(?:root|directory)[^<>]*>)/[^\n\"'`]*?(?=: |[\"'`\n]|$)")
_HOME_PATH = re.compile(r"~/[^\s\"'`,;:()]+")
_KNOWN_IN_HOME = ("~/.local/", "~/.cache/", "~/.config/", "~/Library/")
_ABSOLUTE = re.compile(r"(?<![\w<>~./:])/[^\s\"'`,;:()]+")
_COMMON_PLACES = tuple(
    f"/{name}/"
    for name in [
        "bin",
        "dev",
        "etc",
        "lib",
        "lib64",
        "Library",
        "nix",
        "opt",
        "proc",
        "run",
        "sbin",
        "sys",
        "System",
        "usr",
    ]
)


@dataclass(frozen=True, slots=True)
class Scrubber:
    """What is replaced, by what, the longest first; `notes` are names that no text may hold.

    Where not even the private places are known, `tells` is False, and sentences are left out altogether.
    """

    replacements: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    tells: bool = True

    @classmethod
    def of(
        cls, places: Mapping[str, Iterable[Path]], home: Path, own: Mapping[str, Path], notes: Iterable[str] = ()
    ) -> Scrubber:
        """Hide private `places` and the directories they lie in, give `own` ones a label, and call home `~`.

        Both are by label. A path counts as it is written and as it is resolved. `notes` are names of notes.
        """
        known: dict[str, str] = {}
        for path in (path for paths in places.values() for path in paths):
            for parent in {*path.parents, *path.resolve().parents}:
                if len(parent.parts) > 2 and not home.is_relative_to(parent):
                    known[str(parent)] = "<directory>"
        for label, path in own.items():
            known |= dict.fromkeys((str(path), str(path.resolve())), f"<{label}>")
        for label, paths in places.items():
            for path in paths:
                known |= dict.fromkeys((str(path), str(path.resolve())), f"<{label}>")
        known |= dict.fromkeys((str(home), str(home.resolve())), "~")
        known.pop("/", None)
        by_length = sorted(known.items(), key=lambda item: (-len(item[0]), item[0]))
        return cls(tuple(by_length), tuple(sorted(notes, key=lambda name: (-len(name), name))))

    def text(self, text: str) -> str:
        """Return a sentence without private paths, and without what it quotes."""
        for known, label in self.replacements:
            if known in text:
                text = re.sub(re.escape(known) + r"(?![\w-])", label, text)
        for name in self.notes:
            text = text.replace(name, "<note>")
        text = _QUOTED.sub('"..."', _BELOW_PRIVATE.sub(r"\1/...", text))
        text = _HOME_PATH.sub(lambda match: match[0] if match[0].startswith(_KNOWN_IN_HOME) else "~/...", text)
        return _ABSOLUTE.sub(lambda match: match[0] if match[0].startswith(_COMMON_PLACES) else "<path>", text)

    def value(self, value: Any, name: str = "", *, calm: bool = False) -> Any:  # noqa: ANN401  whatever JSON can hold
        """Return what may be told of a value under a name; `calm` says that reasons are sentences of ours."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {str(key): self.value(item, str(key), calm=calm) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, name, calm=calm) for item in value]
        if name in _SENTENCES or (calm and name in _REASONS):
            return self.text(str(value)) if self.tells else LEFT_OUT
        return self.word(str(value)) if name in _OWN_WORDS else LEFT_OUT

    def word(self, word: str) -> str:
        """Return a word of ours; one that is more than that is treated as a sentence."""
        return word if _WORD.fullmatch(word) else self.text(word)

    def line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return what may be told of a line of the log, or of an entry of the history."""
        event = str(line.get("event", line.get("kind", "")))
        known = {name: value for name, value in line.items() if name not in _SENTENCES}
        told: dict[str, Any] = self.value(known, calm=event in _CALM_EVENTS)
        if "event" in told and not _WORD.fullmatch(event):  # a library's sentence
            told["event"] = LEFT_OUT
        if isinstance(exception := line.get("exception"), str):
            told["exception"] = traceback_of(exception)
        return told


def traceback_of(text: str) -> list[str]:
    """Return where an exception came from and what it was, without what it said."""
    frames = [f"{_module(PurePath(file))}:{number} {function}" for file, number, function in _FRAME.findall(text)]
    kinds = [kind for kind in _ERROR.findall(text) if kind != "Traceback"]
    return [*frames, *kinds[-1:]]


def settings(mine: Mapping[str, Any], defaults: Mapping[str, Any], words: frozenset[str]) -> dict[str, Any]:
    """Return settings with every text left out that is neither the default nor one of these words."""
    return {name: _setting(value, defaults.get(name), words) for name, value in mine.items()}


def _setting(value: Any, default: Any, words: frozenset[str]) -> Any:  # noqa: ANN401  whatever an option may hold
    if isinstance(value, dict):
        return settings(value, default if isinstance(default, dict) else {}, words)
    if isinstance(value, list):
        return value if value == default else [_setting(item, None, words) for item in value]
    if isinstance(value, str) and value != default and value not in words:
        return LEFT_OUT
    return value


def _module(file: PurePath) -> str:
    """Return a source file below the packages that hold it."""
    for holder in ("site-packages", "curatord"):
        if holder in file.parts:
            last = len(file.parts) - 1 - file.parts[::-1].index(holder)
            return "/".join(file.parts[last if holder == "curatord" else last + 1 :])
    return file.name
