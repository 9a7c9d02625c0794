"""The exponential function over whole vocabularies, where it decides how long a step takes.

Every answer token asks for the exponential of as many numbers as the vocabulary has words. MLX computes them one by one
on the CPU back end (about 12 ns each on x86), which takes longer than the matrix product that made the logits;
and its `logsumexp` computes them once for the value and once more for the gradient.
"""

from __future__ import annotations

import mlx.core as mx

_LOWEST = -86.0  # exp of it is the last that needs no denormal number: 4e-38
_PER_OCTAVE = 1.4426950408889634  # 1 / ln 2
_LN2_HIGH = 0.693359375  # exact in ten bits: its product with a whole number up to 2^14 is exact, too
_LN2_LOW = -2.1219444005469058e-4
_ROUNDING = 1.5 * 2.0**23  # a float32 near it has no room for a fraction, and its low bits are the whole number
_MANTISSA_BITS = 23
# exp(r) = 1 + r + r^2 P(r) on [-ln 2 / 2, ln 2 / 2]: the coefficients of expf in Cephes, the highest power first
_POLYNOMIAL = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)


def log_sum_exp(values: mx.array) -> mx.array:
    """Give log(sum(exp(values))) over the last axis, kept with length 1: float32 of shape (..., 1).

    `values` is float32. NaN and positive infinity give a result that is not finite.
    """
    return softmax(values)[0]


def softmax(values: mx.array) -> tuple[mx.array, mx.array]:
    """Give `log_sum_exp` of float32 values, and exp(values - log_sum_exp), the probabilities that they stand for."""
    largest = mx.stop_gradient(values.max(axis=-1, keepdims=True))
    exponentials = exponential(values - largest)
    total = exponentials.sum(axis=-1, keepdims=True)
    # a compiled function would else take the logarithm anew at every place where its result is subtracted
    return mx.contiguous(largest + mx.log(total)), exponentials / total


def exponential(values: mx.array) -> mx.array:
    """Give exp(values) for float32 values of at most 0, within 2 units in the last place; 4e-38 for those below -86.

    On the CPU back end it is made of plain arithmetic, which runs on whole vectors when compiled; elsewhere it is
    MLX's own. The gradient reuses the result.
    """
    if mx.default_device().type != mx.DeviceType.cpu:
        return mx.exp(values)
    bounded = mx.maximum(values, _LOWEST)
    fixed = mx.stop_gradient(bounded)
    # the second factor is 1; its derivative is that of `bounded`, so that of the product is the product's own value
    return _power_of_e(fixed) * (1.0 + (bounded - fixed))


def _power_of_e(values: mx.array) -> mx.array:
    """Give exp of values from -86 to 0 as 2^octaves exp(rest); without a derivative, since it looks at bits."""
    rounded = values * _PER_OCTAVE + _ROUNDING
    octaves = rounded - _ROUNDING
    rest = (values - octaves * _LN2_HIGH) - octaves * _LN2_LOW
    series = rest * _POLYNOMIAL[0] + _POLYNOMIAL[1]
    for coefficient in _POLYNOMIAL[2:]:
        series = series * rest + coefficient
    mantissa = series * (rest * rest) + rest + 1.0
    # two to the power of `octaves` by adding it to the exponent's bits; the shift drops all else that `rounded` has
    bits = mx.left_shift(rounded.view(mx.int32), _MANTISSA_BITS) + mantissa.view(mx.int32)
    return mx.stop_gradient(bits.view(mx.float32))
