"""What a model's own answers tell of what it knows: how sure it is of each token, and whether it says the same again.

    python -m curatord.exam.interrogate < REQUEST > REPLIES

asks the base model with the adapter in service, in a process of its own; `interrogate_apart` starts it. Entropy as in
Kadavath et al., arXiv:2207.05221; agreement of sampled answers as in SelfCheckGPT, arXiv:2303.08896.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from curatord.curate.text import words
from curatord.errors import CuratordError, ExitCode
from curatord.train.adapter_files import CONFIG
from curatord.train.environment import training_environment
from curatord.train.model_files import BaseModelError, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import mlx.core as mx

TEMPERATURE = 0.7
BATCH = 32
SECONDS = 600.0  # for all questions, with the time to load the model


class InterrogationError(CuratordError):
    """The model in service could not be asked."""


@dataclass(frozen=True, slots=True)
class Interrogated:
    """What a model says to a question, greedily.

    `entropy` is the mean entropy of the distributions its tokens were taken from, end of turn included, in nats.
    `agreement` is the mean token F1 of every two of its replies, the greedy one and the sampled ones, in [0, 1]; None
    where there is only one.
    """

    reply: str
    entropy: float
    agreement: float | None


class Questioning(BaseModel):
    """Whom to ask what: `adapter` is a directory that names its base model, kept below `models`."""

    model_config = ConfigDict(frozen=True)

    adapter: Path
    models: Path
    system: str
    questions: tuple[str, ...]
    max_tokens: int = 40
    samples: int = 3
    seed: int = 0


def interrogate(
    model: Any,  # noqa: ANN401  mlx_lm has no types
    tokenizer: Any,  # noqa: ANN401  see above
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    samples: int,
    seed: int,
) -> list[Interrogated]:
    """Return what a model says to each prompt, given as token ids; the same for the same arguments.

    Besides the greedy reply, `samples` replies are drawn for each prompt at a temperature of 0.7.
    """
    import mlx.core as mx  # noqa: PLC0415  the process that starts this one needs none of it

    greedy = _replies(model, tokenizer, prompts, max_tokens, _greedy)
    mx.random.seed(seed)
    drawn = [_replies(model, tokenizer, prompts, max_tokens, _sampled) for _ in range(samples)]
    return [
        Interrogated(text, entropy, agreement([text, *(others[place][0] for others in drawn)]))
        for place, (text, entropy) in enumerate(greedy)
    ]


def agreement(replies: Sequence[str]) -> float | None:
    """Return the mean token F1 of every two replies, in [0, 1]; None where there are fewer than two."""
    scores = [token_f1(one, other) for one, other in combinations(replies, 2)]
    return sum(scores) / len(scores) if scores else None


def token_f1(one: str, other: str) -> float:
    """Return how far two texts use the same words: F1 over their words with repetitions, case ignored.

    That of Rajpurkar et al., arXiv:1606.05250, with articles kept. Two texts without words are alike.
    """
    left, right = Counter(words(one)), Counter(words(other))
    if not left or not right:
        return float(left == right)
    return 2 * (left & right).total() / (left.total() + right.total())


def interrogate_apart(request: Questioning, *, seconds: float = SECONDS) -> list[Interrogated]:
    """Ask the questions in a process of its own, and wait for it; raise InterrogationError where that fails."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "curatord.exam.interrogate"],
            input=request.model_dump_json().encode(),
            capture_output=True,
            check=False,
            timeout=seconds,
            env=training_environment(os.environ),
        )
    except subprocess.TimeoutExpired as error:
        raise InterrogationError(f"The model in service did not answer within {seconds:.0f} seconds.") from error
    if done.returncode != ExitCode.OK:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InterrogationError(f"The model in service could not be asked: {lines[-1] if lines else done.returncode}")
    try:
        return _REPLIES.validate_json(done.stdout)
    except ValidationError as error:
        raise InterrogationError("The model in service could not be asked: its process gave no replies.") from error


_REPLIES = TypeAdapter(list[Interrogated])


def main() -> int:
    """Answer the request on standard input with JSON on standard output."""
    request = Questioning.model_validate_json(sys.stdin.buffer.read())
    try:
        answered = _answer(request)
    except CuratordError as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.FAILED
    sys.stdout.buffer.write(orjson.dumps(answered))
    return ExitCode.OK


