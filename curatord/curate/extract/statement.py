"""Plain statements: subject, verb, and what is said of the subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.curate.text import CODE_SPAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.clause import Clause
    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MAX_NP_WORDS = 8
MAX_PREDICATE_WORDS = 16
MAX_OBJECT_WORDS = 12
SINGULAR = {"are": "is", "were": "was", "have": "has"}
PERSONS = frozenset("we i you nous je on vous".split())  # noqa: SIM905 - a list of words reads better as text


def extract(view: View) -> Iterator[Draft]:
    """Yield each sentence that is a simple, positive clause."""
    for sentence in view.sentences:
        clause = sentence.clause
        if not clause or not sentence.statement or clause.negative or len(clause.subject.split()) > MAX_NP_WORDS:
            continue
        person = clause.subject.lower() in PERSONS
        np = "" if person else view.np(clause)
        focus = view.focus(clause.rest)
        if not focus or focus.lower() in np.lower():
            continue
        slots = {
            "np": np,
            "focus": focus,
            "be": "are" if clause.plural else "is",
            "vp_ask": "" if person else _predicate(clause),
            "ask_object": _object(clause, view),
        }
        yield view.draft(
            "clause", sentence.statement, sentence.lines, slots=slots | view.placed(f"{np} {clause.rest}"), weight=0.6
        )


def _predicate(clause: Clause) -> str:
    """Return verb and rest as a question about the subject uses them: in the singular."""
    verb = SINGULAR.get(clause.verb, clause.verb)
    if clause.auxiliary == "do" or len(clause.rest.split()) > MAX_PREDICATE_WORDS or "," in clause.rest:
        return ""
    return f"{verb} {clause.rest}"


def _object(clause: Clause, view: View) -> str:
    """Return "does the dredger need": what asks for a direct object, where the clause surely has one."""
    first = clause.rest.split()[0].lower()
    plain = first in view.lexicon.determiners or CODE_SPAN.match(clause.rest) or first.isdigit()
    if clause.base in ("", "not") or not clause.auxiliary or not plain or len(clause.rest.split()) > MAX_OBJECT_WORDS:
        return ""
    subject = clause.subject.lower() if clause.subject.lower() in PERSONS else view.small(clause.subject)
    return f"{clause.auxiliary} {subject} {clause.base}"
