"""What holds for every environment of the kit: gym's checker, gymnasium's through Shimmy, seeds, order, messages."""

import subprocess
import sys
import warnings

import gym
import numpy as np
import pytest
from gym.error import InvalidAction, ResetNeeded, UnsupportedMode
from gym.utils.env_checker import check_env

import workshop.envs

VARIANTS = [
    ("GridWorld", {}),
    ("GridWorld", {"text_map": "classic", "slip": 0.3}),
    ("GridWorld", {"text_map": "cliff"}),
    ("Sokoban", {}),
    ("Sokoban", {"level": "tiny", "observation": "grid"}),
    ("Catch", {}),
    ("Catch", {"image_shape": (84, 84)}),
    ("VideogameRick", {}),
    ("VideogameRick", {"representation": "vector"}),
    ("VideogameRick", {"representation": "image"}),
]
variants = pytest.mark.parametrize(("name", "kwargs"), VARIANTS, ids=lambda value: str(value))


def make(name, **kwargs):
    return gym.make(f"workshop/{name}-v0", **kwargs)


def episode(env, seed, steps=60):
    """Everything that a user sees of `steps` steps with a random policy, as plain data."""
    rng = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    seen = [(np.asarray(observation).tolist(), info)]
    for _ in range(steps):
        observation, reward, terminated, truncated, info = env.step(int(rng.integers(env.action_space.n)))
        seen.append((np.asarray(observation).tolist(), reward, terminated, truncated, info))
        if terminated or truncated:
            observation, info = env.reset()
            seen.append((np.asarray(observation).tolist(), info))
    return seen


def test_import_gym_alone_knows_every_id_and_says_nothing():
    code = "import gym; print(*sorted(name for name in gym.envs.registry if name.startswith('workshop/')))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == [
        f"workshop/{name}-v0" for name in ("Catch", "GridWorld", "Sokoban", "VideogameRick")
    ]
    assert result.stderr == ""


