"""What must not be done: "never restart the pump", "do not ...", "avoid ...", "you must not ..."."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.extract.thing import is_thing
from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced, mentions, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MIN_WORDS, MAX_WORDS = 2, 14

_CUES = {
    "en": ("never", "do not", "don't", "must not", "should not", "cannot", "can't", "shouldn't", "avoid"),
    "fr": ("ne pas", "ne jamais", "\u00e9vite"),
}
_ACT = {
    "en": re.compile(
        r"(?:^|[;:] |\. )(?:(?:[Aa]lways|[Pp]lease),? )?(?:[Nn]ever|[Dd]o not|[Dd]on't"
        r"|[Yy]ou (?:must (?:not|never)|should (?:not|never)|shouldn't|cannot|can't|may not)) (?:ever )?"
        r"(?P<act>[a-z`].*?)(?=$|[,;:]|\.(?!\w)| (?:because|since|unless|without|until|as it|as this|if|when|or) "
        r"| [\u2013\u2014-] )"
    ),
    "fr": re.compile(
        r"(?:^|[;:] )[Nn]e (?:pas|jamais) (?P<act>[a-z\u00e9].*?)(?=$|[,;:]|\.(?!\w)| (?:car|parce|sauf|sans|si|ou) )"
    ),
}
_AVOID = {
    "en": re.compile(
        r"^(?:(?:[Pp]lease|[Aa]lways) )?[Aa]void (?P<thing>.+?)(?=$|[,;:]|\.(?!\w)| (?:because|since|unless|as|if"
        r"|when|so|that) )"
    ),
    "fr": re.compile(
        r"^(?:[\u00c9\u00e9]vite[rz]?|[Ii]l faut \u00e9viter) (?:de |d')?(?P<act>[a-z\u00e9].*?)(?=$|[,;:]|\.(?!\w)|"
        r" (?:car|parce|sauf|si|qui) )"
    ),
}
_NO_ACT_WORDS = "know need want have worry forget hesitate be mind understand think see care let say believe get"
_NO_ACT = frozenset(_NO_ACT_WORDS.split())


def extract(view: View) -> Iterator[Draft]:
    """Yield what a sentence tells its reader not to do."""
    language = view.context.language
    for sentence in view.sentences:
        if sentence.statement and mentions(sentence.text, _CUES[language]):
            text = opened(sentence.text)
            draft = _draft(_ACT[language].search(text) or _AVOID[language].match(text), sentence, view)
            if draft:
                yield draft


def _draft(match: re.Match[str] | None, sentence: Sentence, view: View) -> Draft | None:
    if match is None:
        return None
    words = match.lastgroup, match[match.lastgroup or 0].strip()
    if words[0] == "thing":
        thing = view.small(words[1])
        if not is_thing(thing, view, plain=True):
            return None
        slots = {"thing": thing, **view.placed(thing)}
    else:
        act = words[1]
        if not _is_act(act, view):
            return None
        slots = {"act": act, **view.placed(act)}
    return view.draft("prohibition", sentence.statement, sentence.lines, slots=slots, weight=0.85)


def _is_act(act: str, view: View) -> bool:
    first, *others = act.lower().split()
    if not MIN_WORDS - 1 <= len(others) < MAX_WORDS or not balanced(act) or first in _NO_ACT:
        return False
    no_verb = view.lexicon.determiners | view.lexicon.prepositions
    return (
        first.isalpha()
        and not first.endswith(("ing", "ed", "ly"))
        and first not in no_verb
        and stands_alone(act, view.lexicon.pronouns)
        and not {*others} & {"it", "them", "this", "that", "these", "those"}
    )
