"""The agent: how it acts, what an update touches, and a state that goes on as if nothing had happened."""

import copy
import functools

import chainer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.dqn.agent import Agent
from workshop.dqn.plain_state import encode
from workshop.dqn.replay import Sample
from workshop.dqn.targets import double_dqn_loss, dqn_loss
from workshop.nn.networks import Laptop
from workshop.transition import Transition

STATES = (4, 40, 40)
OPTIMIZERS = {"adam": chainer.optimizers.Adam, "rmsprop": chainer.optimizers.RMSpropGraves}


def make_agent(optimizer="adam", n_actions=3, loss=dqn_loss, **kwargs):
    return Agent(Laptop(n_actions), OPTIMIZERS[optimizer](1e-3), STATES, loss=loss, **kwargs)


@functools.cache
def shared_agent():
    """One for all examples of a property."""
    return make_agent()


def samples(count, batch=4, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        states, next_states = rng.integers(0, 256, (2, batch, *STATES), dtype=np.uint8)
        actions, rewards = rng.integers(0, 3, batch).astype(np.int32), rng.random(batch, dtype=np.float32)
        transition = Transition(states, actions, rewards, next_states, rng.random(batch) < 0.2)
        yield Sample(transition, np.full(batch, 0.99, np.float32), None, None)


def arrays(agent):
    """All numbers that an agent keeps, copied: {path: array}."""
    state = agent.get_state()
    found = {f"{part}{name}": array for part in ("online", "target") for name, array in state[part].items()}
    for name, kept in state["optimizer"]["parameters"].items():
        found |= {f"{name}/{key}": np.array(value) for key, value in kept.items()}
    return {name: array.copy() for name, array in found.items()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name, strict=True)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("before", (0, 3))
def test_a_state_goes_on_in_another_agent(optimizer, before):
    first, second = make_agent(optimizer), make_agent(optimizer)
    for sample in samples(before):
        first.update(sample)
    state = copy.deepcopy(first.get_state())
    encode(state)  # plain data, as a checkpoint takes it
    second.set_state(state)
    saved = arrays(first)
    assert_same(saved, arrays(second))
    for agent in (first, second):
        for number, sample in enumerate(samples(3, seed=1)):
            agent.update(sample)
            if number == 1:
                agent.sync_target()
    assert_same(arrays(first), arrays(second))
    third = make_agent(optimizer)
    third.set_state(state)
    assert_same(saved, arrays(third))  # what was handed over has not changed meanwhile
    assert third.optimizer.t == before


def test_the_state_of_another_network_is_refused_by_name():
    agent = make_agent()
    before = arrays(agent)
    with pytest.raises(
        ValueError, match=r"another network's parameters: /out/W is \(4, 256\) there, and \(3, 256\) here"
    ):
        agent.set_state(make_agent(n_actions=4).get_state())
    state = agent.get_state()
    with pytest.raises(ValueError, match=r"/value/W is \(1, 256\) there, and missing here"):
        agent.set_state({**state, "online": {**state["online"], "/value/W": np.zeros((1, 256), np.float32)}})
    assert_same(arrays(agent), before)


@pytest.mark.parametrize("loss", (dqn_loss, double_dqn_loss))
def test_an_update_leaves_the_target_alone_until_it_is_synced(loss):
    agent = make_agent(loss=loss)
    online, target = (dict(network.namedparams()) for network in (agent.online_network, agent.target_network))
    first = {name: parameter.array.copy() for name, parameter in target.items()}
    for sample in samples(2):
        value, td_errors = agent.update(sample)
        assert (value.shape, value.dtype, td_errors.shape, td_errors.dtype) == ((), np.float32, (4,), np.float32)
    for name, parameter in target.items():
        np.testing.assert_array_equal(parameter.array, first[name])
        assert (online[name].array != first[name]).any(), name
        assert np.isnan(parameter.grad).all(), "Chainer's mark of a gradient that nothing was added to"
    agent.sync_target()
    for name, parameter in target.items():
        np.testing.assert_array_equal(parameter.array, online[name].array)
        assert not np.shares_memory(parameter.array, online[name].array)


@settings(max_examples=20)
@given(st.integers(1, 6), st.integers(0, 2**31), st.floats(0, 1))
def test_actions_are_random_or_the_best(count, seed, epsilon):
    agent = shared_agent()
    states = np.random.default_rng(seed).integers(0, 256, (count, *STATES), np.uint8)
    rng = np.random.default_rng(seed)
    random, greedy = rng.integers(3, size=count), rng.random(count) >= epsilon
    actions = agent.act(states, epsilon, np.random.default_rng(seed))
    assert type(actions) is np.ndarray
    assert (actions.dtype, actions.shape) == (np.int64, (count,))
    best = agent.q_values(states).max(axis=1)
    taken = agent.q_values(states)[np.arange(count), actions]
    np.testing.assert_allclose(taken[greedy], best[greedy], atol=1e-5)
    np.testing.assert_array_equal(actions[~greedy], random[~greedy])


def test_where_all_actions_are_random_no_network_is_asked():
    agent = make_agent()
    agent.online_network.forward = None  # could not be called
    actions = agent.act(np.zeros((3000, 1), np.uint8), 1.0, np.random.default_rng(0))
    assert np.bincount(actions, minlength=3).min() > 900
    with pytest.raises(TypeError):
        agent.act(np.zeros((1, *STATES), np.uint8), 0.0, np.random.default_rng(0))


def test_states_that_are_scaled_already_give_the_same_values():
    agent = shared_agent()
    states = next(samples(1)).transition.state
    scaled = states.astype(np.float32) * np.float32(1 / 255)
    np.testing.assert_array_equal(agent.q_values(states), agent.q_values(scaled))
