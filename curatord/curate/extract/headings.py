"""What a heading makes of the sentences and points under it: limits, lessons, what contributed, what breaks."""

from __future__ import annotations

import re
from functools import lru_cache

_UNDER = (
    (
        "limitation",
        (
            r"(?<!-)\blimit(?:ation|e)s?\b|^(?:known |hard |current )?limits?\b|\b(?:caveats?|drawbacks?|cons"
            r"|disadvantages?|weak\w*|risks?|trade-?offs?"
            r"|gotchas?|pitfalls?|warnings?|non-goals?|concerns?|failure modes?|known issues"
            r"|don't|inconv\u00e9nients?|risques?|pi\u00e8ges?|mises? en garde|anti-?patterns?)\b"
        ),
    ),
    ("defect", r"^(?:bug ?)?fix(?:es|ed)\b|^bugs?\b|^(?:correctifs?|corrections?|corrig\u00e9)\b"),
    ("lesson", r"^(?:key )?(?:lessons?|learnings?|takeaways?|le\u00e7ons?|enseignements?)\b"),
    (
        "factor",
        (
            r"\bcontributing factors?\b|\bwhat went (?:wrong|badly|poorly)\b"
            r"|\bfacteurs? (?:contributifs?|aggravants?)\b|\bce qui a mal\b"
        ),
    ),
    ("todo", r"\b(?:todo|open (?:points|questions|issues)|unresolved|points ouverts)\b"),
    ("breaking", r"\b(?:breaking|deprecat\w+|(?:backwards?[- ])?incompatib\w+|removed|supprim\w+)\b"),
)
_COMPILED = tuple((shape, re.compile(pattern, re.IGNORECASE)) for shape, pattern in _UNDER)


_BREAKS = re.compile(
    r"\b(?:deprecat\w+|remov\w+|no longer|any ?more|stop\w*|dropp\w+|renam\w+|replac\w+|incompatib\w+|break\w*|rais\w+"
    r"|not (?:supported|possible)|must|cannot|supprim\w+|renomm\w+|remplac\w+|obsol\w+)\b",
    re.IGNORECASE,
)


def warns(heading: str, text: str) -> str:
    """Return the shape that a heading gives a text under it; an empty string where it gives none.

    What stands under "Deprecated" need not tell of a thing that breaks; its words must.
    """
    shape = _of(heading)
    return "" if shape == "breaking" and not _BREAKS.search(text) else shape


@lru_cache(maxsize=256)
def _of(heading: str) -> str:
    return next((shape for shape, pattern in _COMPILED if pattern.search(heading)), "")
