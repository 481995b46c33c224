"""The exam, with a part of its own and beside the plain way: the same verdicts, from the same inputs, and no clock."""

import dataclasses
import functools
import importlib
import math
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exercises.right_answers import RIGHT_ANSWERS
from tests.exercises.sitting import in_process
from workshop.exercises import exam as examining
from workshop.exercises import judge as judging
from workshop.exercises import plain, subject
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.exam import Exam, Rigour
from workshop.exercises.exercise import Mistake, Part
from workshop.exercises.judge import Effort, judge, with_our_companions

QUICK = Rigour(examples=1, call_seconds=5, total_seconds=60, shrink_calls=200)
UNHURRIED = Effort(
    examples=1, search_seconds=math.inf, shrink_seconds=math.inf, call_seconds=5, examples_seconds=math.inf
)
# What takes a second or more for each answer: of these, a right answer and two mistakes are looked at.
LONG = {"BallFinder", "QNetwork", "preprocess", "q_learning", "sokoban_step", "epsilon_greedy", "is_deadlock", "train"}
PARTS = {part.name: part for exercise in EXERCISES for part in exercise.parts}


def total(values, factor):
    """The reference of these tests: the sum of a list of whole numbers, times a factor."""
    return float(sum(values) * factor)


def _no_factor(values, factor):
    return float(sum(values))


PART = Part(
    name="total",
    parameters=("values", "factor"),
    cases=st.tuples(st.lists(st.integers(-50, 50), max_size=5), st.integers(-5, 5)),
    examples=(([], 1), ([2], 3), ([2, 5], 3)),
    thorough=(([1] * 99, 1),),
    mistakes=(Mistake("This is zero.", lambda values, factor: 0.0), Mistake("The factor is missing.", _no_factor)),
    hints=("", "", ""),
    explanation="",
)


@pytest.fixture
def reference(monkeypatch):
    calls = []

    def counted(values, factor):
        calls.append(values)
        return total(values, factor)

    monkeypatch.setattr(judging, "reference", lambda name: counted)
    monkeypatch.setattr(examining, "reference", lambda name: counted)
    return calls


def examined(answer, part=PART, rigour=QUICK, seed=0):
    return Exam(part, seed, rigour).judge(in_process(answer))


def verdict_and_mistake(judgement):
    return judgement.verdict, judgement.mistake


# Beside the plain way -------------------------------------------------------------------------------------------------


def _plainly(part, answer, seed=0):
    """As in the notebook, with all the time of the world, and with the thorough inputs among the written ones."""
    part = dataclasses.replace(part, examples=(*part.examples, *part.thorough))
    return judge(part, functools.partial(subject.run, answer), UNHURRIED, seed)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    limit=st.integers(-60, 60),
    length=st.integers(0, 6),
    factor=st.integers(-6, 6),
    how=st.sampled_from([0.5, "raises", "changes"]),
    seed=st.integers(0, 99),
)
def test_the_verdict_is_that_of_the_plain_way(reference, limit, length, factor, how, seed):
    """Answers that are wrong on some inputs, common or rare, or on none."""

    def answer(values, by):
        if len(values) >= length and by > factor and any(value > limit for value in values):
            if how == "raises":
                raise ValueError("wrong")
            if how == "changes":
                values.append(0)
            return total(values, by) + (how == 0.5)
        return total(values, by)

    judgement, plainly = examined(answer, seed=seed), _plainly(PART, answer, seed)
    assert verdict_and_mistake(judgement) == verdict_and_mistake(plainly)
    if judgement.verdict != "pass" and not _fails_on_a_written_input(answer):
        assert (judgement.call, judgement.obtained) == (plainly.call, plainly.obtained)  # as small, too


def _fails_on_a_written_input(answer):
    part = dataclasses.replace(PART, cases=st.just(PART.examples[0]))
    return examined(answer, part).verdict != "pass"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "discounted_return")) for name in PARTS]
)
def test_answers_of_the_catalogue_are_judged_as_the_plain_way_does(name):
    part = PARTS[name]
    answers = [*RIGHT_ANSWERS[name], *(mistake.answer for mistake in part.mistakes)]
    if name in LONG:
        answers = [answers[0], *answers[-2:]]
    if part.thorough_seconds:  # half a minute for each answer, twice
        part = dataclasses.replace(part, thorough=())
    exam = Exam(part, 0, QUICK)
    for answer in answers:
        answer = with_our_companions(part, answer)
        judgement = exam.judge(in_process(answer))
        # The exam shows a written input that it fails on; the plain way goes on, perhaps to a smaller one.
        written = _plainly(dataclasses.replace(part, cases=st.just(part.examples[0])), answer)
        plainly = _plainly(part, answer) if written.verdict == "pass" else written
        assert verdict_and_mistake(judgement) == verdict_and_mistake(plainly), answer


