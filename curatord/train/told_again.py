"""Which facts only put together what others say: whole lists, rows and comparisons of a table, overviews.

Who learned the pieces knows most of the whole; what time there is goes to the pieces.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from curatord.curate.text import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

INSIDE = 0.7  # of a piece's words stand in the whole
COVERED = 0.8  # of the whole's words stand in its pieces
FEWEST_PIECES = 2

_JOINING = frozenset(
    """
a an the of in on at to for by with under and or but is are was were has have had as that this these those it its
whereas reads read says one list listed les la le un une des du de en et ou est sont dans sur pour par avec
""".split()  # noqa: SIM905  a list of words reads better as text
)


def put_together(titles: Mapping[str, str]) -> frozenset[str]:
    """Return those answers that shorter ones of their note tell piece by piece; `titles` are the notes' by answer."""
    notes: defaultdict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for answer, title in titles.items():
        notes[title].append((answer, frozenset(words(answer)) - _JOINING))
    return frozenset(
        answer
        for told in notes.values()
        for answer, whole in told
        if _is_made_of(whole, (piece for _, piece in told if len(piece) < len(whole)))
    )


def _is_made_of(whole: frozenset[str], shorter: Iterable[frozenset[str]]) -> bool:
    pieces: Sequence[frozenset[str]] = [piece for piece in shorter if len(piece & whole) >= INSIDE * len(piece)]
    return len(pieces) >= FEWEST_PIECES and len(whole & frozenset().union(*pieces)) >= COVERED * len(whole)
