"""Code blocks: what leads to them, what their comments explain, what their settings are set to, and which is more."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from curatord.curate.extract.contrast import Side, contrast
from curatord.curate.extract.measure import measure
from curatord.curate.phrasing import say
from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced, hard_tokens, opened, sentences
from curatord.memory.document import CodeBlock, Lines, ListBlock, Paragraph, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import Block

MAX_CODE_LINES = 30
MAX_CODE_CHARACTERS = 1500
MAX_PURPOSE_WORDS = 20
MAX_VALUE = 80

CONFIGURATION = frozenset("toml ini yaml yml conf cfg env properties dotenv".split())  # noqa: SIM905 - a list of words reads better as text
SHELL = frozenset("sh shell bash zsh console terminal shellsession shell-session powershell ps1 cmd fish".split())  # noqa: SIM905 - a list of words reads better as text
TELLING = frozenset("now then so here next finally but and also again first once let's let here's there's".split())  # noqa: SIM905 - a list of words reads better as text
_HERE = re.compile(r"\b(?:like (?:this|so)|this|as follows|ainsi|ceci)$", re.IGNORECASE)
_KEYWORDS = ("for ", "if ", "while ", "do ", "then ", "else ", "fi ", "done ", "}", "{", ")")
_COMMENT = re.compile(r"^\s*(?:#|//)\s+(?P<text>\S.{3,90})$")
_ASSIGNMENT = re.compile(
    r"^\s*(?P<name>[A-Za-z_][\w.-]*)\s*(?P<sign>[:=])\s*(?P<value>[^\s#{\[|>&*][^#]*?"
    r"|\[[^\]#]*\])\s*(?:#.*)?,?$"
)
_CONSTANT = re.compile(r"^(?P<name>[A-Z][A-Z0-9_]{2,})\s*(?P<sign>=)\s*(?P<value>[\w.\"'-][^#(\[{]*?)\s*(?:#.*)?$")
_TABLE = re.compile(r"^\s*\[+\s*(?P<name>[\w.\"-]+)\s*\]+\s*$")


def extract(view: View) -> Iterator[Draft]:
    """Yield what each code block shows, does and sets."""
    for lead, block in _blocks(view.section.blocks, ""):
        yield from _shown(lead, block, view)
        if block.language in CONFIGURATION:
            yield from _settings(block, _ASSIGNMENT, view)
        else:
            yield from _settings(block, _CONSTANT, view)
        if block.language in SHELL or not block.language:
            yield from _commands(block, view)


def _blocks(blocks: Sequence[Block], lead: str) -> Iterator[tuple[str, CodeBlock]]:
    """Yield code blocks with the paragraph or list item right before them."""
    for block in blocks:
        if isinstance(block, CodeBlock):
            yield lead, block
        elif isinstance(block, Quote):
            yield from _blocks(block.blocks, "")
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield from _blocks(item.children, item.inline.text)
        lead = block.inline.text if isinstance(block, Paragraph) else ""


def _shown(lead: str, block: CodeBlock, view: View) -> Iterator[Draft]:
    code = block.code.strip("\n")
    lines = code.count("\n") + 1
    if not code.strip() or lines > MAX_CODE_LINES or len(code) > MAX_CODE_CHARACTERS or "```" in code:
        return
    fenced = f"```{block.language}\n{code}\n```"
    last = sentences(lead)[-1] if lead and sentences(lead) else ""
    slots = {"block": fenced, "lead": last, "purpose": _purpose(last, view)}
    shape = "code" if slots["purpose"] else "example"
    statement = say(view.context.language, shape, view.slots | slots, code)
    yield view.draft(
        shape, statement, block.lines, slots=slots, keys=hard_tokens(code)[:6], weight=0.8 if lines > 1 or last else 0.7
    )


def _purpose(lead: str, view: View) -> str:
    """Return the sentence that leads to the code, where it fits into a question and stands alone."""
    text = opened(lead).replace('"', "'")
    fits = 3 <= len(text.split()) <= MAX_PURPOSE_WORDS and balanced(text)
    fits = fits and text.split()[0].lower() not in TELLING and not _HERE.search(text)
    return view.small(text) if fits and stands_alone(text, view.lexicon.pronouns) else ""


def _settings(block: CodeBlock, pattern: re.Pattern[str], view: View) -> Iterator[Draft]:
    found: list[tuple[str, str, str, int]] = []
    table = ""
    for number, line in enumerate(block.code.splitlines(), start=1):
        heading = _TABLE.match(line)
        if heading:
            table = heading["name"]
        match = pattern.match(line)
        value = match["value"].strip().rstrip(",;").strip("\"'") if match else ""
        if match and value and len(value) <= MAX_VALUE and "`" not in value:
            found.append((match["name"], value, table, block.lines.first + number))
    values = tuple(dict.fromkeys(value for _, value, _, _ in found))
    for name, value, under, at in found:
        yield _setting((name, value, under), Lines(at, at), values, view)
    for one, two in pairwise(found):
        mine, theirs = measure(one[1]), measure(two[1])
        if mine and theirs and mine.unit and mine.unit == theirs.unit and one[0] != two[0] and one[1] != two[1]:
            sides = Side(f"`{one[0]}`", one[1]), Side(f"`{two[0]}`", two[1])
            yield contrast(view, Lines(one[3], two[3]), sides, weight=0.7)


def _setting(setting: tuple[str, str, str], lines: Lines, values: tuple[str, ...], view: View) -> Draft:
    name, value, table = setting
    under = {"en": f" under `[{table}]`", "fr": f" sous `[{table}]`"}[view.context.language] if table else ""
    slots = {"name": name, "value": value, "in_table": under}
    statement = say(view.context.language, "config", view.slots | slots, name + value)
    siblings = tuple(other for other in values if other != value)
    return view.draft(
        "config", statement, lines, slots=slots, keys=(value,), siblings=siblings, value=value, weight=0.9
    )


def _commands(block: CodeBlock, view: View) -> Iterator[Draft]:
    """Yield commands that a comment right above them explains."""
    lines = block.code.splitlines()
    for at, line in enumerate(lines[:-1]):
        comment, command = _COMMENT.match(line), lines[at + 1].strip().removeprefix("$ ").removeprefix("% ")
        if (
            not comment
            or not command
            or command.startswith(("#", "//", *_KEYWORDS))
            or "`" in command
            or command.endswith("\\")
        ):
            continue
        purpose = _verbal(opened(comment["text"]), view)
        if purpose:
            slots = {"purpose": purpose, "command": command}
            statement = say(view.context.language, "command", view.slots | slots, command)
            number = block.lines.first + at + 1
            yield view.draft(
                "command",
                statement,
                Lines(number, number + 1),
                slots=slots,
                keys=(command,),
                value=command,
                weight=0.95,
            )


def _verbal(comment: str, view: View) -> str:
    """Return a comment that begins with a verb, as it follows "to"."""
    text = re.sub(r"\s*\([^()]*\)", "", comment)
    first = text.split()[0].lower()
    known = view.lexicon.finite.get(first, ("", ""))
    if view.context.language != "en" or known[1] != first or len(text.split()) < 2 or not balanced(text):
        return ""
    return text[0].lower() + text[1:]
