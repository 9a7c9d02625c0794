"""Figures: a number with its unit inside a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.mistakes import in_date, mistakes
from curatord.curate.text import CODE_SPAN, balanced, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.clause import Clause
    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_CLOZE_WORDS = 22
MAX_NP_WORDS = 9
GAP = "___"

_ASIDE = re.compile(r"\b(?:which|who|that|whose|where|because|qui|que|dont|o\u00f9|car)\b")
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(
    r"(?<![\w.`/-])(?P<number>~?\d{1,2}:\d\d|~?\d+(?:[.,]\d+)*\s?(?:%|\u00d7|x\b)?)"
    r"(?P<unit>\s?(?:[kKMGT]i?B\b|ms\b|msg/s|km/h|MHz|GHz|[smhd]\b|min\b|[^\W\d_][\w/-]*))?(?![\w/-]*\d)"
)
_NO_UNIT_WORDS = (
    "and or to in on at of for with from by is are was were the a an than as if when "
    "et ou de en dans pour sur par est sont qui"
)
_NO_UNIT = frozenset(_NO_UNIT_WORDS.split())
_ENDS_IN_PREPOSITION = re.compile(
    r"\b(in|for|after|at|within|about|by|to|under|over|from|every|of|on|with|until|before)$"
)


def extract(view: View) -> Iterator[Draft]:
    """Yield the first figure of each sentence, asked for as a number."""
    for sentence in view.sentences:
        if not sentence.statement or "," in sentence.text[:1]:
            continue
        match = _FIGURE.search(CODE_SPAN.sub(_hidden, sentence.text)) if _DIGIT.search(sentence.text) else None
        if not match or _is_date(match, sentence.text, view):
            continue
        np = _np(sentence, view)
        if _ASIDE.search(sentence.text[: match.start()]):
            continue  # the figure of a relative clause belongs to another noun
        if np and len(np.split()) <= MAX_NP_WORDS:
            yield _draft(match, np, sentence, view)


def _hidden(code: re.Match[str]) -> str:
    """Cover a piece of code: a figure inside it is part of a name."""
    return "\0" * len(code[0])


def _is_date(figure: re.Match[str], text: str, view: View) -> bool:
    before, after = text[: figure.start()], text[figure.start() + len(figure["number"].rstrip()) :]
    written = re.match(r"\d{4}-\d\d|(?:19|20)\d\d(?!\d|[.,]\d)", text[figure.start() :])
    return bool(written) or in_date(before, after, mistakes(view.context.language))


def _np(sentence: Sentence, view: View) -> str:
    clause = sentence.clause
    if clause and clause.subject.lower() not in ("we", "nous", "on") and not re.search(r"\d", clause.subject):
        return view.np(clause)
    return ""


def _draft(match: re.Match[str], np: str, sentence: Sentence, view: View) -> Draft:
    number, unit = match["number"].strip(), (match["unit"] or "").strip()
    unit = "" if unit.lower() in _NO_UNIT else unit
    cloze = _cloze(sentence.text, match)
    ask, indirect = _asked(sentence.clause, number, unit, view) if view.context.language == "en" else ("", "")
    slots = {"np": np, "number": f"{number} {unit}".strip(), "cloze": cloze, "ask": ask, "indirect": indirect}
    return view.draft(
        "figure",
        sentence.statement,
        sentence.lines,
        slots=slots | view.placed(np),
        keys=(number.strip("~ "),),
        value=match["number"].strip(),
        weight=0.85 if ask else 0.7,
    )


def _cloze(text: str, match: re.Match[str]) -> str:
    gapped = opened(f"{text[: match.start()]}{GAP}{text[match.start() + len(match['number'].rstrip()) :]}")
    return (
        gapped
        if len(gapped.split()) <= MAX_CLOZE_WORDS and '"' not in gapped and "`" not in gapped and "|" not in gapped
        else ""
    )


def _asked(clause: Clause | None, number: str, unit: str, view: View) -> tuple[str, str]:
    """Return the figure's question, direct and indirect: "for how many days are backups kept"."""
    if (
        clause is None
        or clause.negative
        or not clause.auxiliary
        or number not in clause.rest
        or not balanced(clause.rest)
    ):
        return "", ""
    before, _, after = clause.rest.partition(number)
    after = after.strip().removeprefix(unit).partition(",")[0].strip()
    before = re.sub(
        r"\b(?:about|around|roughly|approximately|nearly|almost|only|up to|at most|at least|over|~)\s*$",
        "",
        before.strip(),
    ).strip()
    if after and not re.match(r"(?:for|in|on|per|by|after|at|from|with|a|each|every|to)\b", after):
        return "", ""
    preposition = _ENDS_IN_PREPOSITION.search(before)
    if before and not preposition:
        return "", ""
    kept = before[: preposition.start()].strip() if preposition else ""
    asking = _question_word(number, unit, preposition[1] if preposition else "")
    subject = view.np(clause)
    if not asking or len(kept.split()) > 8:
        return "", ""
    tail = [kept, after if len(after.split()) <= 6 else ""]
    direct = " ".join(part for part in (asking, clause.auxiliary, subject, clause.base, *tail) if part)
    verb = clause.verb if clause.base else clause.auxiliary
    return direct, " ".join(part for part in (asking[0].lower() + asking[1:], subject, verb, *tail) if part)


def _question_word(number: str, unit: str, preposition: str) -> str:
    if ":" in number:
        return "at what time" if preposition == "at" else ""
    if number.endswith("%"):
        return f"{preposition} what percentage".strip()
    if len(unit) >= 3 and unit.isalpha() and (unit.endswith("s") or unit.isupper()):
        return f"{preposition} how many {unit}".strip()
    return ""
