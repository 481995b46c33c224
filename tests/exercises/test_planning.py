"""1.5 and 1.6: the exact values against every policy there is, and the tolerance that the contract grants."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exercises.right_answers.planning import RIGHT_ANSWERS
from workshop.exercises.reference import reference
from workshop.exercises.session_1.planning import optimal_values, value_iteration


@st.composite
def models(draw):
    """(P, R, gamma): any model of a few states, with and without an end."""
    n_states, n_actions = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    P = rng.dirichlet(np.full(n_states, draw(st.sampled_from([0.05, 1.0]))), size=(n_states, n_actions))
    R = draw(st.sampled_from([1.0, 50.0])) * rng.normal(size=(n_states, n_actions)).round(1)
    return P, R, draw(st.sampled_from([0.0, 0.5, 0.9, 0.99]))


@given(models())
@settings(max_examples=60, deadline=None)
def test_optimal_values_are_the_best_over_all_policies(model):
    P, R, gamma = model
    states = np.arange(len(R))
    values_of_policies = [
        np.linalg.solve(np.eye(len(R)) - gamma * P[states, policy], R[states, policy])
        for policy in map(list, itertools.product(range(R.shape[1]), repeat=len(R)))
    ]
    np.testing.assert_allclose(optimal_values(P, R, gamma), np.max(values_of_policies, axis=0), rtol=1e-8, atol=1e-8)


@given(models(), st.sampled_from([1e-6, 1e-2, 1.0]))
@settings(max_examples=40, deadline=None)
def test_every_right_answer_is_within_the_tolerance(model, tolerance):
    for answer in (reference("value_iteration"), *RIGHT_ANSWERS["value_iteration"]):
        assert value_iteration.judge((*model, tolerance), answer(*model, tolerance), None) is None


@given(models(), st.sampled_from([1e-3, 1.0]), st.data())
@settings(max_examples=60, deadline=None)
def test_the_tolerance_is_granted_to_its_edge_and_not_beyond(model, tolerance, data):
    exact, allowed = optimal_values(*model), tolerance * model[2] / (1 - model[2])
    signs = np.array(data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(exact), max_size=len(exact))))
    assert value_iteration.judge((*model, tolerance), exact + 0.999 * allowed * signs, None) is None
    beyond = exact.copy()
    beyond[-1] += signs[-1] * (1.001 * allowed + 1e-5 * (1 + abs(exact[-1])))
    difference = value_iteration.judge((*model, tolerance), beyond, None)
    assert difference.where == f"[{len(exact) - 1}]"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_never_near(wrong):
    arguments = value_iteration.examples[0]
    assert value_iteration.judge(arguments, np.array([wrong, 0.0]), None) is not None
