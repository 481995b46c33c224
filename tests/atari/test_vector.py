"""The vector environment against a plain loop over one emulator, against itself, and together with the replay memory."""

import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest

from workshop.atari.emulator import EmulatorError, make_emulator
from workshop.atari.preprocessing import from_background, luminance, max_of_two, resize_area
from workshop.atari.roms import RomError
from workshop.atari.vector import VectorAtari
from workshop.dqn.replay import ReplayMemory

SMALL = {"frame_shape": (21, 21), "workers": 0}
FAST = {**SMALL, "noop_max": 5}


def play(env, steps, seed=0):
    """[(frames before, actions, Step)] of random actions, the same for the same seed."""
    rng = np.random.default_rng(seed)
    history = []
    for _ in range(steps):
        frames = env.frames
        actions = rng.integers(len(env.action_meanings), size=env.environments)
        history.append((frames, actions, env.step(actions)))
    return history


def bits(history):
    """Everything in a history, as bytes to compare."""
    return [
        (frames.tobytes(), [np.asarray(part).tobytes() for part in step[:4]], [x.tolist() for x in step.infos.values()])
        for frames, _, step in history
    ]


def plain_loop(game, number, choices, actions, *, seed, skip=4, noop_max=5, sticky=0.0, max_frames=10**6, lives=False):
    """One environment by the book: every screen is taken, nothing is clever. Yields (frame before, next frame, reward,
    terminated, truncated, ended, score)."""
    emulator = make_emulator("ale-py", game)
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(number + 1)[number])

    def frame():
        return resize_area(luminance(max_of_two(*screens[-2:] if len(screens) > 1 else screens * 2)), 21, 21)

    def hold(action, count):
        nonlocal held
        reward = 0
        repeats = rng.random(count) < sticky if sticky else [False] * count
        for played in range(count):
            held = held if repeats[played] else action
            reward += emulator.act(held)
            screens.append(emulator.screen_rgb())
            if emulator.game_over():
                if 1 < played + 1 < count:  # the one place where the environment looks at a single screen
                    screens.append(screens[-1])
                return reward, played + 1
        return reward, count

    choices = iter(choices)
    while True:
        emulator.reset()
        screens, held, score = [emulator.screen_rgb()], 0, 0
        _, frames = hold(0, rng.integers(1, noop_max + 1))
        over = False
        while not over:
            before, lives_before = frame(), emulator.lives()
            choice = next(choices, None)
            if choice is None:
                return
            reward, played = hold(actions[choice], min(skip, max_frames - frames))
            frames, score = frames + played, score + reward
            terminated = emulator.game_over() or (lives and emulator.lives() < lives_before)
            over = emulator.game_over() or frames == max_frames
            yield before, frame(), reward, terminated, frames == max_frames and not emulator.game_over(), over, score


@pytest.mark.parametrize(
    ("game", "actions", "numbers", "ours", "plain", "endings"),
    [
        ("breakout", "minimal", (0, 1, 3, 4), {}, {}, 2),
        (
            *("breakout", "full", range(18)),
            {"repeat_action_probability": 0.4, "life_loss_ends_return": True},
            {"sticky": 0.4, "lives": True},
            4,
        ),
        ("pong", "three", (0, 3, 4), {"max_frames": 123}, {"max_frames": 123}, 10),
        ("seaquest", "minimal", range(18), {"frame_skip": 1, "max_frames": 200}, {"skip": 1, "max_frames": 200}, 2),
        ("breakout", "minimal", (0, 1, 3, 4), {"frame_skip": 3}, {"skip": 3}, 2),
    ],
)
def test_every_environment_is_a_plain_loop_over_an_emulator(game, actions, numbers, ours, plain, endings):
    env = VectorAtari(game, 2, seed=11, actions=actions, clip_rewards=False, **FAST, **ours)
    history = play(env, 420)
    for i in range(2):
        choices = [chosen[i] for _, chosen, _ in history]
        expected = list(plain_loop(game, i, choices, list(numbers), seed=11, **plain))
        assert len(expected) == len(history)
        for number, ((frames, _, step), facts) in enumerate(zip(history, expected, strict=True)):
            before, after, reward, terminated, truncated, ended, score = facts
            assert (frames[i] == before).all(), number
            assert (step.next_frames[i] == after).all(), number
            assert (step.rewards[i], step.terminated[i], step.truncated[i]) == (reward, terminated, truncated), number
            assert (step.infos["episode_ended"][i], step.infos["score"][i]) == (ended, score), number
    assert sum(step.infos["episode_ended"].sum() for _, _, step in history) >= endings  # or it proves little


