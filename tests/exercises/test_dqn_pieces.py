"""Session 3's references are textbook code; here they are compared with the engine that does the same fast."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.atari import preprocessing
from workshop.dqn import exploration, targets
from workshop.dqn.replay import Sample
from workshop.exercises.drivers.screens import painted
from workshop.exercises.drivers.small_networks import SmallQ, gradients_of
from workshop.exercises.reference import reference
from workshop.exercises.session_3 import losses, n_step, schedules
from workshop.exercises.session_3 import preprocessing as screens
from workshop.exercises.session_3 import targets as target_parts
from workshop.exercises.session_3.q_network import nature_shapes
from workshop.nn.networks import Dueling, Nature2015
from workshop.transition import Transition

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@given(target_parts.td_targets.cases)
def test_targets_are_the_engines(case):
    rewards, next_q, terminated, gamma = case
    found = reference("td_targets")(*case)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, targets.dqn_targets(rewards, next_q, terminated, gamma), **CLOSE)


@given(target_parts.double_dqn_targets.cases)
def test_double_targets_are_the_engines(case):
    np.testing.assert_allclose(reference("double_dqn_targets")(*case), targets.double_dqn_targets(*case), **CLOSE)


@given(target_parts.td_targets.cases)
def test_double_dqn_of_one_network_is_dqn(case):
    rewards, next_q, terminated, gamma = case
    twice = reference("double_dqn_targets")(rewards, next_q, next_q, terminated, gamma)
    np.testing.assert_array_equal(twice, reference("td_targets")(*case))


@given(n_step.n_step_target.cases)
def test_n_steps_are_one_step_n_times(case):
    """Each one-step target, from the last to the first, takes the place of the bootstrap of the one before."""
    rewards, terminated, bootstrap, gamma = case
    target = bootstrap
    for reward, ended in list(zip(rewards, terminated))[::-1]:
        target = float(reference("q_target")(reward, np.array([target]), ended, gamma))
    assert reference("n_step_target")(*case) == pytest.approx(target)


@given(schedules.epsilon_at.cases)
def test_schedule_is_the_engines(case):
    assert reference("epsilon_at")(*case) == pytest.approx(exploration.epsilon_at(*case))


@given(losses.dqn_loss.cases)
def test_loss_and_gradient_are_the_engines(case):
    online, target, batch, gamma = case
    found = []
    for loss_of in (
        lambda *networks: reference("dqn_loss")(*networks, Transition(*batch), gamma),
        lambda *networks: targets.dqn_loss(*networks, _sample(batch, gamma))[0],
    ):
        networks = SmallQ(online), SmallQ(target)
        networks[0].cleargrads()
        loss = loss_of(*networks)
        loss.backward()
        found.append([loss.array, *gradients_of(networks[0])])
    for own, engines in zip(*found):
        np.testing.assert_allclose(own, engines, **CLOSE)


def _sample(batch, gamma):
    state, action, reward, next_state, terminated = batch
    transition = Transition(state, action.astype(np.int32), reward.astype(np.float32), next_state, terminated)
    return Sample(transition, np.full(len(reward), gamma, np.float32), None, (None, None))


@given(screens.preprocess.cases)
def test_frames_are_the_engines_up_to_rounding(case):
    frame, previous = map(painted, case)
    grey = preprocessing.luminance(preprocessing.max_of_two(frame, previous))
    engines = preprocessing.resize_area(grey, 84, 84)
    own = reference("preprocess")(frame, previous)
    assert np.abs(own.astype(int) - engines).max() <= 1
    assert np.abs(own - screens.exact(*case)).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("old", [210, 160, 84, 100])
def test_every_old_pixel_counts_once_in_all_and_every_new_one_is_a_mean(old):
    shares = screens.overlaps(old, 84)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.sum(axis=0), 84 / old)
    assert shares.min() >= 0


def test_network_is_the_engines():
    own, engines = reference("QNetwork")(6), Nature2015(6)
    states = np.random.default_rng(0).integers(0, 256, (2, 4, 84, 84), dtype=np.uint8)
    with chainer.no_backprop_mode():
        engines(states), own(states)
        links = [*engines.convolutions, engines.fc, engines.out]
        for link, its in zip((own.conv1, own.conv2, own.conv3, own.fc, own.out), links):
            link.copyparams(its)
        np.testing.assert_allclose(own(states).array, engines(states).array, rtol=1e-3, atol=1e-5)
    assert own.count_params() == engines.count_params() == 1_687_206
    assert sorted(parameter.shape for parameter in engines.params()) == nature_shapes(6)


def test_dueling_is_how_the_engine_puts_its_streams_together():
    network = Dueling(3)
    states = np.random.default_rng(0).integers(0, 256, (2, 4, 84, 84), dtype=np.uint8)
    with chainer.no_backprop_mode():
        q = network(states).array
        h = network.features(states)
        value, advantages = network.value(F.relu(network.fc_value(h))), network.out(F.relu(network.fc(h)))
    np.testing.assert_allclose(reference("dueling_q")(value.array, advantages.array), q, **CLOSE)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), st.floats(0, 1), st.floats(1e-3, 1))
def test_priorities_and_weights_belong_together(td_errors, alpha, epsilon):
    """With β = 1 the weighted mean over what is drawn is the plain mean over everything, up to the one scale."""
    probabilities = reference("priority_probabilities")(np.array(td_errors), alpha, epsilon)
    assert probabilities.sum() == pytest.approx(1)
    weights = reference("importance_weights")(probabilities, 1.0)
    assert weights.max() == pytest.approx(1)
    np.testing.assert_allclose(probabilities * weights, probabilities.min(), rtol=1e-9)


def test_the_network_that_an_attendee_writes_acts_on_its_stack():
    network, rng = reference("QNetwork")(3), np.random.default_rng(0)
    stack = reference("FrameStack")(4).reset(np.zeros((84, 84), np.uint8))
    assert {reference("act")(network, stack, epsilon, rng) for epsilon in (0.0, 1.0)} <= {0, 1, 2}
