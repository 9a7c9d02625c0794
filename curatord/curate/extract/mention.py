"""What the prose says of a term that its author marked: code, bold, or a link's label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.extract.thing import FORMULA
from curatord.curate.text import folded
from curatord.memory.document import ListBlock, Paragraph, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.draft import Draft
    from curatord.curate.lexicon import Lexicon
    from curatord.curate.view import Sentence, View
    from curatord.memory.document import Block, Inline

MAX_SENTENCES = 3
MIN_WORDS, MAX_WORDS = 7, 70
MAX_TERM_WORDS = 4
MAX_TERMS = 8
MAX_CODE = 60  # characters of a term in code

_PLAIN = re.compile(r"[a-z]{1,4}|\d+")  # too short to ask for without its context


def extract(view: View) -> Iterator[Draft]:
    """Yield, for each marked term, the sentences that hold it."""
    terms = {folded(term): term for inline in _inlines(view.section.blocks) for term in _terms(inline)}
    for term in list(terms.values())[:MAX_TERMS]:
        about = [
            sentence
            for sentence in view.sentences
            if sentence.statement and term in sentence.text and _says(sentence, view.lexicon)
        ]
        told: list[str] = []
        for sentence in about[:MAX_SENTENCES]:
            fresh = sentence.statement not in told
            if fresh and sum(len(text.split()) for text in told) + len(sentence.statement.split()) <= MAX_WORDS:
                told.append(sentence.statement)
        if told:
            yield view.draft(
                "mention",
                " ".join(told),
                about[0].lines,
                slots={"term": term, "in_here": view.placed(term)["in_any"].strip()},
                keys=(term.strip("`"),),
                weight=0.55,
            )


def _says(sentence: Sentence, words: Lexicon) -> bool:
    """Whether a sentence is long enough to say something of the terms in it, and has a verb to say it with."""
    if sentence.clause is not None:
        return True
    tokens = sentence.text.lower().split()
    return len(tokens) >= MIN_WORDS and any(token in words.auxiliaries or token in words.finite for token in tokens)


def _inlines(blocks: Sequence[Block]) -> Iterator[Inline]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block.inline
        elif isinstance(block, Quote):
            yield from _inlines(block.blocks)
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield item.inline
                yield from _inlines(item.children)


def _terms(inline: Inline) -> Iterator[str]:
    for code in inline.code:
        term = f"`{code.strip('`')}`"
        if 1 < len(code) <= MAX_CODE and " <" not in code and not (_PLAIN.fullmatch(code) or FORMULA.fullmatch(term)):
            yield term
    for strong in inline.strong:
        term = strong.strip(" :.,")
        if len(term) > 2 and len(term.split()) <= MAX_TERM_WORDS and re.match(r"[^\W\d]", term) and "`" not in term:
            yield term
