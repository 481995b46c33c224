"""What people write for 3.3 instead of a replay memory."""

import numpy as np

from workshop.exercises.exercise import Mistake
from workshop.transition import Transition


class _Memory:
    """A right memory, whose parts the mistakes below change."""

    def __init__(self, capacity):
        self.capacity, self.transitions, self.n_added = capacity, [], 0

    def add(self, transition):
        slot = self.slot()
        if slot == len(self.transitions):
            self.transitions.append(transition)
        elif slot is not None:
            self.transitions[slot] = transition
        self.n_added += 1

    def slot(self):
        return self.n_added % self.capacity

    def __len__(self):
        return len(self.transitions)

    def sample(self, batch_size, rng):
        if batch_size > len(self):
            return self.too_many(batch_size, rng)
        return self.batch(self.drawn(batch_size, rng))

    def too_many(self, batch_size, rng):
        raise ValueError(f"{batch_size} transitions cannot be drawn from {len(self)}")

    def drawn(self, batch_size, rng):
        return rng.integers(len(self), size=batch_size)

    def batch(self, indices):
        return Transition(*map(np.array, zip(*(self.transitions[index] for index in indices))))


class _Grows(_Memory):
    def slot(self):
        return self.n_added


class _StopsWhenFull(_Memory):
    def slot(self):
        return self.n_added if self.n_added < self.capacity else None


class _OverwritesTheNewest(_Memory):
    def slot(self):
        return min(self.n_added, self.capacity - 1)


class _OneTooMany(_Memory):
    def __init__(self, capacity):
        super().__init__(capacity + 1)


class _CountsAll(_Memory):
    def __len__(self):
        return self.n_added

    def drawn(self, batch_size, rng):
        return rng.integers(len(self.transitions), size=batch_size)


class _LengthIsCapacity(_Memory):
    def __len__(self):
        return self.capacity

    def sample(self, batch_size, rng):
        if batch_size > len(self.transitions):
            return self.too_many(batch_size, rng)
        return self.batch(rng.integers(len(self.transitions), size=batch_size))


class _NeverTheLastSlot(_Memory):
    def drawn(self, batch_size, rng):
        return rng.integers(max(len(self) - 1, 1), size=batch_size)


class _NeverTheFirstSlot(_Memory):
    def drawn(self, batch_size, rng):
        return rng.integers(min(1, len(self) - 1), len(self), size=batch_size)


class _TheNewest(_Memory):
    def drawn(self, batch_size, rng):
        return [(self.n_added - 1 - back) % self.capacity for back in range(batch_size)]


class _ABlock(_Memory):
    def drawn(self, batch_size, rng):
        return (rng.integers(len(self)) + np.arange(batch_size)) % len(self)


class _OneForAll(_Memory):
    def drawn(self, batch_size, rng):
        return np.full(batch_size, rng.integers(len(self)))


class _PrefersTheNew(_Memory):
    def drawn(self, batch_size, rng):
        age = (self.n_added - 1 - np.arange(len(self))) % self.capacity
        weights = 0.5**age
        return rng.choice(len(self), size=batch_size, p=weights / weights.sum())


class _UnfilledSlotsToo(_Memory):
    def __init__(self, capacity):
        super().__init__(capacity)
        nothing = Transition(np.zeros((2, 2), np.uint8), 0, 0.0, np.zeros((2, 2), np.uint8), False)
        self.transitions = [nothing] * capacity

    def __len__(self):
        return min(self.n_added, self.capacity)

    def drawn(self, batch_size, rng):
        return rng.integers(self.capacity, size=batch_size)


class _DiceOfItsOwn(_Memory):
    def drawn(self, batch_size, rng):
        return np.random.randint(len(self), size=batch_size)


class _GivesMoreThanItHolds(_Memory):
    def too_many(self, batch_size, rng):
        return self.batch(self.drawn(batch_size, rng))


class _GivesWhatItHolds(_Memory):
    def too_many(self, batch_size, rng):
        return self.batch(range(len(self)))


class _ReturnsNone(_Memory):
    def too_many(self, batch_size, rng):
        return None


class _ListOfTransitions(_Memory):
    def batch(self, indices):
        return [self.transitions[index] for index in indices]


class _PlainTuple(_Memory):
    def batch(self, indices):
        return tuple(super().batch(indices))


class _OfLists(_Memory):
    def batch(self, indices):
        return Transition(*map(list, zip(*(self.transitions[index] for index in indices))))


