"""The schedule of epsilon, beyond both of its ends too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.dqn.exploration import epsilon_at


@pytest.mark.parametrize(
    "step, epsilon", [(-5, 1.0), (0, 1.0), (250_000, 0.775), (500_000, 0.55), (1_000_000, 0.1), (10**9, 0.1)]
)
def test_the_papers_schedule(step, epsilon):
    assert epsilon_at(step, 1.0, 0.1, 1_000_000) == pytest.approx(epsilon)


@given(st.integers(0, 3000), st.integers(1, 1000), st.floats(0, 1), st.floats(0, 1))
def test_never_rises_and_stays_between_its_ends(step, decay_steps, one, other):
    start, end = max(one, other), min(one, other)
    now, then = epsilon_at(step, start, end, decay_steps), epsilon_at(step + 1, start, end, decay_steps)
    assert end - 1e-9 <= then <= now <= start
