"""The emulators behind their one interface: repeatable, restorable, and alike."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.atari import roms
from workshop.atari.emulator import ACTION_MEANINGS, NEWER_GAMES, EmulatorError, make_emulator

GAMES = ("pong", "breakout", "seaquest")
ACTIONS = st.lists(st.integers(0, 17), min_size=1, max_size=40)
SEEDS = st.integers(0, 2**32 - 1)


def play(emulator, actions):
    """[(reward, ram, lives, game over)] of every frame."""
    return [(emulator.act(a), emulator.ram().tobytes(), emulator.lives(), emulator.game_over()) for a in actions]


def start(game="pong", sticky=0.0, seed=0, **settings):
    emulator = make_emulator("ale-py", game, repeat_action_probability=sticky, seed=seed, **settings)
    emulator.reset()
    return emulator


@pytest.mark.parametrize(
    ("game", "meanings"),
    [
        ("pong", "NOOP FIRE RIGHT LEFT RIGHTFIRE LEFTFIRE"),
        ("breakout", "NOOP FIRE RIGHT LEFT"),
        ("freeway", "NOOP UP DOWN"),
    ],
)
def test_minimal_actions(game, meanings):
    emulator = start(game)
    assert " ".join(ACTION_MEANINGS[action] for action in emulator.minimal_actions) == meanings
    assert emulator.legal_actions == tuple(range(18))


def test_action_names_are_those_of_ale():
    from ale_py import Action

    assert {name: action.value for name, action in Action.__members__.items()} == {
        name: number for number, name in enumerate(ACTION_MEANINGS)
    }


@pytest.mark.parametrize(("game", "height"), [("pong", 210), ("carnival", 214), ("adventure", 250)])
def test_pictures(game, height):
    emulator = start(game)
    emulator.act(0)
    rgb, gray = emulator.screen_rgb(), emulator.screen_grayscale()
    assert emulator.screen_shape == (height, 160)
    assert (rgb.shape, rgb.dtype, gray.shape, gray.dtype) == ((height, 160, 3), np.uint8, (height, 160), np.uint8)
    luminance = rgb @ [0.299, 0.587, 0.114]
    assert np.abs(luminance - gray).max() <= 1
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) > 1


def test_what_it_returns_is_never_written_into_again():
    emulator = start("breakout")
    kept = emulator.screen_rgb(), emulator.screen_grayscale(), emulator.ram()
    copies = [array.copy() for array in kept]
    play(emulator, [1, 3] * 20)
    assert all((array == copy).all() for array, copy in zip(kept, copies, strict=True))
    assert (emulator.ram() != kept[2]).any()


@settings(max_examples=10, deadline=None)
@given(game=st.sampled_from(GAMES), sticky=st.sampled_from([0.0, 0.25]), seed=SEEDS, actions=ACTIONS)
def test_a_seed_repeats_bit_for_bit(game, sticky, seed, actions):
    emulator = start(game, sticky, seed)
    first = play(emulator, actions)
    picture = emulator.screen_rgb()
    emulator.seed(seed)
    emulator.reset()
    assert play(emulator, actions) == first
    assert (emulator.screen_rgb() == picture).all()


@settings(max_examples=10, deadline=None)
@given(game=st.sampled_from(GAMES), sticky=st.sampled_from([0.0, 0.25]), seed=SEEDS, before=ACTIONS, after=ACTIONS)
def test_a_saved_state_goes_on_as_if_nothing_had_been(game, sticky, seed, before, after):
    emulator = start(game, sticky, seed)
    # The action that may stick is not part of a state; after forty times NOOP it is NOOP on all sides.
    play(emulator, before + [0] * 40)
    state = emulator.save_state()
    frames = emulator.frame_number(), emulator.episode_frame_number()
    expected = play(emulator, after)
    picture = emulator.screen_rgb()
    for other in (emulator, start(game, sticky, seed ^ 1)):
        play(other, [0] * 40)
        other.restore_state(state)
        assert (other.frame_number(), other.episode_frame_number()) == frames
        assert play(other, after) == expected
        assert (other.screen_rgb() == picture).all()


def test_sticky_actions_depend_on_the_seed_and_on_being_asked_for():
    actions = list(np.random.default_rng(0).integers(0, 18, 120))
    assert play(start(sticky=0.25, seed=0), actions) != play(start(sticky=0.25, seed=1), actions)
    assert play(start(sticky=0.0, seed=0), actions) == play(start(sticky=0.0, seed=1), actions)


def test_reset_goes_on_with_the_random_numbers():
    actions = list(np.random.default_rng(0).integers(0, 18, 120))
    emulator = start(sticky=0.25)
    first = play(emulator, actions)
    emulator.reset()
    assert emulator.episode_frame_number() == 0
    assert play(emulator, actions) != first


def test_the_chance_of_a_sticky_action_reaches_the_emulator():
    assert start(sticky=0.25).ale.getFloat("repeat_action_probability") == 0.25
    assert start().ale.getFloat("repeat_action_probability") == 0.0


def test_modes_and_difficulties():
    assert (play(start(mode=1), [0] * 60)) != play(start(mode=0), [0] * 60)
    with pytest.raises(EmulatorError, match="pong has no mode 9; choose one of 0, 1"):
        start(mode=9)
    with pytest.raises(EmulatorError, match="pong has no difficulty 'hard'; choose one of 0, 1, 2, 3"):
        start(difficulty="hard")


def test_the_switches_stay_where_they_are_when_seeded_again():
    emulator = start(mode=1, difficulty=2)
    first = play(emulator, [0] * 60)
    emulator.seed(0)
    emulator.reset()
    assert play(emulator, [0] * 60) == first


def test_no_banner(capfd):
    start()
    assert capfd.readouterr() == ("", "")


def test_an_emulator_that_does_not_exist():
    with pytest.raises(EmulatorError, match="no emulator 'stella'; choose one of 'ale-py', 'atari-py'"):
        make_emulator("stella", "pong")


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "atari_py", None)
    with pytest.raises(EmulatorError, match=r'"atari-py" is not installed\. `sh workshop/install/setup\.sh atari-py`'):
        make_emulator("atari-py", "pong")


def test_a_game_that_is_too_new_for_atari_py(monkeypatch):
    monkeypatch.setitem(sys.modules, "atari_py", type(sys)("atari_py"))
    sys.modules["atari_py"].ALEInterface = object
    for game in NEWER_GAMES.split():
        assert game in roms.games()
        with pytest.raises(EmulatorError, match=f'atari-py does not know {game}; play it with emulator="ale-py"'):
            make_emulator("atari-py", game)
