"""1.1: the reference on real environments, and what the judge says about calls in another order."""

import functools
import itertools
import re

import gym
import numpy as np
import pytest

from tests.exercises.sitting import in_process
from workshop.exercises import subject
from workshop.exercises.exam import Exam
from workshop.exercises.judge import judge
from workshop.exercises.reference import reference
from workshop.exercises.session_1.episodes import run_episode as part

run_episode = reference("run_episode")


def judged(answer):
    return judge(part, functools.partial(subject.run, answer))


@pytest.mark.parametrize("name, ends_by_task", [("CartPole-v1", True), ("Taxi-v3", False), ("FrozenLake-v1", True)])
def test_reference_plays_real_environments(name, ends_by_task):
    env = gym.make(name)
    rng = np.random.default_rng(0)
    actions = []

    def policy(state):
        actions.append(int(rng.integers(env.action_space.n)))
        return actions[-1]

    episode = run_episode(env, policy, 3)
    assert [step.action for step in episode] == actions
    assert [step.terminated for step in episode] == [False] * (len(episode) - 1) + [ends_by_task]
    for step, following in itertools.pairwise(episode):
        np.testing.assert_array_equal(step.next_state, following.state)

    state, _ = env.reset(seed=3)
    np.testing.assert_array_equal(state, episode[0].state)
    for step in episode:
        state, reward, terminated, _, _ = env.step(step.action)
        np.testing.assert_array_equal(state, step.next_state)
        assert (reward, terminated) == (step.reward, step.terminated)


def test_an_answer_that_stops_after_a_thousand_steps_is_found_when_grading():
    def thousand_steps(env, policy, seed):
        return run_episode(gym.wrappers.TimeLimit(env, 1000), policy, seed)

    judgement = Exam(part, seed=0).judge(in_process(thousand_steps))
    assert judgement.verdict == "fail"
    assert judgement.sentence == "it stops too early: the next call should be policy(1000)"
    assert "(1,050 steps)" in judgement.call


@pytest.mark.parametrize(
    "wrong", [0, None, "text", (), [()], [[3, 2, 1.0, 5, True]], {"returned": []}, [None, 1], object()]
)
def test_whatever_is_returned_is_refused_in_words(wrong):
    def plays_and_returns_something_else(env, policy, seed):
        run_episode(env, policy, seed)
        return wrong

    judgement = judged(plays_and_returns_something_else)
    assert judgement.verdict == "fail"
    assert "should" in judgement.sentence


@pytest.mark.parametrize(
    "forged", [None, [], {}, {"returned": [], "calls": None}, {"returned": [], "calls": [1, (), "x"]}]
)
def test_a_forged_report_is_refused_without_an_accident(forged):
    arguments = part.examples[0]
    expected = {"returned": [], "calls": [("reset", 7)]}
    assert part.judge(arguments, forged, expected) is not None


def never_plays(env, policy, seed):
    return []


def asks_before_it_begins(env, policy, seed):
    state, _ = env.reset(seed=seed)
    policy(state)
    return run_episode(env, policy, seed)


def plays_without_the_policy(env, policy, seed):
    return run_episode(env, lambda state: 3, seed)


def plays_two_episodes(env, policy, seed):
    run_episode(env, policy, seed)
    return run_episode(env, policy, seed)


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (never_plays, r"it stops too early: the next call should be env\.reset\(seed=\d\)"),
        (asks_before_it_begins, r"call 3 should be env\.step\(\d\); it is env\.reset\(seed=\d\)"),
        (plays_without_the_policy, r"call 2 should be policy\(\d\); it is env\.step\(3\)"),
        (plays_two_episodes, r"the episode is over, but then it calls env\.reset\(seed=\d\)"),
    ],
)
def test_the_first_wrong_call_is_named(answer, sentence):
    judgement = judged(answer)
    assert judgement.verdict == "fail"
    assert re.fullmatch(sentence, judgement.sentence)
