"""One section as extractors see it: its subject, its sentences taken apart, its words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curatord.curate.clause import EDGES, Clause, parse
from curatord.curate.draft import Draft
from curatord.curate.lexicon import Lexicon, lexicon
from curatord.curate.subject import TITLE_CASE, Subject, stands_alone, subject_of, uncapitalised
from curatord.curate.text import CODE_SPAN, capitalised, closed, folded, hard_tokens, opened, sentences
from curatord.memory.document import ListBlock, Paragraph, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from curatord.curate.context import Context
    from curatord.memory.document import Block, Inline, Lines, Section

WRITTEN = re.compile(r"\w+")
IDENTIFIER = re.compile(
    r"\b(?!(?:MUST|SHOULD|MAY|NOT|SHALL|NOTE|TODO|REQUIRED|OPTIONAL|WARNING|BAD|GOOD|DO|AND"
    r"|OR)\b)(?:[A-Z][a-z]+[A-Z]\w*|[A-Z]{2,}\w*|\w+_\w+)\b"
)
_CAPITALISED = r"[A-Z\u00c0-\u00de\u0100-\u017f][^\W\d_]+"
NAME = re.compile(rf"(?:(?<=[^\W\d_A-Z] )|(?<=, )){_CAPITALISED}(?: {_CAPITALISED})*\b(?! [A-Z])(?![\u0300-\u036f])")
# what a sentence loses nothing without: "Note: ", "However, "
OPENING = re.compile(
    r"(?:(?:NOTE|Note|Warning|WARNING|Important|IMPORTANT|Tip|Caution|NB|Remarque|Attention)\s?: "
    r"|(?:However|Additionally|Furthermore|Moreover|In addition|Also|For example|For instance|Finally|Lastly"
    r"|Of course"
    r"|In fact|Indeed|Unfortunately|Fortunately|Luckily|Basically|First|Firstly|Second|Secondly|Third|Next|Note also"
    r"|Cependant|Toutefois|De plus|En outre|Par exemple|Enfin|En effet|Par ailleurs|Bien s\u00fbr), "
    r"|(?:What|Why|When|Where|Who|How|Result|Update|Edit|Summary|TL;DR): |(?:Note|Please note|Notice"
    r"|Keep in mind|Be aware) that |(?:But|And|Yet|Mais|Et|Or) (?=\w+ \w+ ))(?=\S)"
)
COMMON = re.compile(r"[A-Z][a-z]+(?:tion|ment|ness|ity|ance|ence|ature|ship|ting)s?")
PLAIN = re.compile(r"[^\W\d_A-Z]+(?=[ ,])")
NAMED_VALUE = re.compile(r"[^:]{2,40}:\s")
PROPER = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")
_END = r"(?=$|[,.;:)]|\s(?:{words})\b)"
NOUN_PHRASE = {
    "en": re.compile(
        r"\b(?:the|a|an|our)\s(?:[\w'-]+\s){0,2}?[\w'-]{3,}"
        + _END.format(
            words="of|in|on|to|for|with|that|which|and|or|is|are|from|by|at|as|when|if|so|because|than|into|was|were|has|have|can|will|must|but"
        )
    ),
    "fr": re.compile(
        r"\b(?:(?:les?|la|une?)\s|l')(?:[\w'-]+\s){0,2}?[\w'-]{3,}"
        + _END.format(
            words="de|des|du|d|en|dans|pour|avec|qui|que|et|ou|est|sont|par|au|aux|comme|sur|si|mais|a|ont|peut|doit"
        )
    ),
}
# how nouns end in languages whose other words seldom end so
NOUN_ENDINGS = {
    "en": (
        "tion",
        "sion",
        "ment",
        "ness",
        "ity",
        "ance",
        "ence",
        "ship",
        "ture",
        "ism",
        "logy",
        "graphy",
        "ware",
        "base",
    ),
    "fr": ("tion", "sion", "ance", "ence", "t\u00e9", "isme", "logie", "ture"),
}
# a pronoun and a verb that look like an article and a noun: "les d\u00e9ployer"
INFINITIVE = {"en": re.compile(r"(?!)"), "fr": re.compile(r"\b(?:les?|la|l')\s?\w*[^i\W]er$")}
MIN_TELLING = 10
MIN_TOPIC = 3
MAX_STATEMENT_WORDS = 70
MIN_SENTENCE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of prose.

    `text` is as written, less what opens it ("However, "); `statement` is what an answer may say: the text, with
    the sentence before it where it leans on that one, or an empty string where it cannot stand alone. `clause` is
    None where it is no simple one. `item` tells a list item from running text.
    """

    text: str
    statement: str
    clause: Clause | None
    lines: Lines
    item: bool = False

    @property
    def leans(self) -> bool:
        """Whether the sentence needs the one before it."""
        return self.statement != closed(self.text)


