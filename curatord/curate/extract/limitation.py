"""What goes wrong, is forbidden, bounded or not there: limits, warnings, exceptions, negations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import BE, CONTRACTED
from curatord.curate.extract.headings import warns
from curatord.curate.extract.thing import ends_in_verb, is_order, is_thing, told_by_a_person
from curatord.curate.lexicon import third_person
from curatord.curate.text import CODE_SPAN, mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.clause import Clause
    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_NP_WORDS = 9
MAX_POSITIVE_WORDS = 18
MAX_UNPARSED_WORDS = 30  # of a sentence that is no simple clause, before its focus may be anything

_CUES = {
    "en": (
        *("never", "cannot", "no ", "not", "n't", "only", "unless", "fail", "limit", "at most", "avoid", "caveat"),
        *("beware", "risk", "drawback", "downside", "unreliable", "expensive", "break", "dangerous", "forbidden"),
        *(
            "careful",
            "except",
            "deprecat",
            "unsupported",
            "experimental",
            "unstable",
            "ignored",
            "undefined",
            "obsolete",
        ),
        *("discouraged", "lacks", "prohibited"),
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
        r"|not (?:supported|allowed|possible|recommended|yet)|careful|except|exceptions? for|exception of"
        r"|deprecated"
        r"|unsupported|experimental|unstable|ignored|undefined|obsolete|discouraged|lacks|prohibited)\b|n't\b",
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
# what is told in brackets or of a case alone limits nothing that the sentence is about
_ASIDE = re.compile(r"\([^()]*\)|(?<!only )\b(?:if|when|whenever|where|si|quand|lorsque)\b[^,;.]*", re.IGNORECASE)
_NO_NP = re.compile(
    r"^(?:don't|i've|i'm|i'd|i|we've|we're|you're|you've|let's|if|je|j'ai)\b|\b(?:not|never|ne|jamais)$", re.IGNORECASE
)
# what bounds nothing, or does not say what it bounds: "hints won't change that"
_NO_LIMIT = re.compile(
    r"\b(?:fortunately|conveniently|luckily|heureusement)\b|\bno longer need"
    r"|\bnot (?:needed|missing|breaking)\b|\bnon seulement\b"
    r"|(?:\bnot|n't) (?:only|just|merely)\b|\b(?:that|this|either)[.!]$|\bwant to miss\b",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield a limitation for each sentence that names one, or that a heading makes one."""
    for sentence in view.sentences:
        if not sentence.statement:
            continue
        warned = warns(view.section.heading, sentence.text)
        strong = limits(sentence.text, view.context.language)
        if (strong or warned) and not _NO_LIMIT.search(sentence.text):
            yield from _limits(sentence, view, strong, warned)


def limits(text: str, language: str) -> str:
    """Return the words of a text that limit something; empty where there are none, or only for another thing."""
    if not mentions(text, _CUES[language]):
        return ""
    main = _MAIN[language].split(CODE_SPAN.sub("", text))[0]  # "Ines reported that the crane cannot lift it": not Ines
    found = _STRONG[language].search(main)
    if found and _ASIDE.search(main):
        found = _STRONG[language].search(_ASIDE.sub(" ", main))
    return found[0] if found else ""


def _limits(sentence: Sentence, view: View, strong: str, warned: str) -> Iterator[Draft]:
    np = _np(sentence, view, strong, warned=bool(warned))
    if not np or len(np.split()) > MAX_NP_WORDS or _NO_NP.search(np) or is_order(np, view):
        return
    if strong or warned in ("limitation", "todo") or (is_thing(np, view) and not ends_in_verb(np, view)):
        yield _draft(np, sentence, view, warned if warned and warned != "todo" else "limitation")


def _np(sentence: Sentence, view: View, strong: str, *, warned: bool) -> str:
    clause = sentence.clause
    if clause is not None:
        return view.np(clause) if clause.subject.lower() not in ("we", "nous", "on", "you", "vous") else ""
    if warned:
        return _marked(sentence.text, view)
    focus = view.focus(sentence.text)
    brief = not sentence.leans and sentence.text.count(" ") < MAX_UNPARSED_WORDS
    first = brief and focus[:1] == "`" and sentence.text.find(focus) < sentence.text.find(strong)
    return focus if first and not told_by_a_person(sentence.text, view.context.language) else ""


def _draft(np: str, sentence: Sentence, view: View, shape: str) -> Draft:
    clause = sentence.clause
    slots = {"np": np, "focus": np, **view.placed(np)}
    if clause and clause.negative and view.context.language == "en":
        slots |= _assumed(clause, view)
    shape = "negation" if slots.get("positive") else shape
    return view.draft(shape, sentence.statement, sentence.lines, slots=slots, weight=0.75 if clause else 0.55)


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
        predicate = f"{_positive(first) if verb == 'does' else first} {others}" if verb != "did" else ""
    else:
        predicate = f"{verb} {rest}"
    positive = f"{subject} {predicate}".strip() if predicate else ""
    singular = verb in BE - {"are", "were"} or verb in ("does", "can", "will", "must", "should", "has")
    if len(positive.split()) > MAX_POSITIVE_WORDS:
        return {}
    return {"positive": positive, "vp": f"{verb} not {rest}" if singular and subject.lower() != "we" else ""}


def _positive(base: str) -> str:
    return "has" if base == "have" else third_person(base)
