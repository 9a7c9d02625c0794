"""A model cut at its lowest LoRA layer: what lies below never changes in training and need not be computed again.

Any mlx_lm architecture is cut without knowing it: while one part runs, stand-ins take the places of the others in the
model's list of layers. `SplitModel.fit` finds out whether the parts together say what the whole says; a model that
hands more from layer to layer than one array of hidden states is not cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import mlx.core as mx
from mlx import nn

from curatord.errors import CuratordError
from curatord.train.prefix_cache import Following, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.train.tensor_file import Arrays

Caches = Sequence[Recording | Following] | None


class ArchitectureError(CuratordError):
    """The base model is of an architecture that cannot be trained: it has no stack of layers below its head."""


class _HiddenStates(Exception):  # noqa: N818  not an error: how a forward pass is left half-way
    """Carries the hidden states that reached a layer out of the model."""

    def __init__(self, states: mx.array) -> None:
        super().__init__()
        self.states = states


class _StandIn:
    """Takes a module's place in a forward pass, and has its attributes."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the module has
        return getattr(self._module, name)


class _Exit(_StandIn):
    """A layer that ends the forward pass with its input."""

    def __call__(self, states: mx.array, *_args: object, **_options: object) -> mx.array:
        raise _HiddenStates(states)


class _Pass(_StandIn):
    """A layer that changes nothing."""

    def __call__(self, states: mx.array, *_args: object, **_options: object) -> mx.array:
        return states


class _Give(_StandIn):
    """A layer, or a whole stack of them, that gives known hidden states whatever comes in."""

    def __init__(self, module: nn.Module, states: mx.array) -> None:
        super().__init__(module)
        self._states = states

    def __call__(self, *_args: object, **_options: object) -> mx.array:
        return self._states


class _Recomputed(_StandIn):
    """A layer whose activations are computed again for the gradient instead of being kept (arXiv 1604.06174)."""

    def __call__(self, states: mx.array, *args: object, **options: object) -> mx.array:
        def forward(parameters: Any, states: mx.array) -> mx.array:  # noqa: ANN401  a tree of arrays
            self._module.update(parameters)
            result: mx.array = self._module(states, *args, **options)
            return result

        computed: mx.array = mx.checkpoint(forward)(self._module.trainable_parameters(), states)
        return computed


