"""What goes wrong, is forbidden, bounded or not there: limits, warnings, exceptions, negations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import BE, CONTRACTED
from curatord.curate.lexicon import third_person
from curatord.curate.text import CODE_SPAN, mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.clause import Clause
    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MAX_NP_WORDS = 9
MAX_POSITIVE_WORDS = 18

_CUES = {
    "en": (
        *("never", "cannot", "no ", "not", "n't", "only", "unless", "fail", "limit", "at most", "avoid", "caveat"),
        *("beware", "risk", "drawback", "downside", "unreliable", "expensive", "break", "dangerous", "forbidden"),
        "careful",
    ),
    "fr": (
        *("ne", "n'", "jamais", "seulement", "sauf", "limit", "au plus", "au moins", "\u00e9viter", "attention"),
        *("risque", "inconv\u00e9nient", "impossible", "difficile", "aucun", "complexe"),
    ),
}
_STRONG = {
    "en": re.compile(
        r"\b(?:never|cannot|no longer|(?:do|does|did|is|are|was|were|will|would|should|must|may|can"
        r"|could|has|have) not|only (?:if|when|after|on|for|in|by|work\w*)"
        r"|unless|fails?|failed|limitations?|limited to|at most|avoid|caveat|beware|risks?|risky"
        r"|drawback|downside"
        r"|no (?:way|support|more)|unreliable|expensive|breaks?|dangerous|forbidden"
        r"|not (?:supported|allowed|possible|recommended)|careful)\b|n't\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:ne|n'|jamais|seulement|sauf|limit\w+|au plus|au moins|\u00e9viter|attention|risques?"
        r"|inconv\u00e9nient\w*"
        r"|impossible|difficiles?|aucune?|complexes?)\b|\bn'",
        re.IGNORECASE,
    ),
}
_MAIN = {
    "en": re.compile(r"(?<=\w) (?:that|which|whose|who|because|where|whether|how|so)\b"),
    "fr": re.compile(r"(?<=\w) (?:que|qui|qu'\w+|car|dont|parce|o\u00f9)\b"),
}
HEADING = re.compile(
    r"\b(?:limits|(?<!-)limitations?|caveats?|drawbacks?|cons|disadvantages?|weak\w*|risks?|trade-?offs?"
    r"|gotchas?|pitfalls?|warnings?"
    r"|don't|inconv\u00e9nients?|risques?|pi\u00e8ges?|limites?|mises? en garde|anti-?patterns?)\b",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield a limitation for each sentence that names one."""
    pattern, cues = _STRONG[view.context.language], _CUES[view.context.language]
    warned = bool(HEADING.search(view.section.heading))
    for sentence in view.sentences:
        strong = mentions(sentence.text, cues) and pattern.search(CODE_SPAN.sub("", sentence.text))
        if not sentence.statement or not (strong or warned):
            continue
        if strong and not warned and not pattern.search(_MAIN[view.context.language].split(sentence.text)[0]):
            continue  # "Ines reported that the crane cannot lift it" bounds the crane, not Ines
        clause = sentence.clause
        named = clause is not None and clause.subject.lower() not in ("we", "nous", "on")
        np = view.np(clause) if clause and named else _marked(sentence.text, view) if warned else ""
        if not np or len(np.split()) > MAX_NP_WORDS:
            continue
        slots = {"np": np, **view.placed(np)}
        if clause and clause.negative and view.context.language == "en":
            slots |= _assumed(clause, view)
        shape = "negation" if slots.get("positive") else "limitation"
        weight = 0.75 if clause else 0.55
        yield view.draft(shape, sentence.statement, sentence.lines, slots=slots, weight=weight)


def _marked(text: str, view: View) -> str:
    """Return what a sentence without a plain clause is about, where that is surely a name or a noun phrase."""
    focus = view.focus(text)
    return focus if focus.startswith(("`", "the ", "The ")) else ""


def _assumed(clause: Clause, view: View) -> dict[str, str]:
    """Return what somebody who missed the negation would believe, and the negated predicate."""
    rest = re.split(r"[,;:] ", clause.rest.removeprefix("not "))[0]
    verb = clause.verb.lower()
    if clause.base == "not" or clause.rest.startswith("not "):
        verb = CONTRACTED.get(verb, verb.removesuffix("n't"))
    subject = view.np(clause)
    if verb in ("does", "do", "did"):
        first, _, others = rest.partition(" ")
        predicate = f"{third_person(first) if verb == 'does' else first} {others}" if verb != "did" else ""
    else:
        predicate = f"{verb} {rest}"
    positive = f"{subject} {predicate}".strip() if predicate else ""
    singular = verb in BE - {"are", "were"} or verb in ("does", "can", "will", "must", "should", "has")
    if len(positive.split()) > MAX_POSITIVE_WORDS:
        return {}
    return {"positive": positive, "vp": f"{verb} not {rest}" if singular and subject.lower() != "we" else ""}
