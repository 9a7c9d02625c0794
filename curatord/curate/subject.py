"""What a section is about, in words that stand alone: its document's topic and its own part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from curatord.curate.text import WORD, balanced, closed, mentions, opened, spaced, words

if TYPE_CHECKING:
    from curatord.curate.context import Context

MAX_WORDS = 12
PLAIN_WORDS = 3

_DATE = re.compile(
    r"^\W*\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?\W*|\W+\d{4}-\d\d-\d\d\W*$"
    r"|[,(]\s*\d{1,2} \w+ \d{4}\)?$"
)
_NUMBERING = re.compile(
    r"^(?:(?:part|step|phase|appendix|annex|\u00e9tape)\s+\w+\s*[:.\u2014\u2013-]\s*"
    r"|\d+(?:\.\d+)*[.)]?\s+(?=[^\W\d])|[\W_]+(?=\w))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(incident|runbook|session|decision|gotcha|post-?mortem|learning|think|retro|retrospective"
    r"|pattern|howto|hub|til|note"
    r"|artifact|adr|plan|bug|d\u00e9cision|r\u00e9union)(?:\s+report)?\s*[:\u2014\u2013-]\s+(?=\S)",
    re.IGNORECASE,
)
_KINDS = {
    "en": {
        "incident": "incident",
        "postmortem": "incident",
        "post-mortem": "incident",
        "session": "session",
        "decision": "decision",
        "runbook": "runbook",
        "retro": "retrospective",
        "retrospective": "retrospective",
        "plan": "plan",
    },
    "fr": {
        "incident": "incident",
        "session": "session",
        "decision": "d\u00e9cision",
        "d\u00e9cision": "d\u00e9cision",
        "plan": "plan",
    },
}
_GERUND = re.compile(
    r"^[A-Z][a-z]+ing\s+(?:(?:an?|the|your|our|up|with|from|to|multiple|just|only|for|in|on)\s+\S"
    r"|\S+ (?:\S+ )*(?:with|from|to|in|using|for|on|as|into)\s)"
)
_KIND = re.compile(
    r"^(in |dans )?(?:the )?(?:incident|session|decision|runbook|retrospective|plan|d\u00e9cision) (?=[\"\u00ab])"
)
_OWN_NAME = re.compile(r"\w*[a-z\d]*[A-Z]\w*[A-Z\d]\w*|[a-z]+[A-Z]\w*")  # French: all else would need an article
TITLE_CASE = re.compile(r"(?!(?:A|An|The) )[A-Z]\w* (?:\w{1,3} )*[A-Z]")
_NAMED = re.compile(r"(?:New|Old|Two|Three|First|Last) [A-Z]")
_LETTERS = re.compile(r"[^\W\d_]+")
_HANGING = re.compile(
    r"(?:\s+(?:a|an|the|of|in|on|to|for|with|into|from|by|at|as|and|or|that|which|when|is|are|de|du|des|la|le"
    r"|les|et|\u00e0|en))+$"
)
_FIELD = re.compile(r"(?:date|authors?|title|tags|layout|status)\s*:", re.IGNORECASE)
_HOW_TO = re.compile(r"^how to\s+", re.IGNORECASE)
_ASKING = re.compile(
    r"^(?:what|why|when|how|where|which|who|is|are|do|does|can|should|quel|pourquoi|comment"
    r"|quand)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"\s(?:vs\.?|versus)\s", re.IGNORECASE)
_ASIDE = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$|\s*\{#[^}]*\}\s*$")
_BRACKETED = re.compile(r"(?<=\w)\s*\(.*\)$")
_MARKS = re.compile(r"[*_`\"\u201c\u201d|#<>]+|\s*:[a-z_]+:\s*")

_CHANGES_WORDS = """added changed fixed removed deprecated security changes bug fixes features improvements breaking
backwards-incompatible"""
_CHANGES = frozenset(_CHANGES_WORDS.split())
_SHARED_TITLES = frozenset(
    (
        "changelog",
        "change log",
        "readme",
        "index",
        "notes",
        "faq",
        "overview",
        "history",
        "news",
        "release notes",
        "todo",
        "release history",
        "changes",
    )
)
_GENERIC_WORDS = """overview introduction summary notes note general details detail description background context about
misc miscellaneous
other more content contents abstract preface tl;dr tldr intro main body info information key points thoughts thought
settings setup steps example examples usage references reference related links see also further reading what happened
statistics stats conclusion conclusions discussion comments remarks counter-argument alternative appendix
r\u00e9sum\u00e9 introduction g\u00e9n\u00e9ralit\u00e9s contexte exemple exemples notes remarques conclusion
description termes connexes liens"""
_GENERIC = frozenset(_GENERIC_WORDS.split())


@dataclass(frozen=True, slots=True)
class Subject:
    """The topic of the document and the part a section treats; each stands alone inside a question.

    `where` places a question: "in Siltbox", "for dredging in Siltbox". `about` names what it is about:
    "Siltbox", "dredging in Siltbox". `title` is the topic without the kind of its note: "Oyster leak" for
    'the incident "Oyster leak"'.
    """

    topic: str
    title: str
    part: str
    in_topic: str
    in_title: str
    where: str
    about: str

    @property
    def name(self) -> str:
        """The subject of a fact, as it is shown and stored."""
        return f"{self.topic}: {self.part}" if self.part else self.topic


def subject_of(context: Context, heading_path: tuple[str, ...], known: frozenset[str]) -> Subject:
    """Work out the subject of a section.

    `known` holds the words of the section as it writes them: a word that is never written in lower case keeps its
    capital letter.
    """
    title, path = context.title, list(heading_path)
    if not title or _FIELD.match(title):
        title = re.sub(r"[-_]+", " ", context.path.rpartition("/")[2].removesuffix(".md"))
    title, path = _joined(title, context.language), [_joined(heading, context.language) for heading in path]
    if path and _same_topic(path[0], title):
        first = path.pop(0)
        title = _shorter(first, title)
    if title.lower() in _SHARED_TITLES:
        title = _told_apart(title, context.path)
    topic, in_topic = _topic(title, context.language)
    name, in_name = _KIND.sub("", topic), _KIND.sub(r"\1", in_topic)
    part = _part(path, topic, known)
    if not part:
        return Subject(topic, name, "", in_topic, in_name, in_topic, topic)
    plain = part[:1].islower() and len(part.split()) <= 2
    if context.language == "fr":
        part, plain = part if part[0] == "\u00ab" else "\u00ab {} \u00bb".format(part.strip('"')), False
    joint = {"en": "for" if plain else "under", "fr": "sous"}[context.language]
    return Subject(topic, name, part, in_topic, in_name, f"{joint} {part} {in_name}", f"{part} {in_name}")


def _told_apart(title: str, path: str) -> str:
    """Return "attrs Changelog" for the Changelog in attrs-CHANGELOG.md or in attrs/: many notes have such a title."""
    folder, _, name = path.removesuffix(".md").rpartition("/")
    for place in (name, folder.rpartition("/")[2]):
        own = [word for word in re.split(r"[-_.\s]+", place) if word and word.lower() not in title.lower()]
        if own and not all(word.isdecimal() for word in own):
            return f"{' '.join(own)} {title}"
    return title


def uncapitalised(text: str, known: frozenset[str]) -> str:
    """Return the text as it stands inside a sentence: only a word known in lower case loses its capital."""
    if not text[:1].isupper() or _NAMED.match(text):
        return text
    first = _LETTERS.match(text)
    if text.startswith(("L'", "L\u2019")):
        return f"l{text[1:]}"
    if first and first[0][1:].islower() and first[0].lower() in known:
        return text[0].lower() + text[1:]
    return "a" + text[1:] if text.startswith("A ") else text


def _joined(heading: str, language: str) -> str:
    """Return "A and B" for "A vs B": what is asked under such a heading is seldom how they compare."""
    return _AGAINST.sub(" et " if language == "fr" else " and ", heading)


def _same_topic(heading: str, title: str) -> bool:
    mine, theirs = set(words(heading)), set(words(title))
    return bool(mine) and (
        len(mine & theirs) * 2 >= min(len(mine), len(theirs)) or "".join(words(title)) in "".join(words(heading))
    )


def _shorter(heading: str, title: str) -> str:
    named = _LABEL.match(title)
    return title if named or len(heading.split()) >= len(title.split()) or len(heading) < 3 else heading


@lru_cache(maxsize=256)
def _clean(text: str) -> str:
    text = spaced(_MARKS.sub(" ", _DATE.sub("", text)))
    text = opened(_ASIDE.sub("", text) or text)
    if _BRACKETED.search(text) and balanced(text):
        text = _BRACKETED.sub("", text) or text
    return text if len(text.split()) <= MAX_WORDS else _cut(text)


def _cut(text: str) -> str:
    head = re.split(r"\s[\u2014\u2013-]\s|[:;(]\s*|,\s", text, maxsplit=1)[0].strip()
    if 2 <= len(head.split()) <= MAX_WORDS:
        return head
    return _HANGING.sub("", " ".join(text.split()[:MAX_WORDS]).rstrip(" ,;:-("))


@lru_cache(maxsize=64)
def _topic(title: str, language: str) -> tuple[str, str]:
    """Return the topic, and how a question says that it is about it."""
    label = _LABEL.match(title)
    kind = _KINDS.get(language, {}).get(label[1].lower(), "") if label else ""
    name = _clean(title[label.end() :] if label else title)
    french = language == "fr"
    if _HOW_TO.match(name):
        rest = _HOW_TO.sub("", name)
        return rest[:1].upper() + rest[1:], f"when you {rest[:1].lower()}{rest[1:]}"
    if _GERUND.match(name) and not french:
        return name, f"while {name[0].lower()}{name[1:]}"
    if kind:
        return f'the {kind} "{name}"' if not french else f"{kind} \u00ab {name} \u00bb", (
            f'in the {kind} "{name}"' if not french else f"dans {kind} \u00ab {name} \u00bb"
        )
    if _OWN_NAME.fullmatch(name) if french else _is_plain(name):
        return name, f"pour {name}" if french else f"in {name}"
    quoted = f"\u00ab {name} \u00bb" if french else f'"{name}"'
    return quoted, f"dans {quoted}" if french else f"in {quoted}"


def _is_plain(name: str) -> bool:
    """Whether a title stands in a question without quotation marks: a short one that names a single thing."""
    return len(name.split()) <= PLAIN_WORDS and " and " not in name and not _ASKING.match(name)


def _part(path: list[str], topic: str, known: frozenset[str]) -> str:
    """Return the innermost heading that says something, as it stands inside a sentence."""
    taken = set(words(topic))
    for heading in reversed(path):
        name = _clean(_NUMBERING.sub("", _LABEL.sub("", heading)))
        own = set(words(name))
        if own and own <= _CHANGES and len(path) > 1:
            return f"{uncapitalised(name, known | own)} in {_clean(path[path.index(heading) - 1])}"
        if own and not own <= _GENERIC and not own <= taken:
            if _ASKING.match(name) or len(name.split()) > PLAIN_WORDS + 2:
                return f'"{name}"'
            return name if TITLE_CASE.match(name) else uncapitalised(name, known)
    return ""


def stands_alone(sentence: str, pronouns: frozenset[str]) -> bool:
    """Whether a sentence names what it speaks of: no pronoun at its head, nothing that points elsewhere."""
    first = WORD.search(sentence)
    if not first:
        return False
    word = first[0].lower()
    head = word.replace("\u2019", "'").partition("'")[0]
    if word in pronouns or head in pronouns:
        return False
    if _LEANING.match(sentence) or (mentions(sentence, _POINTERS) and _POINTING.search(closed(sentence))):
        return False
    return not (mentions(sentence, _DEMONSTRATIVES) and any(_leans(each) for each in _THIS.finditer(sentence)))


def _leans(pointer: re.Match[str]) -> bool:
    """Whether "these files", near the head of a sentence, are files that the sentence has not spoken of yet."""
    before = pointer.string[: pointer.start()]
    return before.count(" ") < MAX_HEAD and _stem(pointer["noun"]) not in before.lower()


def _stem(noun: str) -> str:
    return noun.lower()[: max(4, len(noun) - 2)]


MAX_HEAD = 9  # words from the start of a sentence within which "these" can only mean what stands before it
_DEMONSTRATIVES = ("this ", "these ", "such ", "cet ", "cette ", "ces ", "ce ")
_THIS = re.compile(
    r"(?<![\w-])(?:(?:this|these|such(?= (?!an? |as |that )))"
    r"|cet|cette|ces|ce(?= (?!qui |que |qu'|dont |sont |n')))\s+(?P<noun>[^\W_][\w-]*)",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"(?:\w+ ones?\b|See |Voir |From t?here "
    r"|There(?! (?:is|are|was|were|will|can|may|might|has|have|should|must|could"
    r"|seems?)\b)|Otherwise|Instead|Similarly"
    r"|Likewise|As a result|Therefore|Thus|Hence|In (?:this|that|which|such) case|Conversely|That said|For this"
    r"|By contrast|In contrast|On the other hand|At the same time|Ainsi|Par conséquent|De même|En revanche|Sinon"
    r"|Dans ce cas|À l'inverse|De ce fait)\b"
)
_POINTERS = (
    "above",
    "below",
    "here",
    "the f",
    "the latter",
    "the previous",
    "this ",
    "-dessus",
    "-dessous",
    "cette ",
    "ce ",
)
_POINTING = re.compile(
    r"\b(?:see (?:above|below)|(?:as|shown|listed|described|mentioned|given) (?:above|below)"
    r"|the (?:above|following|former|latter|previous)"
    r"|here[.,:;)]|(?:above|below|ci-dessus|ci-dessous)[.:)]*$|this (?:section|document|page|note|file|article"
    r"|post|guide|table|list|example)"
    r"|cette (?:section|page|note)|ce (?:document|fichier|guide))\b",
    re.IGNORECASE,
)
