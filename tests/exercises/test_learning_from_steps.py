"""1.7, 1.8, 1.13 and 1.14: what the theory says of the rules, proven of the references."""

import gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.exercises import subject
from workshop.exercises.judge import judge
from workshop.exercises.reference import reference
from workshop.exercises.session_1 import shaping, targets, temporal_difference

td_update, q_target, sarsa_target = map(reference, ("td_update", "q_target", "sarsa_target"))
shaped_reward, discounted_return = reference("shaped_reward"), reference("discounted_return")

PARTS = [temporal_difference.td_update, targets.q_target, targets.sarsa_target, shaping.shaped_reward]


@pytest.fixture(scope="module")
def world():
    """The classic grid world, with Q* for γ = 0.9: (P, R, terminal, Q)."""
    env = gym.make("workshop/GridWorld-v0", text_map="classic").unwrapped
    P, R = env.P, env.R
    Q = np.zeros(R.shape)
    for _ in range(200):
        Q = R + 0.9 * P @ Q.max(axis=1)
    return P, R, env.terminal, Q


def steps_of(world):
    P, R, terminal, _ = world
    for state, action in np.argwhere(~terminal[:, None] & np.ones(R.shape, bool)):
        next_state = int(P[state, action].argmax())
        yield int(state), int(action), float(R[state, action]), next_state, bool(terminal[next_state])


def test_the_best_values_are_their_own_targets(world):
    Q = world[-1]
    for state, action, reward, next_state, terminated in steps_of(world):
        assert q_target(reward, Q[next_state], terminated, 0.9) == pytest.approx(Q[state, action])


def test_right_values_do_not_move(world):
    Q = world[-1]
    V = Q.max(axis=1)
    for state, action, reward, next_state, terminated in steps_of(world):
        if action == Q[state].argmax():
            np.testing.assert_allclose(td_update(V, state, reward, next_state, terminated, 0.5, 0.9), V)


@given(temporal_difference.td_update.cases)
def test_td_moves_one_value_part_of_the_way_to_its_target(case):
    V, state, reward, next_state, terminated, alpha, gamma = case
    target = td_update(V, state, reward, next_state, terminated, 1.0, gamma)
    np.testing.assert_allclose(td_update(*case), (1 - alpha) * V + alpha * target)
    assert np.flatnonzero(target != V).tolist() in ([], [state])


@given(targets.q_target.cases)
def test_sarsa_never_hopes_for_more_than_q_learning_and_agrees_with_it_on_the_best_action(case):
    reward, next_q_values, terminated, gamma = case
    by_action = [sarsa_target(reward, next_q_values, a, terminated, gamma) for a in range(len(next_q_values))]
    assert max(by_action) == q_target(*case)
    if terminated:
        assert set(by_action) == {reward} == {sarsa_target(reward, next_q_values, None, True, gamma)}


_episodes = st.tuples(
    st.lists(st.integers(-9, 9).map(float), min_size=3, max_size=3),  # a potential for each of three states
    st.lists(st.integers(0, 2), min_size=2, max_size=6),
    st.lists(st.integers(-9, 9).map(float), min_size=5, max_size=5),
    st.sampled_from([0.0, 0.5, 0.9, 1.0]),
)


@given(_episodes)
def test_shaping_changes_the_return_of_an_episode_by_its_start_alone(episode):
    potentials, states, rewards, gamma = episode
    steps = list(zip(rewards, states, states[1:]))
    shaped = [
        shaped_reward(reward, potentials.__getitem__, state, next_state, t == len(steps) - 1, gamma)
        for t, (reward, state, next_state) in enumerate(steps)
    ]
    plain = discounted_return([reward for reward, _, _ in steps], gamma)
    assert discounted_return(shaped, gamma) == pytest.approx(plain - potentials[states[0]])


@pytest.mark.parametrize(
    "mistake",
    [mistake for mistake in shaping.shaped_reward.mistakes if mistake is not shaping.shaped_reward.mistakes[-1]],
)
def test_every_wrong_shaping_breaks_that(mistake):
    shaped = [
        mistake.answer(reward, [2.0, 3.0, 5.0].__getitem__, state, next_state, next_state == 2, 0.5)
        for reward, state, next_state in [(1.0, 0, 1), (1.0, 1, 2)]
    ]
    assert discounted_return(shaped, 0.5) != pytest.approx(1.5 - 2.0)


@pytest.mark.parametrize(
    "wrong", [None, True, "1.0", [1.0], (1.0,), {}, 1j, float("nan"), np.array([1.0]), np.ones((9, 1))]
)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_whatever_is_returned_is_refused_in_words(part, wrong):
    judgement = judge(
        part, lambda driver, arguments, seconds: subject.run(lambda *_: wrong, driver, arguments, seconds)
    )
    assert judgement.verdict == "fail"
    assert "should" in judgement.sentence


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_examples_hold_terminal_steps_and_others(part):
    index = part.parameters.index("terminated")
    assert {arguments[index] for arguments in part.examples} == {True, False}


@given(st.sampled_from(PARTS).flatmap(lambda part: st.tuples(st.just(part), part.cases)))
def test_a_counterexample_reads_as_a_call_that_runs(part_and_case):
    part, case = part_and_case
    if part is shaping.shaped_reward:
        call, where = part.describe(part.name, case).split(", where ")
        assert call.count(",") == 5 and where.count("potential(") == len(case[1])
    else:
        names = {"np": np, part.name: reference(part.name)}
        assert np.array_equal(eval(part.describe(part.name, case), names), reference(part.name)(*case))
