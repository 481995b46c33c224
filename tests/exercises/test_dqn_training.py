"""3.10 and 3.15: the small worlds and what is written down in them; the faulty agents' curves."""

import numpy as np
import pytest
from gym.error import ResetNeeded

from tests.exercises.right_answers.faults import RIGHT_ANSWERS as FAULT_FINDERS
from tests.exercises.right_answers.training import RIGHT_ANSWERS as TRAINERS
from tests.exercises.sitting import in_process
from workshop.dqn.faulty_curves import CURVES, FAULTS, HEALTHY, load
from workshop.envs.probes import BLACK, DelayedReward
from workshop.exercises.drivers import DRIVERS
from workshop.exercises.drivers.training import WORLDS, CutShort, Diary, ListMemory
from workshop.exercises.exam import Exam
from workshop.exercises.judge import PASS
from workshop.exercises.reference import reference
from workshop.exercises.session_3.faults import find_the_bug
from workshop.exercises.session_3.training import train
from workshop.transition import Transition

HELD_OUT = find_the_bug.thorough


def test_a_diary_holds_what_happened():
    env = Diary(DelayedReward())
    with pytest.raises(ResetNeeded, match="reset"):
        env.step(0)
    env.reset()
    for _ in range(2):
        *_, terminated, truncated, _ = env.step(0)
    assert (terminated, truncated) == (True, False)
    with pytest.raises(ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)
    assert (env.returns, env.unfinished, env.resets) == ([1.0], 0.0, 2)
    assert [step.terminated for step in env.transitions] == [False, True, False]
    assert [int(step.state[0, 0]) for step in env.transitions] == [0, 255, 0]


def test_only_the_clock_ends_in_the_world_that_is_cut_short():
    env = CutShort()
    env.reset()
    _, reward, terminated, truncated, _ = env.step(0)
    assert (reward, terminated, truncated) == (1.0, False, True)
    assert CutShort.values[BLACK] == [1 / (1 - CutShort.gamma)]


def test_memory_of_the_driver_asks_for_patience():
    memory = ListMemory()
    memory.add(Transition(np.zeros((1, 1)), 0, 1.0, np.zeros((1, 1)), False))
    with pytest.raises(ValueError, match="too early"):
        memory.sample(2, np.random.default_rng(0))


@pytest.mark.slow
@pytest.mark.parametrize("answer", [reference("train"), *TRAINERS["train"]])
def test_trainers_pass_whatever_the_seed(answer):
    for world, steps, settings, _ in train.examples:
        for seed in range(100, 103):
            arguments = (world, steps, settings, seed)
            difference = train.judge(arguments, DRIVERS[train.driver](answer, *arguments), None)
            assert difference is None, (world, seed, difference)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [reference("train"), *TRAINERS["train"]])
def test_trainers_pass_when_graded_in_catch_too(answer):
    assert {arguments[0] for arguments in (*train.examples, *train.thorough)} == set(WORLDS)
    judgement = Exam(train, seed=0).judge(in_process(answer))
    assert judgement.verdict == PASS, judgement


@pytest.mark.parametrize("answer", [reference("find_the_bug"), *FAULT_FINDERS["find_the_bug"]])
def test_faults_are_found_in_agents_of_other_seeds(answer):
    assert len(HELD_OUT) >= 4 * len(FAULTS)
    for (curves,) in (*find_the_bug.examples, *HELD_OUT):
        assert find_the_bug.judge((curves,), str(answer(curves)), None) is None


def test_what_is_recorded():
    agents = load()
    assert set(agents) == {*FAULTS, HEALTHY}
    for of_one_fault in agents.values():
        assert len(of_one_fault) == 3
        for curves in of_one_fault:
            assert set(curves) == set(CURVES)
            assert len({len(curve) for curve in curves.values()}) == 1
            assert all(np.isfinite(curve).all() for curve in curves.values())
    assert all(curves["return"][-10:].mean() > 0.5 for curves in agents[HEALTHY])


def test_no_two_agents_are_the_same():
    everything = [curves["loss"].tobytes() for (curves,) in (*find_the_bug.examples, *HELD_OUT)]
    assert len(set(everything)) == len(everything)
