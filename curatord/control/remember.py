"""Writing a note into a memory root: whole or not at all, and never over another."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from curatord.errors import ConfigurationError, CuratordError, UsageError
from curatord.memory.ignore import IGNORE_FILE, Ignore
from curatord.memory.note import NoteProblem, character_count, parse_note
from curatord.paths import is_directory
from curatord.store.atomic import TEMPORARY_SUFFIX, flush, flush_directory

if TYPE_CHECKING:
    from datetime import date

    from curatord.config import Memory, Settings
    from curatord.memory.document import Kind

_NAME_BYTES = 80
_MOST_NAMESAKES = 10_000


def write_note(settings: Settings, kind: Kind, title: str, text: str, created: date) -> Path:
    """Write a note into the first root of a kind, durably, and return its path; its name is made of the title.

    Raises UsageError where the daemon would not read it (no title, too short, too large, ignored, no text), and
    CuratordError where there is no such root. OSError is left to the caller.
    """
    root = _root(settings.memory, kind)
    data = _content(" ".join(_printable(title).split()), text, created)
    name = _name(title)
    _refuse_unread(data, f"{name}.md", kind, root, settings.memory)
    return _write(root, name, data)


def _root(memory: Memory, kind: Kind) -> Path:
    root = next((root.path for root in memory.roots if root.kind == kind), None)
    if root is None:
        hint = f'Add [[memory.roots]] with kind = "{kind}" to the configuration.'
        raise ConfigurationError(f"There is no memory root for {kind}.", hint=hint)
    if not is_directory(root):
        raise CuratordError(f"The memory root {root} is missing.", hint="Make the directory, or name another.")
    return root


def _content(title: str, text: str, created: date) -> bytes:
    if not title:
        raise UsageError("The note has no title.", hint="Say in a few words what it is about.")
    head = yaml.safe_dump({"title": title, "created": created}, allow_unicode=True, sort_keys=False, width=1_000_000)
    body = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    heading = "" if body.startswith("# ") else f"# {title}\n\n"
    try:
        return f"---\n{head}---\n\n{heading}{body}\n".encode()
    except UnicodeEncodeError as error:
        raise UsageError("The note holds half a character, which UTF-8 cannot write.") from error


def _refuse_unread(data: bytes, name: str, kind: Kind, root: Path, memory: Memory) -> None:
    """Raise where the daemon would pass the note over: who wrote it would believe it remembered."""
    if len(data) > memory.max_bytes:
        hint = "Write several notes."
        raise UsageError(f"The note has {len(data)} bytes, over the limit of {memory.max_bytes}.", hint=hint)
    try:
        characters = character_count(parse_note(data, root=kind, path=name, kind=kind))
    except NoteProblem as error:
        raise UsageError(error.message, hint="Leave out what is no text.") from error
    if characters < memory.min_characters:
        hint = f"Notes under {memory.min_characters} are skipped as noise: say more, in whole sentences."
        raise UsageError(f"The note has {characters} characters.", hint=hint)
    if Ignore.build(memory.ignore, _ignore_file(root)).ignores(name, is_directory=False):
        raise UsageError(f"Notes called {name} are ignored there.", hint="Choose another title.")


def _ignore_file(root: Path) -> str:
    try:
        return (root / IGNORE_FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _name(title: str) -> str:
    """Return a file name without its suffix: letters and digits of the title in lower case, accents taken off."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", title) if not unicodedata.combining(letter))
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", plain).lower())
    return words.encode("utf-8", "ignore")[:_NAME_BYTES].decode("utf-8", "ignore").strip("-") or "note"


def _write(root: Path, name: str, data: bytes) -> Path:
    # Its leading dot hides it from the daemon until it has its name.
    descriptor, temporary = tempfile.mkstemp(dir=root, prefix=f".{name[:20]}.", suffix=TEMPORARY_SUFFIX)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(data)
            file.flush()
            flush(file.fileno())
        path = _publish(Path(temporary), root, name)
    finally:
        Path(temporary).unlink(missing_ok=True)
    flush_directory(root)
    return path


def _publish(temporary: Path, root: Path, name: str) -> Path:
    """Give a file the first name that is free: `name.md`, `name-2.md`, ..."""
    for number in range(1, _MOST_NAMESAKES):
        path = root / (f"{name}.md" if number == 1 else f"{name}-{number}.md")
        try:
            _give_name(temporary, path)
        except FileExistsError:
            continue
        return path
    raise CuratordError(f"There are too many notes called {name}.", hint="Choose another title.")


def _give_name(temporary: Path, path: Path) -> None:
    """Rename a file to a name that nobody has; raises FileExistsError where somebody does."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # exFAT and some network drives have no hard links: take the name, then the place
        path.touch(exist_ok=False)
        temporary.rename(path)
