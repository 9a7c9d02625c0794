"""What a section says as a whole: its lead, under the role its heading gives it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from curatord.curate.pair import Category
from curatord.curate.phrasing import say
from curatord.curate.text import closed, opened
from curatord.memory.document import ListBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import Lines

MAX_SENTENCES = 3
MAX_WORDS = 70
MAX_POINTS = 8

# heading -> (role as a sentence names it, category)
ROLES = {
    "en": (
        (r"(?:possible |likely )?root causes?|causes?", "the root cause", Category.ANALYTICAL),
        (r"contributing factors?", "the contributing factors", Category.CRITICAL),
        (r"triggers?", "the trigger", Category.ANALYTICAL),
        (
            r"(?:customer |business |user )?impact|damage|consequences?|effects?|implications?",
            "the impact",
            Category.ANALYTICAL,
        ),
        (
            r"fix(?:es)?|resolution|remediation|mitigation|solution|remedy|recovery",
            "the resolution",
            Category.PRACTICAL,
        ),
        (
            (
                r"lessons?(?: learn(?:ed|t))?|takeaways?|learnings?"
                r"|key learnings?"
            ),
            "the lesson",
            Category.CRITICAL,
        ),
        (r"detection|how (?:it was|we) (?:detected|noticed).*", "the way it was detected", Category.FACTUAL),
        (
            (
                r"problem|the problem|issue|the issue|problem statement"
                r"|symptoms?"
            ),
            "the problem",
            Category.CRITICAL,
        ),
        (r"decisions?|the decision", "the decision", Category.ANALYTICAL),
        (
            r"rationale|reasoning|motivation|why|why this (?:matters|works|happens)",
            "the rationale",
            Category.ANALYTICAL,
        ),
        (r"benefits?|advantages?|pros|strengths", "the benefits", Category.ANALYTICAL),
        (
            (
                r"limitations?|caveats?|drawbacks?|cons|disadvantages?|limits?(?: / todo)?|weak spots"
                r"|known issues|risks?|trade-?offs?|gotchas?|pitfalls?|warnings?|concerns?"
            ),
            "the limitation",
            Category.CRITICAL,
        ),
        (
            r"action items?|next steps?|follow-?ups?|recommendations?",
            "the follow-up",
            Category.PRACTICAL,
        ),
        (r"todo|to do|open (?:points|questions|issues)|unresolved.*", "the open point", Category.CRITICAL),
        (r"prevention|how to (?:prevent|avoid).*", "the way to prevent it", Category.PRACTICAL),
        (r"conclusions?|outcome|results?", "the outcome", Category.ANALYTICAL),
        (r"alternatives?(?: considered)?|options(?: considered)?", "the alternatives", Category.COMPARATIVE),
        (r"what (?:went )?happened|summary|executive summary|description", "the summary", Category.FACTUAL),
        (r"problem it addresses", "the problem it addresses", Category.CRITICAL),
        (r"how it helps", "the help it gives", Category.ANALYTICAL),
        (r"goals?|objectives?|purpose", "the goal", Category.ANALYTICAL),
    ),
    "fr": (
        (r"cause(?:s)?(?: premi\u00e8re| profonde)?|causes? racines?", "la cause", Category.ANALYTICAL),
        (r"impact|cons\u00e9quences?|effets?", "l'impact", Category.ANALYTICAL),
        (r"correctif|r\u00e9solution|solution|rem\u00e8de", "la solution", Category.PRACTICAL),
        (r"le\u00e7ons?(?: apprises?)?|enseignements?", "la le\u00e7on", Category.CRITICAL),
        (r"d\u00e9tection", "la d\u00e9tection", Category.FACTUAL),
        (
            (
                r"(?:le |les )?probl\u00e8mes? (?:au(?:x)?quels? .*|qu'.*|trait\u00e9s?|r\u00e9solus?"
                r"|adress\u00e9s?)|probl\u00e8mes?|quel probl\u00e8me.*"
            ),
            "la probl\u00e9matique",
            Category.CRITICAL,
        ),
        (
            (
                r"(?:quelle (?:en )?est l'|en quoi .*|quelle en est l'|comment .* aide"
                r"|pourquoi .* utile|quelle.*)(?:utilit\u00e9.*)?|utilit\u00e9"
            ),
            "l'utilit\u00e9",
            Category.ANALYTICAL,
        ),
        (r"d\u00e9cisions?", "la d\u00e9cision", Category.ANALYTICAL),
        (r"avantages?", "les avantages", Category.ANALYTICAL),
        (r"limites?|inconv\u00e9nients?|risques?|mises? en garde", "la limite", Category.CRITICAL),
        (r"actions?|prochaines \u00e9tapes|recommandations?", "la suite \u00e0 donner", Category.PRACTICAL),
        (r"conclusions?|r\u00e9sultats?", "le r\u00e9sultat", Category.ANALYTICAL),
        (r"r\u00e9sum\u00e9|ce qui s'est pass\u00e9|description", "le r\u00e9sum\u00e9", Category.FACTUAL),
    ),
}
_WARNS = re.compile(
    r"(?<![^\W_])(?:gotchas?|pitfalls?|caveats?|anti-?patterns?|pi\u00e8ges?|mises? en garde)(?![^\W_])", re.IGNORECASE
)
_FIELDS = re.compile(r"\w+: \S+ \w+: ")  # "Category: gotcha Severity: medium"
_NO_LETTERS = re.compile(r"^[\W\d_]+")
_COMPILED = {
    language: tuple(
        (re.compile(rf"(?:{pattern})\W*$", re.IGNORECASE), role, category) for pattern, role, category in roles
    )
    for language, roles in ROLES.items()
}


def extract(view: View) -> Iterator[Draft]:
    """Yield one fact for the section: its role where the heading has one, else its lead."""
    role = _role(view.section.heading, view.context.language)
    found = (_lead(view) or _points(view)) if role else _lead(view)
    if found is None:
        return
    text, lines = found
    if role:
        name, category = role
        slots = {"role": name, "of_topic": _of(view), "category": str(category), "value": text, **view.placed("")}
        statement = say(view.context.language, "field", view.slots | slots, text)
        yield view.draft("field", statement, lines, slots=slots, weight=0.9)
    else:
        shape = "section" if view.subject.part else "pitfall" if _warns(text, view) else "whole"
        yield view.draft(shape, text, lines, slots={}, weight=0.65)


def _warns(text: str, view: View) -> bool:
    """Whether the whole note is called a warning by its title, the name of its file or a tag, and begins with one."""
    context = view.context
    names = " ".join((context.title, context.path.rpartition("/")[2], *context.tags))
    return bool(_WARNS.search(names)) and not _FIELDS.match(text)


@lru_cache(maxsize=256)
def _role(heading: str, language: str) -> tuple[str, Category] | None:
    heading = _NO_LETTERS.sub("", heading).strip()
    for pattern, role, category in _COMPILED[language]:
        if heading and pattern.match(heading):
            return role, category
    return None


def _of(view: View) -> str:
    return f"de {view.subject.topic}" if view.context.language == "fr" else f"of {view.subject.topic}"


def _lead(view: View) -> tuple[str, Lines] | None:
    """Return the section's first sentences of running text, as many as fit."""
    if view.section.blocks and isinstance(view.section.blocks[0], ListBlock):
        return None
    running = [sentence for sentence in view.sentences if not sentence.item and sentence.statement]
    opening = next((sentence for sentence in view.sentences if not sentence.item), None)
    begins = len(view.section.heading_path) <= 1 and running and running[0] is opening
    if not running or not (begins or view.subject.part or _role(view.section.heading, view.context.language)):
        return None  # what does not begin a note does not tell what it is about
    text = running[0].statement
    for sentence in running[1:MAX_SENTENCES]:
        longer = f"{text} {closed(sentence.text)}"
        if len(longer.split()) > MAX_WORDS or sentence.lines != running[0].lines:
            break
        text = longer
    return text, running[0].lines


def _points(view: View) -> tuple[str, Lines] | None:
    """Return a list's first points in one sentence, where the section is a list."""
    for block in view.section.blocks:
        if isinstance(block, ListBlock):
            points = [opened(item.inline.text) for item in block.items[:MAX_POINTS]]
            text = "; ".join(point for point in points if point)
            if text and 3 < len(text.split()) <= MAX_WORDS:
                return closed(text), block.lines
    return None
