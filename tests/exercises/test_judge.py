"""The judge, with a part of its own: what it shows is the smallest, the same every time, and within its budgets."""

import dataclasses
import functools
import time

import numpy as np
import pytest
from hypothesis import strategies as st

from workshop.exercises import judge as judging
from workshop.exercises import plain, subject
from workshop.exercises.compare import Difference
from workshop.exercises.exercise import Mistake, Part
from workshop.exercises.judge import Effort, judge

QUICK = Effort(examples=1, search_seconds=2, shrink_seconds=4, call_seconds=5, examples_seconds=20)
IMPATIENT = dataclasses.replace(QUICK, call_seconds=0.3)


def total(values, factor):
    """The reference of these tests: the sum of a list of whole numbers, times a factor."""
    return float(sum(values) * factor)


@pytest.fixture(autouse=True)
def reference(monkeypatch):
    monkeypatch.setattr(judging, "reference", lambda name: total)


def _mean(values, factor):
    return float(sum(values) / max(1, len(values)) * factor)


def _no_factor(values, factor):
    return float(sum(values))


PART = Part(
    name="total",
    parameters=("values", "factor"),
    cases=st.tuples(st.lists(st.integers(-50, 50), max_size=5), st.integers(-5, 5)),
    examples=(([], 1), ([2], 3)),
    mistakes=(Mistake("This is the mean.", _mean), Mistake("The factor is missing.", _no_factor)),
    hints=("", "", ""),
    explanation="",
)


def verdict_on(answer, part=PART, effort=QUICK, seed=0):
    return judge(part, functools.partial(subject.run, answer), effort, seed)


def test_right():
    judgement = verdict_on(lambda values, factor: sum(values) * factor)
    assert (judgement.verdict, judgement.sentence, judgement.call) == ("pass", "", "")
    assert judgement.examples >= len(PART.examples) + PART.examples_per_check // 2


# The smallest input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fails_on, smallest",
    [
        (lambda values, factor: any(value > 7 for value in values), "total([8], 0)"),
        (lambda values, factor: len(values) >= 3, "total([0, 0, 0], 0)"),
        (lambda values, factor: factor < 0 and len(values) > 1, "total([0, 0], -1)"),
        (lambda values, factor: True, "total([], 1)"),  # the example, as small as what Hypothesis finds
    ],
)
@pytest.mark.parametrize("how", ["wrong value", "exception"])
def test_the_smallest_failing_input_is_shown(fails_on, smallest, how):
    def answer(values, factor):
        if fails_on(values, factor):
            return 1e9 if how == "wrong value" else {}[0]
        return total(values, factor)

    judgement = verdict_on(answer)
    assert judgement.verdict == ("fail" if how == "wrong value" else "error")
    assert judgement.call == smallest


def test_an_example_is_shown_where_it_is_the_smallest():
    part = dataclasses.replace(PART, examples=(([9], 1),), cases=st.just(([9, 9, 9], 5)))
    assert verdict_on(lambda values, factor: 0.5, part).call == "total([9], 1)"


def test_expected_and_obtained_belong_to_the_call_that_is_shown():
    judgement = verdict_on(lambda values, factor: total(values, factor) + (len(values) > 1))
    assert judgement.call == "total([0, 0], 0)"
    assert (judgement.expected, judgement.obtained) == ("0.0", "1.0")
    assert judgement.sentence == "should be 0.0; it is 1.0"


@pytest.mark.parametrize("seed, limit, length", [(0, 3, 0), (1, -20, 2), (2**32, 20, 4), (7, 0, 3)])
def test_the_same_seed_gives_the_same_judgement(seed, limit, length):
    def answer(values, factor):
        return total(values, factor) + (len(values) > length and max(values) > limit)

    first, second = (dataclasses.replace(verdict_on(answer, seed=seed), seconds=0) for _ in range(2))
    assert first == second


def test_other_seeds_try_other_inputs():
    def inputs(seed):
        tried = []
        verdict_on(lambda values, factor: tried.append((tuple(values), factor)) or total(values, factor), seed=seed)
        return tried

    assert inputs(1) == inputs(1) != inputs(2)


def test_an_answer_that_is_right_only_now_and_then():
    calls = iter(range(10**6))
    judgement = verdict_on(lambda values, factor: total(values, factor) + (next(calls) % 7 == 6))
    assert judgement.verdict == "fail"


# Not a wrong value ----------------------------------------------------------------------------------------------------


def test_changed_arguments_are_named():
    def sorts(values, factor):
        values.sort()
        return total(values, factor)

    judgement = verdict_on(sorts)
    assert judgement.verdict == "fail"
    assert "it changes its argument `values`" in judgement.sentence
    assert judgement.call == "total([0, -1], 0)" or judgement.call == "total([1, 0], 0)"


def test_arrays_changed_in_place_are_named():
    part = dataclasses.replace(PART, cases=st.just((np.array([1.0, 2.0]), 2)), examples=())

    def scales(values, factor):
        values *= factor
        return float(values.sum())

    judgement = verdict_on(scales, part)
    assert "`values`" in judgement.sentence and "array([2., 4.]" in judgement.sentence


def not_written(values, factor):
    raise NotImplementedError("Exercise 9.9")


