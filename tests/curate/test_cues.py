"""Patterns are tried only where one of their cues stands; a cue that is forgotten would silence a pattern."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.curate import subject
from curatord.curate.extract import cause, comparison, condition, decision, limitation
from curatord.curate.text import mentions, opened, sentences

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

SHARED = Path(__file__).parents[2].parent / "shared"
SAID = {
    "en": """A because B|A due to B|A owing to B|A since B|A, so B|A, so that B|A, hence B|A, therefore B
        |A, which is why B|A, thus B|A, that is why B|A in order to B|A so as to B|A to avoid B|If A, B|When A, B
        |Once A, B|Unless A, B|Until A, B|While A, B|Without A, B|Whenever A, B|Before A, B|After A, B|During A, B
        |A if B|A when B|A once B
        |A unless B|A whenever B|A until B|A while B|it was decided|the decision|we chose X|was chosen|we agreed on X
        |opted for|settled on|was rejected|was deferred|we will use X|we are moving|faster than X|unlike X
        |compared to X|as opposed to X|instead of X|rather than X|A whereas B|A while B|A, but B|A; however, B|never
        |cannot|no longer|do not|only if|unless|fails|failed|limitation|limited to|at most|avoid|caveat|beware|risk
        |risky|drawback|downside|no way|no support|unreliable|expensive|breaks|dangerous|forbidden|not allowed|careful
        |isn't|see above|see below|the following|the former|the latter|the previous|listed above|this section""",
    "fr": """A parce que B|A parce qu'il B|A car B|A puisque B|A en raison de B|A donc B|A c'est pourquoi B
        |A si bien que B|A de sorte que B|A afin de B|A pour \u00e9viter B|Si A, B|Quand A, B|Lorsque A, B|Lorsqu'A, B
        |Sans A, B|Avant A, B|Apr\u00e8s A, B|Pendant A, B|A si B|A quand B|A lorsque B|A lorsqu'B|d\u00e9cid\u00e9
        |d\u00e9cision|choisi|retenue|rejet\u00e9|report\u00e9e|contrairement \u00e0 X|plut\u00f4t que X
        |par rapport \u00e0 X|au lieu de X|moins cher que X|plus cher que X|A alors que B|A tandis que B|A mais B|ne
        |n'a|jamais|seulement|sauf|limite|au plus|au moins|\u00e9viter|attention|risque|inconv\u00e9nient|impossible
        |difficile|aucun|complexe|voir ci-dessus.|cette section|ce document""",
}
MODULES: dict[str, tuple[Mapping[str, tuple[str, ...]], list[dict[str, re.Pattern[str]]]]] = {
    "cause": (cause._CUES, [cause._BECAUSE, cause._SO, cause._PURPOSE]),
    "condition": (condition._CUES, [condition._FIRST, condition._LAST]),
    "decision": (decision._CUES, [decision._DECIDES]),
    "comparison": (comparison._CUES, [comparison._THAN, comparison._WHEREAS]),
    "limitation": (limitation._CUES, [limitation._STRONG]),
}
CASES = [(name, language) for name in MODULES for language in SAID]


def _case(name: str, language: str) -> tuple[tuple[str, ...], list[re.Pattern[str]]]:
    cues, patterns = MODULES[name]
    return cues[language], [pattern[language] for pattern in patterns]


def _said(language: str) -> list[str]:
    return [" ".join(text.split()) for text in SAID[language].split("|")]


@pytest.mark.parametrize(("name", "language"), CASES)
def test_every_wording_has_its_cue(name: str, language: str) -> None:
    """Each wording that a pattern knows holds one of the cues, and each pattern knows some of the wordings."""
    cues, patterns = _case(name, language)
    for pattern in patterns:
        found = [text for text in _said(language) if pattern.search(text)]
        assert found
        assert [text for text in found if not mentions(text, cues)] == []


def test_every_pointer_has_its_cue() -> None:
    """The same for words that point elsewhere."""
    found = [text for texts in map(_said, SAID) for text in texts if subject._POINTING.search(text)]
    assert len(found) > 5
    assert all(mentions(text, subject._POINTERS) for text in found)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared notes are not here")
@pytest.mark.parametrize(("name", "language"), CASES)
def test_no_real_sentence_is_passed_over(name: str, language: str) -> None:
    """In running text, cues lose nothing that the patterns would find."""
    cues, patterns = _case(name, language)
    directory = SHARED / ("uptake/memory" if language == "en" else "memory/knowledge")
    for path in sorted(directory.rglob("*.md" if language == "en" else "fr/*.md"))[:30]:
        for text in map(opened, sentences(path.read_text("utf-8"))):
            if len(text) < 400 and not mentions(text, cues):
                assert not any(pattern.search(text) for pattern in patterns), text
