"""What rows of one sort give a step: the arrays of a batch, and the hidden states that frozen layers make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.train.examples import Examples, examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import mlx.core as mx

    from curatord.train.activations import Activations
    from curatord.train.batches import Batch
    from curatord.train.rows import TokenRow
    from curatord.train.split_model import SplitModel
    from curatord.train.tensor_file import Arrays


@dataclass(frozen=True, slots=True)
class Share:
    """Which rows of each batch this process works on, where several work together: every `size`th from `rank` on."""

    rank: int = 0
    size: int = 1


ALONE = Share()


@dataclass(frozen=True, slots=True)
class Tools:
    """What every stage computes with; `prefix` are the tokens that all prompts begin with."""

    split: SplitModel
    cache: Activations
    share: Share = ALONE
    prefix: tuple[int, ...] = ()


class Material:
    """Rows in batches, ready for a step; `rows_of` gives the token rows that an entry of a batch stands for."""

    def __init__(
        self,
        name: str,
        batches: Sequence[Batch],
        rows_of: Callable[[Sequence[int]], list[TokenRow]],
        tools: Tools,
    ) -> None:
        """Keep what is needed to make arrays of any batch."""
        self.name = name
        self.batches = batches
        self.token_rows = rows_of
        self._tools = tools

    def __len__(self) -> int:
        """How many batches there are."""
        return len(self.batches)

    def entries(self, number: int) -> tuple[int, ...]:
        """Return the entries of a batch that fall to this process; there may be none."""
        return self.batches[number].rows[self._tools.share.rank :: self._tools.share.size]

    def examples(self, number: int) -> Examples | None:
        """Return the arrays of a batch, None where no row of it falls to this process."""
        entries = self.entries(number)
        return examples(self.token_rows(entries), self.batches[number].width, self._tools.prefix) if entries else None

    def supervised(self, number: int) -> int:
        """Return how many answer tokens a batch has, in all processes together."""
        return sum(row.supervised for row in self.token_rows(self.batches[number].rows))

    def arrays(self, number: int, made: Examples) -> Arrays:
        """Return the arrays under their names, with the hidden states below the cut where there is one."""
        arrays = made.named()
        split, cache = self._tools.split, self._tools.cache
        lower: Arrays = {}

        def state(name: str) -> mx.array | None:
            if not lower:
                lower.update(split.lower(arrays))
            return lower.get(name)

        found = {"states": cache.get((self.name, number), lambda: state("states"))}
        if "prefix" in arrays:
            found["prefix_states"] = cache.get(("prefix", 0), lambda: state("prefix_states"))
        return arrays | {name: states for name, states in found.items() if states is not None}
