"""1.9: how seldom a right answer is refused, from the binomial distribution itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.exercises.drivers import DRIVERS
from workshop.exercises.exam import WHEN_GRADING
from workshop.exercises.session_1.exploration import divergence, epsilon_greedy, expected_probabilities

_DRAWS = epsilon_greedy.examples[0][3]
_Q_VALUES = np.array([1.0, 0.0])


def _is_refused(count, epsilon):
    """Whether the better of two actions may not come `count` times."""
    value = {"counts": [count, _DRAWS - count], "no_action": None, "is_repeatable": True}
    return epsilon_greedy.judge((_Q_VALUES, epsilon, 0, _DRAWS), value, None) is not None


@pytest.mark.parametrize("epsilon", [0.02, 0.1, 0.2, 0.5, 0.9, 1.0])
def test_a_check_refuses_a_right_answer_less_than_once_in_a_million(epsilon):
    p = 1 - epsilon / 2
    refused = sum(
        math.comb(_DRAWS, count) * p**count * (1 - p) ** (_DRAWS - count)
        for count in range(_DRAWS + 1)
        if _is_refused(count, epsilon)
    )
    inputs = len(epsilon_greedy.examples) + epsilon_greedy.examples_per_check * WHEN_GRADING.examples
    assert refused * 4 * inputs < 1e-6
    assert _is_refused(round(_DRAWS * p) - 120, epsilon)


@given(st.lists(st.integers(-2, 2), min_size=1, max_size=5), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_probabilities_are_those_of_the_two_ways_to_choose(values, epsilon):
    q_values = np.array(values, dtype=float)
    best = [action for action, value in enumerate(values) if value == max(values)]
    for action, probability in enumerate(expected_probabilities(q_values, epsilon)):
        by_greed = (1 - epsilon) / len(best) if action in best else 0.0
        assert probability == pytest.approx(epsilon / len(values) + by_greed)


@given(st.floats(0, 1), st.floats(0.01, 0.99))
def test_divergence_is_zero_only_for_the_same_coin(share, probability):
    assert divergence(probability, probability) == 0.0
    # Pinsker's inequality
    assert divergence(share, probability) >= 2 * (share - probability) ** 2 - 1e-12
    assert divergence(0.0, 0.0) == divergence(1.0, 1.0) == 0.0
    assert divergence(0.5, 0.0) == divergence(0.5, 1.0) == math.inf


def test_a_generator_of_the_answers_own_is_noticed():
    own = np.random.default_rng(5)
    value = DRIVERS["draw_actions"](lambda q_values, epsilon, rng: int(own.integers(2)), _Q_VALUES, 1.0, 0, _DRAWS)
    assert not value["is_repeatable"]
    assert "`rng`" in epsilon_greedy.judge((_Q_VALUES, 1.0, 0, _DRAWS), value, None).sentence


@pytest.mark.parametrize("action", [2, -1, np.int64(7), 0.0, True, None, [0], np.array([0]), "0"])
def test_what_is_no_action_is_said(action):
    value = DRIVERS["draw_actions"](lambda q_values, epsilon, rng: action, _Q_VALUES, 0.5, 0, _DRAWS)
    difference = epsilon_greedy.judge((_Q_VALUES, 0.5, 0, _DRAWS), value, None)
    assert "no action" in difference.sentence or "should be an int" in difference.sentence
