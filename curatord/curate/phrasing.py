"""Questions from templates: which ones a fact gets, and how they are filled.

The templates are data, one file per language in `phrasing/`. What a fact gets is decided by its content alone:
templates are ordered by a hash of fact and template, so that neighbours ask in different words. A slot written
with a capital letter is filled with its capital; slots named `in_...` may be empty.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING
from zlib import crc32

from curatord.curate.pair import Category, Split
from curatord.curate.text import CODE_SPAN, capitalised, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANY = "any"
EXAM = "exam"
SAY = "say"
SUBJECT = frozenset(("np", "beyond_np"))  # the slots of questions that name a sentence's subject and nothing else
LINK = "link"  # the slot that makes a sentence of a name and its value: to be preferred
OPTIONAL = "in_"  # how the names of slots begin that may be empty
MAX_QUESTION_WORDS = 40
MIN_QUESTION_WORDS = 3

_SUFFIX = ".words.toml"
_INNER_QUESTION = re.compile(r"[?!]+(?=[\"\u201d\u00bb ]*\S)(?=(?:[^`]*`[^`]*`)*[^`]*$)")  # not inside code
_SLOT = re.compile(r"\{\w*\}")
_SPACES = re.compile(r"\s{2,}")
_FRENCH_MARKS = re.compile(r"\s*([?;!])$|\s*([;!?:])(?=\s)")
_ELISION = re.compile(
    r"\b([Dd]e|[Qq]ue|[Ll]e|[Ll]a|[Nn]e|[Ss]i(?= ils?\b)|[Ll]orsque|[Pp]uisque"
    r"|[Jj]usque) (?=[aeiou\u00e0\u00e2\u00e9\u00e8\u00ea\u00ee\u00f4\u00fbhy])"
)
_ASPIRATED = re.compile(
    r"(?:h(?:ach|aut|asard|and|ook|ost|ub|uit|ors|eap|elm|tt)|y(?!eu)|onz|oui|ouistiti"
    r")",
    re.IGNORECASE,
)
_CONTRACTIONS = (
    (re.compile(r"\b([Dd])e des (?=\w)"), r"\1e "),
    (re.compile(r"\b([Dd])e le (?=\w)"), r"\1u "),
    (re.compile(r"\b([Dd])e les (?=\w)"), r"\1es "),
    (re.compile(r"\b([\u00c0\u00e0]) le (?=\w)"), "au "),
    (re.compile(r"\b([\u00c0\u00e0]) les (?=\w)"), "aux "),
)


@dataclass(frozen=True, slots=True)
class Template:
    """One way to ask. `category` is None where the fact decides; `number` orders templates.

    `needs` names the slots that must be filled; others may be empty. `late` is one that names no more than a
    sentence's subject: it asks for anything that is said of it, and comes after those that ask for something.
    """

    id: str
    text: str
    needs: frozenset[str]
    category: Category | None
    split: Split
    number: int
    late: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that can be asked of one kind of fact, and the ways to say it.

    `capitals` are the slots that some template writes with a capital letter.
    """

    train: tuple[Template, ...]
    exam: tuple[Template, ...]
    say: tuple[Template, ...]
    capitals: tuple[str, ...]


