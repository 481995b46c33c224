"""Rules about a value alone."""

import numpy as np

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules.registry import rule

_THE_VALUE = "the value: your result has to be ours, within rounding"


@rule(_THE_VALUE)
def equal_to_reference(arguments, value, expected):
    """The usual judge: the value is compared with the reference's, by the policy of `workshop.exercises.compare`."""
    return compare(expected, value)


@rule(_THE_VALUE + ", and a Python int")
def exact_python_int(arguments, value, expected):
    """The contract names Python's own int."""
    return compare(expected, value, exact_type=int)


@rule(_THE_VALUE + ", in float64")
def equal_in_float64(arguments, value, expected):
    """The contract names the dtype float64."""
    return compare(expected, value, dtype=np.float64)


@rule(_THE_VALUE + ", in float32")
def equal_in_float32(arguments, value, expected):
    """The contract names the dtype float32: what feeds a network."""
    return compare(expected, value, dtype=np.float32)


@rule(_THE_VALUE + ", in the dtype of the first argument")
def equal_in_the_dtype_given(arguments, value, expected):
    """The contract names the dtype of the first argument, an array."""
    return compare(expected, value, dtype=arguments[0].dtype)


@rule("the value: your result has to be as near to the exact one as the tolerance asks")
def near(arguments, value, exact, allowed):
    """An array of floats, each up to `allowed` away from the exact one, and the rounding that every number is allowed."""
    if not isinstance(value, np.ndarray) or value.shape != exact.shape or value.dtype.kind != "f":
        return compare(exact, value)
    is_near = np.abs(value - exact) <= allowed * (1 + 1e-9)
    difference = compare(exact, np.where(is_near, exact, value).astype(value.dtype))
    if difference is None or allowed < 1e-3:
        return difference
    return Difference(f"{difference.sentence}; up to {allowed:.3g} away is right", difference.where)
