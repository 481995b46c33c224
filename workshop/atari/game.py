"""One Atari game as an agent meets it: no-op starts, repeated actions, frames; and many of them in another process.

`VectorAtari` (vector.py) is what one uses; here is what each of its environments does.
"""

import os
import pickle
import signal
import sys

import numpy as np

from workshop.atari.emulator import ACTION_MEANINGS, EmulatorError, make_emulator
from workshop.atari.preprocessing import crop, from_background, luminance, max_of_two, resize_area

NOOP, FIRE = map(ACTION_MEANINGS.index, ("NOOP", "FIRE"))
# What DeepMind's emulator of 2013 called Pong's minimal set; ALE's has six, three of them the same with FIRE.
THREE_ACTIONS = tuple(map(ACTION_MEANINGS.index, ("NOOP", "RIGHT", "LEFT")))


class Game:
    """One environment. `frame`, (H, W) uint8, is what an agent sees now.

    Args:
        game: as in `roms.games()`.
        seed: int, and number: int, which of the environments with this seed it is.
        The others as in `VectorAtari`.
    """

    def __init__(self, game, seed, number, *, frame_skip, frame_shape, crop, contrast, noop_max, press_fire,
                 clip_rewards, life_loss_ends_return, repeat_action_probability, actions, max_frames,
                 preprocess=None):  # fmt: skip
        # The sticky actions are played here, and not by the emulator: its state does not hold the action that sticks.
        self._emulator = make_emulator("ale-py", game)
        self._rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        self._frame_skip, self._frame_shape, self._crop, self._contrast = frame_skip, frame_shape, crop, contrast
        self._noop_max, self._max_frames = noop_max, max_frames
        self._preprocess = _defined_in(preprocess, "preprocess") if preprocess else None
        self._press_fire = press_fire and FIRE in self._emulator.minimal_actions
        self._clip_rewards, self._life_loss_ends_return = clip_rewards, life_loss_ends_return
        self._repeat_action_probability = repeat_action_probability
        self.actions = {
            "minimal": self._emulator.minimal_actions,
            "full": self._emulator.legal_actions,
            "three": THREE_ACTIONS,
        }[actions]
        self._begin()

    def step(self, action):
        """Hold the action of this index for the frames of a step; returns (next frame, reward, terminated, truncated,
        episode ended, score, lives, frames), as `VectorAtari.step` describes them."""
        reward = self._play(self.actions[action], min(self._frame_skip, self._max_frames - self._frames))
        self._score += reward
        lives_before, self._lives = self._lives, self._emulator.lives()
        game_over = self._emulator.game_over()
        terminated = game_over or (self._life_loss_ends_return and self._lives < lives_before)
        truncated = self._frames >= self._max_frames and not game_over
        ended = game_over or truncated
        result = (self.frame, np.sign(reward) if self._clip_rewards else reward, terminated, truncated)
        result += (ended, self._score, self._lives, self._frames)
        if ended:
            self._begin()
        elif self._lives < lives_before:
            self._begin_life()
        return result

    def _begin(self):
        """A new episode: 1 to `noop_max` frames without an action, as in DeepMind's code (alewrap, nextRandomGame)."""
        over = True
        while over:  # a game may end before anybody has played
            self._emulator.reset()
            self._screen, self._held, self._frames, self._score = self._emulator.screen_rgb(), NOOP, 0, 0
            self._play(NOOP, self._rng.integers(1, self._noop_max + 1) if self._noop_max else 0)
            self._begin_life()
            over = self._emulator.game_over()
        self._lives = self._emulator.lives()

    def _begin_life(self):
        if self._press_fire:  # for a step; Breakout throws no ball before
            self._score += self._play(FIRE, min(self._frame_skip, self._max_frames - self._frames))

    def _play(self, action, count):
        """Hold `action` for `count` frames, or until the game ends; set `frame` from the last two screens and return
        the change of score. A game that ends in the middle of a step may show its last screen alone."""
        sticks = np.zeros(count, bool)
        if self._repeat_action_probability:
            sticks = self._rng.random(count) < self._repeat_action_probability
        reward, previous, over = 0, self._screen, False
        for left in range(count - 1, -1, -1):
            if not sticks[-1 - left]:
                self._held = action
            reward += self._emulator.act(self._held)
            self._frames += 1
            over = self._emulator.game_over()
            wanted = left < 2 or over  # a screen costs a third of what playing its frame does
            previous, self._screen = self._screen, self._emulator.screen_rgb() if wanted else None
            if over:
                break
        screens = [crop(screen, self._crop) for screen in (self._screen, previous) if screen is not None]
        make = self._theirs if self._preprocess else self._ours
        frame = make(screens[0], screens[-1])
        self.frame = frame if self._contrast is None else from_background(frame, self._contrast)
        return reward

    def _ours(self, screen, previous):
        return resize_area(luminance(max_of_two(screen, previous)), *self._frame_shape)

    def _theirs(self, screen, previous):
        """The frame of somebody else's function. What is wrong with it is a sentence: it crosses from process to process."""
        try:
            frame = self._preprocess(screen, previous)
        except Exception as error:
            raise EmulatorError(f"preprocess stops with {type(error).__name__}: {error}") from None
        if not isinstance(frame, np.ndarray) or frame.shape != self._frame_shape or frame.dtype != np.uint8:
            what = f"{frame.dtype} {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
            raise EmulatorError(f"preprocess gives {what}, and not uint8 {self._frame_shape}")
        return frame

    def get_state(self):
        """Everything that the rest of the run depends on: a dict of bytes, ints, uint8 arrays, and the state of the
        random numbers, a dict of strings and ints."""
        return {
            "emulator": self._emulator.save_state(),
            "random": self._rng.bit_generator.state,
            "screen": self._screen,  # the emulator's state has no picture
            "frame": self.frame,
            "held": int(self._held),
            "frames": int(self._frames),
            "score": int(self._score),
            "lives": int(self._lives),
        }

    def set_state(self, state):
        """Go on from what `get_state` gave."""
        self._emulator.restore_state(state["emulator"])
        self._rng.bit_generator.state = state["random"]
        self._screen, self.frame = state["screen"], state["frame"]
        self._held, self._frames = state["held"], state["frames"]
        self._score, self._lives = state["score"], state["lives"]


