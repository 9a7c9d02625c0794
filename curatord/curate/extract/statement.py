"""Plain statements: subject, verb, and what is said of the subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import BE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.clause import Clause
    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MAX_NP_WORDS = 8
MAX_PREDICATE_WORDS = 16
MAX_OBJECT_WORDS = 12
SINGULAR = {"are": "is", "were": "was", "have": "has"}
LEFT_BEHIND = frozenset("to by with from into through on via against under".split())  # noqa: SIM905 - a list of words reads better as text
_JOINED = re.compile(r",|[;:] ")
_PERSONAL = re.compile(r"[A-Z][^\W\d_A-Z]+(?: [A-Z][^\W\d_A-Z]+){0,2}")
PERSONS = frozenset("we i you nous je on vous".split())  # noqa: SIM905 - a list of words reads better as text


def extract(view: View) -> Iterator[Draft]:
    """Yield each sentence that is a simple, positive clause."""
    for sentence in view.sentences:
        clause = sentence.clause
        if not clause or not sentence.statement or clause.negative or len(clause.subject.split()) > MAX_NP_WORDS:
            continue
        person = clause.subject.split()[0].lower() in PERSONS
        np = "" if person else view.np(clause)
        focus = view.focus(clause.rest)
        ask_object, tell_object = _object(clause, view)
        if not (focus or ask_object or np) or (person and not focus):
            continue
        slots = {
            "np": np,
            "focus": "" if focus.lower() in np.lower() else focus,
            "be": "are" if clause.plural else "is",
            "what": "who or what" if view.context.language == "en" and _PERSONAL.fullmatch(np) else "what",
            "vp_ask": "" if person else _predicate(clause),
            "ask_object": ask_object,
            "tell_object": tell_object,
        }
        yield view.draft(
            "clause",
            sentence.statement,
            sentence.lines,
            slots=slots | view.placed(clause.rest) | {f"{name}_np": place for name, place in view.placed(np).items()},
            weight=0.6 if focus or ask_object else 0.5,
        )


def _predicate(clause: Clause) -> str:
    """Return verb and rest as a question about the subject uses them: in the singular."""
    if clause.auxiliary == "do" or len(clause.rest.split()) > MAX_PREDICATE_WORDS or _JOINED.search(clause.rest):
        return ""
    if clause.plural and clause.verb not in SINGULAR:
        return ""
    return f"{SINGULAR.get(clause.verb, clause.verb)} {clause.rest}"


def _object(clause: Clause, view: View) -> tuple[str, str]:
    """Return "does the dredger need" and "the dredger needs", where what follows is surely a thing.

    A preposition stays behind: "do reads go through". Both are empty where there is no such thing.
    """
    if not clause.auxiliary or clause.base == "not" or len(clause.rest.split()) > MAX_OBJECT_WORDS:
        return "", ""
    kept, tokens = "", clause.rest.split()
    if not clause.base and len(tokens) > 2:
        kept = tokens.pop(0)
        modal = view.lexicon.finite.get(kept.lower(), ("",))[0] == "do" and clause.verb.lower() not in BE
        if not modal and not (clause.verb.lower() in BE and kept.endswith("ed")):
            return "", ""
    if len(tokens) > 1 and tokens[0].lower() in LEFT_BEHIND:
        kept = f"{kept} {tokens.pop(0)}".strip()
    elif not clause.base and clause.verb.lower() in BE:
        return "", ""
    if not _is_thing(tokens, view):
        return "", ""
    person = clause.subject.split()[0].lower() in PERSONS
    subject = clause.subject.lower() if person else view.np(clause)
    asked = " ".join(part for part in (clause.auxiliary, subject, clause.base, kept) if part)
    return asked, " ".join(part for part in (subject, clause.verb, kept) if part)


def _is_thing(tokens: Sequence[str], view: View) -> bool:
    """Whether words begin with an article and a noun that names something, or with code."""
    first = tokens[0].lower()
    if first.startswith("`"):
        return True
    return first in view.lexicon.determiners and len(tokens) > 1 and tokens[1].lower() not in view.lexicon.vague_nouns
