"""Several environments stepped together: what a step of them gives, and a vector of gym environments."""

from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """What one step of N environments gave.

    Attributes:
        next_frames: (N, H, W) uint8, after the actions and before any new beginning.
        rewards: (N,) float32, of all frames of the step; their sign where rewards are clipped.
        terminated: (N,) bool: the return ends here, nothing to bootstrap from. The game is over, or, where
            `life_loss_ends_return`, a life is lost; then the same game goes on.
        truncated: (N,) bool: the episode reached its time limit. Its return goes on behind `next_frames` (unless the same
            step also lost a life), so bootstrap from there.
        infos: dict of (N,) arrays about the episode of the actions, this step included: `episode_ended` bool, whether a
            new one began behind it; `score`, the sum of its rewards, never clipped. Atari games add `lives` int64 and
            `frames` int64, how many of the emulator's frames the episode has lasted, no-ops included.
    """

    next_frames: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    infos: dict


class VectorGym:
    """N gym environments, stepped one after the other in this process, as `workshop.atari.vector.VectorAtari` steps games.

    Where an episode ends, the next one begins at once: `Step.next_frames` holds its last frame, `frames` what to act on.

    Args:
        make: make() gives a gym environment whose observations are uint8 arrays, (H, W) or (1, H, W).
        environments: int, N.
        seed: int >= 0; environment i is reset with a seed of its own, made from it.

    Attributes:
        frames: (N, H, W) uint8, what to act on now; a new array for each step.
    """

    def __init__(self, make, environments, *, seed):
        self.environments = environments
        self._envs = [make() for _ in range(environments)]
        seeds = np.random.SeedSequence(seed).generate_state(environments)
        self.frames = _frames([env.reset(seed=int(own))[0] for env, own in zip(self._envs, seeds, strict=True)])
        self._score = np.zeros(environments)
        self._actions = None

    def send(self, actions):
        """Say what to play, (N,) ints: the first half of `step`."""
        self._actions = actions

    def receive(self):
        """Play it, set `frames` and return the `Step`."""
        frames, results = [], []
        for env, action in zip(self._envs, self._actions, strict=True):
            frame, reward, terminated, truncated, _ = env.step(int(action))
            results.append((frame, reward, terminated, truncated))
            frames.append(env.reset()[0] if terminated or truncated else frame)
        next_frames, rewards, terminated, truncated = zip(*results, strict=True)
        rewards, terminated, truncated = map(np.array, (rewards, terminated, truncated))
        self.frames = _frames(frames)
        ended, score = terminated | truncated, self._score + rewards
        self._score = np.where(ended, 0, score)
        infos = {"episode_ended": ended, "score": score}
        return Step(_frames(next_frames), rewards.astype(np.float32), terminated, truncated, infos)

    def step(self, actions):
        """Play `actions`, (N,) ints; returns a `Step`."""
        self.send(actions)
        return self.receive()


def _frames(observations):
    """(N, H, W) from observations of either shape."""
    stacked = np.stack(observations)
    return stacked.reshape(len(stacked), *stacked.shape[-2:])
