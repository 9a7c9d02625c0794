"""A simple clause taken apart: subject, verb, rest. What is not surely one is left alone.

No parser stands behind this: a table of verbs finds the first finite verb, and guards reject what could
be read in another way (Heilman and Smith 2010 transform full parses; here precision is bought by silence).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.curate.text import CODE_SPAN, PLACEHOLDER, balanced, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.curate.lexicon import Lexicon

MAX_SUBJECT = 8
EDGES = "\"'\u201c\u201d\u00ab\u00bb()*,;:."
BE = frozenset("is are was were isn't aren't wasn't weren't est sont était étaient".split())  # noqa: SIM905 - a list of words reads better as text
ASKED_WITH = {"has": ("does", "have"), "have": ("do", "have"), "had": ("did", "have")}
FRENCH_PLURAL = re.compile(r"(?:(?<!i)ent|ont|aient|viennent|tiennent)$")
LABELLED = re.compile(r"\w: [A-Z]")  # a label before a sentence of its own
CONTRACTED = {"can't": "can", "cannot": "can", "won't": "will"}


@dataclass(frozen=True, slots=True)
class Clause:
    """`subject verb rest`; `auxiliary` and `base` are how a question asks for the verb ("does", "leak").

    `base` is empty where the verb itself is an auxiliary; `auxiliary` is empty in languages that ask
    without one.
    """

    subject: str
    verb: str
    rest: str
    auxiliary: str
    base: str

    @property
    def negative(self) -> bool:
        """Whether the verb carries its own negation."""
        contracted = self.verb.endswith("n't") or self.verb == "cannot"
        return contracted or self.rest.startswith("not ") or self.verb.startswith("ne ")

    @property
    def plural(self) -> bool:
        """Whether the verb agrees with a plural."""
        if self.auxiliary:
            return self.auxiliary in ("are", "were", "do", "have") or self.verb in ("are", "were", "have")
        return bool(FRENCH_PLURAL.search(self.verb))

    def inverted(self) -> str:
        """Return the clause as a question asks it, without the question word: "does it leak memory"."""
        return " ".join(part for part in (self.auxiliary, self.subject, self.base, self.rest) if part)


def parse(sentence: str, lexicon: Lexicon) -> Clause | None:
    """Take a sentence apart, or return None where it is no simple clause."""
    tokens = CODE_SPAN.sub(PLACEHOLDER, opened(sentence)).split()
    at = _verb(tokens, lexicon)
    if at is None or (":" in sentence and LABELLED.search(" ".join(tokens))):
        return None
    begin = at
    while begin > 1 and tokens[begin - 1].lower() in lexicon.clitics:
        begin -= 1
    end = begin
    while end > 1 and tokens[end - 1].lower() in lexicon.adverbs:
        end -= 1
    if tokens[end - 1].lower() in ("longer", "never"):
        return None
    restored = _restored(tokens, sentence)
    subject, verb, rest = " ".join(restored[:end]), " ".join(restored[begin : at + 1]), " ".join(restored[at + 1 :])
    if not rest or not balanced(subject) or not balanced(rest):
        return None
    return _clause(subject, verb, rest, lexicon)


def _restored(tokens: list[str], sentence: str) -> list[str]:
    """Put the sentence's code spans back where the tokens stand for them."""
    if "`" not in sentence:
        return tokens
    spans = iter(CODE_SPAN.findall(sentence))
    return [re.sub(PLACEHOLDER, lambda _: next(spans), token) for token in tokens]


def _clause(subject: str, verb: str, rest: str, lexicon: Lexicon) -> Clause:
    low = verb.lower()
    if low in lexicon.auxiliaries:
        following = rest.split(" ", 1)[0].strip(EDGES).lower()
        perfect = following.endswith(("ed", "en")) or following in ("been", "become", "had", "not", "also", "always")
        if low in ASKED_WITH and not perfect:
            return Clause(subject, verb, rest, *ASKED_WITH[low])
        if low in CONTRACTED or low.endswith("n't"):
            return Clause(subject, verb, rest, CONTRACTED.get(low, low.removesuffix("n't")), "not")
        return Clause(subject, verb, rest, low, "")
    auxiliary, base = lexicon.finite[low.rpartition(" ")[2]]
    return Clause(subject, verb, rest, auxiliary, base if auxiliary else verb)


def _verb(tokens: Sequence[str], lexicon: Lexicon) -> int | None:
    """Return the position of the finite verb, or None where the start of the sentence is no plain subject."""
    if len(tokens) < 3 or tokens[0].strip(EDGES).lower() in lexicon.no_subject:
        return None
    for at, token in enumerate(tokens[1 : MAX_SUBJECT + 1], start=1):
        previous, low = tokens[at - 1].lower(), token.lower()
        if previous[-1] in ",;:.!?\u2013\u2014" or low in lexicon.breakers:
            return None
        if previous in lexicon.determiners or previous in lexicon.prepositions:
            continue  # a noun, whatever else it may be
        if low in lexicon.auxiliaries or (low in lexicon.finite and _is_verb(tokens, at, lexicon)):
            return at
    return None


def _is_verb(tokens: Sequence[str], at: int, lexicon: Lexicon) -> bool:
    auxiliary, _ = lexicon.finite[tokens[at].lower()]
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if not _opens(following, lexicon):
        return False
    if auxiliary == "do":
        return _plural(tokens[:at])
    if tokens[at - 1].lower().endswith("ed") and auxiliary != "did":
        return False  # "the affected tests"
    if auxiliary == "did":
        reduced = at == 1 and tokens[at].endswith("ed") and following.lower() in lexicon.prepositions
        return not reduced and following.lower() != "by" and not _finite_later(tokens[at + 1 :], lexicon)
    return not _finite_later(tokens[at + 1 :], lexicon)


def _opens(token: str, lexicon: Lexicon) -> bool:
    low = token.strip(EDGES).lower()
    return (
        low in lexicon.openers
        or token[:1] in (PLACEHOLDER, '"', "\u201c", "~")
        or token[:1].isdigit()
        or token[:1].isupper()
    )


def _plural(subject: Sequence[str]) -> bool:
    last = subject[-1].lower()
    return last in ("we", "people", "data") or (last.endswith("s") and not last.endswith(("ss", "us", "is")))


def _finite_later(tokens: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether another auxiliary follows in the same stretch: the verb found was then part of the subject."""
    for token in tokens:
        if token.lower() in lexicon.breakers or token.lower() in lexicon.pronouns:
            return False
        if token.lower() in lexicon.auxiliaries:
            return True
        if token[-1] in ",;:":
            return False
    return False