class SplitModel:
    """A causal language model of mlx_lm in three parts: below the cut, above it, and the output head.

    What a part reads is a mapping of arrays: `tokens` (B, T) int32; `positions` (N,) int32, numbers of tokens in the
    flattened batch; and where they are there, `states` (B, T, D), the hidden states of the tokens below the cut in the
    model's type, and `prefix` (P,) int32, tokens that come before those of every row, with their `prefix_states`.
    Logits are (N, V).
    """

    def __init__(self, model: nn.Module, trained_layers: int, *, recompute: bool = False) -> None:
        """Cut a model below its topmost `trained_layers` layers; `recompute` trades time for memory in those."""
        self.model = model
        self._owner, self._place = _find_stack(model)
        self._stack: nn.Module = self._owner[self._place]
        self._layers: list[nn.Module] = self._stack.layers
        self._cut = max(0, len(self._layers) - trained_layers)
        self._recompute = recompute
        # Keys and values that are recorded within a recomputed layer would not outlive it.
        self.shares_prefix = not recompute

    def lower(self, arrays: Arrays) -> Arrays:
        """Return the hidden states below the cut, without a gradient: nothing, where there is nothing to keep."""
        if self._cut == 0:
            return {}
        with self._replaced({self._cut: _Exit(self._layers[self._cut])}):
            if "prefix" not in arrays:
                return {"states": _reached(self._stack, arrays["tokens"], None)}
            recordings = self._recordings()
            before = _reached(self._stack, arrays["prefix"][None], recordings)
            states = _reached(self._stack, arrays["tokens"], _following(recordings, arrays["prefix"]))
            return {"states": states, "prefix_states": before}

    def upper(self, arrays: Arrays) -> mx.array:
        """Return the logits of the positions."""
        return self.head(self.final(arrays), arrays["tokens"])

    def final(self, arrays: Arrays) -> mx.array:
        """Return what goes into the output head at the positions: (N, D)."""
        caches = None
        if "prefix" in arrays:
            recordings = self._recordings()
            self._above(arrays["prefix"][None], arrays.get("prefix_states"), recordings)
            caches = _following(recordings, arrays["prefix"])
        states = self._above(arrays["tokens"], arrays.get("states"), caches)
        return states.reshape(-1, states.shape[-1])[arrays["positions"]]

    def head(self, final: mx.array, tokens: mx.array) -> mx.array:
        """Return the logits of what goes into the output head; `tokens` are not looked at."""
        with _substituted(self._owner, self._place, _Give(self._stack, final[None])):
            logits: mx.array = self.model(tokens)
        return logits[0]

    def fit(self, tokens: mx.array) -> bool:
        """Compare the parts with the whole on a row of tokens (1, T), and leave out what makes them differ.

        First the shared prefix is given up, then the cut. Returns whether it is cut as it was meant to be.
        """
        meant = self._cut
        expected = self.model(tokens)[0]
        if self.shares_prefix:
            self.shares_prefix = self._says(expected, {"prefix": tokens[0, :2], "tokens": tokens[:, 2:]})
        if not self._says(expected, {"tokens": tokens}):
            self._cut = 0
        return self._cut == meant

    def _says(self, expected: mx.array, arrays: Arrays) -> bool:
        length = arrays["tokens"].shape[1]
        whole = arrays | {"positions": mx.arange(length)}
        try:
            logits = self.upper(whole | self.lower(arrays))
        except (TypeError, AttributeError, ValueError, IndexError, LookupError):
            return False
        difference = mx.abs(logits - expected[-length:]).max()
        return bool((difference <= 1e-3 * mx.maximum(1.0, mx.abs(expected).max())).item())

    def _above(self, tokens: mx.array, states: mx.array | None, caches: Caches) -> mx.array:
        """Run the layers above the cut, given the hidden states below it; all layers where there are none."""
        replaced: dict[int, Any] = {}
        if states is not None:
            replaced = {number: _Pass(self._layers[number]) for number in range(1, self._cut)}
            replaced[0] = _Give(self._layers[0], states)
        if self._recompute:
            replaced |= {number: _Recomputed(self._layers[number]) for number in range(self._cut, len(self._layers))}
        with self._replaced(replaced):
            return _run(self._stack, tokens, caches)

    def _recordings(self) -> list[Recording]:
        return [Recording() for _ in self._layers]

    @contextmanager
    def _replaced(self, stand_ins: dict[int, Any]) -> Iterator[None]:
        originals = {number: self._layers[number] for number in stand_ins}
        for number, stand_in in stand_ins.items():
            self._layers[number] = stand_in
        try:
            yield
        finally:
            for number, layer in originals.items():
                self._layers[number] = layer


def _following(recordings: list[Recording], prefix: mx.array) -> Caches:
    return [Following(recording, prefix.size) for recording in recordings]


def _run(stack: nn.Module, tokens: mx.array, caches: Caches) -> mx.array:
    states: mx.array = stack(tokens) if caches is None else stack(tokens, cache=caches)
    return states


def _reached(stack: nn.Module, tokens: mx.array, caches: Caches) -> mx.array:
    """Return the hidden states that reach the layer at the cut."""
    try:
        _run(stack, tokens, caches)
    except _HiddenStates as reached:
        return mx.stop_gradient(reached.states)
    raise LookupError("the layer at the cut was not called")


@contextmanager
def _substituted(owner: nn.Module, place: str, stand_in: _StandIn) -> Iterator[None]:
    original = owner[place]
    owner[place] = stand_in  # a module is a dictionary; setting the attribute would drop its parameters
    try:
        yield
    finally:
        owner[place] = original


def _find_stack(model: nn.Module) -> tuple[nn.Module, str]:
    """Return the module that owns the stack of layers, and the stack's name in it."""
    for _, module in model.named_modules():
        for name, child in module.children().items():
            if isinstance(child, nn.Module) and child.get("layers") is model.layers:
                return module, name
    raise ArchitectureError(hint="Choose another base.")
