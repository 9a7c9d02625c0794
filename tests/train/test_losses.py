"""The losses of training, against TRL and against what mathematics says of them.

trl_vectors.json was computed on the CPU by make_trl_vectors.py: losses, gradients and rewards by the DPOTrainer of
TRL 1.16.0 with torch 2.13.0, the conservative sigmoid loss by DPOTrainer.dpo_loss of TRL 0.28.0 with torch 2.15.0.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.train.losses import (
    Answers,
    Kind,
    divergences,
    preference_loss,
    rewards,
    sequence_sums,
    sft_term,
    token_log_probabilities,
)

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "trl_vectors.json").read_text())
PAIRS = 4
KINDS: tuple[Kind, ...] = ("sigmoid", "ipo", "hinge")
LOG_2 = math.log(2)
SUMS = st.floats(-1e4, 0, width=32)
PROPERTY = settings(max_examples=50, deadline=None)


def _cases(*, swapped: bool) -> list[Any]:
    return [
        pytest.param(case, id=f"{case['kind']}-{case['beta']}-{case['sft_weight']}")
        for case in VECTORS["cases"]
        if case["swapped"] is swapped
    ]


def _sides(head: mx.array, hidden: mx.array) -> tuple[Answers, Answers]:
    """Go the whole way from hidden states to the chosen and the rejected answers, as training does."""
    targets, rows = mx.array(VECTORS["targets"]), mx.array(VECTORS["rows"])
    reference = token_log_probabilities(mx.array(VECTORS["reference_logits"]), targets)
    policy = token_log_probabilities(hidden @ head.T, targets)
    sums = [sequence_sums(each, rows, 2 * PAIRS) for each in (policy, reference, mx.ones(len(VECTORS["rows"])))]
    return Answers(*(each[:PAIRS] for each in sums)), Answers(*(each[PAIRS:] for each in sums))


def _model() -> tuple[mx.array, mx.array]:
    return mx.array(VECTORS["head"]), mx.array(VECTORS["hidden"])


def _objective(case: dict[str, Any], label_smoothing: float = 0.0) -> Callable[[mx.array, mx.array], mx.array]:
    def objective(head: mx.array, hidden: mx.array) -> mx.array:
        chosen, rejected = _sides(head, hidden)
        losses = preference_loss(
            chosen, rejected, beta=case["beta"], kind=case["kind"], label_smoothing=label_smoothing
        )
        sft_weight: float = case["sft_weight"]
        return losses.mean() + sft_weight * sft_term(chosen, chosen.tokens.sum())

    return objective


def _answers(policy: list[float], reference: list[float]) -> Answers:
    return Answers(mx.array(policy), mx.array(reference), mx.full((len(policy),), 3.0))


def _number(scalar: mx.array) -> float:
    value = scalar.item()
    assert isinstance(value, float)
    return value


def _close(ours: mx.array, theirs: object) -> None:
    np.testing.assert_allclose(np.array(ours), np.array(theirs), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", _cases(swapped=False))
def test_the_loss_of_a_batch_is_that_of_trl(case: dict[str, Any]) -> None:
    """With and without the SFT term, from hidden states on."""
    _close(_objective(case)(*_model()), case["loss"])


@pytest.mark.parametrize("case", _cases(swapped=False))
def test_the_gradients_are_those_of_trl(case: dict[str, Any]) -> None:
    """With respect to the weights of the last layer and to what goes into it."""
    head, hidden = mx.grad(_objective(case), argnums=(0, 1))(*_model())
    _close(head, case["head_gradient"])
    _close(hidden, case["hidden_gradient"])


@pytest.mark.parametrize("case", _cases(swapped=False))
def test_the_loss_of_each_pair_is_that_of_trl(case: dict[str, Any]) -> None:
    """TRL is given each pair as a batch of its own."""
    chosen, rejected = _sides(*_model())
    losses = preference_loss(chosen, rejected, beta=case["beta"], kind=case["kind"])
    alone = -chosen.policy / chosen.tokens
    _close(losses + case["sft_weight"] * alone, case["losses"])
    assert losses.dtype == mx.float32


@pytest.mark.parametrize("case", _cases(swapped=False))
def test_the_rewards_are_those_of_trl(case: dict[str, Any]) -> None:
    """TRL reports their means over the batch."""
    given_to = rewards(*_sides(*_model()), beta=case["beta"])
    _close(given_to.chosen.mean(), case["reward_chosen"])
    _close(given_to.rejected.mean(), case["reward_rejected"])
    _close(given_to.margin.mean(), case["margin"])


@pytest.mark.parametrize("smoothing", [0.1, 0.4])
@pytest.mark.parametrize("swapped", _cases(swapped=True))
def test_label_smoothing_mixes_in_what_trl_gives_for_swapped_answers(swapped: dict[str, Any], smoothing: float) -> None:
    """Losses and gradients, for every kind."""
    kept = next(
        case
        for case in VECTORS["cases"]
        if (case["kind"], case["beta"], case["swapped"], case["sft_weight"])
        == (swapped["kind"], swapped["beta"], False, 0.0)
    )
    objective = _objective(swapped, smoothing)
    for name, ours in (
        ("loss", objective(*_model())),
        ("head_gradient", mx.grad(objective)(*_model())),
    ):
        _close(ours, (1 - smoothing) * np.array(kept[name]) + smoothing * np.array(swapped[name]))


@pytest.mark.parametrize("case", VECTORS["conservative"]["cases"], ids=str)
def test_a_smoothed_sigmoid_is_the_conservative_loss_that_trl_had(case: dict[str, Any]) -> None:
    """Losses, their gradients and rewards of given sums."""
    sums = [mx.array(each) for each in case["sums"]]

    def losses(policy_chosen: mx.array, policy_rejected: mx.array) -> mx.array:
        return preference_loss(
            Answers(policy_chosen, sums[2], mx.ones(8)),
            Answers(policy_rejected, sums[3], mx.ones(8)),
            beta=case["beta"],
            kind="sigmoid",
            label_smoothing=case["label_smoothing"],
        )

    _close(losses(*sums[:2]), case["losses"])
    gradients = mx.grad(lambda *policy: losses(*policy).sum(), argnums=(0, 1))(*sums[:2])
    _close(gradients[0], case["gradients"][0])
    _close(gradients[1], case["gradients"][1])


@PROPERTY
@given(chosen=SUMS, rejected=SUMS, beta=st.floats(0.01, 10))
def test_at_the_reference_the_sigmoid_loss_is_log_2_and_the_margin_0(
    chosen: float, rejected: float, beta: float
) -> None:
    """Whatever the answers' probabilities are."""
    sides = _answers([chosen], [chosen]), _answers([rejected], [rejected])
    assert preference_loss(*sides, beta=beta, kind="sigmoid").item() == pytest.approx(LOG_2, abs=1e-6)
    assert rewards(*sides, beta=beta).margin.item() == 0


