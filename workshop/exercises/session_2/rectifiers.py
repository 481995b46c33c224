"""2.9: relu and what became of it: leaky_relu and elu."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Mistake
from workshop.exercises.session_2.elementwise import FAR, INPUTS, NEAR, Activation, inputs
from workshop.exercises.show import show_named_call


def _size(x):
    return np.abs(x)


def _negative_part(x):
    return np.minimum(x, 0)


def _lets_a_tenth_through(x):
    return np.where(x > 0, x, 0.1 * x)


def _is_positive(x):
    return x > 0


def _step(x):
    return (x > 0).astype(float)


def _capped_at_one(x):
    return np.clip(x, 0.0, 1.0)


def _one_number(x):
    return float(max(0.0, x.max()))


def _positive_only(x):
    return x[x > 0]


def _in_place(x):
    x[x < 0] = 0
    return x


relu = Activation(
    name="relu",
    parameters=("x",),
    examples=tuple((x,) for x in INPUTS),
    cases=inputs(),
    describe=show_named_call("x"),
    mistakes=(
        Mistake("A negative number becomes 0. Here it loses its sign.", _size),
        Mistake("This keeps the negative numbers and drops the positive ones: max, not min.", _negative_part),
        Mistake("Something of the negative numbers is left: this is leaky_relu. relu gives 0.", _lets_a_tenth_through),
        Mistake("This says where x is positive. Return x there, and 0 elsewhere.", _is_positive),
        Mistake("This is the slope of relu, 0 or 1. The function itself is x where x is positive.", _step),
        Mistake("relu has no upper end: 3 stays 3.", _capped_at_one),
        Mistake(
            "This is one number. Work elementwise: `np.maximum` compares each element, `max` the whole.", _one_number
        ),
        Mistake("This drops the negative numbers. Each becomes 0, and the shape stays.", _positive_only),
        Mistake("This overwrites the caller's x. Make a new array.", _in_place),
    ),
    hints=(
        "Two cases: what comes out for 3, and for −3?",
        "NumPy compares arrays element by element: `np.maximum` takes two of them, or an array and a number.",
        "`return np.maximum(x, 0)`",
    ),
    explanation=(
        "max(x, 0): the simplest bend there is. Its slope is 1 or 0, so gradients pass a hundred layers without "
        "shrinking, where a unit is on; and where it is off, nothing passes."
    ),
)


def _leaks_upwards(x, slope):
    return np.where(x > 0, slope * x, x)


def _slope_as_a_floor(x, slope):
    return np.maximum(x, slope)


def _no_leak(x, slope):
    return np.maximum(x, 0)


def _slope_everywhere(x, slope):
    return slope * x


def _leaks_with_the_wrong_sign(x, slope):
    return np.where(x > 0, x, -slope * x)


def _always_a_tenth(x, slope):
    return np.where(x > 0, x, 0.1 * x)


def _slope_itself(x, slope):
    return np.where(x > 0, x, slope)


def _leaks_in_place(x, slope):
    x[x < 0] *= slope
    return x


leaky_relu = Activation(
    name="leaky_relu",
    parameters=("x", "slope"),
    examples=(*((x, 0.25) for x in INPUTS), (NEAR, 1.0), (FAR, 1.0)),
    cases=inputs(st.sampled_from([0.1, 0.5, 0.0, 1.0])),
    describe=show_named_call("x", "slope"),
    mistakes=(
        Mistake(
            "The two sides have changed places: positive numbers stay, negative ones shrink. (max, not min.)",
            _leaks_upwards,
        ),
        Mistake("x is compared with the slope itself. Compare it with slope · x.", _slope_as_a_floor),
        Mistake("Nothing leaks: a negative x gives slope · x, not 0.", _no_leak),
        Mistake("The slope acts on positive numbers too. They stay as they are.", _slope_everywhere),
        Mistake("A negative x stays negative: slope · x, not −slope · x.", _leaks_with_the_wrong_sign),
        Mistake("The slope is always 0.1 here. Use the argument `slope`.", _always_a_tenth),
        Mistake("A negative x gives the slope itself. Multiply it by x.", _slope_itself),
        Mistake("This overwrites the caller's x. Make a new array.", _leaks_in_place),
    ),
    hints=(
        "As relu, with something left of the negative numbers. What is left of −2, if the slope is 0.1?",
        "`np.where(condition, these, those)` chooses element by element.",
        "`return np.where(x > 0, x, slope * x)`",
    ),
    explanation=(
        "A unit that is off in every picture never gets a gradient from relu, and never comes back. With a small slope "
        "on the negative side it can. Since slope ≤ 1, max(x, slope · x) is the same function."
    ),
)


def _elu_with_a_large_exponential(x, alpha):
    return np.where(x >= 0, x, alpha * (np.exp(x) - 1))


def _elu_without_alpha(x, alpha):
    return np.where(x >= 0, x, np.expm1(np.minimum(x, 0)))


def _elu_without_the_one(x, alpha):
    return np.where(x >= 0, x, alpha * np.exp(np.minimum(x, 0)))


def _elu_one_outside(x, alpha):
    return np.where(x >= 0, x, alpha * np.exp(np.minimum(x, 0)) - 1)


def _elu_scaled_everywhere(x, alpha):
    return alpha * np.where(x >= 0, x, np.expm1(np.minimum(x, 0)))


def _elu_upside_down(x, alpha):
    return np.where(x >= 0, x, -alpha * np.expm1(np.minimum(x, 0)))


def _elu_cut_off(x, alpha):
    return np.maximum(x, 0)


def _elu_with_a_straight_leak(x, alpha):
    return np.where(x >= 0, x, alpha * x)


def _elu_alpha_in_the_exponent(x, alpha):
    return np.where(x >= 0, x, np.expm1(alpha * np.minimum(x, 0)))


elu = Activation(
    name="elu",
    parameters=("x", "alpha"),
    examples=(*((x, 0.5) for x in INPUTS), (NEAR, 1.0), (FAR, 1.0)),
    cases=inputs(st.sampled_from([1.0, 0.5, 2.0])),
    describe=show_named_call("x", "alpha"),
    mistakes=(
        Mistake(
            "Right, up to one thing: `np.where` works out both sides everywhere, and e^1000 overflows, though nobody "
            "takes it. Put `np.minimum(x, 0)` into the exponential.",
            _elu_with_a_large_exponential,
        ),
        Mistake("α is missing: on the negative side it is α (e^x − 1).", _elu_without_alpha),
        Mistake("The −1 is missing, and the curve jumps at 0: α (e^x − 1).", _elu_without_the_one),
        Mistake("α multiplies the bracket as a whole: α (e^x − 1), not α e^x − 1.", _elu_one_outside),
        Mistake("α acts on the positive side too. There x stays as it is.", _elu_scaled_everywhere),
        Mistake("On the negative side elu is negative: e^x is below 1 there.", _elu_upside_down),
        Mistake("This is relu. On the negative side elu bends smoothly down to −α.", _elu_cut_off),
        Mistake("This is leaky_relu. elu bends: α (e^x − 1).", _elu_with_a_straight_leak),
        Mistake("α stands in front of the bracket, not in the exponent.", _elu_alpha_in_the_exponent),
    ),
    hints=(
        "x on the positive side, α (e^x − 1) on the negative one. Which x must not come near e^x?",
        "`np.where` works out both sides for every x. Feed the exponential only what is at most 0: `np.minimum(x, 0)`.",
        "`return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))`",
    ),
    explanation=(
        "The bend of relu, made smooth: with α = 1 both sides meet in 0 with the slope 1. `np.where` chooses, but works "
        "out both sides first, so the exponential is only given what is at most 0."
    ),
)

PARTS = (relu, leaky_relu, elu)
