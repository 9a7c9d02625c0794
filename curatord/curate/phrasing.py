"""Questions from templates: which ones a fact gets, and how they are filled.

The templates are data, one file per language in `phrasing/`. What a fact gets is decided by its content alone:
templates are ordered by a hash of fact and template, so that neighbours ask in different words.
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
from curatord.curate.text import capitalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANY = "any"
EXAM = "exam"
SAY = "say"
MAX_QUESTION_WORDS = 40
MIN_QUESTION_WORDS = 3

_SUFFIX = ".words.toml"
_INNER_QUESTION = re.compile(r"[?!]+(?=[\"\u201d\u00bb ]*\S)")
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
    (re.compile(r"\b([Dd])e le (?=\w)"), r"\1u "),
    (re.compile(r"\b([Dd])e les (?=\w)"), r"\1es "),
    (re.compile(r"\b([\u00c0\u00e0]) le (?=\w)"), "au "),
    (re.compile(r"\b([\u00c0\u00e0]) les (?=\w)"), "aux "),
)


@dataclass(frozen=True, slots=True)
class Template:
    """One way to ask. `category` is None where the fact decides; `number` orders templates.

    `slots` are the places to fill: name in the text, name of the slot, may be empty, wants a capital.
    """

    id: str
    text: str
    slots: tuple[tuple[str, str, bool, bool], ...]
    category: Category | None
    split: Split
    number: int


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that can be asked of one kind of fact, and the ways to say it."""

    train: tuple[Template, ...]
    exam: tuple[Template, ...]
    say: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A filled template."""

    phrasing: str
    text: str
    category: Category
    split: Split


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


def questions(
    language: str, shape: str, split: Split, slots: Mapping[str, str], seed: str, default: Category
) -> Iterator[Question]:
    """Yield every question of a split that can be asked of a fact, in the order to prefer them.

    `seed` identifies the fact; `default` is the category of templates that leave it to the fact.
    """
    bank = shapes(language)[shape]
    for template in _ordered(bank.train if split is Split.TRAIN else bank.exam, seed):
        text = fill(language, template, slots)
        if text and MIN_QUESTION_WORDS <= text.count(" ") + 1 <= MAX_QUESTION_WORDS:
            yield Question(template.id, text, template.category or default, template.split)


def say(language: str, shape: str, slots: Mapping[str, str], seed: str) -> str:
    """Return a statement for a fact that the source writes as structure; empty where slots are missing."""
    for template in _ordered(shapes(language)[shape].say, seed):
        text = fill(language, template, slots, question=False)
        if text:
            return text
    return ""


def sayings(language: str, shape: str, slots: Mapping[str, str], seed: str) -> Iterator[str]:
    """Yield every statement of a shape, in the order to prefer them."""
    for template in _ordered(shapes(language)[shape].say, seed):
        text = fill(language, template, slots, question=False)
        if text:
            yield text


def fill(language: str, template: Template, slots: Mapping[str, str], *, question: bool = True) -> str:
    """Fill a template; return an empty string where one of its slots is empty or missing.

    A slot written with a capital letter is filled with its capital. Slots named `in_...` may be empty.
    """
    values: dict[str, str] = {}
    for name, key, optional, upper in template.slots:
        value = slots.get(key, "")
        if not value and not optional:
            return ""
        values[name] = capitalised(value) if upper else value
    text = template.text.format_map(values)
    if language != "fr" and (" ," in text or " :" in text):
        text = text.replace(" ,", ",").replace(" :", ":")
    if question and "?" in text[:-1]:
        text = _INNER_QUESTION.sub("", text[:-1]) + text[-1]
    if language == "fr":
        text = _french(text)
    return _polished(text)


def _polished(text: str) -> str:
    head, block, tail = text.partition("\n")
    if "  " in head:
        head = _SPACES.sub(" ", head)
    head = head.strip()
    if head.endswith((" ?", " .")):
        head = f"{head[:-2]}{head[-1]}"
    return f"{head if head[:1] == '`' else capitalised(head)}{block}{tail}"


def _french(text: str) -> str:
    text = _ELISION.sub(lambda m: m[0] if _ASPIRATED.match(text, m.end()) else f"{m[1][:-1]}'", text)
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    head, block, tail = text.partition("\n")
    return _FRENCH_MARKS.sub(lambda m: f"\u00a0{m[1] or m[2]}", head) + block + tail


def _ordered(templates: tuple[Template, ...], seed: str) -> list[Template]:
    """Order templates differently for every fact: a multiplicative hash of both (Knuth, TAOCP 6.4)."""
    start = crc32(seed.encode())
    return sorted(templates, key=lambda template: ((start ^ template.number) * 0x9E3779B1) & 0xFFFFFFFF)


def _shape(name: str, table: Mapping[str, object]) -> Shape:
    exam = table.get(EXAM, {})
    assert isinstance(exam, dict)
    train = {key: value for key, value in table.items() if key not in (SAY, EXAM)}
    return Shape(
        train=tuple(_templates(name, train, Split.TRAIN)),
        exam=tuple(_templates(f"{name}/exam", exam, Split.TEST)),
        say=tuple(_templates(name, {SAY: table.get(SAY, [])}, Split.TRAIN)),
    )


def _templates(prefix: str, table: Mapping[str, object], split: Split) -> Iterator[Template]:
    for category, texts in table.items():
        assert isinstance(texts, list)
        for number, text in enumerate(texts):
            names = dict.fromkeys(name for _, name, _, _ in Formatter().parse(text) if name)
            slots = tuple((name, name.lower(), name.lower().startswith("in_"), name[0].isupper()) for name in names)
            known = None if category in (ANY, SAY) else Category(category)
            identity = f"{prefix}/{category}/{number}"
            yield Template(identity, text, slots, known, split, crc32(identity.encode()))