def test_processes_and_neighbours_change_nothing():
    settings = {"seed": 3, "frame_shape": (42, 42), "repeat_action_probability": 0.25, "max_frames": 150}
    with VectorAtari("breakout", 3, workers=2, **settings) as two, VectorAtari("breakout", 3, **settings) as many:
        here = play(VectorAtari("breakout", 3, workers=0, **settings), 80)
        assert bits(play(two, 80)) == bits(here)
        assert bits(play(many, 80)) == bits(here)
    alone = VectorAtari("breakout", 1, **settings)
    for frames, actions, step in here:
        assert (alone.frames[0] == frames[0]).all()
        other = alone.step(actions[:1])
        assert (other.next_frames[0] == step.next_frames[0]).all()
        assert [part[0] for part in other[1:4]] == [part[0] for part in step[1:4]]


def test_seeds_repeat_and_differ():
    runs = [bits(play(VectorAtari("pong", 2, seed=seed, **SMALL), 30)) for seed in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]
    env = VectorAtari("pong", 4, seed=0, **SMALL)
    assert len({step.tobytes() for step in env.step([2] * 4).next_frames}) > 1


def test_contrast_is_that_of_the_frames_as_they_are():
    plain, contrasted = (VectorAtari("pong", 2, seed=0, contrast=contrast, **SMALL) for contrast in (None, 3))
    for _ in range(20):
        for frame, seen in zip(plain.frames, contrasted.frames, strict=True):
            np.testing.assert_array_equal(seen, from_background(frame, 3))
        plain.step([2, 3]), contrasted.step([2, 3])


def test_types_and_shapes_and_nothing_is_written_into_again():
    env = VectorAtari("pong", 2, seed=0, frame_shape=(30, 40), crop=(34, 194, 0, 160), workers=0)
    first, copy = env.frames, env.frames.copy()
    step = env.step(np.array([2, 3], np.int32))
    kept = step.next_frames.copy()
    env.step([3, 2])
    assert (first == copy).all()
    assert (step.next_frames == kept).all()
    assert (first.shape, first.dtype, step.next_frames.shape) == ((2, 30, 40), np.uint8, (2, 30, 40))
    assert [part.dtype for part in step[:4]] == [np.uint8, np.float32, bool, bool]
    assert {name: (info.shape, info.dtype) for name, info in step.infos.items()} == {
        "episode_ended": ((2,), bool),
        **dict.fromkeys(("score", "lives", "frames"), ((2,), np.int64)),
    }


def test_an_episode_begins_with_one_to_noop_max_frames_of_nothing():
    env = VectorAtari("pong", 1, seed=0, frame_skip=1, noop_max=10, max_frames=11, **SMALL)
    lengths, steps = [], 0
    while len(lengths) < 150:
        steps += 1
        if env.step([0]).truncated[0]:
            lengths.append(11 - steps)
            steps = 0
    assert set(lengths) == set(range(1, 11))
    assert VectorAtari("pong", 1, seed=0, noop_max=0, **SMALL).step([0]).infos["frames"][0] == 4


def test_fire_is_pressed_at_the_start_of_each_life_where_that_is_asked_for():
    """Breakout throws no ball before: who does nothing loses nothing, unless somebody else presses."""
    waiting, pressed = (VectorAtari("breakout", 1, seed=3, press_fire=press, **SMALL) for press in (False, True))
    lives = set()
    for step in range(400):
        if step == 100:  # in the middle of a life, and so on to the end of the game
            pressed.set_state(pressed.get_state())
        still, played = waiting.step([0]), pressed.step([0])
        assert still.infos["lives"][0] == 5 and not still.infos["episode_ended"][0]
        lives.add(int(played.infos["lives"][0]))
        if played.infos["episode_ended"][0]:
            break
    assert played.infos["episode_ended"][0] and lives == {0, 1, 2, 3, 4, 5}
    with_score = VectorAtari("space_invaders", 1, seed=3, press_fire=True, clip_rewards=False, **SMALL)
    assert with_score.step([0]).infos["frames"][0] <= 30 + 4 + 4


def test_a_time_limit_truncates_and_a_lost_game_terminates():
    """Pitfalls 8 and 9."""
    limit = 60
    short, long = (VectorAtari("breakout", 2, seed=5, max_frames=most, **FAST) for most in (limit, 10**6))
    truncations = 0
    for _ in range(20):
        frames = short.frames
        one, other = short.step([2, 3]), long.step([2, 3])
        assert not one.terminated.any()
        assert (one.truncated == (one.infos["frames"] == limit)).all()
        assert (one.truncated == one.infos["episode_ended"]).all()
        for i in np.flatnonzero(one.truncated):
            truncations += 1
            assert (frames[i] != short.frames[i]).any()
        same = other.infos["frames"] <= limit
        assert (one.next_frames[same] == other.next_frames[same]).all()  # the last frame is of the old episode
        assert ((short.frames == one.next_frames).all(axis=(1, 2)) | one.truncated).all()
    assert truncations == 2
    ended = [step for _, _, step in play(long, 400) if step.infos["episode_ended"].any()]
    assert ended
    for step in ended:
        over = step.infos["episode_ended"]
        assert (step.terminated == over).all()
        assert not step.truncated.any()
        assert (step.infos["lives"][over] == 0).all()