def test_the_inputs_are_those_that_hypothesis_draws(reference):
    asked = []

    def call(driver, encoded, seconds):
        asked.append(encoded)
        return subject.run(total, driver, encoded, seconds)

    part = dataclasses.replace(PART, examples=(), thorough=())
    judge(part, call, UNHURRIED, seed=3)
    assert [question.encoded for question in Exam(part, 3, QUICK).drawn] == asked
    assert [question.encoded for question in Exam(part, 4, QUICK).drawn] != asked


def test_the_inputs_are_the_same_whatever_modules_are_loaded(reference, tmp_path, monkeypatch):
    part = dataclasses.replace(PART, cases=st.tuples(st.lists(st.integers()), st.floats(0, 9)), examples_per_check=200)

    def drawn():
        return [question.encoded for question in Exam(part, 3, QUICK).drawn]

    before = drawn()
    (tmp_path / "full_of_constants.py").write_text(
        f"CONSTANTS = {[n + 0.4711 for n in range(9)]}, {[*range(4711, 4799)]}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("full_of_constants")
    assert drawn() == before


# What is made once ----------------------------------------------------------------------------------------------------


def test_the_reference_is_asked_once_about_each_input(reference):
    exam = Exam(PART, 0, QUICK)
    first = exam.judge(in_process(total))
    asked = len(reference)
    assert asked == first.examples >= PART.examples_per_check
    assert exam.judge(in_process(total)).examples == first.examples
    assert len(reference) == asked


def test_answers_do_not_hear_of_each_other(reference):
    exam = Exam(PART, 0, QUICK)

    def judged(answer):
        return dataclasses.replace(exam.judge(in_process(answer)), seconds=0.0)

    answers = [total, _no_factor, lambda values, factor: values.clear() or 0.0, lambda values, factor: 1 / 0]
    alone = [dataclasses.replace(examined(answer), seconds=0.0) for answer in answers]
    assert [judged(answer) for answer in (*answers, *answers)] == [*alone, *alone]


def test_inputs_beyond_what_may_be_kept_are_not_drawn(reference, monkeypatch):
    monkeypatch.setattr(examining, "_DRAWN_BYTES", 400)
    drawn = Exam(PART, 0, QUICK).drawn
    assert 200 < sum(len(question.encoded) for question in drawn) <= 400


# What is said ---------------------------------------------------------------------------------------------------------


def test_the_first_written_input_that_fails_is_shown(reference):
    judgement = examined(lambda values, factor: float(sum(values)))
    assert (judgement.call, judgement.expected, judgement.obtained) == ("total([2], 3)", "6.0", "2.0")
    assert verdict_and_mistake(judgement) == ("fail", "The factor is missing.")


def test_a_mistake_is_one_only_if_every_written_input_agrees(reference):
    judgement = examined(lambda values, factor: float(sum(values)) if len(values) < 2 else 17.0)
    assert verdict_and_mistake(judgement) == ("fail", "")


def test_exceptions_on_the_way_hide_no_input(reference):
    def answer(values, factor):
        if len(values) == 2:
            raise ValueError("two")
        return 0.5

    judgement = examined(answer)
    assert (judgement.verdict, judgement.call) == ("fail", "total([], 1)")
    assert judgement.examples == len(PART.examples)


def test_an_exception_says_what_and_where(reference):
    judgement = examined(lambda values, factor: [0][len(values)] * 1.0)
    assert (judgement.verdict, judgement.kind, judgement.error) == (
        "error",
        "raised",
        "IndexError: list index out of range",
    )


def test_thorough_inputs_are_tried(reference):
    judgement = examined(lambda values, factor: total(values, factor) if len(values) < 99 else 0.5)
    assert judgement.verdict == "fail"
    assert judgement.call.startswith("total([1, 1, 1")


def not_written(values, factor):
    raise NotImplementedError("Exercise 9.9")


def test_not_attempted(reference):
    judgement = examined(not_written)
    assert (judgement.verdict, judgement.sentence, judgement.examples) == ("unattempted", "Exercise 9.9", 1)
    judgement = examined(
        lambda values, factor: not_written(values, factor) if len(values) > 1 else total(values, factor)
    )
    assert judgement.verdict == "fail"
    assert "not written yet" in judgement.sentence


def test_an_argument_that_is_changed_is_named(reference):
    judgement = examined(lambda values, factor: values.append(1) or total(values[:-1], factor))
    assert judgement.verdict == "fail"
    assert "it changes its argument `values`, which was [], to [1]" in judgement.sentence


# Answers with dice may be unlucky -------------------------------------------------------------------------------------


def _next_factor(arguments):
    values, factor = arguments
    return (values, factor + 1) if factor < 3 else None


@pytest.mark.parametrize("works_at, verdict", [(1, "pass"), (2, "pass"), (3, "pass"), (4, "fail")])
def test_an_input_counts_as_failed_only_if_every_try_at_it_fails(reference, works_at, verdict):
    part = dataclasses.replace(PART, examples=(([2], 1),), cases=st.just(([2], 3)), another_try=_next_factor)
    judgement = examined(lambda values, factor: total(values, factor) + (values == [2] and factor < works_at), part)
    assert judgement.verdict == verdict
    if verdict == "fail":
        assert (judgement.call, judgement.expected) == ("total([2], 1)", "2.0")


def test_whoever_does_not_come_back_has_no_other_try(reference):
    part = dataclasses.replace(PART, another_try=_next_factor)
    worker = Worker(fails_on=lambda values: values == [])
    assert Exam(part, 0, QUICK).judge(worker).verdict == "timeout"
    assert worker.count == 1


# What bounds it -------------------------------------------------------------------------------------------------------


class Worker:
    """`calls` that count, of an answer that is right and takes as much processor time as it says."""

    def __init__(self, seconds=0.0, fails_on=lambda values: False, kind=subject.TIMEOUT):
        self.seconds, self.fails_on, self.kind = seconds, fails_on, kind
        self.lists, self.count = [], 0

    def __call__(self, driver, inputs, seconds):
        self.lists.append(len(inputs))
        outcomes = []
        for encoded in inputs:
            self.count += 1
            values, factor = plain.decode(encoded)
            common = {"printed": "", "seconds": self.seconds}
            if self.fails_on(values):
                return [*outcomes, {"kind": self.kind, "error": "signal SIGSEGV", **common}]
            outcomes.append({"kind": "returned", "value": total(values, factor), "arguments": None, **common})
        return outcomes


def test_inputs_go_out_in_batches(reference):
    worker = Worker()
    assert Exam(PART, 0, QUICK).judge(worker).verdict == "pass"
    assert len(worker.lists) <= 7


def test_no_clock_decides(reference, monkeypatch):
    """A machine so busy that an hour passes between any two looks at the clock."""
    now = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(now)))

    def answer(values, factor):
        return total(values, factor) + (max(values, default=0) > 20)

    with monkeypatch.context() as patch:
        patch.undo()
        calmly = examined(answer)
    hurried = examined(answer)
    assert calmly.verdict == "fail"
    assert dataclasses.replace(hurried, seconds=0.0) == dataclasses.replace(calmly, seconds=0.0)


