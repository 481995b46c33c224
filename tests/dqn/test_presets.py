"""The presets are what their papers say, and make the trainings that they name."""

import dataclasses

import numpy as np
import pytest

from workshop.dqn.planning import available_memory
from workshop.dqn.presets import PRESETS, make_agent, make_memory, make_training
from workshop.dqn.prioritised import PrioritisedReplay
from workshop.dqn.replay import Sample
from workshop.transition import Transition

SMALL = {"replay_capacity": 2000, "learning_starts": 64}


def sample_of(preset, batch, rng):
    shape = (batch, preset.stack, *preset.frame_shape)
    states, next_states = rng.integers(0, 256, (2, *shape), dtype=np.uint8)
    actions, rewards = rng.integers(0, 3, batch).astype(np.int32), rng.integers(-1, 2, batch).astype(np.float32)
    transition = Transition(states, actions, rewards, next_states, rng.random(batch) < 0.2)
    return Sample(transition, np.full(batch, preset.gamma, np.float32), None, None)


def test_nature_takes_the_steps_of_deepminds_optimizer():
    # NeuralQLearner.lua: g = 0.95 g + 0.05 dw; g2 = 0.95 g2 + 0.05 dw²; w += 0.00025 dw / √(g2 − g² + 0.01).
    rng = np.random.default_rng(0)
    preset = PRESETS["nature2015"]
    agent = make_agent(preset, 3, seed=0)
    parameter = agent.online_network.out.W
    expected, mean, mean_of_squares = parameter.array.astype(np.float64), 0.0, 0.0
    for _ in range(4):
        agent.update(sample_of(preset, 8, rng))
        gradient = parameter.grad.astype(np.float64)
        mean = 0.95 * mean + 0.05 * gradient
        mean_of_squares = 0.95 * mean_of_squares + 0.05 * gradient**2
        expected -= 0.00025 * gradient / np.sqrt(mean_of_squares - mean**2 + 0.01)
    np.testing.assert_allclose(parameter.array, expected, atol=1e-7)


def test_nature_sums_the_gradient_over_the_batch_and_the_others_average_it():
    def gradient(name):
        agent = make_agent(dataclasses.replace(PRESETS["nature2015"], loss=PRESETS[name].loss), 3, seed=0)
        agent.update(sample_of(PRESETS["nature2015"], 8, np.random.default_rng(0)))
        return agent.online_network.out.W.grad

    for name in ("nips2013", "laptop"):
        np.testing.assert_allclose(gradient("nature2015"), 8 * gradient(name), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", PRESETS)
def test_an_update_keeps_to_float32(name):
    preset = PRESETS[name]
    agent = make_agent(preset, 3, seed=0)
    loss, td_errors = agent.update(sample_of(preset, 4, np.random.default_rng(0)))
    assert loss.dtype == td_errors.dtype == agent.q_values(sample_of(preset, 4, np.random.default_rng(0))[0][0]).dtype
    for path, parameter in agent.online_network.namedparams():
        arrays = {"value": parameter.array, "gradient": parameter.grad, **parameter.update_rule.state}
        assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}, path


def test_the_papers_numbers():
    nature, nips = PRESETS["nature2015"], PRESETS["nips2013"]
    for preset in (nature, nips):
        assert (preset.frame_shape, preset.stack, preset.frame_skip, preset.noop_max) == ((84, 84), 4, 4, 30)
        assert (preset.batch_size, preset.gamma, preset.n_step, preset.double) == (32, 0.99, 1, False)
        assert (preset.epsilon_start, preset.epsilon_end, preset.epsilon_decay_steps) == (1.0, 0.1, 1_000_000)
        assert preset.replay_capacity == 1_000_000
        assert (preset.contrast, preset.environments, preset.priority_alpha) == (None, 1, 0)
    assert (nature.steps_per_update, nature.learning_starts, nature.target_sync_updates) == (4, 50_000, 10_000)
    assert nature.life_loss_ends_return
    assert (nips.steps_per_update, nips.target_sync_updates) == (1, 1)
    assert nips.steps == 10_000_000


def test_the_memory_of_nature_takes_what_its_document_says():
    preset = PRESETS["nature2015"]
    planned = type(make_memory(dataclasses.replace(preset, **SMALL))).bytes_for(1_000_000, 1, preset.frame_shape)
    assert 7.05e9 < planned < 7.3e9