def test_a_lost_life_ends_the_return_and_not_the_game():
    """Pitfall 7."""
    kind, strict = (VectorAtari("breakout", 2, seed=2, life_loss_ends_return=lives, **FAST) for lives in (False, True))
    lives, losses = np.array([5, 5]), 0
    for (before, _, one), (same_before, _, other) in zip(play(kind, 250), play(strict, 250), strict=True):
        assert (before == same_before).all()  # the games go on alike
        assert (one.next_frames == other.next_frames).all()
        lost = other.infos["lives"] < lives
        assert (other.terminated == lost).all()
        assert (one.terminated == one.infos["episode_ended"]).all()
        assert (one.infos["episode_ended"] == other.infos["episode_ended"]).all()
        losses += (lost & ~other.infos["episode_ended"]).sum()
        lives = np.where(other.infos["episode_ended"], 5, other.infos["lives"])
    assert losses >= 4


def test_rewards_are_clipped_and_scores_are_not():
    clipped, whole = (VectorAtari("space_invaders", 1, seed=0, clip_rewards=clip, **FAST) for clip in (True, False))
    one, other = play(clipped, 200), play(whole, 200)
    rewards = np.array([step.rewards[0] for _, _, step in other])
    assert rewards.max() > 1
    assert (np.array([step.rewards[0] for _, _, step in one]) == np.sign(rewards)).all()
    scores = [step.infos["score"][0] for _, _, step in one]
    assert scores == [step.infos["score"][0] for _, _, step in other]
    first_end = next((n for n, (_, _, step) in enumerate(one) if step.infos["episode_ended"][0]), len(one) - 1)
    assert scores[: first_end + 1] == np.cumsum(rewards)[: first_end + 1].tolist()


def test_action_sets():
    """Pitfall 15."""
    meanings = {
        name: VectorAtari("pong", 1, seed=0, actions=name, **SMALL).action_meanings
        for name in ("minimal", "full", "three")
    }
    assert meanings["three"] == ("NOOP", "RIGHT", "LEFT")
    assert meanings["minimal"] == ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE")
    assert len(meanings["full"]) == 18


@pytest.mark.parametrize("sticky", [0.0, 0.25])
@pytest.mark.parametrize(("game", "frame_skip"), [("breakout", 4), ("pong", 1), ("seaquest", 3)])
def test_a_restored_run_goes_on_bit_for_bit(game, frame_skip, sticky):
    settings = {"frame_skip": frame_skip, "repeat_action_probability": sticky, "max_frames": 300, **FAST}
    env = VectorAtari(game, 2, seed=7, **settings)
    play(env, 37)
    state = pickle.loads(pickle.dumps(env.get_state()))
    expected = bits(play(env, 250, seed=1))
    other = VectorAtari(game, 2, seed=8, **settings)
    play(other, 5)
    other.set_state(state)
    assert bits(play(other, 250, seed=1)) == expected
    env.set_state(state)  # back in its own time
    assert bits(play(env, 250, seed=1)) == expected


def test_a_state_goes_from_processes_to_this_one_and_back():
    settings = {"seed": 0, "frame_shape": (21, 21)}
    with VectorAtari("breakout", 3, workers=2, **settings) as env:
        play(env, 20)
        state = env.get_state()
        expected = bits(play(env, 40))
        other = VectorAtari("breakout", 3, workers=0, **settings)
        other.set_state(state)
        assert bits(play(other, 40)) == expected
        env.set_state(state)
        assert bits(play(env, 40)) == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"game": "pong"}, "game 'breakout', and here it is 'pong'"),
        ({"environments": 2}, "environments 1, and here it is 2"),
        ({"frame_skip": 3}, "frame_skip 4, and here it is 3"),
        ({"actions": "full"}, "actions 'minimal', and here it is 'full'"),
    ],
)
def test_a_foreign_state_is_refused(change, words):
    state = VectorAtari("breakout", 1, seed=0, **SMALL).get_state()
    ours = VectorAtari(**{"game": "breakout", "environments": 1, "seed": 0, **SMALL, **change})
    with pytest.raises(ValueError, match=words):
        ours.set_state(state)


