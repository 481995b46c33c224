"""What every environment of the kit shares: the order of calls, and its messages."""

from typing import ClassVar

import gym
import numpy as np
from gym.error import InvalidAction, ResetNeeded, UnsupportedMode

from workshop.envs.grid import described


class WorkshopEnv(gym.Env):
    """gym's 0.26 API around four small methods, with a clear sentence for each way to misuse it.

    A subclass sets `action_space` (Discrete), `observation_space` and `action_names`, and has

        _start(state)        begin an episode; `state` is a state's index or None: drawn from `self.np_random`
        _act(action)         -> (reward, terminated)
        _observation()       -> element of `observation_space`
        _info()              -> dict
        _text(), _picture()  -> str, (height, width, 3) uint8: what `render` returns

    `terminated` comes from the environment; `truncated` comes from the time limit that `gym.make` adds.
    """

    metadata: ClassVar = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}

    def __init__(self, render_mode):
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise UnsupportedMode(f"render_mode is None or one of {', '.join(map(repr, modes))}, not {render_mode!r}.")
        self.render_mode = render_mode
        self._is_running = False
        self._has_ended = False

    def reset(self, *, seed=None, options=None):
        """Begin an episode.

        Args:
            seed: int or None. The same seed gives the same episode for the same actions.
            options: None or {"state": index} to start from a state of your choice (where states have an index).

        Returns:
            (observation, info)

        Raises:
            ValueError: an option that is not known, or a state that does not exist or has ended already.
            TypeError: options that are no dict.
        """
        if options is not None and not isinstance(options, dict):
            raise TypeError(f'options is None or a dict such as {{"state": 0}}, not {described(options)}.')
        super().reset(seed=seed)
        options = dict(options or {})
        state = options.pop("state", None)
        if options:
            raise ValueError(f"reset knows the option 'state' only, not {', '.join(map(repr, options))}.")
        self._start(state)
        self._is_running, self._has_ended = True, False
        return self._observation(), self._info()

    def step(self, action):
        """Play one action.

        Args:
            action: int or np.integer, from 0 to `action_space.n` − 1.

        Returns:
            (observation, reward, terminated, truncated, info); the reward is a float, `truncated` is False here.

        Raises:
            gym.error.ResetNeeded: before the first `reset`, or after the end of the episode.
            gym.error.InvalidAction: the message names the actions there are.
        """
        if self._has_ended:
            raise ResetNeeded("This episode has ended (terminated was True): call env.reset() to begin the next one.")
        self._check_running("step")
        if not is_index(action, self.action_space.n):
            names = ", ".join(f"{number} {name}" for number, name in enumerate(self.action_names))
            raise InvalidAction(
                f"An action is an int from 0 to {self.action_space.n - 1} ({names}), not {described(action)}."
            )
        reward, terminated = self._act(int(action))
        if terminated:
            self._is_running, self._has_ended = False, True
        return self._observation(), reward, terminated, False, self._info()

    def render(self):
        """The state as text (render_mode="ansi") or as a picture, (height, width, 3) uint8 ("rgb_array").

        Raises:
            gym.error.UnsupportedMode: the environment was made without a render_mode.
            gym.error.ResetNeeded: before the first `reset`.
        """
        if self.render_mode is None:
            raise UnsupportedMode(
                'This environment was made without a render_mode: make it with render_mode="rgb_array" or "ansi".'
            )
        if not self._has_ended:
            self._check_running("render")
        return self._text() if self.render_mode == "ansi" else self._picture()

    def _check_running(self, call):
        if not self._is_running:
            raise ResetNeeded(f"Call env.reset() before env.{call}().")


def is_index(value, count):
    """Whether a value is an integer, Python's or NumPy's but no bool, from 0 to count − 1."""
    is_integer = isinstance(value, (int, np.integer)) or (
        isinstance(value, np.ndarray) and value.shape == () and np.issubdtype(value.dtype, np.integer)
    )
    return is_integer and not isinstance(value, bool) and 0 <= value < count
