"""AtariEnv: gym's API over an emulator, with the randomness of each id."""

import warnings

import gym
import numpy as np
import pytest
from gym.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.atari.emulator import EmulatorError
from workshop.atari.env import AtariEnv
from workshop.atari.roms import RomError


def episode(env, seed, actions):
    """Every observation, reward and info of some steps from reset(seed=seed); None resets without a seed."""
    observation, info = env.reset(seed=seed)
    trace = [(observation.tobytes(), info)]
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        trace.append((observation.tobytes(), reward, terminated, truncated, info))
    return trace


@pytest.mark.parametrize("env_id", ["PongNoFrameskip-v4", "ALE/Breakout-v5", "Freeway-v4", "Pong-ram-v4"])
def test_gyms_checker_has_nothing_to_say(env_id):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gym.make(env_id, render_mode="rgb_array").unwrapped)


@settings(max_examples=8, deadline=None)
@given(
    env_id=st.sampled_from(["Pong-v4", "ALE/Breakout-v5", "Seaquest-ram-v4", "PongNoFrameskip-v4"]),
    seed=st.integers(0, 2**31 - 1),
    actions=st.lists(st.integers(0, 3), min_size=1, max_size=12),
)
def test_a_seed_repeats_bit_for_bit_and_what_follows_it_too(env_id, seed, actions):
    one, other = gym.make(env_id), gym.make(env_id)
    other.reset(seed=seed ^ 1)
    assert episode(one, seed, actions) == episode(other, seed, actions)
    assert episode(one, None, actions) == episode(other, None, actions)


def frames_of(env, steps):
    """Frames that each of some steps took."""
    env.reset(seed=1)
    numbers = [0, *(env.step(0)[4]["episode_frame_number"] for _ in range(steps))]
    return np.diff(numbers)


@pytest.mark.parametrize(
    ("env_id", "frames"),
    [
        ("PongNoFrameskip-v4", {1}),
        ("PongDeterministic-v4", {4}),
        ("SpaceInvadersDeterministic-v4", {3}),
        ("ALE/SpaceInvaders-v5", {4}),
        ("Pong-v4", {2, 3, 4}),
        ("Pong-ram-v4", {2, 3, 4}),
    ],
)
def test_frames_in_a_step(env_id, frames):
    assert set(frames_of(gym.make(env_id), 60)) == frames


def test_random_frame_skips_are_uniform():
    counts = np.bincount(frames_of(AtariEnv("pong", obs_type="ram", frameskip=(2, 5)), 900))[2:]
    # Binomial(900, 1/3): five standard deviations are 71.
    assert (np.abs(counts - 300) < 71).all()


def test_rewards_of_all_frames_of_a_step_are_summed():
    """Over the same frames of a game, skipping may hide a point from the eye but never from the sum."""
    actions = np.random.default_rng(3).integers(0, 6, 200)
    every, fourth = (
        AtariEnv("pong", frameskip=1, repeat_action_probability=0.0),
        AtariEnv("pong", frameskip=4, repeat_action_probability=0.0),
    )
    one_by_one = [step[1] for step in episode(every, 0, np.repeat(actions, 4))[1:]]
    by_four = [step[1] for step in episode(fourth, 0, actions)[1:]]
    assert by_four == list(np.sum(np.reshape(one_by_one, (-1, 4)), axis=1))
    assert sum(by_four) < 0


@pytest.mark.parametrize(("obs_type", "shape"), [("rgb", (210, 160, 3)), ("grayscale", (210, 160)), ("ram", (128,))])
def test_observations(obs_type, shape):
    env = AtariEnv("breakout", obs_type=obs_type)
    observation, info = env.reset(seed=0)
    assert observation in env.observation_space
    assert env.observation_space.shape == shape
    assert info == {"lives": 5, "episode_frame_number": 0, "frame_number": 0}
    before = observation.copy()
    for _ in range(5):
        env.step(1)
    assert (observation == before).all()


def test_lives_are_lost_and_the_game_ends():
    env = gym.make("ALE/Breakout-v5", obs_type="ram", repeat_action_probability=0.0)
    env.reset(seed=0)
    lives, terminated = [], False
    while not terminated:
        _, _, terminated, truncated, info = env.step(1)
        lives.append(info["lives"])
        assert not truncated
    assert sorted(set(lives)) == [0, 1, 2, 3, 4, 5]
    assert lives == sorted(lives, reverse=True)


def test_the_time_limit_truncates():
    env = gym.make("PongNoFrameskip-v4", max_episode_steps=7)
    env.reset(seed=0)
    ends = [env.step(0)[2:4] for _ in range(7)]
    assert ends == [(False, False)] * 6 + [(False, True)]


def test_actions():
    env = AtariEnv("pong")
    assert env.get_action_meanings() == ["NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"]
    assert env.action_space == gym.spaces.Discrete(6)
    everything = AtariEnv("pong", full_action_space=True)
    assert everything.action_space == gym.spaces.Discrete(18)
    assert everything.get_action_meanings()[15] == "UPLEFTFIRE"
    # The paddle is at ram[51]: RIGHT is up.
    env.reset(seed=0)
    for _ in range(20):
        env.step(0)
    middle = env.ale.getRAM()[51]
    for _ in range(20):
        env.step(2)
    assert env.ale.getRAM()[51] < middle


def test_rendering():
    env = gym.make("PongNoFrameskip-v4", obs_type="ram", render_mode="rgb_array")
    env.reset(seed=0)
    env.step(0)
    assert (env.render() == env.unwrapped.ale.getScreenRGB()).all()
    assert env.metadata["render_fps"] == 60
    assert gym.make("ALE/Pong-v5").metadata["render_fps"] == 15
    blind = AtariEnv("pong")
    with pytest.raises(gym.error.Error, match="render_mode"):
        blind.render()


@pytest.mark.parametrize("action", [-1, 6, 2.0, "UP", None, np.array([1])])
def test_an_action_that_is_none_is_refused_by_name(action):
    env = AtariEnv("pong")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="is not an action of pong; there are 0 NOOP, 1 FIRE, 2 RIGHT, 3 LEFT"):
        env.step(action)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"game": "pnog"}, RomError, "nearest names: pong"),
        ({"obs_type": "image"}, ValueError, "obs_type is"),
        ({"frameskip": 0}, ValueError, "frameskip is a positive int"),
        ({"frameskip": (5, 5)}, ValueError, "frameskip is a positive int"),
        ({"render_mode": "human"}, ValueError, 'gym.make.*render_mode="human"'),
        ({"mode": 77}, EmulatorError, "pong has no mode 77"),
        ({"emulator": "mame"}, EmulatorError, "choose one of"),
    ],
)
def test_arguments_out_of_range(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        AtariEnv(**{"game": "pong", **arguments})


def test_the_emulator_may_be_chosen_outside(monkeypatch):
    monkeypatch.setenv("WORKSHOP_EMULATOR", "mame")
    with pytest.raises(EmulatorError, match="no emulator 'mame'"):
        gym.make("PongNoFrameskip-v4")
    assert gym.make("PongNoFrameskip-v4", emulator="ale-py").reset(seed=0)[0].shape == (210, 160, 3)
    monkeypatch.setenv("WORKSHOP_EMULATOR", "")
    assert gym.make("PongNoFrameskip-v4").reset(seed=0)[0].shape == (210, 160, 3)
