"""Prioritised replay against what its definition says: a plain array of priorities, all looked through each time."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from workshop.dqn.prioritised import PrioritisedReplay, SumTree
from workshop.dqn.replay import ReplayMemory

PRIORITIES = st.one_of(st.just(0.0), st.floats(1e-9, 1e9))


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 3000), st.lists(st.lists(st.tuples(st.integers(0), PRIORITIES), max_size=40), max_size=5))
def test_the_tree_depends_on_its_leaves_alone(size, batches):
    """However they were set: every node is bit for bit that of a tree whose leaves were all set at once."""
    tree, plain = SumTree(size), np.zeros(size)
    for batch in batches:
        index = np.array([leaf % size for leaf, _ in batch], np.int64)
        values = np.array([value for _, value in batch])
        tree.set(index, values)
        for leaf, value in zip(index, values):
            plain[leaf] = value
    whole = SumTree(size)
    whole.set(np.arange(size), plain)
    for level, expected in zip(tree.levels, whole.levels, strict=True):
        np.testing.assert_array_equal(level, expected)
    np.testing.assert_array_equal(tree.leaves, plain)
    np.testing.assert_allclose(tree.total(), plain.sum(), rtol=1e-12)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 3000), st.lists(st.tuples(st.integers(0), st.integers(0, 9)), max_size=40), st.data())
def test_every_target_finds_the_leaf_in_whose_share_it_lies(size, leaves, data):
    """Whole numbers, whose sums are exact: the answer is that of a search through all running sums."""
    tree = SumTree(size)
    for leaf, value in leaves:
        tree.set(np.array([leaf % size]), np.array([value]))
    assume(tree.total() > 0)
    targets = np.array(data.draw(st.lists(st.integers(0, int(tree.total()) - 1), min_size=1)))
    expected = np.cumsum(tree.leaves).searchsorted(targets, side="right")
    np.testing.assert_array_equal(tree.find(targets), expected)
    np.testing.assert_array_equal(tree.find(targets + 0.5), expected)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 3000), st.integers(0, 2**32), st.floats(0, 0.99))
def test_rounding_never_leads_to_a_leaf_without_a_share(size, seed, zeros):
    rng = np.random.default_rng(seed)
    tree = SumTree(size)
    tree.set(np.arange(size), np.exp(rng.normal(0, 9, size)) * (rng.random(size) >= zeros))
    assume(tree.total() > 0)
    ends = np.cumsum(tree.leaves)  # rounded in another order than the tree's sums: right at the borders of the shares
    found = tree.find(np.concatenate([ends, np.nextafter(ends, 0), rng.random(50) * tree.total()]))
    assert (tree.leaves[found] > 0).all()


def test_nothing_is_found_in_an_empty_tree():
    with pytest.raises(ValueError, match="all leaves are 0"):
        SumTree(5).find(np.zeros(1))


class Prioritised(RuleBasedStateMachine):
    """Rings that wrap many times, beside a model that knows each step's priority by its number."""

    @initialize(
        environments=st.integers(1, 3),
        more=st.integers(0, 9),
        stack=st.integers(1, 3),
        n_step=st.integers(1, 3),
        alpha=st.sampled_from([0.0, 0.6, 1.0]),
        seed=st.integers(0, 2**32),
    )
    def begin(self, environments, more, stack, n_step, alpha, seed):
        slots = stack + n_step + 1 + more
        self.memory = PrioritisedReplay(slots * environments, environments, (1, 1), stack, n_step, alpha=alpha)
        self.steps = [[] for _ in range(environments)]  # the priority of each step, None for an episode's last frame
        self.greatest = 1.0
        self.sampled = None
        self.rng = np.random.default_rng(seed)

    def usable(self):
        """{(environment, step): priority} by the definition of a step that can be rebuilt."""
        memory, priorities = self.memory, {}
        for environment, steps in enumerate(self.steps):
            first = max(0, len(steps) - memory.slots + memory.stack - 1)
            for step in range(first, len(steps) - memory.n_step):
                if steps[step] is not None:
                    priorities[environment, step] = steps[step]
        return priorities

    def written(self, environment, priority):
        """A step gets the greatest priority of the moment in which it becomes complete."""
        steps = self.steps[environment]
        steps.append(priority)
        complete = len(steps) - 1 - self.memory.n_step
        if complete >= 0 and steps[complete] is not None:
            steps[complete] = self.greatest

    @rule(bits=st.integers(1, 7), times=st.integers(1, 12))
    def add(self, bits, times):
        which = np.flatnonzero([bits >> i & 1 for i in range(len(self.steps))])
        for _ in range(times):
            self.memory.add(which, np.zeros((len(which), 1, 1)), 0, 0.0, False)
            for environment in which:
                self.written(environment, 0.0)

    @rule(number=st.integers(0, 2))
    def end_episode(self, number):
        environment = number % len(self.steps)
        self.memory.end_episode(environment, np.zeros((1, 1)))
        self.written(environment, None)

    @rule(batch_size=st.integers(1, 9))
    def sample(self, batch_size):
        usable = self.usable()
        if not usable:
            with pytest.raises(ValueError, match="too empty"):
                self.memory.sample(batch_size, self.rng)
            return
        sample = self.memory.sample(batch_size, self.rng)
        self.sampled = list(zip(*map(np.ndarray.tolist, sample.where), strict=True))
        assert set(self.sampled) <= set(usable)
        weights = np.array([(len(usable) * usable[one] / sum(usable.values())) ** -0.4 for one in self.sampled])
        np.testing.assert_allclose(sample.weights, weights / weights.max(), rtol=1e-5)

    @rule(scale=st.sampled_from([0.0, 1e-3, 1.0, 100.0]))
    def update_priorities(self, scale):
        """Also long after the sample, when some of its steps are overwritten."""
        if self.sampled is None:
            return
        errors = dict(zip(self.sampled, scale * self.rng.normal(size=len(self.sampled)), strict=False))
        where = tuple(np.array(list(errors)).T)
        self.memory.update_priorities(where, np.array(list(errors.values()), np.float32))
        usable = self.usable()
        for (environment, step), error in errors.items():
            priority = (abs(float(np.float32(error))) + 1e-6) ** self.memory.alpha
            self.greatest = max(self.greatest, priority)
            if (environment, step) in usable:
                self.steps[environment][step] = priority

    @rule()
    def travel(self):
        """Its state in a memory that held something else: both give the same from there on, bit for bit."""
        memory = self.memory
        shape = (memory.slots * memory.environments, memory.environments, (1, 1), memory.stack, memory.n_step)
        other = PrioritisedReplay(*shape, alpha=memory.alpha)
        for _ in range(5):
            other.add(0, np.ones((1, 1)), 1, 1.0, True)
        other.set_state(memory.get_state())
        for ours, theirs in zip(memory._tree.levels, other._tree.levels, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        self.memory = other

    @invariant()
    def every_priority_is_what_it_should_be(self):
        if not hasattr(self, "memory"):
            return
        memory = self.memory
        expected = np.zeros((memory.environments, memory.slots))
        for (environment, step), priority in self.usable().items():
            expected[environment, step % memory.slots] = priority
        np.testing.assert_allclose(memory._tree.leaves, expected.ravel(), rtol=1e-12, atol=0)
        np.testing.assert_allclose(memory._tree.total(), memory._tree.leaves.sum(), rtol=1e-12)


Prioritised.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
TestAgainstTheDefinition = Prioritised.TestCase


def filled(alpha=1.0, beta=0.4, **settings):
    """Two environments, 40 and 20 steps, the frame says which; their priorities are 1, 2, 3 and so on."""
    memory = PrioritisedReplay(100, 2, (1, 1), stack=1, n_step=1, alpha=alpha, beta=beta, epsilon=1e-9, **settings)
    for number in range(61):
        memory.add(int(number > 40), np.full((1, 1), number), 0, 0.0, False)
    memory.add(1, np.full((1, 1), 61), 0, 0.0, False)
    where = np.repeat([0, 1], [40, 20]), np.concatenate([np.arange(40), np.arange(20)])
    memory.update_priorities(where, np.arange(1.0, 61) * np.where(np.arange(60) % 2, 1, -1))
    return memory


@pytest.mark.parametrize("batch_size", [1, 7, 32])
def test_steps_are_drawn_in_proportion_to_their_priorities(batch_size):
    memory, rng = filled(), np.random.default_rng(4)
    counts = np.zeros(62)
    draws = 20_000 // batch_size
    for _ in range(draws):
        np.add.at(counts, memory.sample(batch_size, rng).transition.state.ravel(), 1)
    drawn = np.delete(counts, [40, 61])  # each environment's newest step cannot be rebuilt
    assert drawn.sum() == draws * batch_size
    expected = np.arange(1, 61) / np.arange(1, 61).sum() * drawn.sum()
    chi_square = ((drawn - expected) ** 2 / expected).sum()
    assert chi_square < 59 + 4 * np.sqrt(2 * 59)  # strata only make it smaller


def test_each_share_of_the_priorities_gives_one_step():
    """Ten shares of the 1830 in all, 183 each: the k-th step of every batch comes from the k-th of them."""
    memory, rng = filled(), np.random.default_rng(5)
    ends = np.cumsum(np.arange(1, 61))
    for _ in range(200):
        environment, step = memory.sample(10, rng).where
        number = step + 40 * environment
        assert (ends[number] > 183 * np.arange(10)).all()
        assert (ends[number] - (number + 1) < 183 * np.arange(1, 11)).all()


def test_weights_take_the_frequencies_back():
    """With beta 1 the weighted mean over what is drawn is the mean over all steps, up to the batch's greatest weight."""
    memory, rng = filled(beta=1.0), np.random.default_rng(6)
    sample = memory.sample(500, rng)
    assert sample.weights.dtype == np.float32
    priorities = sample.where[1] + 40 * sample.where[0] + 1
    np.testing.assert_allclose(sample.weights, priorities.min() / priorities, rtol=1e-6)
    memory.beta = 0.0
    assert (memory.sample(50, rng).weights == 1).all()


def test_both_memories_rebuild_the_same_steps():
    rng = np.random.default_rng(7)
    uniform, prioritised = (kind(60, 2, (2, 2), stack=2, n_step=3) for kind in (ReplayMemory, PrioritisedReplay))
    for number in range(100):
        for memory in (uniform, prioritised):
            memory.add(number % 2, np.full((2, 2), number), number % 3, number / 4, number % 14 == 13)
            if number % 14 == 13:
                memory.end_episode(number % 2, np.full((2, 2), 200 + number % 14))
    sample = prioritised.sample(64, rng)
    expected, discounts = uniform.rebuild(*sample.where)
    for ours, theirs in zip(sample.transition, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(sample.discounts, discounts)
    usable = {(e, s) for e in range(2) for s in range(*(int(limit[e]) for limit in uniform._range()))}
    usable -= {(e, s) for e, s in usable if uniform.is_last[e, s % 30]}
    assert set(zip(*map(np.ndarray.tolist, prioritised.sample(2000, rng).where), strict=True)) == usable


def test_refusals_say_what_is_wrong():
    for wrong in ({"alpha": -0.1}, {"alpha": 2}, {"epsilon": 0}):
        with pytest.raises(ValueError, match="alpha is a number from 0 to 1"):
            PrioritisedReplay(100, 1, (1, 1), **wrong)
    memory = filled()
    where = memory.sample(2, np.random.default_rng(0)).where
    before = memory._tree.leaves.copy()
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="the network has diverged"):
            memory.update_priorities(where, np.array([1.0, wrong]))
    np.testing.assert_array_equal(memory._tree.leaves, before)
    with pytest.raises(ValueError, match="there are 7 priorities; this memory needs 100"):
        memory.set_state({**memory.get_state(), "priorities": np.ones(7)})


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 5), st.integers(6, 3000))
def test_its_bytes_are_known_beforehand(environments, slots):
    capacity = environments * slots + environments - 1
    memory = PrioritisedReplay(capacity, environments, (2, 1))
    tree = sum(level.nbytes for level in memory._tree.levels)
    uniform = ReplayMemory(capacity, environments, (2, 1))
    assert memory.nbytes() == PrioritisedReplay.bytes_for(capacity, environments, (2, 1)) == uniform.nbytes() + tree