@dataclass(frozen=True, slots=True)
class View:
    """A section, its subject, and everything that several extractors look at."""

    context: Context
    section: Section
    lexicon: Lexicon
    subject: Subject
    known: frozenset[str]
    labels: frozenset[str]
    sentences: tuple[Sentence, ...]

    @property
    def slots(self) -> dict[str, str]:
        """The words that every question of the section may use."""
        subject = self.subject
        return {
            "topic": subject.topic,
            "part": subject.part,
            "title": subject.title,
            "in_topic": subject.in_topic,
            "in_title": subject.in_title,
            "where": subject.where,
            "about": subject.about,
            "in_place": subject.where,
            "in_place_front": f"{subject.where}, ",
        }

    def clause(self, text: str) -> Clause | None:
        """Take a sentence apart; None where it is no simple clause or leans on another."""
        return parse(text, self.lexicon) if stands_alone(text, self.lexicon.pronouns) else None

    def np(self, clause: Clause) -> str:
        """Return a clause's subject as it stands inside a sentence; plurals are seldom names."""
        subject = self.small(clause.subject)
        first = subject.split(" ", 1)[0]
        plural = clause.plural and self.context.language == "en" and first.endswith("s")
        return subject[0].lower() + subject[1:] if plural and first.istitle() and " " not in subject else subject

    def asked(self, clause: Clause) -> str:
        """Return the clause as a question asks it: "does the dredger need a disk"."""
        person = clause.subject.lower() in ("we", "you", "nous", "vous", "on")
        return replace(clause, subject=clause.subject.lower() if person else self.np(clause)).inverted()

    def small(self, text: str) -> str:
        """Return the text as it stands inside a sentence."""
        return uncapitalised(text, self.known)

    def label(self, text: str) -> str:
        """Return the name of a list item or a column as it stands inside a sentence."""
        if TITLE_CASE.match(text):
            return text
        return text[0].lower() + text[1:] if COMMON.fullmatch(text) else uncapitalised(text, self.labels)

    def placed(self, text: str) -> dict[str, str]:
        """Return the slots that add the topic to a question whose words do not name it yet."""
        bare = folded(self.subject.topic.strip('"\u00ab\u00bb '))
        low = folded(text)
        begun = len(bare) > MIN_TOPIC and low.split()[-1:] == bare.split()[:1]  # "OpenMetrics in OpenMetrics 1.0"
        if bare in low or begun:
            return {"in_other": "", "in_any": "", "in_front": "", "in_place": "", "in_place_front": ""}
        place, short = f" {self.subject.in_topic}", f" {self.subject.in_title}"
        return {
            "in_other": place,
            "in_any": "" if telling(text) else short,
            "in_front": f"{self.subject.in_title}, ",
            "beyond": self.subject.title,
        }

    def focus(self, text: str) -> str:
        """Return the words of a text that tell it from others: code, an identifier, a name, a noun phrase."""
        code = CODE_SPAN.search(text)
        if code and WRITTEN.search(code[0]):
            return code[0]
        return next(self._named(text), "")

    def _named(self, text: str) -> Iterator[str]:
        """Yield identifiers, names and noun phrases of a text, then nouns that their endings give away."""
        for found in (match[0] for match in IDENTIFIER.finditer(text)):
            if not (found.isupper() and found.isalpha() and self._is_word(found)):
                yield found
        yield from (match[0] for match in NAME.finditer(text))
        vague = self.lexicon.vague_nouns
        for found in (match[0] for match in NOUN_PHRASE[self.context.language].finditer(text)):
            last = found.split()[-1].lower()
            if (
                last not in vague
                and last not in self.lexicon.openers
                and not INFINITIVE[self.context.language].search(found)
            ):
                yield found
        endings = NOUN_ENDINGS[self.context.language]
        for word in text.split():
            found = word.strip(EDGES)
            if found.removesuffix("s").endswith(endings) and found.islower() and found.isalpha() and found not in vague:
                yield found

    def _is_word(self, shouted: str) -> bool:
        """Whether letters in upper case are a word written loud: the section or the language has it in lower case."""
        low = shouted.lower()
        return low in self.known or low in self.lexicon.openers or low in self.lexicon.finite

    def draft(
        self,
        shape: str,
        statement: str,
        lines: Lines,
        *,
        slots: Mapping[str, str],
        keys: tuple[str, ...] = (),
        siblings: tuple[str, ...] = (),
        value: str = "",
        weight: float = 0.5,
    ) -> Draft:
        """Make a draft whose slots include the subject's and whose keys default to its hard tokens."""
        found = keys or hard_tokens(value or statement)
        return Draft(shape, statement, self.slots | dict(slots), lines, found, siblings, value, weight)


def telling(text: str) -> bool:
    """Whether the words of a question name something by themselves: code of some length, a full name."""
    code = CODE_SPAN.search(text)
    return bool((code and len(code[0]) >= MIN_TELLING) or PROPER.search(text))


def view_of(context: Context, section: Section) -> View:
    """Prepare a section for the extractors; the context's language must have phrasings."""
    words = lexicon(context.language)
    known = words.small.union(WRITTEN.findall(section.source))
    subject = subject_of(context, section.heading_path, known)
    return View(context, section, words, subject, known, known | words.labels, tuple(_sentences(section.blocks, words)))


def _sentences(blocks: tuple[Block, ...], words: Lexicon) -> Iterator[Sentence]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from _running(block.inline, block.lines, words)
        elif isinstance(block, Quote):
            yield from _sentences(block.blocks, words)
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield from _running(item.inline, item.lines, words, item=True)
                yield from _sentences(item.children, words)


def _running(inline: Inline, lines: Lines, words: Lexicon, *, item: bool = False) -> Iterator[Sentence]:
    """Yield the sentences of a paragraph; one that leans on its predecessor is told together with it."""
    before = ""
    for whole in sentences(inline.text):
        text = OPENING.sub("", whole) if OPENING.match(whole) else whole
        if PLAIN.match(text):
            text = capitalised(text)
        alone = stands_alone(text, words.pronouns)
        statement = closed(text) if alone else f"{before} {closed(text)}" if before else ""
        if len(statement.split()) > MAX_STATEMENT_WORDS or text.endswith(":") or CODE_SPAN.fullmatch(opened(text)):
            statement = ""
        clause = parse(text, words) if alone else None
        named = item and clause is None and NAMED_VALUE.match(text)
        if len(text.split()) >= MIN_SENTENCE_WORDS and not named and not text.endswith("?"):
            yield Sentence(text, statement, clause, lines, item)
        before = statement