def test_too_large_a_memory_is_refused_before_games_begin():
    frames = 10 * available_memory().bytes // (84 * 84)
    with pytest.raises(MemoryError, match="Ask for a capacity of"):
        make_training("pong", dataclasses.replace(PRESETS["nature2015"], replay_capacity=frames), seed=0)


def test_a_training_follows_from_its_seed_and_leaves_the_global_numbers_alone():
    def weights(seed):
        training = make_training("pong", dataclasses.replace(PRESETS["laptop"], **SMALL), seed, workers=0)
        for _ in training.run():
            if training.updates >= 3:
                break
        return np.concatenate([p.array.ravel() for _, p in sorted(training.agent.online_network.namedparams())])

    np.random.seed(5)
    following = np.random.random()
    np.random.seed(5)
    first, second, other = weights(1), weights(1), weights(2)
    assert np.random.random() == following
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_a_state_goes_on_bit_for_bit_in_another_training():
    preset = dataclasses.replace(PRESETS["laptop"], **SMALL, priority_alpha=0.6, target_sync_updates=7)
    preset = dataclasses.replace(preset, learning_rate_decay_updates=20)

    def run(training, updates):
        for _ in training.run():
            if training.updates >= updates:
                return training.get_state()

    whole = make_training("breakout", preset, seed=3, workers=0)
    halfway = run(whole, 10)
    other = make_training("breakout", preset, seed=4, workers=0)
    other.set_state(halfway)
    assert_same(run(other, 30), run(whole, 30))


def assert_same(one, two, path="state"):
    assert type(one) is type(two), path
    if isinstance(one, dict):
        assert one.keys() == two.keys(), path
        for key in one:
            assert_same(one[key], two[key], f"{path}.{key}")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(two), path
        for index, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_same(a, b, f"{path}[{index}]")
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, two, err_msg=path)
    else:
        assert one == two, path


@pytest.mark.parametrize("name", ("laptop", "nature2015"))
def test_the_learning_rate_falls_to_a_tenth_and_the_steps_with_it(name):
    preset = dataclasses.replace(PRESETS["laptop"], **SMALL, optimizer=PRESETS[name].optimizer)
    preset = dataclasses.replace(preset, learning_rate=0.01, learning_rate_decay_updates=4)
    training = make_training("pong", preset, seed=0, workers=0)
    optimizer, rates = training.agent.optimizer, []
    update = training.agent.update

    def noting(sample):
        rates.append(optimizer.alpha if preset.optimizer == "adam" else optimizer.lr)
        return update(sample)

    training.agent.update = noting
    for _ in training.run():
        if training.updates >= 6:
            break
    np.testing.assert_allclose(rates, [0.01, 0.00775, 0.0055, 0.00325, 0.001, 0.001])


@pytest.mark.parametrize("name", ("laptop", "nature2015"))
def test_a_step_is_as_long_as_its_learning_rate(name):
    def step_of(rate):
        agent = make_agent(PRESETS[name], 3, seed=0)
        before = agent.online_network.out.W.array.copy()
        agent.set_learning_rate(rate)
        agent.update(sample_of(PRESETS[name], 4, np.random.default_rng(0)))
        return agent.online_network.out.W.array - before

    np.testing.assert_allclose(step_of(0.02), 2 * step_of(0.01), rtol=1e-3, atol=1e-6)


def test_priorities_are_asked_for_by_their_exponent():
    assert type(make_memory(dataclasses.replace(PRESETS["laptop"], priority_alpha=0.6))) is PrioritisedReplay


def test_a_large_epsilon_in_adam_shortens_the_steps_of_small_gradients():
    def step_of(epsilon):
        preset = dataclasses.replace(PRESETS["laptop"], adam_epsilon=epsilon, learning_rate=1e4)
        agent = make_agent(preset, 3, seed=0)
        before = agent.online_network.out.W.array.copy()
        agent.update(sample_of(preset, 4, np.random.default_rng(0)))
        return agent.online_network.out.W.array - before

    step = step_of(1e3)
    assert np.abs(step).max() > 1e-3
    np.testing.assert_allclose(step, 2 * step_of(2e3), rtol=1e-3, atol=1e-6)
