"""2.10: one function for NumPy and for CuPy."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.elementwise import on_each_device, result_on_cpu
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

# Whole numbers: the mean of a constant column is then exact, and so is its standard deviation, 0.
_whole_numbers = st.integers(-5, 9)
_tables = st.tuples(st.integers(1, 5), st.integers(1, 3), st.sampled_from([np.float64, np.float32])).flatmap(
    lambda shape: arrays(_whole_numbers, *shape[:2], dtype=shape[2])
)


def _same_on_cpu(value, other):
    return compare(other["on_cpu"], value["on_cpu"]) is None


def _divisor(std):
    return np.where(std > 0, std, 1)


def _constant_columns_divided_by_zero(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def _over_the_whole_table(x):
    std = x.std()
    return (x - x.mean()) / (std if std > 0 else 1)


def _over_the_rows(x):
    return (x - x.mean(axis=1, keepdims=True)) / _divisor(x.std(axis=1, keepdims=True))


def _by_the_variance(x):
    return (x - x.mean(axis=0)) / _divisor(x.var(axis=0))


def _unbiased(x):
    return (x - x.mean(axis=0)) / _divisor(x.std(axis=0, ddof=1) if len(x) > 1 else np.zeros(x.shape[1]))


def _centred_only(x):
    return x - x.mean(axis=0)


def _scaled_only(x):
    return x / _divisor(x.std(axis=0))


def _to_the_unit_interval(x):
    span = x.max(axis=0) - x.min(axis=0)
    return (x - x.min(axis=0)) / np.where(span > 0, span, 1)


def _with_a_large_epsilon(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3)


def _in_place(x):
    x -= x.mean(axis=0)
    x /= _divisor(x.std(axis=0))
    return x


def _constant_columns_as_ones(x):
    std = x.std(axis=0)
    return np.where(std > 0, (x - x.mean(axis=0)) / _divisor(std), 1.0)


standardise = Part(
    name="standardise",
    parameters=("x",),
    examples=(
        (np.array([[1.0], [3.0]]),),
        (np.array([[2.0, 0.0], [4.0, 6.0]]),),
        (np.array([[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]]),),  # a constant column
        (np.array([[1.0, 10.0, -3.0], [2.0, 30.0, 0.0], [4.0, 20.0, 9.0]]),),
        (np.array([[7.0]]),),
        (np.array([[0.0, 2.0], [100.0, 4.0]], dtype=np.float32),),
    ),
    cases=st.tuples(_tables),
    driver="call_on_each_device",
    judge=on_each_device,
    agrees=_same_on_cpu,
    shown=result_on_cpu,
    describe=show_named_call("x"),
    examples_per_check=40,
    mistakes=(
        Mistake(
            "A column that never changes has the standard deviation 0, and 0 divided by 0 is no number. It should come "
            "out as zeros: divide by 1 there.",
            _constant_columns_divided_by_zero,
        ),
        Mistake(
            "This takes one mean and one deviation of the whole table. Each column has its own: `axis=0`.",
            _over_the_whole_table,
        ),
        Mistake("This standardises the rows. Go down the columns: `axis=0`.", _over_the_rows),
        Mistake("This divides by the variance. Divide by its root, the standard deviation.", _by_the_variance),
        Mistake("This divides by N − 1 inside the deviation. Here it is N: `ddof=0`, as NumPy has it.", _unbiased),
        Mistake("The mean is 0 now, but the deviation is not 1 yet: divide by it.", _centred_only),
        Mistake("The deviation is 1 now, but the mean is not 0: subtract it first.", _scaled_only),
        Mistake(
            "This scales each column to run from 0 to 1. Asked for are mean 0 and deviation 1.", _to_the_unit_interval
        ),
        Mistake(
            "The constant added to the deviation is so large that it shows. Divide by 1 where the deviation is 0, and by "
            "the deviation itself elsewhere.",
            _with_a_large_epsilon,
        ),
        Mistake("This changes the caller's x (`-=`, `/=`). Make a new array.", _in_place),
        Mistake("A constant column should come out as zeros: it is at its mean.", _constant_columns_as_ones),
    ),
    hints=(
        "Mean and standard deviation of each column: `x.mean(axis=0)`, `x.std(axis=0)`. What if a column never changes?",
        (
            "`xp = chainer.backends.cuda.get_array_module(x)` is numpy or cupy, whichever x belongs to. Write xp where you "
            "would write np."
        ),
        "`std = x.std(axis=0)`, and `return (x - x.mean(axis=0)) / xp.where(std > 0, std, 1)`",
    ),
    explanation=(
        "CuPy has NumPy's functions under NumPy's names. `get_array_module` says which of the two an array belongs to, and "
        "the same line runs on either. A constant column is at its mean everywhere: 0 divided by 1 leaves it there."
    ),
)

EXERCISES = (Exercise("2.10", "One function for NumPy and CuPy", 3, (standardise,)),)
