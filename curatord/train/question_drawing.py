"""Texts drawn from a writer: several for each prompt at once, the prompt itself read only once."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlx import nn

LANES = 64  # continuations written at once
TEMPERATURE, MIN_P = 0.8, 1 / 12
MAX_TOKENS = 90


def draw(
    model: nn.Module,
    prompts: Sequence[Sequence[int]],
    each: int,
    *,
    end: int,
    seed: int,
    must_stop: Callable[[], bool],
) -> list[list[list[int]]] | None:
    """Return `each` continuations of every prompt, in tokens, sampled at temperature 0.8.

    Prompts of one length go together, so that nothing is padded. Continuations end before `end` or at 90 tokens. None
    where the model was asked to stop, or where its cache cannot be shared out. A function of its arguments.
    """
    drawn: list[list[list[int]]] = [[] for _ in prompts]
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for place, prompt in enumerate(prompts):
        by_length[len(prompt)].append(place)
    together = max(1, LANES // each)
    key = mx.random.key(seed)
    for _, places in sorted(by_length.items()):
        for start in range(0, len(places), together):
            if must_stop():
                return None
            batch = places[start : start + together]
            key, now = mx.random.split(key)
            lanes = _continue(model, mx.array([list(prompts[place]) for place in batch]), each, end, now)
            if lanes is None:
                return None
            for number, place in enumerate(batch):
                drawn[place] = lanes[number * each : (number + 1) * each]
    return drawn


def _continue(model: nn.Module, tokens: mx.array, each: int, end: int, key: mx.array) -> list[list[int]] | None:
    """Return `each` continuations of each row of tokens (rows, length)."""
    from mlx_lm.models.cache import KVCache, make_prompt_cache  # noqa: PLC0415  a second that nobody else need spend

    cache: list[Any] = make_prompt_cache(model)
    if not all(type(layer) is KVCache for layer in cache):
        return None
    logits = model(tokens, cache=cache)[:, -1]
    for layer in cache:
        layer.keys, layer.values = (mx.repeat(kept, each, axis=0) for kept in (layer.keys, layer.values))
    logits = mx.repeat(logits, each, axis=0)
    lanes: list[list[int]] = [[] for _ in range(logits.shape[0])]
    open_lanes = set(range(len(lanes)))
    for _ in range(MAX_TOKENS):
        key, now = mx.random.split(key)
        sampled = _sample(logits, now)
        for lane, token in enumerate(np.array(sampled).tolist()):
            if lane in open_lanes and token != end:
                lanes[lane].append(token)
            else:
                open_lanes.discard(lane)
        if not open_lanes:
            break
        logits = model(sampled[:, None], cache=cache)[:, -1]
    return lanes


def _sample(logits: mx.array, key: mx.array) -> mx.array:
    """Return one token a row, of those at least a twelfth as likely as the likeliest (min-p, arXiv:2407.01082)."""
    scaled = logits.astype(mx.float32) / TEMPERATURE
    least = scaled.max(axis=-1, keepdims=True) + math.log(MIN_P)
    return mx.random.categorical(mx.where(scaled >= least, scaled, -mx.inf), key=key)
