"""1.10: the closed worlds, the exact returns, and the rules that tables give away."""

import functools

import gym
import numpy as np
import pytest
from gym.error import InvalidAction, ResetNeeded

from tests.exercises.right_answers.control import RIGHT_ANSWERS
from tests.exercises.sitting import in_process
from workshop.exercises import subject
from workshop.exercises.drivers import DRIVERS
from workshop.exercises.drivers.worlds import ClosedWorld, ModelIsClosed, world
from workshop.exercises.exam import Exam
from workshop.exercises.judge import FAIL, PASS, judge
from workshop.exercises.reference import reference
from workshop.exercises.rules.tables import greedy_return
from workshop.exercises.session_1.control import best_return, q_learning
from workshop.exercises.session_1.update_rules import RULES, Step, rule_behind

BEST = {
    "two doors": 9.0,
    "one-step days": 10.0,
    "slot machines": 40.0,
    "corridor": 1.0,
    "ledge": -10.0,
    "maze": -11.0,
    "tiny": 1.0,
    "taxi": 7.0,
}
IDS = {
    "corridor": ("workshop/Sokoban-v0", {"level": "corridor"}),
    "ledge": ("workshop/GridWorld-v0", {"text_map": "S.........T\nCCCCCCCCCCC"}),
    "maze": ("workshop/GridWorld-v0", {}),
    "tiny": ("workshop/Sokoban-v0", {"level": "tiny"}),
    "taxi": ("Taxi-v3", {}),
}


@pytest.mark.parametrize("name", BEST)
def test_best_return(name):
    assert best_return(name) == pytest.approx(BEST[name])


@pytest.mark.parametrize("name", IDS)
def test_a_world_from_gym_is_what_gym_plays(name):
    id, settings = IDS[name]
    env, table = gym.make(id, **settings).unwrapped, world(name).transitions
    rng = np.random.default_rng(0)
    for seed in range(5):
        state, _ = env.reset(seed=seed)
        for _ in range(100):
            action = int(rng.integers(env.action_space.n))
            next_state, reward, terminated, _, _ = env.step(action)
            assert table[state][action] == [(1.0, next_state, reward, terminated)]
            if terminated:
                break
            state = next_state


@pytest.mark.parametrize("name", ["two doors", "one-step days", "corridor", "ledge", "maze"])
def test_greedy_return_is_what_the_policy_earns_when_it_is_played(name):
    rng = np.random.default_rng(1)
    table, starts = world(name).transitions, world(name).starts
    for _ in range(20):
        q_table = rng.normal(size=(len(table), len(table[0])))
        earned, running = 0.0, 0
        for state in starts:
            for _ in range(200):
                [(_, state, reward, terminated)] = table[state][q_table[state].argmax()]
                earned += reward
                if terminated:
                    break
            else:
                running += 1
        assert greedy_return(name, q_table) == (pytest.approx(earned / len(starts)), running / len(starts))


def test_the_model_is_closed_in_every_direction():
    for look in (lambda env: env.P, lambda env: env.R, lambda env: env.unwrapped.P, lambda env: gym.Wrapper(env).P):
        env = ClosedWorld(world("two doors"), max_episodes=1, seed=0)
        with pytest.raises(ModelIsClosed, match=r"env\.reset and env\.step alone"):
            look(env)
        assert env.model_was_read
    env = ClosedWorld(world("two doors"), max_episodes=1, seed=0)
    assert not hasattr(env, "env")
    assert not env.model_was_read


def test_a_model_that_was_read_in_secret_is_not_forgiven():
    def peeking(env, *settings):
        assert not hasattr(env, "P")
        return reference("q_learning")(env, *settings)

    judgement = judge(q_learning, functools.partial(subject.run, peeking))
    assert judgement.verdict == FAIL
    assert "reads the model" in judgement.sentence


def test_closed_world_explains_misuse():
    env = ClosedWorld(world("one-step days"), max_episodes=2, seed=0)
    with pytest.raises(ResetNeeded, match="has not begun"):
        env.step(0)
    env.reset(seed=np.int64(3))
    for action in (2, -1, 0.0, True, None):
        with pytest.raises(InvalidAction, match="from 0 to 1"):
            env.step(action)
    *_, truncated, _ = env.step(np.int64(0))
    assert truncated
    with pytest.raises(ResetNeeded, match="truncated"):
        env.step(0)
    with pytest.raises(ValueError, match="without options"):
        env.reset(options={"state": 1})
    env.reset()
    env.reset()  # one behind the last episode is forgiven
    with pytest.raises(RuntimeError, match="asked to play 2"):
        env.reset()


def test_a_closed_world_is_played_through_gyms_own_wrappers():
    env = gym.wrappers.RecordEpisodeStatistics(ClosedWorld(world("two doors"), max_episodes=3, seed=0))
    env.reset(seed=1)
    *_, info = env.step(0)
    assert info["episode"]["r"] == 5.0


def test_the_same_seed_gives_the_same_episode():
    def episode(env, seed):
        env.reset(seed=seed)
        return [env.step(1)[1] for _ in range(8)]

    env = ClosedWorld(world("slot machines"), max_episodes=99, seed=0)
    assert episode(env, 4) == episode(env, 4)
    assert len({tuple(episode(env, None)) for _ in range(20)}) > 10


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_known_by_the_table_that_it_makes(name):
    rng = np.random.default_rng(2)
    steps = []
    for _ in range(60):
        state, first = (int(s) for s in rng.integers(3, size=2))
        for length in range(4):
            action, next_state = int(rng.integers(3)), int(rng.integers(3))
            ends = length == 3
            terminated, truncated = (bool(e) for e in rng.permutation([True, rng.random() < 0.5])) if ends else (0, 0)
            steps.append((state, action, float(rng.normal()), next_state, terminated, truncated, first))
            state = next_state
    experience = np.array(steps, dtype=float)
    Q = np.zeros((3, 3))
    next_actions = [*experience[1:, 1], 0]
    for (s, a, r, t, terminated, truncated, first), next_action in zip(steps, next_actions):
        row = Step(s, a, r, t, bool(terminated), bool(truncated), first, int(next_action))
        as_lists = Q.tolist()
        RULES[name](as_lists, row, 0.3, 0.9)
        Q = np.array(as_lists)
    assert rule_behind(Q, experience, 0.3, 0.9)[0] == name
    assert rule_behind(Q + 0.01, experience, 0.3, 0.9) == (None, None)


@pytest.mark.parametrize("answer", [reference("q_learning"), *RIGHT_ANSWERS["q_learning"]])
def test_right_answers_pass_whatever_the_seed(answer):
    for *settings, seed in q_learning.examples:
        for another in range(seed + 100, seed + 103):
            arguments = (*settings, another)
            value = DRIVERS[q_learning.driver](answer, *arguments)
            assert q_learning.judge(arguments, value, None) is None


def test_there_are_four_tries_at_the_taxi():
    tries = [q_learning.thorough[-1]]
    while another := q_learning.another_try(tries[-1]):
        tries.append(another)
    assert len({seed for *_, seed in tries}) == 4
    assert {tuple(settings) for *settings, _ in tries} == {q_learning.thorough[-1][:-1]}
    assert all(q_learning.another_try(arguments) is None for arguments in q_learning.examples)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [reference("q_learning"), *RIGHT_ANSWERS["q_learning"]])
def test_right_answers_pass_when_graded(answer):
    assert Exam(q_learning, seed=0).judge(in_process(answer)).verdict == PASS
