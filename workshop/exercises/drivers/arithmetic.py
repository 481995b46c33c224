"""A driver for formulas that are to stay within the range of floats on the way, too."""

import warnings

import numpy as np

from workshop.exercises.drivers.registry import driver


@driver
def call_noting_overflow(answer, *arguments):
    """2.9: the value, and NumPy's first warning about a number that grew too large ("" without one)."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(over="warn"):
        warnings.simplefilter("always")
        value = answer(*arguments)
    words = (str(warning.message) for warning in caught)
    return {"value": value, "overflow": next((text for text in words if "overflow" in text), "")}
