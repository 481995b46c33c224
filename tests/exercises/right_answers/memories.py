"""3.3, written by other hands."""

import random
from collections import deque

import numpy as np

from workshop import Transition


class ADequeWithoutReplacement:
    def __init__(self, capacity):
        self.transitions = deque(maxlen=capacity)

    def __len__(self):
        return len(self.transitions)

    def add(self, transition):
        self.transitions.append(transition)

    def sample(self, batch_size, rng):
        chosen = rng.choice(len(self.transitions), size=batch_size, replace=False)  # raises where there are too few
        return Transition._make(np.stack(column) for column in zip(*[self.transitions[i] for i in chosen]))


class ArraysMadeAtTheFirstTransition:
    """What an implementation for a million frames does: float32 rewards, small ints."""

    def __init__(self, capacity):
        self.capacity, self.arrays, self.count = capacity, None, 0

    def add(self, transition):
        if self.arrays is None:
            dtypes = ("uint8", "uint8", "float32", "uint8", "bool")
            self.arrays = [np.zeros((self.capacity, *np.shape(one)), dtype) for one, dtype in zip(transition, dtypes)]
        for array, one in zip(self.arrays, transition):
            array[self.count % self.capacity] = one
        self.count += 1

    def __len__(self):
        return min(self.count, self.capacity)

    def sample(self, batch_size, rng):
        if len(self) < batch_size:
            raise ValueError("too few transitions")
        rows = (rng.random(batch_size) * len(self)).astype(int)
        return Transition(*(array[rows] for array in self.arrays))


class OldestPoppedOff:
    """Five lists, and Python's own dice, seeded from `rng`; the indices are sorted."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.columns = Transition([], [], [], [], [])

    def add(self, transition):
        for column, one in zip(self.columns, transition):
            column.append(one)
            if len(column) > self.capacity:
                column.pop(0)

    def __len__(self):
        return len(self.columns.reward)

    def sample(self, batch_size, rng):
        rows = sorted(random.Random(int(rng.integers(2**62))).sample(range(len(self)), batch_size))
        return Transition(*(np.asarray([column[row] for row in rows]) for column in self.columns))


RIGHT_ANSWERS = {"ReplayMemory": [ADequeWithoutReplacement, ArraysMadeAtTheFirstTransition, OldestPoppedOff]}
