"""Prioritised replay: steps that surprised the network are replayed more often (Schaul et al. 2016).

Step i is drawn with probability P(i) = p_i / Σ p, where p_i = (|td_error| + epsilon)^alpha. That changes what the network
learns the mean of, so each error is weighted by (N · P(i))^-beta, over the greatest weight of the batch. A sum tree finds
the steps: a sum, a search and an update cost the depth of the tree and not the length of the memory.
"""

import numpy as np

from workshop.dqn.replay import ReplayMemory, Sample


class SumTree:
    """Numbers >= 0 under a tree of their sums; a whole batch goes up or down the tree together, level by level.

    A node has 32 children instead of 2. NumPy adds 32 numbers about as fast as 2, and a million leaves are 4 levels
    instead of 20. A node is always summed anew from its children, so rounding errors never build up: the tree depends
    on its leaves alone, not on the way there.

    Args:
        size: int, how many leaves.
    """

    CHILDREN = 32

    def __init__(self, size):
        self.size = size
        self.levels = [np.zeros(nodes) for nodes in self.level_sizes(size)]  # float64, leaves first

    @classmethod
    def level_sizes(cls, size):
        """Nodes of each level, leaves first: whole groups of children, and the last level is a single group."""
        sizes = [-(-size // cls.CHILDREN) * cls.CHILDREN]
        while sizes[-1] > cls.CHILDREN:
            sizes.append(-(-sizes[-1] // cls.CHILDREN**2) * cls.CHILDREN)
        return sizes

    @property
    def leaves(self):
        """(size,) float64, to read."""
        return self.levels[0][: self.size]

    def total(self):
        """The sum of all leaves, a float."""
        return float(self.levels[-1].sum())

    def set(self, index, values):
        """Give the leaves `index`, (B,) ints, these values, (B,) floats >= 0; of a leaf named twice, the last counts."""
        self.levels[0][index] = values
        for children, level in zip(self.levels, self.levels[1:]):
            index = index // self.CHILDREN
            level[index] = children.reshape(-1, self.CHILDREN)[index].sum(axis=1)

    def find(self, targets):
        """The leaves (B,) in whose share of [0, total) the targets, (B,) floats, lie. Never a leaf that is 0.

        Raises:
            ValueError: all leaves are 0.
        """
        if self.total() == 0:
            raise ValueError("there is nothing to find: all leaves are 0")
        index = np.zeros(len(targets), np.int64)
        for level in reversed(self.levels):
            cumulative = level.reshape(-1, self.CHILDREN)[index].cumsum(axis=1)
            # By rounding, a target can come to lie at the end of a group or behind it: it belongs to the last share.
            targets = np.minimum(targets, np.nextafter(cumulative[:, -1], 0))
            child = (cumulative <= targets[:, None]).sum(axis=1)
            index = index * self.CHILDREN + child
            targets = targets - np.where(child > 0, cumulative[np.arange(len(child)), child - 1], 0)
        return index


class PrioritisedReplay(ReplayMemory):
    """A replay memory that draws steps in proportion to their priorities.

    New steps get the greatest priority so far, so that each is likely to be replayed once. Steps that cannot be rebuilt
    (the newest n, those about to be overwritten, the last frame of an episode) have none.

    Args:
        alpha: float in [0, 1], how much priorities count; with 0 all steps are alike.
        beta: float in [0, 1], how much of the change in frequency the weights take back. An attribute: raise it to 1
            during training.
        epsilon: float > 0, added to the error's size, so that no step is lost for ever.
        The others are those of `ReplayMemory`.

    Raises:
        ValueError: an argument out of its range.
    """

    def __init__(self, capacity, *args, alpha=0.6, beta=0.4, epsilon=1e-6, **kwargs):
        super().__init__(capacity, *args, **kwargs)
        if not (0 <= alpha <= 1 and epsilon > 0):
            raise ValueError(f"alpha is a number from 0 to 1 and epsilon is above 0, not {alpha} and {epsilon}")
        self.alpha, self.beta, self.epsilon = alpha, beta, epsilon
        self._tree = SumTree(self.environments * self.slots)
        self._greatest = 1.0

    def _new_slot(self, environment, frame):
        slot = super()._new_slot(environment, frame)
        environment = np.atleast_1d(environment)
        first, end = (steps[environment] for steps in self._range())
        base = environment * self.slots
        complete, dropped = base + (end - 1) % self.slots, base + (first - 1) % self.slots
        usable = (end > first) & ~self.is_last.take(complete)
        self._tree.set(np.concatenate([dropped, complete]), np.append(np.zeros(len(base)), usable * self._greatest))
        return slot

    def sample(self, batch_size, rng):
        """A batch, one step from each of `batch_size` equal shares of all priorities.

        Args:
            batch_size: int.
            rng: a `numpy.random.Generator`.

        Returns:
            A `Sample`. Give its `where` and the new TD errors to `update_priorities`.

        Raises:
            ValueError: the memory holds no step that can be rebuilt.
        """
        total = self._tree.total()
        if total == 0:
            raise ValueError(f"the memory is too empty to sample from: it holds {self.written.sum()} frames")
        index = self._tree.find((np.arange(batch_size) + rng.random(batch_size)) * (total / batch_size))
        priorities = self._tree.leaves[index]
        # (N · P(i))^-beta over its maximum: N and the sum of all priorities cancel.
        weights = ((priorities / priorities.min()) ** -self.beta).astype(np.float32)
        environment, slot = np.divmod(index, self.slots)
        newest = self.written[environment] - 1
        step = newest - (newest - slot) % self.slots
        return Sample(*self.rebuild(environment, step), weights, (environment, step))

    def update_priorities(self, where, td_errors):
        """Take in what the network now makes of a sample. Steps that were overwritten meanwhile are passed over.

        Args:
            where: as in the `Sample`.
            td_errors: (B,) floats, of either sign.

        Raises:
            ValueError: an error is infinite or not a number.
        """
        priorities = (np.abs(td_errors).astype(np.float64) + self.epsilon) ** self.alpha
        if not np.isfinite(priorities).all():
            raise ValueError("a TD error is not finite: the network has diverged; a smaller learning rate may help")
        environment, step = where
        held = step >= self._range()[0][environment]
        self._tree.set((environment * self.slots + step % self.slots)[held], priorities[held])
        self._greatest = max(self._greatest, float(priorities.max()))

    def nbytes(self):
        """Bytes of all that it holds."""
        return super().nbytes() + sum(level.nbytes for level in self._tree.levels)

    @classmethod
    def bytes_for(cls, capacity, environments=1, frame_shape=(84, 84)):
        """Bytes that such a memory will hold: those of a `ReplayMemory`, and 8 for each node of the tree."""
        nodes = sum(SumTree.level_sizes(capacity // environments * environments))
        return super().bytes_for(capacity, environments, frame_shape) + 8 * nodes

    def get_state(self):
        """Everything that it holds, as a dict of arrays (views: copy or write them before the next `add`) and a float."""
        return {**super().get_state(), "priorities": self._tree.leaves, "greatest_priority": self._greatest}

    def set_state(self, state):
        """Take over what `get_state` of a memory with the same arguments gave.

        Raises:
            ValueError: it is of another shape. Then nothing has changed.
        """
        if np.shape(state["priorities"]) != self._tree.leaves.shape:
            raise ValueError(
                f"there are {np.size(state['priorities'])} priorities; this memory needs {self._tree.size}"
            )
        super().set_state(state)
        self._tree.set(np.arange(self._tree.size), state["priorities"])
        self._greatest = float(state["greatest_priority"])