def _defined_in(source, name):
    """What a piece of Python defines under this name."""
    namespace = {"__name__": name}
    exec(compile(source, f"<{name}>", "exec"), namespace)
    return namespace[name]


class Games:
    """Some of the environments of a `VectorAtari`: those that one process plays."""

    def __init__(self, game, seed, numbers, settings):
        self.games = [Game(game, seed, number, **settings) for number in numbers]

    def actions(self):
        """The emulator's numbers of the actions, a tuple of ints."""
        return self.games[0].actions

    def frames(self):
        """What the agent sees now, (n, H, W) uint8."""
        return np.stack([game.frame for game in self.games])

    def step(self, actions):
        """[an array for each thing that `Game.step` returns], and the frames to act on now."""
        results = zip(*(game.step(action) for game, action in zip(self.games, actions, strict=True)), strict=True)
        return [np.asarray(values) for values in results], self.frames()

    def get_state(self):
        return [game.get_state() for game in self.games]

    def set_state(self, states):
        for game, state in zip(self.games, states, strict=True):
            game.set_state(state)


def serve():
    """Be a process with some games: for each (method, arguments) of `Games` that comes in through stdin, beginning with
    the constructor's, give (its result, None) or (None, the exception) to stdout. Ends with stdin."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they often come to a whole group of processes
        signal.signal(number, signal.SIG_IGN)  # and are for the one that trains, which saves; this one ends with it
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # and says nothing when nobody listens any more
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what an emulator prints is not a reply
    games = None
    while True:
        try:
            method, arguments = pickle.load(sys.stdin.buffer)
        except (EOFError, pickle.UnpicklingError):
            return
        result, problem = None, None
        try:
            if games is None:
                games = Games(*arguments)
            else:
                result = getattr(games, method)(*arguments)
        except Exception as error:
            problem = error
        pickle.dump((result, problem), replies, protocol=pickle.HIGHEST_PROTOCOL)
        replies.flush()


if __name__ == "__main__":
    serve()
