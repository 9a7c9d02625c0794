"""Comparisons in prose: "A, whereas B", "A is faster than B", "unlike A, B"; and things set against each other."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from curatord.curate.alteration import alike
from curatord.curate.extract.contrast import Side, contrast
from curatord.curate.extract.measure import measure
from curatord.curate.extract.rows import PATH
from curatord.curate.extract.setting import LINKS_ONLY, name_and_value, noun
from curatord.curate.extract.thing import is_thing
from curatord.curate.subject import stands_alone
from curatord.curate.text import mentions, opened
from curatord.memory.document import ListBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_SIDE_WORDS = 8
MAX_BETWEEN = 5  # words between verb and "than", before something else than the subject is compared
MAX_VALUE_WORDS = 22
MAX_BRIEF_WORDS = 4  # of values that need not be of like length
MAX_NAME_WORDS = 4
MIN_ENDS = 4  # named values in a list, before its two ends are set against each other as neighbours are

_CUES = {
    "en": ("than", "unlike", "compared", "differ", "distinct", "whereas", "while", "but", "however"),
    "fr": ("contrairement", "plus", "par rapport", "moins", "alors qu", "tandis qu", "mais"),
}
_THAN = {
    "en": re.compile(
        r"\b(?:(?<!rather )(?<!other )(?<!no more )(?<!no less )(?<!no later )(?<!no longer )than|unlike|compared"
        r" (?:to|with)"
        r"|(?:differs?|different|distinct) from) (?P<other>(?:the |a |an )?[\w`][\w`./'-]*(?: [\w`./'-]+){0,3}?)(?=$"
        r"|[,.;:)]| (?:and|or|because|since|which|that|when|if|for|in|is|are|was|do|does|to"
        r"|at|on|with|as)\b)"
    ),
    "fr": re.compile(
        r"\b(?:(?:contrairement|par rapport) (?P<article>\u00e0|aux?)"
        r"|(?:plus|moins) \S+ qu(?:e |')) ?(?P<other>(?:les? |la |l'"
        r"|une? )?[\w`][\w`./'-]*(?: [\w`./'-]+){0,3}?)(?=$|[,.;:)]| (?:et|ou|car|qui|que"
        r"|pour|dans|est|sont|en)\b)"
    ),
}
_ARTICLE = {"au": "le ", "aux": "les "}
_WHEREAS = {
    "en": re.compile(r"^(?P<one>.+?),? (?:whereas|while|but|however,) (?P<two>.+)$"),
    "fr": re.compile(r"^(?P<one>.+?),? (?:alors qu(?:e |')|tandis qu(?:e |')|mais )(?P<two>.+)$"),
}
_REPORTED = re.compile(r"\b(?:that|which|who|qui|que)\b")  # what is compared there is not the sentence's subject
_SET_APART = re.compile(r"\b(?:whereas|(?<=, )while|alors que?|tandis que?)\b")
# what a line about one thing begins with: such lines are no things to compare
_ASPECT = re.compile(
    r"(?:categor\w+|status|state|time|dates?|duration|severity|priority|owners?|authors?|impact|coverage|total|counts?"
    r"|numbers?|size|types?|kind|versions?|location|languages?|tags?|teams?|causes?|results?|scores?|quality|problems?"
    r"|solutions?|patterns?|examples?|lessons?|rules?|why|how|when|what|who|where|benefits?|costs?|summary|goals?|scope"
    r"|inputs?|outputs?|keys?|files?|paths?|triggers?|detection|fix|mitigation|pros|cons|risks?|action|actions|context"
    r"|decision|rationale|effort|confidence|purpose|usage|links?|contact|name|title|role|format|source|target|default"
    r"|issue|prevention|symptoms?|workaround|background|current|before|after|performance|security|testing|tests"
    r"|documentation|memories|learning|insight|key)"
)
_WRITTEN = re.compile(r"`.*`|[\w.]+(?:[-_][\w.]+)+")  # code, or a name as code has them: "fastly-exporter"
_OPPOSED = ({"pros", "cons"}, {"advantages", "disadvantages"}, {"before", "after"}, {"avantages", "inconv\u00e9nients"})
_PLAIN = re.compile(
    r"^(?:it|that|this|expected|usual|before|ever|one|once|what|ever before|\d.*|two|three|a|an|the"
    r"|pr\u00e9vu)$",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield what the prose compares, then neighbouring items of a list of named values."""
    for sentence in view.sentences:
        sides = _sides(sentence, view)
        if sides:
            one, two = sides
            slots = {"a": one, "b": two, **view.placed(f"{one} {two}")}
            yield view.draft("contrast", sentence.statement, sentence.lines, slots=slots, weight=0.85)
    yield from _neighbours(view)


