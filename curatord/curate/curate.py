"""From a section to its facts and pairs: extract, rank, ask, reject, score, drop repetitions.

Everything here is a pure function of its arguments and of this package's own files.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from curatord.curate.dedupe import NEAR, NEAR_TO_EXAM, Asked, normal
from curatord.curate.extract import EXTRACTORS
from curatord.curate.extract.frontmatter import drafts_of
from curatord.curate.implementation import implementation
from curatord.curate.pair import Category, Curated, Dropped, Fact, Pair, Refusal, Split, content_hash, pair_id
from curatord.curate.phrasing import languages, questions, words_for
from curatord.curate.quality import Ground, Judge, adds
from curatord.curate.ranking import PASSAGE, ranked
from curatord.curate.rejected import Rejections
from curatord.curate.sameness import attribute, sense
from curatord.curate.view import view_of
from curatord.memory.document import ListBlock, Paragraph, Quote, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from curatord.curate.context import Context
    from curatord.curate.draft import Draft
    from curatord.curate.options import Options
    from curatord.curate.pair import Score
    from curatord.curate.phrasing import Template
    from curatord.curate.ranking import Found
    from curatord.curate.rejected import FactRejections
    from curatord.memory.document import Block, Section

__all__ = ["curate_head", "curate_section", "head_key", "languages", "section_key"]

EXAM_QUESTIONS = 1
PASSAGE_QUESTIONS = 2  # they ask for no more than what is said of something; and no exam can be held on that
HEAD = "frontmatter"  # extractor of what a note's head says of the note itself
PREFERENCES = 2  # of a fact's questions: one for each strategy, so that no answer is preferred six times over


def section_key(context: Context, section: Section, options: Options) -> str:
    """Return a digest of everything `curate_section` depends on.

    Neither line numbers nor what stands before the section count, so text added above leaves it as it was.
    """
    return _key(
        "section", _told(context), repr(section.heading_path), section.source, repr(options), *_resolved(section.blocks)
    )


def head_key(context: Context, metadata: Mapping[str, object], options: Options) -> str:
    """Return a digest of everything `curate_head` depends on."""
    return _key("head", _told(context), repr(metadata), repr(options))


def curate_section(context: Context, section: Section, options: Options) -> Curated:
    """Return the facts of a section, best first cut and then in reading order, and the pairs that ask for them.

    The lines of facts are counted from the section's first line as 0. A language without phrasings gives
    nothing.
    """
    if context.language not in languages():
        return Curated((), ())
    view = view_of(context, section)
    drafts = [(name, draft) for name, extract in EXTRACTORS.items() for draft in extract(view)]
    support = f"{context.title}\n{' / '.join(section.heading_path)}\n{section.source}"
    return _asked(view.subject.name, drafts, context.language, support, options, section.lines.first)


def curate_head(context: Context, metadata: Mapping[str, object], options: Options) -> Curated:
    """Return what a document's frontmatter says: facts and pairs, lines counted from the head's first as 0."""
    if context.language not in languages():
        return Curated((), ())
    drafts = [(HEAD, draft) for draft in drafts_of(context, metadata)]
    support = f"{context.title}\n{metadata!r}"
    return _asked(context.title, drafts, context.language, support, options, 0)


def _asked(
    subject: str, drafts: Iterable[tuple[str, Draft]], language: str, support: str, options: Options, first_line: int
) -> Curated:
    kept, left = ranked(drafts, language, len(support.split()))
    rejections = Rejections(language, support, [found.draft for found in kept])
    ground = Ground(support, language, _named_place(kept))
    asked = Asked()
    facts: list[Fact] = []
    pairs: list[Pair] = []
    dropped = [
        Dropped(Refusal.OVER_LIMIT, "", found.draft.statement, found.draft.lines.shifted(-first_line)) for found in left
    ]
    for found in kept:
        draft = found.draft
        fact = _fact(found.extractor, subject, draft, first_line)
        accepted = _Accepted(fact, asked, Judge(draft.statement, ground), options.min_score, dropped)
        mine = list(_pairs(fact, found, language, options, accepted, rejections.for_fact(draft, fact.id)))
        if any(pair.split is Split.TRAIN for pair in mine):
            facts.append(fact)
            pairs += mine
        else:
            dropped.append(Dropped(Refusal.NO_QUESTION, "", draft.statement, fact.lines))
    return Curated(tuple(facts), tuple(pairs), tuple(dropped))


def _named_place(found: Sequence[Found]) -> str:
    """Return what questions call the section."""
    slots = found[0].draft.slots if found else {}
    return f"{slots.get('topic', '')} {slots.get('part', '')}"


def _fact(extractor: str, subject: str, draft: Draft, first_line: int) -> Fact:
    return Fact(
        id=content_hash(extractor, subject, draft.statement, repr(draft.keys))[:16],
        extractor=extractor,
        subject=subject,
        statement=draft.statement,
        keys=draft.keys,
        lines=draft.lines.shifted(-first_line),
        siblings=draft.siblings,
        sense=sense(draft),
        attribute=attribute(draft) if extractor != HEAD else "",  # two notes of one title may well have two dates
    )


@dataclass(frozen=True, slots=True)
class _Accepted:
    """Which questions are good enough for a fact and new in their section; the others are `dropped`."""

    fact: Fact
    asked: Asked
    judge: Judge
    least: float
    dropped: list[Dropped]

    def of(self, found: Iterable[tuple[Template, str]], near: float) -> Iterator[tuple[Template, str, str, Score]]:
        """Yield template, question, its key and its score."""
        for template, question in found:
            form = normal(question)
            quality = self.judge.score(question, form.words)
            if quality.total < self.least:
                self._drop(Refusal.LOW_SCORE, question, quality)
            elif not adds(quality):
                self._drop(Refusal.NOTHING_NEW, question, quality)
            elif self.asked.admit(form, near):
                yield template, question, form.key, quality
            else:
                self._drop(Refusal.REPEATED, question, quality)

    def _drop(self, reason: Refusal, question: str, quality: Score) -> None:
        self.dropped.append(Dropped(reason, question, self.fact.statement, self.fact.lines, quality))


def _pairs(
    fact: Fact, found: Found, language: str, options: Options, accepted: _Accepted, rejected: FactRejections
) -> Iterator[Pair]:
    """Yield the pairs of a fact; no question is made beyond the wanted number."""
    draft = found.draft
    understood = [(one.shape, words_for(language, one.shape, one.slots)) for one in (draft, found.beside) if one]
    default = Category(draft.slots.get("category", Category.FACTUAL))
    train, exam = options.phrasings, EXAM_QUESTIONS
    if found.extractor == PASSAGE:
        train, exam = min(PASSAGE_QUESTIONS, train), 0
    for split, wanted, near in ((Split.TRAIN, train, NEAR), (Split.TEST, exam, NEAR_TO_EXAM)):
        asked = _in_turn(
            [questions(language, shape, split, words, fact.id) for shape, words in understood], found.turns
        )
        for number, (template, question, key, quality) in enumerate(islice(accepted.of(asked, near), wanted)):
            yield Pair(
                id=pair_id(question, draft.statement),
                question_key=key,
                fact=fact.id,
                phrasing=template.id,
                category=template.category or default,
                split=split,
                question=question,
                answer=draft.statement,
                score=quality,
                rejected=rejected.next() if split is Split.TRAIN and number < PREFERENCES else None,
            )


def _in_turn(asked: Sequence[Iterator[tuple[Template, str]]], turns: int) -> Iterator[tuple[Template, str]]:
    """Yield from each in turn, from the second `turns` times, and what is left of the longer one."""
    if len(asked) == 1:
        return asked[0]
    first, second = asked
    return filter(None, chain.from_iterable(zip_longest(first, *[second] * turns)))


def _told(context: Context) -> str:
    return repr((context.title, context.language, str(context.kind), context.date, context.path, context.tags))


def _resolved(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the text of the blocks: link references are resolved by definitions that may stand elsewhere."""
    for block in blocks:
        match block:
            case Paragraph():
                yield block.inline.text
            case Quote():
                yield from _resolved(block.blocks)
            case ListBlock():
                for item in block.items:
                    yield item.inline.text
                    yield from _resolved(item.children)
            case Table():
                yield from (cell.text for row in block.rows for cell in row.cells)
            case _:
                pass


def _key(*parts: str) -> str:
    return content_hash(implementation(), *parts)[:32]
