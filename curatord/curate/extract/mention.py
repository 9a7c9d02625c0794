"""What the prose says of a term that its author marked: code, bold, or a link's label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.memory.document import ListBlock, Paragraph, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View
    from curatord.memory.document import Block, Inline

MAX_SENTENCES = 3
MIN_WORDS, MAX_WORDS = 7, 70
MAX_TERM_WORDS = 4
MAX_TERMS = 8


def extract(view: View) -> Iterator[Draft]:
    """Yield, for each marked term, the sentences that hold it."""
    terms = dict.fromkeys(term for inline in _inlines(view.section.blocks) for term in _terms(inline))
    for term in list(terms)[:MAX_TERMS]:
        about = [
            sentence for sentence in view.sentences if sentence.statement and term in sentence.text and _says(sentence)
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


def _says(sentence: Sentence) -> bool:
    """Whether a sentence is long enough to say something of the terms in it."""
    return sentence.clause is not None or len(sentence.text.split()) >= MIN_WORDS


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
    yield from (f"`{code.strip('`')}`" for code in inline.code if 1 < len(code) <= 60)
    for strong in inline.strong:
        term = strong.strip(" :.,")
        if len(term) > 2 and len(term.split()) <= MAX_TERM_WORDS and re.match(r"[^\W\d]", term) and "`" not in term:
            yield term
