"""Replay memory with one uint8 frame a slot; stacks and n-step transitions are rebuilt when they are sampled.

A state is a stack of frames, and neighbouring states share all but one of them. Storing whole stacks, for the state and
for the next state, takes eight times the memory of storing each frame once: 56 GB instead of 7 GB for a million states
of four 84 × 84 frames (Mnih et al. 2015 keep a million).

Each of several environments writes into a ring of its own. A slot holds the frame that the agent saw, the action that it
took there and what came of it. An episode ends with one slot more, the last frame, in which no action was taken: a
truncated episode bootstraps from it, and nothing that is rebuilt ever reaches over it.
"""

from typing import NamedTuple

import numpy as np

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
    """

    def __init__(self, capacity, environments=1, frame_shape=(84, 84), stack=4, n_step=1, gamma=0.99):
        self.slots = capacity // environments
        if self.slots <= stack + n_step:
            least = (stack + n_step + 1) * environments
            raise ValueError(
                f"a capacity of {capacity} is too small for stacks of {stack} and {n_step}-step returns "
                f"of {environments} environments: it takes {least} at least"
            )
        self.environments, self.stack, self.n_step, self.gamma = environments, stack, n_step, gamma
        shape = (environments, self.slots)
        self.frames = np.zeros((*shape, *frame_shape), np.uint8)
        self.actions = np.zeros(shape, np.uint8)
        self.rewards = np.zeros(shape, np.float32)
        self.terminated = np.zeros(shape, bool)
        self.is_last = np.zeros(shape, bool)  # the frame after an episode's last action
        self.age = np.zeros(shape, np.uint8)  # frames since the episode began, at most stack - 1
        self.written = np.zeros(environments, np.int64)  # slots ever written by each environment
        self._next_age = np.zeros(environments, np.uint8)

    def add(self, environment, frame, action, reward, terminated):
        """Store one step: the newest frame of the state (H, W) uint8, the action taken there and what came of it.

        A step that ended the episode, `terminated` or not, is followed by `end_episode`.
        """
        slot = self._new_slot(environment, frame)
        self.actions[environment, slot] = action
        self.rewards[environment, slot] = reward
        self.terminated[environment, slot] = terminated
        self.is_last[environment, slot] = False

    def end_episode(self, environment, frame):
        """Store the frame (H, W) after the last action; what is added next begins an episode."""
        slot = self._new_slot(environment, frame)
        self.is_last[environment, slot] = True
        self.terminated[environment, slot] = False
        self._next_age[environment] = 0

    def _new_slot(self, environment, frame):
        slot = self.written[environment] % self.slots
        self.frames[environment, slot] = frame
        self.age[environment, slot] = self._next_age[environment]
        self._next_age[environment] = min(self._next_age[environment] + 1, self.stack - 1)
        self.written[environment] += 1
        return slot

    def __len__(self):
        """How many slots can be tried when sampling."""
        first, last = self._range()
        return int(np.maximum(last - first, 0).sum())

    def _range(self):
        """First and end of the steps of each environment that can be rebuilt, counted from its first step ever.

        The oldest frames of a full ring may belong to stacks whose beginning is overwritten; the newest step has no next
        frame yet, and the newest n - 1 not all of their rewards.
        """
        oldest = np.maximum(self.written - self.slots, 0)
        first = np.where(oldest > 0, oldest + self.stack - 1, 0)
        return first, self.written - self.n_step

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
        first, end = self._range()
        count = np.maximum(end - first, 0)
        total = int(count.sum())
        chosen = np.empty((2, 0), np.int64)
        while chosen.shape[1] < batch_size:
            if total == 0:
                raise ValueError(f"the memory is too empty to sample from: it holds {self.written.sum()} frames")
            flat = rng.integers(total, size=batch_size)
            environment = np.searchsorted(np.cumsum(count), flat, side="right")
            step = first[environment] + flat - (np.cumsum(count) - count)[environment]
            usable = ~self.is_last[environment, step % self.slots]
            if not usable.any() and not self._any_usable(first, end):
                raise ValueError("the memory holds no step that can be sampled yet")
            chosen = np.concatenate([chosen, np.stack([environment, step])[:, usable]], axis=1)
        environment, step = chosen[:, :batch_size]
        return Sample(*self.rebuild(environment, step), None, (environment, step))

    def _any_usable(self, first, end):
        steps = (np.arange(low, high) % self.slots for low, high in zip(first, end))
        return any((~self.is_last[environment, slots]).any() for environment, slots in enumerate(steps))

    def rebuild(self, environment, step):
        """The n-step transitions that begin at these steps (two int arrays (B,)), and their discounts: see `Sample`."""
        rewards = np.zeros(len(step), np.float32)
        discounts = np.ones(len(step), np.float32)
        terminated = np.zeros(len(step), bool)
        after = step.copy()
        for _ in range(self.n_step):
            slot = after % self.slots
            goes_on = ~terminated & ~self.is_last[environment, slot]
            rewards += np.where(goes_on, discounts * self.rewards[environment, slot], 0)
            terminated |= goes_on & self.terminated[environment, slot]
            discounts = np.where(goes_on, discounts * np.float32(self.gamma), discounts)
            after += goes_on
        actions = self.actions[environment, step % self.slots].astype(np.int32)
        states, next_states = self.states(environment, step), self.states(environment, after)
        return Transition(states, actions, rewards, next_states, terminated), discounts

    def states(self, environment, step):
        """The stacks (B, stack, H, W) that end at these steps, oldest frame first; an episode's first frame repeats."""
        back = np.arange(self.stack - 1, -1, -1)
        age = self.age[environment, step % self.slots]
        slots = (step[:, None] - np.minimum(back, age[:, None])) % self.slots
        return self.frames[environment[:, None], slots]

    def nbytes(self):
        """Bytes of all that it holds."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    @staticmethod
    def bytes_for(capacity, frame_shape=(84, 84)):
        """Bytes that a memory of this capacity takes: the frame, and 8 bytes for what belongs to it."""
        return capacity * (int(np.prod(frame_shape)) + 8)

    def get_state(self):
        """Everything that it holds, as a dict of arrays (views: copy or write them before the next `add`)."""
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}

    def set_state(self, state):
        """Take over what `get_state` of a memory of the same shape gave. Raises ValueError for another shape."""
        for name, value in self.get_state().items():
            if state[name].shape != value.shape:
                raise ValueError(f"{name} has shape {state[name].shape}; this memory needs {value.shape}")
            value[...] = state[name]