@cache
def languages() -> frozenset[str]:
    """Return the ISO 639-1 codes of the languages that have phrasings."""
    names = (entry.name for entry in (files("curatord.curate") / "phrasing").iterdir())
    return frozenset(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


@cache
def shapes(language: str) -> Mapping[str, Shape]:
    """Read the templates of a language; raise FileNotFoundError where it has none."""
    source = files("curatord.curate") / "phrasing" / f"{language}.toml"
    return {name: _shape(name, table) for name, table in tomllib.loads(source.read_text("utf-8")).items()}


@cache
def asking_words(language: str) -> frozenset[str]:
    """Return the words that the templates of a language bring to questions and statements, in lower case."""
    texts = (one.text for shape in shapes(language).values() for one in (*shape.train, *shape.exam, *shape.say))
    return frozenset(word for text in texts for word in words(_SLOT.sub(" ", text)))


class Words(dict[str, str]):
    """The filled slots of a fact, each as it is and, where a template wants it, under its capitalised name."""

    def __init__(self, slots: Mapping[str, str], capitals: tuple[str, ...] = ()) -> None:
        """`capitals` are slots in lower case."""
        super().__init__({name: value for name, value in slots.items() if value})
        self.update({capitalised(name): capitalised(self[name]) for name in capitals if name in self})

    def __missing__(self, name: str) -> str:
        """Slots that need no value are empty."""
        return ""


def words_for(language: str, shape: str, slots: Mapping[str, str]) -> Words:
    """Prepare the slots of a fact for the templates of its shape."""
    return Words(slots, shapes(language)[shape].capitals)


def questions(language: str, shape: str, split: Split, words: Words, seed: str) -> Iterator[tuple[Template, str]]:
    """Yield every question of a split that can be asked of a fact, in the order to prefer them.

    `seed` identifies the fact.
    """
    bank = shapes(language)[shape]
    for template in _ordered(bank.train if split is Split.TRAIN else bank.exam, seed):
        text = fill(language, template, words)
        if text and MIN_QUESTION_WORDS <= text.count(" ") + 1 <= MAX_QUESTION_WORDS:
            yield template, text


def say(language: str, shape: str, slots: Mapping[str, str], seed: str) -> str:
    """Return a statement for a fact that the source writes as structure; empty where slots are missing."""
    words = words_for(language, shape, slots)
    ways = _ordered(shapes(language)[shape].say, seed)
    if LINK in words:
        ways.sort(key=lambda way: LINK not in way.needs)
    return next(filter(None, (fill(language, way, words, question=False) for way in ways)), "")


def fill(language: str, template: Template, words: Words, *, question: bool = True) -> str:
    """Fill a template; return an empty string where one of the slots that it needs is empty."""
    if not template.needs <= words.keys():
        return ""
    text = template.text.format_map(words)
    if question and "?" in CODE_SPAN.sub("", text)[:-1]:
        text = _INNER_QUESTION.sub("", text[:-1]) + text[-1]
    if language == "fr":
        text = _french(text)
    elif " ," in text or " :" in text or " ;" in text:
        text = text.replace(" ,", ",").replace(" :", ":").replace(" ;", ";")
    head, block, tail = text.partition("\n") if "\n" in text else (text, "", "")
    return f"{_polished(head)}{block}{tail}"


def _polished(line: str) -> str:
    line = (_SPACES.sub(" ", line) if "  " in line else line).strip()
    if line.endswith((" ?", " .")):
        line = f"{line[:-2]}{line[-1]}"
    return capitalised(line) if line[:1].islower() else line


def _french(text: str) -> str:
    text = _ELISION.sub(lambda m: m[0] if _ASPIRATED.match(text, m.end()) else f"{m[1][:-1]}'", text)
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    head, block, tail = text.partition("\n")
    return _FRENCH_MARKS.sub(lambda m: f"\u00a0{m[1] or m[2]}", head) + block + tail


def _ordered(templates: tuple[Template, ...], seed: str) -> list[Template]:
    """Order templates differently for every fact: a multiplicative hash of both (Knuth, TAOCP 6.4)."""
    start = crc32(seed.encode())
    return sorted(
        templates, key=lambda template: (template.late, ((start ^ template.number) * 0x9E3779B1) & 0xFFFFFFFF)
    )


def _shape(name: str, table: Mapping[str, object]) -> Shape:
    exam = table.get(EXAM, {})
    assert isinstance(exam, dict)
    train = {key: value for key, value in table.items() if key not in (SAY, EXAM)}
    splits = (
        tuple(_templates(name, train, Split.TRAIN)),
        tuple(_templates(f"{name}/exam", exam, Split.TEST)),
        tuple(_templates(name, {SAY: table.get(SAY, [])}, Split.TRAIN)),
    )
    written = {slot for templates in splits for template in templates for slot in _slots(template.text)}
    return Shape(*splits, capitals=tuple(sorted(slot.lower() for slot in written if slot[0].isupper())))


def _templates(prefix: str, table: Mapping[str, object], split: Split) -> Iterator[Template]:
    for category, texts in table.items():
        assert isinstance(texts, list)
        for number, text in enumerate(texts):
            needs = frozenset(slot for slot in _slots(text) if not slot.lower().startswith(OPTIONAL))
            known = None if category in (ANY, SAY) else Category(category)
            identity = f"{prefix}/{category}/{number}"
            yield Template(identity, text, needs, known, split, crc32(identity.encode()), late=needs <= SUBJECT)


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