@PROPERTY
@given(sums=st.tuples(SUMS, SUMS, SUMS, SUMS), kind=st.sampled_from(KINDS), smoothing=st.sampled_from([0.0, 0.2]))
def test_loss_and_gradients_are_finite_for_extreme_log_probabilities(
    sums: tuple[float, float, float, float], kind: Kind, smoothing: float
) -> None:
    """And the descent never lowers the chosen answer while raising the rejected one, unless labels are doubted."""

    def loss(policy: mx.array) -> mx.array:
        chosen = Answers(policy[:1], mx.array([sums[2]]), mx.ones(1))
        rejected = Answers(policy[1:], mx.array([sums[3]]), mx.ones(1))
        return preference_loss(chosen, rejected, beta=0.5, kind=kind, label_smoothing=smoothing).sum()

    value, gradient = mx.value_and_grad(loss)(mx.array(sums[:2]))
    assert mx.isfinite(value).item()
    assert mx.isfinite(gradient).all().item()
    assert (gradient[0] == -gradient[1]).item()
    if kind != "ipo" and smoothing == 0:
        assert gradient[0].item() <= 0


@pytest.mark.parametrize("kind", KINDS)
def test_doubting_half_the_labels_asks_for_nothing_at_margin_0(kind: Kind) -> None:
    """The gradient is zero there: either answer may be the better one."""

    def loss(policy: mx.array) -> mx.array:
        sides = _sides_at(policy)
        return preference_loss(*sides, beta=0.1, kind=kind, label_smoothing=0.5).sum()

    gradient = mx.grad(loss)(mx.array([-7.0, -9.0]))
    np.testing.assert_allclose(np.array(gradient), 0, atol=1e-7)


def _sides_at(policy: mx.array) -> tuple[Answers, Answers]:
    """Take [chosen, rejected] log-probabilities of a policy whose reference gave -7 and -9."""
    return (
        Answers(policy[:1], mx.array([-7.0]), mx.array([2.0])),
        Answers(policy[1:], mx.array([-9.0]), mx.array([2.0])),
    )


def test_a_policy_behind_stop_gradient_is_no_reference() -> None:
    """Step after step the loss is log 2 while the margin grows evenly; against a frozen reference both settle."""

    def train(reference: Callable[[mx.array], mx.array]) -> tuple[list[float], list[float]]:
        def loss(policy: mx.array) -> mx.array:
            frozen = reference(policy)
            sides = (Answers(policy[:1], frozen[:1], mx.ones(1)), Answers(policy[1:], frozen[1:], mx.ones(1)))
            return preference_loss(*sides, beta=0.1, kind="sigmoid").sum()

        policy, losses, margins = mx.array([-20.0, -20.0]), [], []
        for _ in range(20):
            value, gradient = mx.value_and_grad(loss)(policy)
            losses.append(_number(value))
            margins.append(_number(policy[0] - policy[1]))
            policy = policy - 40 * gradient
        return losses, margins

    losses, margins = train(mx.stop_gradient)
    assert losses == pytest.approx([LOG_2] * 20)
    assert np.diff(margins) == pytest.approx([4.0] * 19)  # 40 * 2 * beta / 2, with no end
    losses, margins = train(lambda _: mx.array([-20.0, -20.0]))
    assert losses[0] == pytest.approx(LOG_2)
    assert losses[-1] < 0.1
    assert np.diff(margins)[-1] < 1


