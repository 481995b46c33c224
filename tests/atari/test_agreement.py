"""Against the others: ale-py and atari-py frame by frame, and our environment with ale-py's own for gymnasium."""

import importlib.util

import numpy as np
import pytest

from workshop.atari.emulator import make_emulator
from workshop.atari.env import AtariEnv

pytestmark = pytest.mark.slow

STEPS = 3000


def needs(module, extra):
    """These tests never skip: `make test-all` promises what they need."""
    assert importlib.util.find_spec(module), (
        f"This test needs {module}, the extra `{extra}`: `make test-all` installs it, and so does `sh workshop/install/setup.sh {extra}`."
    )


@pytest.mark.parametrize("game", ["pong", "breakout"])
def test_both_emulators_play_the_same_game(game):
    needs("atari_py", "atari-py")
    ale, atari = (make_emulator(name, game) for name in ("ale-py", "atari-py"))
    assert ale.minimal_actions == atari.minimal_actions
    assert ale.legal_actions == atari.legal_actions
    assert ale.screen_shape == atari.screen_shape
    ale.reset(), atari.reset()
    actions = np.random.default_rng(0).choice(ale.minimal_actions, STEPS)
    rewards = 0
    for step, action in enumerate(actions):
        reward = ale.act(int(action))
        assert reward == atari.act(int(action)), step
        assert (ale.screen_rgb() == atari.screen_rgb()).all(), step
        assert (ale.ram() == atari.ram()).all(), step
        facts = [(emulator.lives(), emulator.game_over(), emulator.frame_number()) for emulator in (ale, atari)]
        assert facts[0] == facts[1], step
        rewards += abs(reward)
        if ale.game_over():
            ale.reset(), atari.reset()
    assert rewards > 0  # something happened to compare


@pytest.mark.parametrize("game", ["pong", "breakout"])
def test_atari_py_keeps_the_promises_of_the_interface(game):
    needs("atari_py", "atari-py")
    emulator = make_emulator("atari-py", game, repeat_action_probability=0.25, seed=2**32 - 1)
    actions = [int(action) for action in np.random.default_rng(1).choice(emulator.minimal_actions, 200)]

    def play():
        return [(emulator.act(action), emulator.screen_rgb().tobytes()) for action in actions]

    emulator.reset()
    first = play()
    emulator.reset()
    assert play() != first
    emulator.seed(2**32 - 1)
    emulator.reset()
    assert play() == first
    emulator.seed(0)
    emulator.reset()
    assert play() != first
    for _ in range(40):
        emulator.act(0)
    state = emulator.save_state()
    onwards = play()
    for _ in range(40):
        emulator.act(0)
    emulator.restore_state(state)
    assert play() == onwards
    gray = emulator.screen_grayscale()
    assert (gray.shape, gray.dtype) == ((210, 160), np.uint8)
    assert np.abs(emulator.screen_rgb() @ [0.299, 0.587, 0.114] - gray).max() <= 1


def test_the_classic_ids_run_on_atari_py_too(capfd):
    import gym

    needs("atari_py", "atari-py")
    for env_id in ("PongNoFrameskip-v4", "ALE/Breakout-v5"):
        env = gym.make(env_id, emulator="atari-py", render_mode="rgb_array", mode=0)
        env.reset(seed=0)
        env.step(0)
        assert env.render().shape == (210, 160, 3)
        assert env.unwrapped.ale.__class__.__module__.startswith("atari_py")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("obs_type", ["rgb", "ram"])
@pytest.mark.parametrize(("frameskip", "sticky"), [(1, 0.0), (4, 0.25), ((2, 5), 0.0), ((2, 5), 0.25)])
def test_the_same_seed_gives_the_same_game_as_ale_pys_own_environment(frameskip, sticky, obs_type):
    needs("gymnasium", "dev")
    import ale_py.env

    settings = {"frameskip": frameskip, "repeat_action_probability": sticky, "obs_type": obs_type}
    ours, theirs = AtariEnv("breakout", **settings), ale_py.env.AtariEnv("breakout", **settings)
    assert ours.get_action_meanings() == theirs.get_action_meanings()
    actions = np.random.default_rng(0).integers(0, 4, 200)
    for seed in (7, None):
        (one, one_info), (other, other_info) = ours.reset(seed=seed), theirs.reset(seed=seed)
        other_info.pop("seeds", None)
        assert (one == other).all()
        assert one_info == other_info
        for action in actions:
            one, other = ours.step(action), theirs.step(action)
            assert (one[0] == other[0]).all()
            assert one[1:] == other[1:]


def test_every_game_starts():
    """In one process: a ROM that an emulator refuses would end it."""
    from workshop.atari import roms

    for game in roms.games():
        emulator = make_emulator("ale-py", game)
        emulator.reset()
        for _ in range(60):  # some start with a black screen
            emulator.act(emulator.minimal_actions[-1])
        assert len(emulator.minimal_actions) >= 3, game
        assert emulator.screen_rgb().any(), game