def _sides(sentence: Sentence, view: View) -> tuple[str, str] | None:
    clause = sentence.clause
    if clause is None or not sentence.statement or clause.subject.lower() in ("we", "nous", "on", "you"):
        return None
    language, text = view.context.language, opened(sentence.text)
    if not mentions(text, _CUES[language]):
        return None
    one = view.small(clause.subject)
    match = _THAN[language].search(text)
    told = text.find(clause.rest)
    near = match is not None and len(text[told : match.start()].split()) <= MAX_BETWEEN
    plain = match is None or _PLAIN.match(match["other"]) or _REPORTED.search(text[: match.start()])
    if match and near and not plain and is_thing(match["other"], view):
        two = f"{_ARTICLE.get(match['article'] or '', '')}{match['other']}" if language == "fr" else match["other"]
    else:
        split = _WHEREAS[language].match(text)
        other = view.clause(split["two"]) if split else None
        if other and other.verb != clause.verb and not _SET_APART.search(text):
            return None  # "A is fast, but care is needed" compares nothing
        if other is None or other.subject.lower() in ("we", "nous", "on", "you"):
            return None
        two = view.small(other.subject)
    short = all(0 < len(side.split()) <= MAX_SIDE_WORDS for side in (one, two))
    return (one, two) if short and one.lower() != two.lower() else None


def _neighbours(view: View) -> Iterator[Draft]:
    if LINKS_ONLY.match(view.section.heading):
        return
    for block in view.section.walk():
        if not isinstance(block, ListBlock) or block.ordered:
            continue
        found = [(item, pair) for item in block.items if (pair := name_and_value(item))]
        ends = [(found[0], found[-1])] if len(found) >= MIN_ENDS else []
        for (item, one), (_, two) in (*pairwise(found), *ends):
            if _comparable(one, two, view):
                sides = tuple(
                    Side(name if _WRITTEN.fullmatch(name) else noun(name, view), opened(value))
                    for name, value in (one, two)
                )
                yield contrast(view, item.lines, (sides[0], sides[1]), weight=0.6)


def _comparable(one: tuple[str, str], two: tuple[str, str], view: View) -> bool:
    """Whether two named values are of one kind, so that setting them against each other tells something."""
    names, values = (one[0], two[0]), (opened(one[1]), opened(two[1]))
    if values[0] == values[1] or not all(0 < len(value.split()) <= MAX_VALUE_WORDS for value in values):
        return False
    if (
        names[0].lower() == names[1].lower()
        or any(PATH.fullmatch(name) for name in names)
        or not all(stands_alone(value, view.lexicon.pronouns) for value in values)
    ):
        return False
    if max(len(value.split()) for value in values) > MAX_BRIEF_WORDS and not alike(*values):
        return False
    one_measure, two_measure = (measure(value) for value in values)
    if one_measure and two_measure and one_measure.unit:
        return one_measure.unit == two_measure.unit
    if all(_WRITTEN.fullmatch(value) for value in values) and not all(name[:1] == "`" for name in names):
        return False
    written = all(_WRITTEN.fullmatch(name) for name in names)
    doing = all(view.lexicon.finite.get(value.split()[0].lower(), ("",))[0] == "does" for value in values)
    kind = bool(_kind(names[0]) & _kind(names[1])) or {name.lower() for name in names} in _OPPOSED
    return written or kind or (doing and not any(map(_is_aspect, names))) or all(_is_name(name, view) for name in names)


def _kind(name: str) -> set[str]:
    """Return the word that says what kind of thing a name is: "Initial orphans" and "Final orphans" are alike."""
    return {word for word in name.lower().split()[1:][-1:] if word.isalpha()}


def _is_name(name: str, view: View) -> bool:
    """Whether something is called by a name, rather than a common noun that begins a line."""
    words = name.split()
    capital = all(word[:1].isupper() or word[:1].isdigit() for word in words)
    return capital and view.small(name) == name and not _is_aspect(name) and len(words) <= MAX_NAME_WORDS


def _is_aspect(name: str) -> bool:
    """Whether a name says what is told of a thing, and is none itself."""
    return bool(_ASPECT.fullmatch(name.rsplit(maxsplit=1)[-1].lower()))
