"""Replay memory with one uint8 frame a slot; stacks and n-step transitions are rebuilt when they are sampled.

A state is a stack of frames, and neighbouring states share all but one of them. Storing whole stacks, for the state and
for the next state, takes eight times the memory of storing each frame once: 56 GB instead of 7 GB for a million states
of four 84 × 84 frames (Mnih et al. 2015 keep a million).

Each of several environments writes into a ring of its own. A slot holds the frame that the agent saw, the action that it
took there and what came of it. An episode ends with one slot more, the last frame, in which no action was taken: a
truncated episode bootstraps from it, and nothing that is rebuilt ever reaches over it.
"""

import math
from typing import NamedTuple

import numpy as np
from chainer import backend

from workshop.transition import Transition


class Sample(NamedTuple):
    """A batch of B n-step transitions.

    Attributes:
        transition: Transition: state and next_state (B, stack, H, W) uint8, action (B,) int32, reward (B,) float32 (the
            discounted sum of up to n), terminated (B,) bool.
        discounts: (B,) float32, the power of gamma that the value of the next state is multiplied by where not terminated.
        weights: (B,) float32, the importance weights of prioritised replay; None from a uniform memory.
        where: (environment, step), two (B,) int64 arrays: what `rebuild` and `update_priorities` know the steps by.
    """

    transition: Transition
    discounts: np.ndarray
    weights: np.ndarray | None
    where: tuple[np.ndarray, np.ndarray]


