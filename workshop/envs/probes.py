"""Five environments, each of which one more piece of DQN has to work for. Observations are one pixel, black or white.

The idea is Andy Jones's ("Debugging RL, Without the Agonizing Pain", 2021).
"""

from typing import ClassVar

import gym
import numpy as np
from gym import spaces

BLACK, WHITE = 0, 255


class Probe(gym.Env):
    """One pixel (1, 1) uint8. `values` holds Q(s, ·) as it should be learnt, {pixel: [a value for each action]}."""

    observation_space = spaces.Box(0, 255, (1, 1), np.uint8)
    gamma = 0.5
    values: ClassVar[dict]

    def __init__(self):
        self.action_space = spaces.Discrete(len(self.values[BLACK]))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.pixel = self._first_pixel()
        return np.full((1, 1), self.pixel, np.uint8), {}

    def _first_pixel(self):
        return BLACK

    def step(self, action):
        reward, terminated = self._reward(action), self._ends()
        self.pixel = WHITE
        return np.full((1, 1), self.pixel, np.uint8), reward, terminated, False, {}

    def _ends(self):
        return True


class ConstantReward(Probe):
    """One action, one step, reward 1: does the network learn a number, and stop at the end?"""

    values: ClassVar = {BLACK: [1.0]}

    def _reward(self, action):
        return 1.0


class RewardByObservation(Probe):
    """One action, one step; the reward is 1 on white and −1 on black: does what it sees reach its values?"""

    values: ClassVar = {BLACK: [-1.0], WHITE: [1.0]}

    def _first_pixel(self):
        return self.np_random.choice([BLACK, WHITE])

    def _reward(self, action):
        return 1.0 if self.pixel == WHITE else -1.0


class DelayedReward(Probe):
    """One action, two steps, and reward 1 for the second: do values travel back, once discounted?"""

    values: ClassVar = {BLACK: [0.5], WHITE: [1.0]}

    def _reward(self, action):
        return 1.0 if self.pixel == WHITE else 0.0

    def _ends(self):
        return self.pixel == WHITE


class RewardByAction(Probe):
    """One step, reward 1 for action 1 and −1 for action 0: is each action's value learnt from that action?"""

    values: ClassVar = {BLACK: [-1.0, 1.0]}

    def _reward(self, action):
        return 1.0 if action == 1 else -1.0


class RewardByBoth(Probe):
    """One step, reward 1 for action 1 on white and action 0 on black, −1 otherwise."""

    values: ClassVar = {BLACK: [1.0, -1.0], WHITE: [-1.0, 1.0]}

    def _first_pixel(self):
        return self.np_random.choice([BLACK, WHITE])

    def _reward(self, action):
        return 1.0 if (action == 1) == (self.pixel == WHITE) else -1.0


PROBES = (ConstantReward, RewardByObservation, DelayedReward, RewardByAction, RewardByBoth)