def test_rewards_carry_no_gradient() -> None:
    """They are for the log, and may be returned beside the loss."""
    gradient = mx.grad(lambda policy: rewards(*_sides_at(policy), beta=0.1).margin.sum())(mx.array([-1.0, -2.0]))
    assert not gradient.any().item()


def test_an_answer_without_tokens_leaves_ipo_finite() -> None:
    """Rows may be there for padding alone."""
    nothing = Answers(mx.zeros(1), mx.zeros(1), mx.zeros(1))
    assert preference_loss(nothing, nothing, beta=0.1, kind="ipo").item() == pytest.approx(25)


@pytest.mark.parametrize("dtype", [mx.float32, mx.float16, mx.bfloat16])
def test_log_probabilities_are_float32_whatever_the_logits_are(dtype: mx.Dtype) -> None:
    """They equal those of the same logits in float64."""
    logits = (10 * mx.random.normal((5, 1000), key=mx.random.key(1))).astype(dtype)
    targets = mx.array([0, 999, 5, 17, 400])
    ours = token_log_probabilities(logits, targets)
    exact = np.array(logits.astype(mx.float32)).astype(np.float64)
    normalizer = np.log(np.exp(exact - exact.max(axis=-1, keepdims=True)).sum(axis=-1)) + exact.max(axis=-1)
    assert ours.dtype == mx.float32
    np.testing.assert_allclose(np.array(ours), exact[np.arange(5), np.array(targets)] - normalizer, rtol=1e-6)


def test_sixteen_bit_logits_get_a_gradient_of_their_own_type() -> None:
    """The rest of the backward pass stays in the model's type."""
    logits = mx.random.normal((3, 50), key=mx.random.key(2)).astype(mx.bfloat16)
    gradient = mx.grad(lambda each: token_log_probabilities(each, mx.array([1, 2, 3])).sum())(logits)
    assert gradient.dtype == mx.bfloat16


def test_positions_add_up_by_sequence_and_padding_counts_nowhere() -> None:
    """A row number outside the batch marks padding, whatever stands there."""
    values = mx.array([1.0, 2.0, 4.0, math.nan, 8.0, math.inf])
    sums = sequence_sums(values, mx.array([1, 0, 1, 3, 0, -1]), 3)
    assert sums.tolist() == [10, 5, 0]


def test_sums_of_sixteen_bit_values_are_float32() -> None:
    """In float16 a thousand times 0.1 would not be within a half of 100."""
    values = mx.full((1000,), 0.1, dtype=mx.float16)
    sums = sequence_sums(values, mx.zeros(1000, dtype=mx.int32), 1)
    assert sums.dtype == mx.float32
    assert sums.item() == pytest.approx(1000 * values[0].item(), rel=1e-5)


def test_a_divergence_is_zero_between_equal_models() -> None:
    """And asks for no change."""
    logits = 5 * mx.random.normal((4, 300), key=mx.random.key(3))
    assert divergences(logits, logits).tolist() == [0, 0, 0, 0]
    gradient = mx.grad(lambda each: divergences(logits, each).sum())(logits)
    np.testing.assert_allclose(np.array(gradient), 0, atol=1e-6)


@pytest.mark.parametrize("dtype", [mx.float32, mx.bfloat16])
def test_a_divergence_is_the_expected_difference_of_log_probabilities(dtype: mx.Dtype) -> None:
    """Expected under the reference, in float64."""
    keys = mx.random.split(mx.random.key(4), 2)
    reference, model = ((3 * mx.random.normal((4, 300), key=key)).astype(dtype) for key in keys)
    exact = [np.array(each.astype(mx.float32)).astype(np.float64) for each in (reference, model)]
    logs = [each - np.log(np.exp(each).sum(axis=-1, keepdims=True)) for each in exact]
    expected = (np.exp(logs[0]) * (logs[0] - logs[1])).sum(axis=-1)
    np.testing.assert_allclose(np.array(divergences(reference, model)), expected, rtol=1e-5)


@PROPERTY
@given(seed=st.integers(0, 1000), size=st.floats(0, 20))
def test_a_divergence_is_never_negative(seed: int, size: float) -> None:
    """Gibbs' inequality, within rounding."""
    keys = mx.random.split(mx.random.key(seed), 2)
    reference, model = (size * mx.random.normal((3, 40), key=key) for key in keys)
    assert _number(divergences(reference, model).min()) > -1e-4


def test_the_gradient_of_a_divergence_is_the_difference_of_probabilities_and_leaves_the_reference_alone() -> None:
    """The model is drawn to the reference, not the reference to the model."""
    keys = mx.random.split(mx.random.key(5), 2)
    reference, model = (2 * mx.random.normal((3, 40), key=key) for key in keys)
    to_reference, to_model = mx.grad(lambda *both: divergences(*both).sum(), argnums=(0, 1))(reference, model)
    assert not to_reference.any().item()
    expected = mx.softmax(model, axis=-1) - mx.softmax(reference, axis=-1)
    np.testing.assert_allclose(np.array(to_model), np.array(expected), atol=1e-6)