@variants
def test_gym_checker_has_nothing_to_say(name, kwargs, capfd):
    for render_mode in (None, "ansi", "rgb_array"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(make(name, render_mode=render_mode, **kwargs).unwrapped)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@variants
def test_gymnasium_checker_passes_through_shimmy(name, kwargs):
    import gymnasium.utils.env_checker
    import shimmy

    make_kwargs = {"render_mode": "rgb_array", **kwargs}
    env = shimmy.GymV26CompatibilityV0(env_id=f"workshop/{name}-v0", make_kwargs=make_kwargs)
    gymnasium.utils.env_checker.check_env(env, skip_render_check=True)
    assert env.render().dtype == np.uint8


@variants
def test_same_seed_same_episode(name, kwargs):
    env = make(name, **kwargs)
    first = episode(env, seed=5)
    assert episode(env, seed=5) == first == episode(make(name, **kwargs), seed=5)


@pytest.mark.parametrize("name", ["Catch", "VideogameRick"])
def test_another_seed_another_episode(name):
    env = make(name)
    assert len({str(episode(env, seed)) for seed in range(10)}) > 1


@variants
def test_an_earlier_observation_never_changes(name, kwargs):
    env = make(name, **kwargs)
    observation, _ = env.reset(seed=0)
    before = np.copy(observation)
    for action in (1, 2, 1):
        env.step(action)
    assert np.array_equal(observation, before)


@variants
def test_types_of_a_step(name, kwargs):
    env = make(name, **kwargs)
    env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step(np.int64(1))
    assert observation in env.observation_space
    assert [type(value) for value in (reward, terminated, truncated, info)] == [float, bool, bool, dict]


@pytest.mark.parametrize("name", ["GridWorld", "Sokoban", "Catch", "VideogameRick"])
class TestMisuse:
    def test_before_reset(self, name):
        env = make(name, render_mode="ansi")
        with pytest.raises(ResetNeeded, match=r"env\.reset\(\) before env\.step\(\)"):
            env.step(0)
        with pytest.raises(ResetNeeded, match=r"env\.reset\(\) before env\.render\(\)"):
            env.render()

    def test_after_the_end(self, name):
        env = make(name, render_mode="ansi").unwrapped
        env.reset(seed=0)
        rng = np.random.default_rng(0)
        while not env.step(int(rng.integers(env.action_space.n)))[2]:
            pass
        last_picture = env.render()
        with pytest.raises(ResetNeeded, match=r"has ended.*env\.reset\(\)"):
            env.step(0)
        assert env.render() == last_picture
        env.reset()
        env.step(0)

    @pytest.mark.parametrize("action", [-1, 99, None, 1.0, True, np.True_, "up", np.array([1]), np.nan])
    def test_invalid_action_names_the_range_and_changes_nothing(self, name, action):
        env = make(name, render_mode="ansi")
        env.reset(seed=0)
        before = env.render()
        with pytest.raises(InvalidAction, match=rf"from 0 to {env.action_space.n - 1} \(0 \w+, 1 "):
            env.step(action)
        assert env.render() == before

    @pytest.mark.parametrize("integer", [np.int64, np.uint8, np.int32, np.array])
    def test_any_integer_is_an_action(self, name, integer):
        one, other = make(name, render_mode="ansi"), make(name, render_mode="ansi")
        one.reset(seed=0)
        other.reset(seed=0)
        assert one.step(integer(2))[1:] == other.step(2)[1:]
        assert one.render() == other.render()

    def test_options(self, name):
        env = make(name)
        with pytest.raises(ValueError, match="'state' only, not 'level'"):
            env.reset(options={"level": 1})
        with pytest.raises(TypeError, match="a dict"):
            env.reset(options=[1])

    def test_render_mode(self, name):
        cls = getattr(workshop.envs, name)
        with pytest.raises(UnsupportedMode, match="'ansi', 'rgb_array', not 'svg'"):
            cls(render_mode="svg")
        env = cls()
        env.reset()
        with pytest.raises(UnsupportedMode, match="made without a render_mode"):
            env.render()


@pytest.mark.parametrize("name", ["GridWorld", "Sokoban", "VideogameRick"])
class TestStates:
    def test_start_where_one_likes(self, name):
        env = getattr(workshop.envs, name)()
        for state in np.flatnonzero(~env.terminal):
            assert env.reset(options={"state": state})[0] == state

    @pytest.mark.parametrize("state", [-1, 10**6, 0.0, "0", True])
    def test_no_such_state(self, name, state):
        env = make(name)
        with pytest.raises(ValueError, match=f"from 0 to {len(env.terminal) - 1}, not"):
            env.reset(options={"state": state})

    def test_no_start_from_the_end(self, name):
        env = make(name)
        with pytest.raises(ValueError, match="is terminal"):
            env.reset(options={"state": int(np.flatnonzero(env.terminal)[0])})

    def test_model_is_a_model(self, name):
        env = getattr(workshop.envs, name)()
        S, A = len(env.terminal), env.action_space.n
        assert (env.P.shape, env.P.dtype) == ((S, A, S), np.float64)
        assert (env.R.shape, env.R.dtype) == ((S, A), np.float64)
        assert env.P.min() >= 0 and np.allclose(env.P.sum(axis=2), 1, rtol=0, atol=1e-12)
        assert np.isclose(env.start_distribution.sum(), 1) and not env.start_distribution[env.terminal].any()
        ends = np.flatnonzero(env.terminal)
        assert (env.P[ends, :, ends] == 1).all() and not env.R[ends].any()
        with pytest.raises(ValueError, match="read-only"):
            env.P[0, 0, 0] = 1

    def test_every_deterministic_step_is_in_the_model(self, name):
        env = getattr(workshop.envs, name)()
        for state in np.flatnonzero(~env.terminal):
            for action in range(env.action_space.n):
                env.reset(options={"state": state})
                next_state, reward, terminated, _, _ = env.step(action)
                assert env.P[state, action, next_state] == 1
                assert env.R[state, action] == reward
                assert env.terminal[next_state] == terminated


@pytest.mark.parametrize("name", ["GridWorld", "Sokoban", "VideogameRick"])
def test_gym_make_adds_the_time_limit(name):
    env = make(name)
    limit = env.spec.max_episode_steps
    env.reset(seed=0)
    # Against the wall on top, for ever.
    results = [env.step(0)[2:4] for _ in range(limit)]
    assert results == [(False, False)] * (limit - 1) + [(False, True)]


@variants
def test_pictures(name, kwargs):
    env = make(name, render_mode="rgb_array", **kwargs)
    env.reset(seed=1)
    picture = env.render()
    height, width, channels = picture.shape
    assert (picture.dtype, channels) == (np.uint8, 3)
    assert width >= 400 and height % 2 == width % 2 == 0, "video codecs want even sides"
    assert np.array_equal(picture, env.render())


def test_classes_by_their_short_name():
    for name in ("GridWorld", "Sokoban", "Catch", "VideogameRick"):
        assert getattr(workshop.envs, name).__name__ == name
        assert name in dir(workshop.envs)
    with pytest.raises(AttributeError, match="no attribute 'Snake'"):
        workshop.envs.Snake  # noqa: B018