class ReplayMemory:
    """A ring buffer of transitions for each environment.

    Args:
        capacity: int, the most slots in all, rounded down to a multiple of `environments`.
        environments: int, how many write into it.
        frame_shape: (H, W) of a frame.
        stack: int, how many frames make a state.
        n_step: int, the length of the returns.
        gamma: float, the discount.

    Raises:
        ValueError: the capacity is too small for a single step.
    """

    ARRAYS = ("frames", "actions", "rewards", "terminated", "is_last", "age", "written", "next_age")

    def __init__(self, capacity, environments=1, frame_shape=(84, 84), stack=4, n_step=1, gamma=0.99):
        self.slots = capacity // environments
        if self.slots <= stack + n_step:
            least = (stack + n_step + 1) * environments
            raise ValueError(
                f"a capacity of {capacity} is too small for stacks of {stack} and {n_step}-step returns "
                f"of {environments} environments: it takes {least} at least"
            )
        self.environments, self.stack, self.n_step = environments, stack, n_step
        shape = (environments, self.slots)
        self.frames = self._empty((*shape, *frame_shape))
        self.actions = np.zeros(shape, np.uint8)
        self.rewards = np.zeros(shape, np.float32)
        self.terminated = np.zeros(shape, bool)
        self.is_last = np.zeros(shape, bool)  # the frame after an episode's last action
        self.age = np.zeros(shape, np.uint8)  # frames since the episode began, at most stack - 1
        self.written = np.zeros(environments, np.int64)  # slots ever written by each environment
        self.next_age = np.zeros(environments, np.uint8)
        self._powers = np.float32(gamma) ** np.arange(n_step + 1, dtype=np.float32)

    def add(self, environment, frame, action, reward, terminated):
        """Store one step of one environment, or of several at once.

        A step that ended the episode, `terminated` or not, is followed by `end_episode`. One that is `terminated` and is not
        followed by it (a life was lost, and the game goes on) ends the returns only: later stacks show what came before.

        Args:
            environment: int, or (N,) ints, each another one; then the others are N long as well.
            frame: (H, W) or (N, H, W) uint8, the newest frame of the state.
            action: int or (N,) ints, the action taken there.
            reward: float or (N,) floats, and
            terminated: bool or (N,) bools, what came of it.
        """
        slot = self._new_slot(environment, frame)
        self.actions[environment, slot] = action
        self.rewards[environment, slot] = reward
        self.terminated[environment, slot] = terminated
        self.is_last[environment, slot] = False

    def end_episode(self, environment, frame):
        """Store the frame after the last action, of one environment or of several; what is added next begins an episode.

        Args:
            environment: int, or (N,) ints, each another one.
            frame: (H, W) or (N, H, W) uint8.
        """
        slot = self._new_slot(environment, frame)
        self.is_last[environment, slot] = True
        self.next_age[environment] = 0

    def _new_slot(self, environment, frame):
        slot = self.written[environment] % self.slots
        self._put(environment, slot, frame)
        age = self.next_age[environment]
        self.age[environment, slot] = age
        self.next_age[environment] = np.minimum(age + 1, self.stack - 1)
        self.written[environment] += 1
        return slot

    def __len__(self):
        """How many slots can be tried when sampling."""
        first, end = self._range()
        return int(np.maximum(end - first, 0).sum())

    def _range(self):
        """First and end of the steps of each environment that can be rebuilt, counted from its first step ever.

        The oldest frames of a full ring may belong to stacks whose beginning is overwritten; the newest step has no next
        frame yet, and the newest n - 1 not all of their rewards. Each step that is written takes one from the front (also
        the few before the ring is full, so that it is always one) and gives one at the end.
        """
        return np.maximum(self.written - self.slots + self.stack - 1, 0), self.written - self.n_step

    def sample(self, batch_size, rng):
        """A batch, uniform over all steps that can be rebuilt, with replacement.

        Args:
            batch_size: int.
            rng: a `numpy.random.Generator`.

        Returns:
            A `Sample`; its weights are None.

        Raises:
            ValueError: the memory holds no step that can be rebuilt.
        """
        environment, step = self._draw(batch_size, rng)
        while (last := self.is_last[environment, step % self.slots]).any():
            if last.all() and not self._any_usable():
                raise ValueError("the memory holds no step that can be sampled yet")
            environment[last], step[last] = self._draw(np.count_nonzero(last), rng)
        return Sample(*self.rebuild(environment, step), None, (environment, step))

    def _draw(self, size, rng):
        """Steps of any kind, those in which no action was taken included."""
        first, end = self._range()
        ends = np.maximum(end - first, 0).cumsum()
        if ends[-1] == 0:
            raise ValueError(f"the memory is too empty to sample from: it holds {self.written.sum()} frames")
        drawn = rng.integers(ends[-1], size=size)
        environment = ends.searchsorted(drawn, side="right")
        return environment, end[environment] - ends[environment] + drawn

    def _any_usable(self):
        ranges = enumerate(zip(*self._range(), strict=True))
        return any((~self.is_last[i, np.arange(first, end) % self.slots]).any() for i, (first, end) in ranges)

    def rebuild(self, environment, step):
        """The n-step transitions that begin at these steps (two int arrays (B,)), and their discounts: see `Sample`."""
        base = environment * self.slots
        ahead = base + (step + np.arange(self.n_step)[:, None]) % self.slots  # (n, B), indices into what is flat
        terminated = self.terminated.take(ahead)
        goes_on = ~self.is_last.take(ahead)  # whether an action was taken there, and its reward belongs to the return
        goes_on[1:] &= ~terminated[:-1]
        goes_on = np.logical_and.accumulate(goes_on)
        rewards = (self.rewards.take(ahead) * goes_on * self._powers[:-1, None]).sum(axis=0)
        length = goes_on.sum(axis=0)  # below n where the return ended
        stacks = np.stack([self._stack(base, step), self._stack(base, step + length)])
        states, next_states = self._gather(stacks)
        actions = self.actions.take(ahead[0]).astype(np.int32)
        transition = Transition(states, actions, rewards, next_states, (terminated & goes_on).any(axis=0))
        return transition, self._powers[length]

    def _stack(self, base, step):
        """Flat indices (B, stack) of the frames up to these steps, oldest first; an episode's first frame repeats."""
        age = self.age.take(base + step % self.slots)
        back = np.minimum(np.arange(self.stack - 1, -1, -1), age[:, None])
        return base[:, None] + (step[:, None] - back) % self.slots

    # The three of which `device_replay` has its own, because there the frames are on a GPU.

    def _empty(self, shape):
        return np.zeros(shape, np.uint8)

    def _put(self, environment, slot, frame):
        self.frames[environment, slot] = frame

    def _gather(self, stacks):
        return self.frames.reshape(-1, *self.frames.shape[2:]).take(stacks, axis=0)

    def nbytes(self):
        """Bytes of all that it holds."""
        return sum(getattr(self, name).nbytes for name in self.ARRAYS)

    @classmethod
    def bytes_for(cls, capacity, environments=1, frame_shape=(84, 84)):
        """Bytes that such a memory will hold: for each slot the frame and 8 more, for each environment 9."""
        return capacity // environments * environments * (math.prod(frame_shape) + 8) + 9 * environments

    def get_state(self):
        """Everything that it holds, as a dict of arrays (views: copy or write them before the next `add`)."""
        return {name: getattr(self, name) for name in self.ARRAYS}

    def set_state(self, state):
        """Take over what `get_state` of a memory with the same arguments gave.

        Raises:
            ValueError: it is of another shape. Then nothing has changed.
        """
        own = {name: getattr(self, name) for name in self.ARRAYS}
        for name, value in own.items():
            if state[name].shape != value.shape:
                raise ValueError(f"{name} has shape {state[name].shape}; this memory needs {value.shape}")
        for name, value in own.items():
            backend.copyto(value, state[name])