def test_not_attempted():
    judgement = verdict_on(not_written)
    assert (judgement.verdict, judgement.sentence, judgement.examples) == ("unattempted", "Exercise 9.9", 1)


def test_not_written_in_one_branch_is_wrong():
    judgement = verdict_on(
        lambda values, factor: not_written(values, factor) if len(values) > 1 else total(values, factor)
    )
    assert judgement.verdict == "fail"
    assert "this case is not written yet" in judgement.sentence
    assert judgement.call == "total([0, 0], 0)"


def test_what_the_failing_call_printed_is_shown():
    def answer(values, factor):
        print("values:", values)
        return 0.5

    assert verdict_on(answer).printed == "values: []\n"


def test_a_value_that_no_judge_expects():
    def strict(arguments, value, expected):
        return Difference("wrong") if value["key"] != expected else None

    judgement = verdict_on(total, dataclasses.replace(PART, judge=strict))
    assert judgement.verdict == "fail"
    assert "cannot be judged" in judgement.sentence


def test_a_value_without_a_bottom_and_one_that_is_too_large():
    cycle = []
    cycle.append(cycle)
    assert "nested more than 30 deep" in verdict_on(lambda values, factor: cycle).sentence
    assert "larger than 32 MB" in verdict_on(lambda values, factor: b"x" * 2**25).sentence


# Known mistakes -------------------------------------------------------------------------------------------------------


def test_mistakes_are_named_where_the_answer_agrees_with_them_everywhere():
    assert verdict_on(lambda values, factor: float(np.mean(values or [0]) * factor)).mistake == "This is the mean."
    assert verdict_on(lambda values, factor: sum(values)).mistake == "The factor is missing."
    assert verdict_on(lambda values, factor: sum(values) if len(values) < 2 else 7.0).mistake == ""
    assert verdict_on(lambda values, factor: {}[0]).mistake == ""


def test_a_mistake_that_fails_or_loops_itself_is_no_obstacle():
    def loops(values, factor):
        while len(values) > 1:
            pass
        return total(values, factor) if values != [2] else 0.5

    part = dataclasses.replace(PART, mistakes=(Mistake("loops", loops), Mistake("fails", len), *PART.mistakes))
    assert verdict_on(_no_factor, part, IMPATIENT).mistake == "The factor is missing."


# Budgets --------------------------------------------------------------------------------------------------------------


class Clock:
    """A call that takes as long as it says, on a clock that only it moves."""

    def __init__(self, monkeypatch):
        self.now, self.calls = 0.0, 0
        monkeypatch.setattr(judging.time, "monotonic", lambda: self.now)

    def answer(self, function, seconds):
        def call(driver, encoded, limit):
            self.calls += 1
            self.now += min(seconds, limit)
            if seconds > limit:
                return {"kind": subject.TIMEOUT, "printed": ""}
            value = function(*plain.decode(encoded))
            return {"kind": subject.RETURNED, "value": value, "arguments": None, "printed": ""}

        return call


@pytest.fixture
def clock(monkeypatch):
    # The judge's own runs of the reference and of mistakes take no time here.
    monkeypatch.setattr(
        judging.subject,
        "run",
        lambda answer, driver, encoded, seconds: {
            "kind": subject.RETURNED,
            "value": answer(*plain.decode(encoded)),
            "arguments": None,
        },
    )
    return Clock(monkeypatch)


BUDGET = Effort(examples=100, search_seconds=10, shrink_seconds=20, call_seconds=2, examples_seconds=30)


def test_search_ends_in_time(clock):
    judgement = judge(PART, clock.answer(total, 1.0), BUDGET)
    assert judgement.verdict == "pass"
    assert 10 <= clock.now <= 12


def test_shrinking_ends_in_time(clock):
    assert judge(PART, clock.answer(_mean, 1.0), BUDGET).verdict == "fail"
    assert clock.now <= 22


def test_a_call_that_does_not_come_back_ends_it(clock):
    judgement = judge(PART, clock.answer(total, 1000.0), BUDGET)
    assert judgement.verdict == "timeout"
    assert "no result after 2 s" in judgement.sentence
    assert (clock.calls, clock.now) == (1, 2.0)


def test_written_examples_that_take_too_long_end_it(clock):
    part = dataclasses.replace(PART, examples=tuple(([n], 1) for n in range(1000)))
    judgement = judge(part, clock.answer(total, 1.5), BUDGET)
    assert judgement.verdict == "timeout"
    assert "too slow" in judgement.sentence
    assert clock.now <= 32


def test_a_lost_process_ends_it(clock):
    def call(driver, encoded, limit):
        clock.calls += 1
        return {"kind": subject.CRASHED, "error": "signal SIGSEGV", "printed": ""}

    judgement = judge(PART, call, BUDGET)
    assert (judgement.verdict, clock.calls) == ("crash", 1)
    assert "SIGSEGV" in judgement.sentence


def test_a_loop_on_some_inputs_only():
    def answer(values, factor):
        while len(values) > 2:
            pass
        return total(values, factor)

    started = time.monotonic()
    judgement = verdict_on(answer, effort=IMPATIENT)
    assert judgement.verdict == "timeout"
    assert "no result after 0.3 s" in judgement.sentence
    assert time.monotonic() - started < 30