@pytest.mark.parametrize("kind, verdict", [(subject.TIMEOUT, "timeout"), (subject.CRASHED, "crash")])
@pytest.mark.parametrize("length", [0, 1, 4])
def test_an_answer_that_does_not_come_back_is_called_on_no_further_input(reference, kind, verdict, length):
    worker = Worker(fails_on=lambda values: len(values) == length, kind=kind)
    judgement = Exam(PART, 0, QUICK).judge(worker)
    assert judgement.verdict == verdict
    assert judgement.examples == worker.count
    assert judgement.mistake == ""


def test_a_wrong_answer_that_loops_elsewhere_is_told_what_is_wrong(reference):
    worker = Worker(fails_on=lambda values: values == [2])
    wrong = lambda driver, inputs, seconds: [
        {**outcome, "value": 0.5} if outcome["kind"] == "returned" else outcome
        for outcome in worker(driver, inputs, seconds)
    ]
    judgement = Exam(PART, 0, QUICK).judge(wrong)
    assert (judgement.verdict, judgement.call) == ("fail", "total([], 1)")


def test_processor_time_in_all_is_limited(reference):
    worker = Worker(seconds=1.0)
    judgement = Exam(PART, 0, dataclasses.replace(QUICK, total_seconds=30)).judge(worker)
    assert judgement.verdict == "timeout"
    assert "too slow: " in judgement.sentence
    assert worker.count <= 30 + 64


def test_shrinking_is_limited_by_calls(reference):
    worker = in_process(lambda values, factor: total(values, factor) + (sum(values) < -60))
    counts = [
        Exam(PART, 0, dataclasses.replace(QUICK, shrink_calls=calls)).judge(worker).examples for calls in (0, 5, 100)
    ]
    assert counts[0] < counts[1] <= counts[0] + 5 < counts[2] <= counts[0] + 100


def test_arrays_are_inputs_too(reference):
    part = dataclasses.replace(PART, examples=((np.array([1.0, 2.0]), 2),), thorough=(), cases=st.just(([1.0], 2)))
    judgement = examined(lambda values, factor: float((np.array(values) * factor).sum()), part)
    assert judgement.verdict == "pass"
