"""The replay memory against a plain one: lists of whole episodes, from which every transition is built by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.dqn.replay import ReplayMemory

GAMMA = 0.5  # powers of it are exact


@st.composite
def histories(draw):
    """Steps of several environments in one order: (environment, reward, ending), ending in ("", "life", "term", "trunc")."""
    environments = draw(st.integers(1, 3))
    step = st.tuples(
        st.integers(0, environments - 1), st.integers(-2, 2), st.sampled_from(["", "", "", "", "life", "term", "trunc"])
    )
    return environments, draw(st.lists(step, min_size=30, max_size=120))


def play(memory, steps):
    """Write a history; every frame is a number of its own. Returns the plain model: a list of episodes, each environment."""
    plain = [[[]] for _ in range(memory.environments)]
    number = 0
    for environment, reward, ending in steps:
        number += 1
        action = number % 5
        memory.add(environment, np.full((1, 1), number % 256), action, reward, ending in ("life", "term"))
        plain[environment][-1].append((number % 256, action, reward, ending in ("life", "term")))
        if ending in ("term", "trunc"):
            number += 1
            memory.end_episode(environment, np.full((1, 1), number % 256))
            plain[environment][-1].append((number % 256, None, None, None))
            plain[environment].append([])
    return plain


def stacked(frames, index, stack):
    return [frames[max(0, index - back)] for back in range(stack - 1, -1, -1)]


def by_hand(plain, environment, step, stack, n_step):
    """(state, action, reward, next_state, terminated, discount) of the step with this number, over all episodes."""
    for episode in plain[environment]:
        if step < len(episode):
            break
        step -= len(episode)
    frames = [frame for frame, *_ in episode]
    total, discount, terminated, after = 0.0, 1.0, False, step
    for _ in range(n_step):
        if terminated or episode[after][1] is None:
            break
        total += discount * episode[after][2]
        discount *= GAMMA
        terminated = episode[after][3]
        after += 1
    return stacked(frames, step, stack), episode[step][1], total, stacked(frames, after, stack), terminated, discount


@settings(deadline=None, max_examples=200)
@given(histories(), st.integers(1, 4), st.integers(1, 4), st.integers(0, 30))
def test_every_step_that_can_be_sampled_is_what_was_played(history, stack, n_step, more):
    environments, steps = history
    slots = stack + n_step + 1 + more
    memory = ReplayMemory(slots * environments, environments, (1, 1), stack, n_step, GAMMA)
    plain = play(memory, steps)
    first, end = memory._range()
    for environment in range(environments):
        for step in range(first[environment], end[environment]):
            state, action, reward, next_state, terminated, discount = by_hand(plain, environment, step, stack, n_step)
            assert memory.is_last[environment, step % memory.slots] == (action is None)
            if action is None:
                continue
            batch, discounts = memory.rebuild(np.array([environment]), np.array([step]))
            assert batch.state[0, :, 0, 0].tolist() == state
            assert batch.action[0] == action
            assert batch.reward[0] == reward
            assert batch.terminated[0] == terminated
            assert batch.next_state[0, :, 0, 0].tolist() == next_state
            assert discounts[0] == discount


@settings(deadline=None, max_examples=100)
@given(histories(), st.integers(1, 3), st.integers(0, 2**31))
def test_samples_are_steps_in_which_an_action_was_taken(history, n_step, seed):
    environments, steps = history
    memory = ReplayMemory(12 * environments, environments, (1, 1), 2, n_step, GAMMA)
    plain = play(memory, steps)
    taken = {frame for episodes in plain for episode in episodes for frame, action, *_ in episode if action is not None}
    try:
        batch = memory.sample(16, np.random.default_rng(seed)).transition
    except ValueError:
        assert not memory._any_usable()
        return
    assert set(batch.state[:, -1, 0, 0].tolist()) <= taken


def test_sampling_is_uniform_over_environments_of_different_length():
    memory = ReplayMemory(200, 2, (1, 1), stack=1)
    for number in range(61):
        memory.add(0, np.full((1, 1), number), 0, 0.0, False)
    for number in range(100, 121):
        memory.add(1, np.full((1, 1), number), 0, 0.0, False)
    frames = np.concatenate(
        [memory.sample(1000, np.random.default_rng(seed)).transition.state.ravel() for seed in range(80)]
    )
    counts = np.bincount(frames, minlength=256)
    expected = len(frames) / 80
    assert np.flatnonzero(counts).tolist() == [*range(60), *range(100, 120)]
    chi_square = ((counts[counts > 0] - expected) ** 2 / expected).sum()
    assert chi_square < 79 + 5 * np.sqrt(2 * 79)


def test_same_seed_same_batch_and_nothing_shared():
    memory = ReplayMemory(50, 1, (2, 2), stack=2)
    for number in range(30):
        memory.add(0, np.full((2, 2), number), number % 3, number / 4, False)
    one = memory.sample(8, np.random.default_rng(3)).transition
    other = memory.sample(8, np.random.default_rng(3)).transition
    for ours, theirs in zip(one, other):
        np.testing.assert_array_equal(ours, theirs)
    one.state[...] = 255
    assert memory.frames.max() < 255
    assert one.state.dtype == np.uint8
    assert one.reward.dtype == np.float32


def test_state_travels_to_another_memory():
    memory, other = (ReplayMemory(40, 2, (2, 2), stack=2, n_step=2) for _ in range(2))
    for number in range(50):
        memory.add(number % 2, np.full((2, 2), number), 1, 1.0, False)
    other.set_state({name: value.copy() for name, value in memory.get_state().items()})
    for source in (memory, other):
        source.add(0, np.full((2, 2), 99), 0, 2.0, True)
    ours, theirs = (source.sample(20, np.random.default_rng(0)) for source in (memory, other))
    for one, two in zip(
        (*ours.transition, ours.discounts, *ours.where), (*theirs.transition, theirs.discounts, *theirs.where)
    ):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="this memory needs"):
        ReplayMemory(60, 2, (2, 2), stack=2, n_step=2).set_state(memory.get_state())


def test_refusals_say_what_is_wrong():
    with pytest.raises(ValueError, match="at least"):
        ReplayMemory(4, 1)
    with pytest.raises(ValueError, match="too empty"):
        ReplayMemory(100, 1).sample(1, np.random.default_rng(0))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 4), st.integers(1, 3), st.lists(st.integers(0, 2**12 - 1), max_size=60))
def test_environments_can_be_added_together_or_one_by_one(environments, stack, endings):
    """`endings` says by its bits in which environments a step is the last one, and in which of them it terminates."""
    together, one_by_one = (ReplayMemory(9 * environments, environments, (2, 1), stack, n_step=2) for _ in range(2))
    everyone = np.arange(environments)
    for number, bits in enumerate(endings):
        frames = (number + 50 * everyone[:, None, None] + [[0], [1]]).astype(np.uint8)
        ended = (bits >> everyone) & 1 > 0
        terminated = ended & ((bits >> (everyone + 6)) & 1 > 0)
        together.add(everyone, frames, everyone + number % 3, everyone / 2, terminated)
        together.end_episode(np.flatnonzero(ended), frames[ended] + 1)
        for i in range(environments):
            one_by_one.add(i, frames[i], i + number % 3, i / 2, terminated[i])
            if ended[i]:
                one_by_one.end_episode(i, frames[i] + 1)
    for name, array in together.get_state().items():
        np.testing.assert_array_equal(array, one_by_one.get_state()[name], err_msg=name)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9), st.integers(0, 40))
def test_its_bytes_are_known_beforehand(environments, height, width, more):
    capacity = 6 * environments + more
    memory = ReplayMemory(capacity, environments, (height, width))
    assert memory.nbytes() == ReplayMemory.bytes_for(capacity, environments, (height, width))
    arrays = [value for name, value in vars(memory).items() if isinstance(value, np.ndarray) and name != "_powers"]
    assert memory.nbytes() == sum(array.nbytes for array in arrays)


def test_a_million_frames_stay_within_what_was_promised():
    assert ReplayMemory.bytes_for(10**6, 16) < 7.3e9


def test_a_state_that_does_not_fit_changes_nothing():
    memory, longer = (ReplayMemory(slots, 1, (1, 1), stack=1) for slots in (10, 11))
    longer.add(0, np.ones((1, 1)), 1, 1.0, False)
    with pytest.raises(ValueError, match="frames has shape"):
        memory.set_state({**longer.get_state(), "written": np.ones(1)})
    with pytest.raises(ValueError, match="rewards has shape"):
        memory.set_state({**memory.get_state(), "frames": np.ones((1, 10, 1, 1)), "rewards": np.ones((1, 11))})
    assert not any(array.any() for array in memory.get_state().values())
