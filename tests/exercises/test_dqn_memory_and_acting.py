"""3.2, 3.3 and 3.9: the models behind the judges, and that no right answer is refused by bad luck."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.exercises.right_answers.memories import RIGHT_ANSWERS as MEMORIES
from tests.exercises.right_answers.q_networks import RIGHT_ANSWERS as NETWORKS
from workshop.exercises import plain
from workshop.exercises.drivers import DRIVERS
from workshop.exercises.drivers.memories import numbered_transition
from workshop.exercises.drivers.screens import numbered, stack_frames
from workshop.exercises.reference import reference
from workshop.exercises.session_3 import acting, frame_stack, replay


def test_no_two_transitions_and_no_two_frames_look_alike():
    seen = Counter(
        (step.state.tobytes(), step.next_state.tobytes(), step.action, step.reward, step.terminated)
        for step in map(numbered_transition, range(100))
    )
    assert max(seen.values()) == 1
    frames = {numbered(number).tobytes() for number in range(10)} | {
        numbered(number).T.tobytes() for number in range(10)
    }
    assert len(frames) == 20


@given(replay.ReplayMemory.cases)
def test_memory_behaves_like_a_list_that_forgets(case):
    capacity, operations, _ = case
    memory, n_added = reference("ReplayMemory")(capacity), 0
    for (name, size), held in zip(operations, replay.held_after(capacity, operations)):
        if name == "add":
            for number in range(n_added, n_added + size):
                memory.add(numbered_transition(number))
            n_added += size
        assert len(memory) == len(held)
        if held:
            batches = [memory.sample(1, np.random.default_rng(seed)) for seed in range(100)]
            assert {int(batch.reward[0]) for batch in batches} <= set(held)


@given(frame_stack.FrameStack.cases)
def test_stack_behaves_like_a_list_of_numbers(case):
    right = frame_stack.stacks_of(*case)
    assert stack_frames(reference("FrameStack"), *case) == {"at_once": right, "at_the_end": right}


@pytest.mark.slow
@pytest.mark.parametrize("answer", [reference("ReplayMemory"), *MEMORIES["ReplayMemory"]])
def test_memories_pass_whatever_the_seed(answer):
    part = replay.ReplayMemory
    for capacity, operations, seed in part.examples:
        for another in range(seed + 100, seed + 110):
            arguments = (capacity, operations, another)
            assert part.judge(arguments, plain.copy(DRIVERS[part.driver](answer, *arguments)), None) is None


@pytest.mark.slow
@pytest.mark.parametrize("answer", [reference("act"), *NETWORKS["act"]])
def test_actors_pass_whatever_the_seed(answer):
    for *case, seed, draws in acting.act.examples:
        for another in range(seed + 100, seed + 110):
            arguments = (*case, another, draws)
            assert acting.act.judge(arguments, DRIVERS["act_often"](answer, *arguments), None) is None
