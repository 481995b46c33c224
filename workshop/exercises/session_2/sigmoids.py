"""2.9: sigmoid and tanh, flat at both ends."""

import numpy as np

from workshop.exercises.exercise import Mistake
from workshop.exercises.session_2.elementwise import INPUTS, Activation, inputs
from workshop.exercises.show import show_named_call


def _sigmoid_with_a_large_exponential(x):
    return 1 / (1 + np.exp(-x))


def _sigmoid_of_a_quotient(x):
    with np.errstate(invalid="ignore"):
        return np.exp(x) / (1 + np.exp(x))


def _sigmoid_mirrored(x):
    return _right_sigmoid(-x)


def _sigmoid_from_minus_one(x):
    return np.tanh(x)


def _sigmoid_slope(x):
    return _right_sigmoid(x) * (1 - _right_sigmoid(x))


def _sigmoid_of_straight_lines(x):
    return np.clip(0.5 + x / 4, 0.0, 1.0)


def _sigmoid_of_half(x):
    return _right_sigmoid(x / 2)


def _sigmoid_rounded(x):
    return (x > 0).astype(float)


def _sigmoid_over_the_sum(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def _right_sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2))


sigmoid = Activation(
    name="sigmoid",
    parameters=("x",),
    examples=tuple((x,) for x in INPUTS),
    cases=inputs(),
    describe=show_named_call("x"),
    mistakes=(
        Mistake(
            "Right, up to one thing: e^1000 does not fit into a float. Where x is very negative, NumPy warns of an "
            "overflow. Keep the exponent at or below 0, or use tanh: σ(x) = (1 + tanh(x / 2)) / 2.",
            _sigmoid_with_a_large_exponential,
        ),
        Mistake(
            "Where x is large this is infinity divided by infinity, which is no number. Use the form with e^(−x) there.",
            _sigmoid_of_a_quotient,
        ),
        Mistake("This falls from 1 to 0. σ rises: the exponent is −x.", _sigmoid_mirrored),
        Mistake("This is tanh, from −1 to 1. σ runs from 0 to 1.", _sigmoid_from_minus_one),
        Mistake("This is the slope of σ. Asked for is σ itself.", _sigmoid_slope),
        Mistake("These are three straight lines. σ is a smooth curve: 1 / (1 + e^(−x)).", _sigmoid_of_straight_lines),
        Mistake("This is σ(x / 2): a factor 2 is missing in the exponent.", _sigmoid_of_half),
        Mistake("This is a step from 0 to 1. σ goes there smoothly.", _sigmoid_rounded),
        Mistake("This is softmax: it divides by the sum over all x. σ treats each x by itself.", _sigmoid_over_the_sum),
    ),
    hints=(
        "σ(x) = 1 / (1 + e^(−x)). What does e^(−x) become for x = −1000?",
        "Too large for a float. Where x is negative, multiply above and below by e^x: σ(x) = e^x / (1 + e^x).",
        "With `e = np.exp(-np.abs(x))`, which never exceeds 1: `return np.where(x >= 0, 1, e) / (1 + e)`.",
    ),
    explanation=(
        "The same fraction in two forms: 1 / (1 + e^(−x)) and e^x / (1 + e^x). Each is safe on one side of 0, and "
        "e^(−|x|) serves both. Far out the slope of σ is nearly 0, which is why deep networks rarely use it between "
        "layers."
    ),
)


def _tanh_of_exponentials(x):
    with np.errstate(invalid="ignore"):
        return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def _tanh_from_zero(x):
    return _right_sigmoid(x)


def _tanh_of_half(x):
    return np.tanh(x / 2)


def _tanh_slope(x):
    return 1 - np.tanh(x) ** 2


def _tanh_of_straight_lines(x):
    return np.clip(x, -1.0, 1.0)


def _tanh_of_an_angle(x):
    return np.tan(x)


def _tanh_softsign(x):
    return x / (1 + np.abs(x))


def _tanh_numerator(x):
    return np.sinh(np.clip(x, -30, 30))


def _tanh_turned_round(x):
    return -np.tanh(x)


tanh = Activation(
    name="tanh",
    parameters=("x",),
    examples=tuple((x,) for x in INPUTS),
    cases=inputs(),
    describe=show_named_call("x"),
    mistakes=(
        Mistake(
            "e^1000 does not fit into a float: far out this is infinity divided by infinity. `np.tanh` knows better.",
            _tanh_of_exponentials,
        ),
        Mistake("This is σ, from 0 to 1. tanh runs from −1 to 1: stretch it and move it down.", _tanh_from_zero),
        Mistake("tanh(x) = 2 σ(2 x) − 1. The 2 inside is missing.", _tanh_of_half),
        Mistake("This is the slope, 1 − tanh². Asked for is tanh itself.", _tanh_slope),
        Mistake("These are straight lines. tanh is a smooth curve.", _tanh_of_straight_lines),
        Mistake("This is the tangent of an angle. The h matters: `np.tanh`.", _tanh_of_an_angle),
        Mistake("x / (1 + |x|) has a similar shape and other values.", _tanh_softsign),
        Mistake("This is sinh, the numerator alone. Divide by cosh.", _tanh_numerator),
        Mistake("The sign is turned round: tanh rises.", _tanh_turned_round),
    ),
    hints=(
        "tanh is σ, stretched: from −1 to 1 instead of 0 to 1.",
        "(e^x − e^(−x)) / (e^x + e^(−x)) overflows far out. NumPy has it ready and safe.",
        "`return np.tanh(x)`, or `2 * sigmoid(2 * x) - 1`.",
    ),
    explanation=(
        "tanh(x) = 2 σ(2 x) − 1: the sigmoid, stretched to run from −1 to 1 and centred on 0. NumPy's own takes care of "
        "the far ends."
    ),
)

PARTS = (sigmoid, tanh)