def _answer(request: Questioning) -> list[Interrogated]:
    from mlx_lm.tuner.utils import load_adapters  # noqa: PLC0415  a second that `interrogate_apart` need not spend

    from curatord.train import backend, base_model  # noqa: PLC0415  see above
    from curatord.train.rows import Encoder  # noqa: PLC0415  see above

    about = read_json(request.adapter / CONFIG).get("curatord")
    if not isinstance(about, dict) or not isinstance(about.get("base"), str):
        raise BaseModelError(f"{request.adapter} does not tell which base model it is for.", hint="Train a new one.")
    backend.choose_compilation()
    base = base_model.resolve(about["base"], request.models)
    if about.get("base_sha256", base.sha256) != base.sha256:
        raise BaseModelError(f"The base model {base.name} is not the one that {request.adapter} was trained on.")
    model, tokenizer = base_model.load(base, dtype=backend.dtype_for(base_model.parameters(base)))
    model = load_adapters(model, str(request.adapter))
    encoder = Encoder(tokenizer, system=request.system, max_tokens=request.max_tokens)
    return interrogate(
        model,
        tokenizer,
        [encoder.prompt(question) for question in request.questions],
        max_tokens=request.max_tokens,
        samples=request.samples,
        seed=request.seed,
    )


def _replies(
    model: Any,  # noqa: ANN401  see above
    tokenizer: Any,  # noqa: ANN401  see above
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    sampler: Callable[[mx.array], mx.array],
) -> list[tuple[str, float]]:
    """Return each prompt's reply and its mean entropy, in batches of prompts of like lengths."""
    order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), place))
    said: dict[int, tuple[str, float]] = {}
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        batch = [list(prompts[place]) for place in places]
        said |= dict(zip(places, _batch(model, tokenizer, batch, max_tokens, sampler), strict=True))
    return [said[place] for place in range(len(prompts))]


def _batch(
    model: Any,  # noqa: ANN401  see above
    tokenizer: Any,  # noqa: ANN401  see above
    batch: list[list[int]],
    max_tokens: int,
    sampler: Callable[[mx.array], mx.array],
) -> list[tuple[str, float]]:
    import mlx.core as mx  # noqa: PLC0415  see above
    from mlx_lm.generate import BatchGenerator  # noqa: PLC0415  see above

    generator = BatchGenerator(
        model,
        stop_tokens=[[token] for token in tokenizer.eos_token_ids],
        sampler=sampler,
        completion_batch_size=len(batch),
    )
    places = {uid: place for place, uid in enumerate(generator.insert(batch, [max_tokens] * len(batch)))}
    tokens: list[list[int]] = [[] for _ in batch]
    entropies: list[list[float]] = [[] for _ in batch]
    while responses := generator.next_generated():
        measured = _entropies(mx.stack([response.logprobs for response in responses]))
        for response, entropy in zip(responses, measured, strict=True):
            place = places[response.uid]
            entropies[place].append(entropy)
            if response.finish_reason != "stop":
                tokens[place].append(response.token)
    generator.close()
    return [
        (tokenizer.decode(made).strip(), sum(steps) / len(steps)) for made, steps in zip(tokens, entropies, strict=True)
    ]


def _entropies(logprobs: mx.array) -> list[float]:
    """Return the entropy of each row of log-probabilities, in nats; a token that cannot come adds nothing."""
    import mlx.core as mx  # noqa: PLC0415  see above

    logprobs = logprobs.astype(mx.float32)
    chances = mx.exp(logprobs)
    return cast("list[float]", (-mx.where(chances > 0, chances * logprobs, 0).sum(axis=-1)).tolist())


def _greedy(logprobs: mx.array) -> mx.array:
    import mlx.core as mx  # noqa: PLC0415  see above

    return mx.argmax(logprobs, axis=-1)


def _sampled(logprobs: mx.array) -> mx.array:
    import mlx.core as mx  # noqa: PLC0415  see above

    return mx.random.categorical(logprobs.astype(mx.float32) / TEMPERATURE)


if __name__ == "__main__":
    sys.exit(main())
