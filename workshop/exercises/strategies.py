"""Hypothesis strategies that several exercises draw from. They shrink towards values that are easy to work out by hand."""

import numpy as np
from hypothesis import strategies as st

# Tenths and whole numbers: a counterexample such as [0.0, 1.0] with gamma 0.5 can be checked in one's head.
rewards = st.integers(-20, 20).map(lambda tenths: tenths / 10)
discounts = st.sampled_from([0.5, 0.9, 0.0, 1.0, 0.99])
probabilities = st.integers(0, 10).map(lambda tenths: tenths / 10)


def arrays(elements, *shape, dtype=float):
    """Arrays of a fixed shape, filled from a strategy of numbers."""
    size = int(np.prod(shape))
    return st.lists(elements, min_size=size, max_size=size).map(lambda values: np.array(values, dtype).reshape(shape))
