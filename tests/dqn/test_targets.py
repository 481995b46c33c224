"""Targets and loss against their definitions, one transition at a time."""

import chainer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.dqn.targets import double_dqn_targets, dqn_targets, huber_loss

numbers = st.integers(-40, 40).map(lambda tenths: np.float32(tenths / 10))


@st.composite
def batches(draw):
    size, actions = draw(st.integers(1, 5)), draw(st.integers(1, 4))

    def array(*shape):
        values = draw(st.lists(numbers, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        return np.array(values, np.float32).reshape(shape)

    terminated = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    taken = np.array(draw(st.lists(st.integers(0, actions - 1), min_size=size, max_size=size)), np.int32)
    return array(size), array(size, actions), array(size, actions), terminated, np.abs(array(size)) / 4, taken


@given(batches())
def test_targets_are_their_definition(batch):
    rewards, online, target, terminated, discounts, _ = batch
    plain = dqn_targets(rewards, target, terminated, discounts)
    double = double_dqn_targets(rewards, online, target, terminated, discounts)
    assert plain.dtype == double.dtype == np.float32
    for b in range(len(rewards)):
        bootstrap = 0.0 if terminated[b] else discounts[b] * max(target[b])
        assert plain[b] == pytest.approx(rewards[b] + bootstrap, abs=1e-5)
        bootstrap = 0.0 if terminated[b] else discounts[b] * target[b][int(np.argmax(online[b]))]
        assert double[b] == pytest.approx(rewards[b] + bootstrap, abs=1e-5)


@given(batches())
def test_double_targets_never_exceed_plain_ones(batch):
    rewards, online, target, terminated, discounts, _ = batch
    double = double_dqn_targets(rewards, online, target, terminated, discounts)
    assert np.all(double <= dqn_targets(rewards, target, terminated, discounts) + 1e-5)


def test_what_comes_after_the_end_does_not_matter():
    nothing = np.array([[np.inf, np.nan]], np.float32)
    assert dqn_targets(np.array([2.0]), nothing, np.array([True]), 0.99).tolist() == [2.0]


@settings(deadline=None)
@given(batches())
def test_gradient_is_the_clipped_error_of_the_chosen_action(batch):
    targets, q_values, _, _, weights, actions = batch
    variable = chainer.Variable(q_values)
    loss, td_errors = huber_loss(variable, actions, targets, weights)
    loss.backward()
    expected = np.zeros_like(q_values)
    rows = np.arange(len(actions))
    errors = targets - q_values[rows, actions]
    expected[rows, actions] = -np.clip(errors, -1, 1) * weights / len(actions)
    np.testing.assert_allclose(variable.grad, expected, atol=1e-6)
    np.testing.assert_allclose(td_errors, errors, atol=1e-6)


def test_loss_is_quadratic_inside_and_linear_outside():
    q_values = chainer.Variable(np.array([[0.5, 9.0], [9.0, 3.0]], np.float32))
    loss, _ = huber_loss(q_values, np.array([0, 1], np.int32), np.zeros(2, np.float32))
    assert float(loss.array) == pytest.approx((0.5 * 0.5**2 + (3.0 - 0.5)) / 2)
