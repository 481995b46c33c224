"""gym's Atari ids: all there, each with the meaning it had, and a helping hand for a slip of the keyboard."""

import subprocess
import sys

import gym
import pytest
from gym.envs.registration import registry

from workshop.atari import roms

# Frames in a step (low, high), sticky actions, longest episode: ale_py 0.7.5, ale_py/gym.py.
MEANING = {
    "Pong-v0": ((2, 5), 0.25, 10_000),
    "Pong-v4": ((2, 5), 0.0, 100_000),
    "PongDeterministic-v0": (4, 0.25, 100_000),
    "PongDeterministic-v4": (4, 0.0, 100_000),
    "PongNoFrameskip-v0": (1, 0.25, 400_000),
    "PongNoFrameskip-v4": (1, 0.0, 400_000),
    "ALE/Pong-v5": (4, 0.25, 27_000),
    "SpaceInvaders-v4": ((2, 5), 0.0, 100_000),
    "SpaceInvadersDeterministic-v0": (3, 0.25, 100_000),
    "SpaceInvadersDeterministic-v4": (3, 0.0, 100_000),
    "SpaceInvadersNoFrameskip-v4": (1, 0.0, 300_000),
    "ALE/SpaceInvaders-v5": (4, 0.25, 27_000),
}
MEANING.update(
    {f"{game}-ram{rest}": MEANING[game + rest] for game, rest in [("Pong", "-v0"), ("Pong", "NoFrameskip-v4")]}
)
MEANING["ALE/Pong-ram-v5"] = MEANING["ALE/Pong-v5"]


@pytest.mark.parametrize("env_id", MEANING)
def test_an_id_means_what_it_always_meant(env_id):
    frameskip, sticky, max_episode_steps = MEANING[env_id]
    spec = registry[env_id]
    assert spec.kwargs["frameskip"] == frameskip
    assert spec.kwargs["repeat_action_probability"] == sticky
    assert spec.kwargs["obs_type"] == ("ram" if "-ram" in env_id else "rgb")
    assert spec.max_episode_steps == max_episode_steps


def test_every_rom_file_has_its_fourteen_ids():
    files = {path.stem for path in roms.rom_directory().glob("*.bin")}
    played = files - {"combat", "joust", "maze_craze", "warlords"}
    assert len(played) >= 104
    by_game = {}
    for spec in registry.values():
        if "atari" in str(spec.entry_point):
            by_game.setdefault(spec.kwargs["game"], set()).add(spec.id)
    assert by_game.keys() == played
    assert {len(ids) for ids in by_game.values()} == {14}
    assert len(set.union(*by_game.values())) == 14 * len(played)


def test_specs_are_what_gym_itself_would_have_made():
    ours = registry["PongDeterministic-v4"]
    theirs = gym.envs.registration.EnvSpec(
        id=ours.id, entry_point=ours.entry_point, max_episode_steps=ours.max_episode_steps, kwargs=ours.kwargs
    )
    assert ours == theirs
    assert (ours.namespace, ours.name, ours.version) == (None, "PongDeterministic", 4)
    assert registry["ALE/Pong-v5"].namespace == "ALE"


def test_changing_one_made_environment_changes_no_id():
    env = gym.make("PongNoFrameskip-v4", frameskip=7)
    assert env.spec.kwargs["frameskip"] == 7
    assert registry["PongNoFrameskip-v4"].kwargs["frameskip"] == 1


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("PingNoFrameskip-v4", "PongNoFrameskip-v4"),
        ("ALE/Pnog-v5", "ALE/Pong-v5"),
        ("Atari/Pong-v5", "ALE/Pong-v5"),
        ("Pong-v5", "ALE/Pong-v5"),
        ("pong-v4", "Pong-v4"),
        ("breakout", "Breakout-v4"),
        ("space_invaders", "SpaceInvaders-v4"),
        ("MsPacMan-v4", "MsPacman-v4"),
        ("PongNoFrameskip-v7", "PongNoFrameskip-v4"),
        ("PongNoFrameskip-v2", "PongNoFrameskip-v4"),
        ("ALE/Pong-v4", "ALE/Pong-v5"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*out of date")
def test_an_unknown_id_is_answered_with_the_nearest(asked, suggested):
    with pytest.raises(gym.error.Error) as answer:
        gym.make(asked)
    assert suggested in str(answer.value)
    assert suggested in registry


def test_nonsense_gets_an_honest_answer():
    with pytest.raises(gym.error.UnregisteredEnv, match=r"gym knows no environment zzzzzzzz\. gym\.envs\.registry"):
        gym.make("zzzzzzzz")


FIRST_MINUTE = """
import gym
e = gym.make("PongNoFrameskip-v4")
print(e.reset(seed=0)[0].shape, e.step(2)[1:])
"""


@pytest.mark.parametrize("before", ["", "import workshop"])
def test_the_first_minute_is_silent_even_where_warnings_are_errors(before):
    # The interpreter's own start may warn of what is not ours, so warnings become errors inside.
    script = f"import warnings; warnings.simplefilter('error')\n{before}\n{FIRST_MINUTE}"
    run = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert run.stderr == ""
    assert run.stdout == (
        "(210, 160, 3) (0.0, False, False, {'lives': 0, 'episode_frame_number': 1, 'frame_number': 1})\n"
    )


def test_import_gym_loads_no_emulator():
    script = "import gym, sys; print(sorted({'ale_py', 'atari_py', 'chainer', 'matplotlib'} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert run.stdout == "[]\n", run.stderr
