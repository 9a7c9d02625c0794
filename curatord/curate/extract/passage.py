"""What is said and nothing else asks for: every sentence and list item that can stand, so that nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.curate.clause import EDGES
from curatord.curate.phrasing import say
from curatord.curate.text import balanced, capitalised, closed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_WORDS = 45
MAX_LEANING = 25  # words of a sentence and the one it leans on; a longer answer would come to its point too late
MIN_FOCUS = 5  # letters of a word that may stand for a sentence


def extract(view: View) -> Iterator[Draft]:
    """Yield each sentence, as a point of its section."""
    for sentence in view.sentences:
        focus = view.focus(sentence.text) or _word(sentence, view)
        if focus and len(sentence.text.split()) <= MAX_WORDS and balanced(sentence.text):
            value = capitalised(closed(sentence.text))
            slots = {"focus": focus, "value": value}
            statement = sentence.statement
            if not statement or (sentence.leans and len(statement.split()) > MAX_LEANING):
                statement = say(view.context.language, "item", view.slots | slots, sentence.text)
            yield view.draft("item", statement, sentence.lines, slots=slots, weight=0.3)


def _word(sentence: Sentence, view: View) -> str:
    """Return the longest word that is neither a verb nor an everyday one; empty where there is none."""
    common = view.lexicon.openers | view.lexicon.vague_nouns | view.lexicon.adverbs
    found = (word.strip(EDGES) for word in sentence.text.split()[1:])
    fit = [word for word in found if word.isalpha() and word.islower() and len(word) >= MIN_FOCUS]
    return max((word for word in fit if word not in common and word not in view.lexicon.finite), key=len, default="")