class _WithField(_Memory):
    """A memory that spoils one field of its batches."""

    field, spoiled = "reward", staticmethod(np.asarray)

    def batch(self, indices):
        batch = super().batch(indices)
        return batch._replace(**{self.field: self.spoiled(getattr(batch, self.field))})


class _WholeRewards(_WithField):
    spoiled = staticmethod(lambda rewards: rewards.astype(int))


class _ClippedRewards(_WithField):
    spoiled = staticmethod(np.sign)


class _ColumnOfRewards(_WithField):
    spoiled = staticmethod(lambda rewards: rewards[:, None])


class _ScaledStates(_WithField):
    field, spoiled = "state", staticmethod(lambda states: states.astype(np.float32) / 255)


class _FloatTerminated(_WithField):
    field, spoiled = "terminated", staticmethod(lambda terminated: terminated.astype(np.float32))


class _FloatActions(_WithField):
    field, spoiled = "action", staticmethod(lambda actions: actions.astype(float))


class _NextStateOfAnother(_WithField):
    field, spoiled = "next_state", staticmethod(lambda next_states: np.roll(next_states, 1, axis=0))


MISTAKES = (
    Mistake("The memory grows beyond its capacity. When it is full, a new transition replaces the oldest.", _Grows),
    Mistake("When the memory is full, it takes in nothing more. Overwrite the oldest transition.", _StopsWhenFull),
    Mistake(
        "When the memory is full, the newest transition is overwritten. The oldest should go.", _OverwritesTheNewest
    ),
    Mistake("The memory holds one transition too many.", _OneTooMany),
    Mistake("len() counts everything that was ever added. It should say how many are held.", _CountsAll),
    Mistake("len() is the capacity. It should say how many are held so far.", _LengthIsCapacity),
    Mistake(
        "One transition never comes: `rng.integers(n)` leaves n out already, so give it the full length.",
        _NeverTheLastSlot,
    ),
    Mistake("The transition in slot 0 never comes: draw from 0 on.", _NeverTheFirstSlot),
    Mistake(
        "This always gives the newest ones. What lies next to each other in time is alike, and the network would "
        "forget all else: draw from the whole memory.",
        _TheNewest,
    ),
    Mistake(
        "This draws a beginning and takes what follows it. Neighbours in time are alike; draw every row by itself.",
        _ABlock,
    ),
    Mistake("One draw fills the whole batch. Draw `batch_size` numbers: `size=batch_size`.", _OneForAll),
    Mistake("New transitions come more often than old ones here. All of them should come alike.", _PrefersTheNew),
    Mistake(
        "While the memory fills up, empty slots are drawn too. Draw below the number that is held.",
        _UnfilledSlotsToo,
    ),
    Mistake("The dice are not `rng`. Draw with rng.integers(n, size=batch_size).", _DiceOfItsOwn),
    Mistake(
        "Asked for more than it holds, this gives some transitions several times over. Raise a ValueError.",
        _GivesMoreThanItHolds,
    ),
    Mistake("Asked for more than it holds, this gives a smaller batch. Raise a ValueError.", _GivesWhatItHolds),
    Mistake("Asked for more than it holds, this returns None. Raise a ValueError.", _ReturnsNone),
    Mistake(
        "A list of transitions comes back. Turn it round: one Transition, whose fields are arrays over the batch.",
        _ListOfTransitions,
    ),
    Mistake("The five arrays come in a plain tuple. Make it a `Transition(*arrays)`.", _PlainTuple),
    Mistake("The fields are lists. Make arrays of them: np.array.", _OfLists),
    Mistake(
        "The rewards were cut to whole numbers: is your array of rewards one of ints? Keep their dtype.",
        _WholeRewards,
    ),
    Mistake("The rewards were clipped. The memory keeps what it is given.", _ClippedRewards),
    Mistake("The rewards are a column, (B, 1). They should be (B,).", _ColumnOfRewards),
    Mistake(
        "The states come back as floats. Keep them uint8: the network scales, and floats take four times the memory.",
        _ScaledStates,
    ),
    Mistake("`terminated` comes back as floats. Keep it bool.", _FloatTerminated),
    Mistake("The actions come back as floats. Keep them ints: they are used as an index.", _FloatActions),
    Mistake(
        "The rows do not hang together: a state stands beside the next state of another transition. Use the same "
        "indices for all five fields.",
        _NextStateOfAnother,
    ),
)
