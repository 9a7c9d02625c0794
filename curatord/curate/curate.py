"""From a section to its facts and pairs: extract, rank, ask, reject, score, drop repetitions.

Everything here is a pure function of its arguments and of this package's own files.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from curatord.curate.dedupe import NEAR, NEAR_TO_EXAM, Asked, normal
from curatord.curate.extract import EXTRACTORS
from curatord.curate.extract.frontmatter import drafts_of
from curatord.curate.implementation import implementation
from curatord.curate.pair import Category, Curated, Dropped, Fact, Pair, Refusal, Split
from curatord.curate.phrasing import languages, questions, words_for
from curatord.curate.quality import Ground, Judge, adds
from curatord.curate.rejected import Rejections
from curatord.curate.sameness import attribute, matter, sense
from curatord.curate.view import view_of
from curatord.memory.document import ListBlock, Paragraph, Quote, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from curatord.curate.context import Context
    from curatord.curate.draft import Draft
    from curatord.curate.options import Options
    from curatord.curate.pair import Score
    from curatord.curate.phrasing import Template
    from curatord.curate.rejected import FactRejections
    from curatord.memory.document import Block, Section

__all__ = ["curate_head", "curate_section", "head_key", "languages", "section_key"]

MIN_FACTS, MAX_FACTS = 4, 24
WORDS_PER_FACT = 14  # more facts than this share of a section's words repeat one another
EXAM_QUESTIONS = 1
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
    kept, left = _ranked(drafts, len(support.split()))
    rejections = Rejections(language, support, [draft for _, draft in kept])
    ground = Ground(support, language, _named_place(kept))
    asked = Asked()
    facts: list[Fact] = []
    pairs: list[Pair] = []
    dropped = [Dropped(Refusal.OVER_LIMIT, "", draft.statement, draft.lines.shifted(-first_line)) for _, draft in left]
    for extractor, draft in kept:
        fact = _fact(extractor, subject, draft, first_line)
        accepted = _Accepted(fact, asked, Judge(draft.statement, ground), options.min_score, dropped)
        mine = list(_pairs(fact, draft, language, options, accepted, rejections.for_fact(draft, fact.id)))
        if any(pair.split is Split.TRAIN for pair in mine):
            facts.append(fact)
            pairs += mine
        else:
            dropped.append(Dropped(Refusal.NO_QUESTION, "", draft.statement, fact.lines))
    return Curated(tuple(facts), tuple(pairs), tuple(dropped))


def _named_place(found: Sequence[tuple[str, Draft]]) -> str:
    """Return what questions call the section."""
    slots = found[0][1].slots if found else {}
    return f"{slots.get('topic', '')} {slots.get('part', '')}"


def _ranked(drafts: Iterable[tuple[str, Draft]], size: int) -> tuple[list[tuple[str, Draft]], list[tuple[str, Draft]]]:
    """Return the best facts for a text of that many words, each once and in reading order, and those left over."""
    best: dict[str, tuple[str, Draft]] = {}
    for name, draft in drafts:
        told = matter(draft)
        known = best.get(told)
        if draft.statement and (known is None or draft.weight > known[1].weight):
            best[told] = (name, draft)
    ranked = sorted(best.values(), key=lambda found: (-found[1].weight, found[1].lines.first, found[1].statement))
    limit = min(MAX_FACTS, MIN_FACTS + size // WORDS_PER_FACT)
    return sorted(ranked[:limit], key=lambda found: (found[1].lines.first, found[1].statement)), ranked[limit:]


def _fact(extractor: str, subject: str, draft: Draft, first_line: int) -> Fact:
    return Fact(
        id=_digest(extractor, subject, draft.statement, repr(draft.keys))[:16],
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
    fact: Fact, draft: Draft, language: str, options: Options, accepted: _Accepted, rejected: FactRejections
) -> Iterator[Pair]:
    """Yield the pairs of a fact; no question is made beyond the wanted number."""
    words = words_for(language, draft.shape, draft.slots)
    default = Category(draft.slots.get("category", Category.FACTUAL))
    for split, wanted, near in (
        (Split.TRAIN, options.phrasings, NEAR),
        (Split.TEST, EXAM_QUESTIONS, NEAR_TO_EXAM),
    ):
        found = accepted.of(questions(language, draft.shape, split, words, fact.id), near)
        for number, (template, question, key, quality) in enumerate(islice(found, wanted)):
            yield Pair(
                id=_digest(question, draft.statement)[:16],
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
    return _digest(implementation(), *parts)[:32]


def _digest(*parts: str) -> str:
    """SHA-256 over parts that cannot run into one another."""
    return sha256("".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass")).hexdigest()