def test_the_replay_memory_gets_whole_episodes():
    """What the module says at its top, with lost lives and time limits: no stack and no return reaches over an end."""
    env = VectorAtari("breakout", 2, seed=1, life_loss_ends_return=True, max_frames=400, **FAST)
    memory = ReplayMemory(2000, 2, frame_shape=(21, 21), stack=3, n_step=1)
    stacks, expected = [[], []], []
    for frames, actions, step in play(env, 300):
        for i in range(2):
            stacks[i] = (stacks[i] or [frames[i]] * 2)[-2:] + [frames[i]]
            after = [*stacks[i][1:], step.next_frames[i]]
            expected.append((i, memory.written[i], stacks[i], after, step.terminated[i]))
            memory.add(i, frames[i], actions[i], step.rewards[i], step.terminated[i])
            if step.terminated[i] or step.truncated[i]:
                memory.end_episode(i, step.next_frames[i])
                stacks[i] = []
    expected = [one for one in expected if one[1] + 1 < memory.written[one[0]]]  # the newest has no next frame yet
    assert len(expected) >= 598
    environment, number, states, next_states, terminated = map(np.array, zip(*expected, strict=True))
    batch, _ = memory.rebuild(environment, number)
    assert (batch.state == states).all()
    assert (batch.next_state == next_states).all()
    assert (batch.terminated == terminated).all()
    assert memory.is_last.sum() > terminated.sum() > 3  # both kinds of end were met


def test_a_state_from_before_there_was_a_setting_was_saved_with_its_default():
    env = VectorAtari("pong", 1, seed=0, **SMALL)
    state = env.get_state()
    del state["settings"]["press_fire"]
    env.set_state(state)
    with pytest.raises(ValueError, match="press_fire False, and here it is True"):
        VectorAtari("pong", 1, seed=0, press_fire=True, **SMALL).set_state(state)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"environments": 0}, "environments is a whole number from 1 on, not 0"),
        ({"workers": -1}, "workers is a whole number from 0"),
        ({"frame_skip": 2.5}, "frame_skip is a whole number from 1"),
        ({"noop_max": -1}, "noop_max"),
        ({"max_frames": 30}, "max_frames is a whole number from 31 on, not 30"),
        ({"repeat_action_probability": 1.5}, "from 0 to 1"),
        ({"actions": "few"}, '"minimal", "full" or "three"'),
        ({"crop": (0, 300, 0, 160)}, "within a screen 210 high"),
        ({"crop": (0, 300, 0, 160), "workers": 1}, "within a screen 210 high"),
        ({"contrast": 0}, "contrast is a whole number from 1 to 255"),
        ({"frame_shape": (0, 84)}, "cannot be resized to 0"),
    ],
)
def test_arguments_out_of_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        VectorAtari(**{"game": "pong", "environments": 1, "seed": 0, **SMALL, **arguments})


def test_mistakes_of_use():
    with pytest.raises(RomError, match="nearest names: pong"):
        VectorAtari("pongg", 2, seed=0)
    env = VectorAtari("pong", 2, seed=0, actions="three", **SMALL)
    for wrong in ([0], [0, 3], [0, -1], [0.0, 1.0], 0, [[0, 1]]):
        with pytest.raises(ValueError, match="actions are"):
            env.step(wrong)
    with pytest.raises(RuntimeError, match="after send"):
        env.receive()
    env.send([0, 1])
    with pytest.raises(RuntimeError, match="were not received"):
        env.get_state()
    env.receive()
    env.close()
    env.close()
    with pytest.raises(RuntimeError, match="closed"):
        env.step([0, 1])


def test_processes_survive_ctrl_c_and_say_so_when_killed():
    env = VectorAtari("pong", 2, seed=0, workers=2, frame_shape=(21, 21))
    children = [player._child for player in env._players]
    for child in children:
        os.kill(child.pid, signal.SIGINT)
    env.step([0, 1])
    children[1].kill()
    children[1].wait()
    with pytest.raises(EmulatorError, match=r"has ended \(exit status -9\)"):
        env.step([0, 1])
    env.close()
    assert all(child.poll() is not None for child in children)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(3)", "del env; sys.exit(3)"])
def test_processes_end_with_their_parent_and_silently(end):
    """Reading to the end of stderr, which the children share, waits for them too."""
    script = f"""
import os, signal, sys
from workshop.atari.vector import VectorAtari
env = VectorAtari("pong", 2, seed=0, workers=1)
env.send([0, 1])
{end}
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, timeout=60)
    assert done.returncode in (-9, 3)
    assert (done.stdout, done.stderr) == (b"", b"")
