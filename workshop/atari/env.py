"""An Atari game as a gym environment: what `gym.make("PongNoFrameskip-v4")` builds."""

import os
from typing import ClassVar

import gym
import numpy as np
from gym.utils import seeding

from workshop.atari.emulator import ACTION_MEANINGS, make_emulator

FRAMES_PER_SECOND = 60


class AtariEnv(gym.Env):
    """One Atari game through gym 0.26's API.

    Observations, by `obs_type`, are uint8 arrays that nobody writes into afterwards: "rgb" the screen, (210, 160, 3)
    for nearly every game; "grayscale" its luminance, (210, 160); "ram" the console's memory, (128,).
    Actions are `Discrete(n)`, indices into `get_action_meanings()`. The reward is the change of the game's score, a
    float, summed over the frames of the step. `terminated` is the end of the game; `truncated` comes from gym's time
    limit. `info` has `lives`, `episode_frame_number` (since reset) and `frame_number` (since the last seed).

    Given a seed, everything that follows repeats bit for bit: random frame skips and sticky actions included. The two
    are drawn as ale-py's environment for gymnasium draws them, so that the same seed gives the same game there.
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": FRAMES_PER_SECOND}

    def __init__(
        self,
        game,
        obs_type="rgb",
        frameskip=4,
        repeat_action_probability=0.25,
        full_action_space=False,
        mode=None,
        difficulty=None,
        render_mode=None,
        emulator=None,
    ):
        """Switch the console on.

        Args:
            game: as in `workshop.atari.roms.games()`, "pong".
            obs_type: "rgb", "grayscale" or "ram".
            frameskip: frames that each action is held for, an int; or (low, high) to draw it anew for every step from
                low, ..., high - 1.
            repeat_action_probability: chance of a sticky action, each frame (see `Emulator`).
            full_action_space: all 18 actions, rather than those that do something in this game.
            mode, difficulty: variants of the game (see `Emulator`).
            render_mode: None or "rgb_array". `gym.make(..., render_mode="human")` opens a window.
            emulator: "ale-py" or "atari-py"; None for the environment variable WORKSHOP_EMULATOR, or else ale-py.

        Raises:
            ValueError: an argument out of its range.
            workshop.atari.roms.RomError, workshop.atari.emulator.EmulatorError: no such game, emulator or mode.
        """
        if obs_type not in ("rgb", "grayscale", "ram"):
            raise ValueError(f'obs_type is "rgb", "grayscale" or "ram", not {obs_type!r}.')
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(
                f'render_mode is None or "rgb_array", not {render_mode!r}; '
                'for a window use gym.make(..., render_mode="human").'
            )
        self._frames_low, self._frames_high = _frame_range(frameskip)
        mean_frames = (self._frames_low + self._frames_high - 1) / 2
        self.metadata = {**self.metadata, "render_fps": round(FRAMES_PER_SECOND / mean_frames)}
        self.render_mode = render_mode
        self._emulator = make_emulator(
            emulator or os.environ.get("WORKSHOP_EMULATOR") or "ale-py",
            game,
            repeat_action_probability=repeat_action_probability,
            seed=self._seeds(None),
            mode=mode,
            difficulty=difficulty,
        )
        self._observe = {
            "rgb": self._emulator.screen_rgb,
            "grayscale": self._emulator.screen_grayscale,
            "ram": self._emulator.ram,
        }[obs_type]
        self._actions = self._emulator.legal_actions if full_action_space else self._emulator.minimal_actions
        self.action_space = gym.spaces.Discrete(len(self._actions))
        self.observation_space = gym.spaces.Box(low=0, high=255, shape=self._observe().shape, dtype=np.uint8)

    @property
    def ale(self):
        """The emulator's own `ALEInterface`, as everybody's Atari wrappers expect it."""
        return self._emulator.ale

    def get_action_meanings(self):
        """The name of every action, in order: ["NOOP", "FIRE", "RIGHT", ...]."""
        return [ACTION_MEANINGS[action] for action in self._actions]

    def reset(self, *, seed=None, options=None):
        """Start a new game; returns (observation, info). With a seed (an int) the console is switched off and on first,
        and all that follows depends on the seed alone. `options` is gym's, and nothing here reads it."""
        super().reset(seed=seed)
        if seed is not None:
            self._emulator.seed(self._seeds(seed))
        self._emulator.reset()
        return self._observe(), self._info()

    def step(self, action):
        """Hold one action for the frames of a step; returns (observation, reward, terminated, truncated, info).

        Raises:
            ValueError: `action` is not an index into `get_action_meanings()`.
        """
        if not self.action_space.contains(action):
            meanings = ", ".join(f"{index} {meaning}" for index, meaning in enumerate(self.get_action_meanings()))
            raise ValueError(f"{action!r} is not an action of {self._emulator.game}; there are {meanings}.")
        frames = self._frames_low
        if self._frames_high - self._frames_low > 1:
            frames = self.np_random.integers(self._frames_low, self._frames_high)
        reward = 0.0
        for _ in range(frames):
            reward += self._emulator.act(self._actions[action])
        return self._observe(), reward, self._emulator.game_over(), False, self._info()

    def render(self):
        """The picture as it is now, (210, 160, 3) uint8; needs `render_mode="rgb_array"`."""
        if self.render_mode is None:
            raise gym.error.Error('To render, make the environment with gym.make(..., render_mode="rgb_array").')
        return self._emulator.screen_rgb()

    def _seeds(self, seed):
        """Seed the frame skips; return the seed of the emulator, an int in [0, 2**32)."""
        frameskip_seed, emulator_seed = np.random.SeedSequence(seed).generate_state(2)
        self._np_random, _ = seeding.np_random(int(frameskip_seed))
        return int(emulator_seed)

    def _info(self):
        return {
            "lives": self._emulator.lives(),
            "episode_frame_number": self._emulator.episode_frame_number(),
            "frame_number": self._emulator.frame_number(),
        }


def _frame_range(frameskip):
    """(low, high) of the frames in a step, high excluded: 4 is (4, 5)."""
    low, high = frameskip if isinstance(frameskip, (tuple, list)) else (frameskip, frameskip + 1)
    if not 0 < low < high:
        raise ValueError(f"frameskip is a positive int, or (low, high) with 0 < low < high, not {frameskip!r}.")
    return low, high
