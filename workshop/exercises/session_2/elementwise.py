"""What the activation functions of 2.9 are judged on: numbers near 0 and far from it, and no overflow on the way."""

import functools

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare
from workshop.exercises.exercise import Part
from workshop.exercises.rules.elementwise import the_numbers, within_the_range

# Where the slopes change, where exp still tells numbers apart, and where it leaves the range of floats.
_numbers = st.one_of(st.integers(-6, 6).map(lambda halves: halves / 2), st.sampled_from([-1000.0, 1000.0, 30.0, -30.0]))

FAR = np.array([-1000.0, 1000.0])
NEAR = np.array([-2.0, -0.5, 0.0, 0.5, 3.0])
_TABLE = np.array([[1.0, -1.0, 2.0], [0.5, 0.0, -3.0]])
_SINGLE = np.array([-0.5, 2.0], dtype=np.float32)
INPUTS = (*(np.array([x]) for x in (1.0, -1.0, 2.0)), NEAR, _TABLE, _SINGLE, FAR)


@st.composite
def inputs(draw, *others):
    values = np.array(draw(st.lists(_numbers, min_size=1, max_size=4)))
    return (values.reshape(2, 2) if len(values) == 4 else values, *map(draw, others))


def same_numbers_and_warnings(value, other):
    return compare(other["value"], value["value"]) is None and bool(value["overflow"]) == bool(other["overflow"])


Activation = functools.partial(
    Part,
    driver="call_noting_overflow",
    judge=within_the_range,
    agrees=same_numbers_and_warnings,
    shown=the_numbers,
    examples_per_check=30,
)
