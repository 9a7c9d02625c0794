"""The losses of training: log-probabilities, the preference losses of DPO, the divergence that guards what was known.

Everything is float32, whatever the model computes in: a log-probability summed in a 16-bit type is off by whole nats,
which at step 0 already looks like a preference. The preference losses follow the definitions of TRL 1.16, except that
its label smoothing is the conservative one of TRL up to 0.28 and holds for every kind (see `preference_loss`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mlx.core as mx

from curatord.train.exponential import log_sum_exp, softmax

Kind = Literal["sigmoid", "ipo", "hinge"]


@dataclass(frozen=True, slots=True)
class Answers:
    """One side of a batch of B pairs, the chosen or the rejected answers: three float32 arrays of shape (B,).

    `policy` and `reference` are log-probabilities summed over an answer's tokens (`sequence_sums`), under the model
    in training and under the frozen one; `tokens` counts those tokens, at least one each. The reference must be
    computed beforehand: the policy's own value behind `stop_gradient` is none, its loss stays log 2 for ever while the
    gradient pushes without bound.
    """

    policy: mx.array
    reference: mx.array
    tokens: mx.array


@dataclass(frozen=True, slots=True)
class Rewards:
    """What DPO takes the model to think of each answer, beta-scaled nats: three float32 arrays of shape (B,)."""

    chosen: mx.array
    rejected: mx.array
    margin: mx.array


def preference_loss(
    chosen: Answers, rejected: Answers, *, beta: float, kind: Kind, label_smoothing: float = 0.0
) -> mx.array:
    """Give the loss of each pair, float32 of shape (B,); the loss of a batch is their mean.

    - `sigmoid`: -log sigmoid(beta d), direct preference optimization (arXiv 2305.18290);
    - `hinge`: max(0, 1 - beta d), sequence likelihood calibration (arXiv 2305.10425);
    - `ipo`: (d' - 1 / (2 beta))^2, identity preference optimization (arXiv 2310.12036, equation 17);

    where d is how much further the policy is from the reference on the chosen answer than on the rejected one, and d'
    the same of averages over each answer's tokens.

    With a share e of `label_smoothing` the loss is its expectation when the labels of that share of the pairs are
    swapped, (1 - e) loss(d) + e loss(-d): for `sigmoid` conservative DPO, as TRL up to 0.28 has it (later releases
    ignore the setting there); for the other two, where TRL ignores it, the same mixture.
    """
    difference = _preference(chosen, rejected, kind)
    kept = _loss(difference, beta, kind)
    if label_smoothing == 0:
        return kept
    return (1 - label_smoothing) * kept + label_smoothing * _loss(-difference, beta, kind)


def sft_term(chosen: Answers, tokens: mx.array) -> mx.array:
    """Give the mean negative log-probability of the chosen tokens, a scalar to add to the mean preference loss.

    `tokens` is how many the batch has on its chosen side (in all machines together); each counts the same, whichever
    answer it is in. TRL 1.16 calls this the loss type "sft", listed beside the preference loss with its weight in
    `loss_weights`; earlier releases called the weight `rpo_alpha` (arXiv 2404.19733).
    """
    return -chosen.policy.sum() / tokens


def rewards(chosen: Answers, rejected: Answers, *, beta: float) -> Rewards:
    """Give the implicit rewards, beta (log policy - log reference), and chosen less rejected; constants to gradients.

    They are of sums over tokens for every kind, `ipo` included, as in TRL 1.16.
    """
    for_chosen = mx.stop_gradient(beta * (chosen.policy - chosen.reference))
    for_rejected = mx.stop_gradient(beta * (rejected.policy - rejected.reference))
    return Rewards(for_chosen, for_rejected, for_chosen - for_rejected)


def token_log_probabilities(logits: mx.array, targets: mx.array) -> mx.array:
    """Give log p(target) at each of N positions, float32 of shape (N,).

    `logits` has shape (N, V) and any floating type; `targets` holds N token ids below V.
    """
    exact = logits.astype(mx.float32)
    scores = mx.take_along_axis(exact, targets[:, None], axis=-1)
    return (scores - log_sum_exp(exact)).squeeze(-1)


def sequence_sums(token_logps: mx.array, rows: mx.array, count: int) -> mx.array:
    """Add up the values of each sequence, float32 of shape (count,).

    `token_logps` and `rows` have shape (N,); `rows` holds the number of the sequence each position belongs to. A
    position whose row is not in 0..count-1 is padding and counts nowhere, whatever its value. The sums do not depend
    on the order in which a device's threads finish, as a scatter of additions would.
    """
    member = rows[None, :] == mx.arange(count)[:, None]
    return mx.where(member, token_logps.astype(mx.float32)[None, :], 0.0).sum(axis=-1)


def divergences(reference_logits: mx.array, logits: mx.array) -> mx.array:
    """Give KL(reference || model) at each of N positions, in nats, float32 of shape (N,).

    Both have shape (N, V) and any floating type. The reference is a constant: no gradient reaches it.
    """
    reference = mx.stop_gradient(reference_logits).astype(mx.float32)
    model = logits.astype(mx.float32)
    normalizer, probabilities = softmax(reference)
    return (probabilities * (reference - model)).sum(axis=-1) + (log_sum_exp(model) - normalizer).squeeze(-1)


def _preference(chosen: Answers, rejected: Answers, kind: Kind) -> mx.array:
    """Give how far the policy prefers the chosen answer beyond what the reference does, in nats (ipo: a token)."""
    for_chosen = chosen.policy - chosen.reference
    for_rejected = rejected.policy - rejected.reference
    if kind == "ipo":
        return for_chosen / mx.maximum(chosen.tokens, 1) - for_rejected / mx.maximum(rejected.tokens, 1)
    return for_chosen - for_rejected


def _loss(difference: mx.array, beta: float, kind: Kind) -> mx.array:
    match kind:
        case "sigmoid":
            return mx.logaddexp(0.0, -beta * difference)  # -log sigmoid(x) that neither overflows nor loses small ones
        case "hinge":
            return mx.maximum(0.0, 1 - beta * difference)
        case "ipo":
            return mx.square(difference - 1 / (2 * beta))
