"""Causes and purposes in prose: "A because B", "A, so B", "A to avoid B"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import parse
from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced, mentions, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MIN_WORDS, MAX_WORDS = 3, 22

_CUES = {
    "en": ("because", "due to", "owing to", "since ", ", so", "hence", "therefore", "why", "thus", " to ", "so as"),
    "fr": ("parce qu", "car ", "puisqu", "en raison", "donc", "c'est pourquoi", "que ", "afin", "pour "),
}
_BECAUSE = {
    "en": re.compile(
        r"^(?P<effect>.+?),? (?:because(?: of)?|due to|owing to|since(?! \d|\s+(?:then|version"
        r"|v\d))) (?P<reason>.+)$"
    ),
    "fr": re.compile(
        r"^(?P<effect>.+?),? (?:parce qu(?:e |')|car |puisqu(?:e |')|en raison d(?:e |u |es "
        r"|'))(?P<reason>.+)$"
    ),
}
_SO = {
    "en": re.compile(
        r"^(?P<reason>.+?)(?:, so(?: that)?|, hence|, therefore|; therefore,?|, which is why|, thus"
        r"|, that is why) (?P<effect>.+)$"
    ),
    "fr": re.compile(r"^(?P<reason>.+?),? (?:donc|c'est pourquoi|si bien que|de sorte que) (?P<effect>.+)$"),
}
_PURPOSE = {
    "en": re.compile(
        r"^(?P<effect>.+?),? (?:in order to|so as to|to (?=avoid|prevent|ensure|keep|make sure"
        r"|allow|enable|improve|reduce|support|protect)) ?(?P<reason>.+)$"
    ),
    "fr": re.compile(
        r"^(?P<effect>.+?),? (?:afin (?:de |d'|que )|pour (?=\u00e9viter|garantir|assurer|permettre"
        r"|r\u00e9duire|am\u00e9liorer))(?P<reason>.+)$"
    ),
}
_SINCE_TIME = re.compile(
    r"\bsince (?:\w+ )?(?:\d|january|february|march|april|may|june|july|august|september|october"
    r"|november|december|the (?:start|beginning|last|end))",
    re.IGNORECASE,
)
_NOT_FOR = re.compile(
    r"\b(?:merely|only|just|not|simply|probably|perhaps|partly|mostly|is|are|was|est|sont)$", re.IGNORECASE
)
_TO_BE = re.compile(
    r"\b(?:need|needs|needed|want|wants|able|have|has|going|used|try|tries|trying|how|used|about"
    r"|seems?|likely) to ",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield what a sentence explains, wherever the explained part stands alone."""
    language = view.context.language
    for sentence in view.sentences:
        if not sentence.statement or not mentions(sentence.text, _CUES[language]):
            continue
        text = opened(sentence.text)
        for shape, pattern in (
            ("cause", _BECAUSE[language]),
            ("cause", _SO[language]),
            ("purpose", _PURPOSE[language]),
        ):
            match = pattern.match(text)
            if match and not _SINCE_TIME.search(text) and _whole(match["effect"], match["reason"]):
                draft = _draft(shape, match, sentence, view)
                if draft:
                    yield draft
                break


def _whole(effect: str, reason: str) -> bool:
    fits = all(MIN_WORDS <= len(part.split()) <= MAX_WORDS for part in (effect, reason))
    return fits and balanced(effect) and balanced(reason)


def _draft(shape: str, match: re.Match[str], sentence: Sentence, view: View) -> Draft | None:
    effect = match["effect"].strip(" ,")
    if _NOT_FOR.search(effect):
        return None
    clause = parse(effect, view.lexicon)
    spoken = view.small(effect)
    if not stands_alone(effect, view.lexicon.pronouns) or (
        shape == "purpose" and (not clause or _TO_BE.search(sentence.text))
    ):
        return None
    if clause is None and (view.context.language == "en" or spoken.split()[0].lower() in view.lexicon.no_subject):
        return None
    reason = (
        match["reason"]
        if stands_alone(match["reason"], view.lexicon.pronouns) and parse(match["reason"], view.lexicon)
        else ""
    )
    slots = {
        "effect": spoken,
        "why": _asked(effect, view),
        "reason": view.small(reason.strip(" ,")) if shape == "cause" else "",
    }
    return view.draft(shape, sentence.statement, sentence.lines, slots=slots | view.placed(effect), weight=0.95)


def _asked(effect: str, view: View) -> str:
    """Return the explained part as a question asks it; as it stands in a language that needs no inversion."""
    clause = parse(effect, view.lexicon)
    if clause is None or not clause.auxiliary:
        return view.small(effect) if view.context.language == "fr" else ""
    return view.asked(clause)
