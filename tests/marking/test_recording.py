"""What is recorded for a marked course: a right answer passes it, a known mistake does not, and it gives nothing away."""

import dataclasses
import functools
import importlib.util
import json
import sys
import types
from pathlib import Path

import pytest

from tests.exercises.right_answers import RIGHT_ANSWERS
from workshop.exercises import plain, subject
from workshop.exercises.catalogue import EXERCISES, part_of
from workshop.exercises.judge import with_our_companions
from workshop.exercises.reference import ReferenceMissing, reference
from workshop.exercises.rules import RULES
from workshop.marking import bundle_folder, recording

NAMES = [part.name for exercise in EXERCISES for part in exercise.parts]
RECORDED = [name for name in NAMES if part_of(name).can_be_recorded]
FAST = ("discounted_return", "shaped_reward")
ALL = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in RECORDED]
BUNDLE = Path(bundle_folder.__file__).parent / "bundle"

record = functools.cache(lambda name: recording.record(part_of(name)))


def judge_of_the_bundle():
    spec = importlib.util.spec_from_file_location("judge_of_the_bundle", BUNDLE / "judge.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def check():
    """(name, answer) -> `Judgement` of the bundle's own judge, given what is recorded here and now."""
    recorded = types.ModuleType("workshop.exercises.recorded")
    recorded.inputs_of = record
    sys.modules[recorded.__name__] = recorded
    module = judge_of_the_bundle()

    def check(name, answer):
        part = part_of(name)
        if not isinstance(answer, subject.Accompanied):
            answer = with_our_companions(part, answer)
        return module.judge(part, functools.partial(subject.run, answer))

    yield check
    del sys.modules[recorded.__name__]


def test_what_lies_where_the_instructor_happens_to_be_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('a first program')")
    monkeypatch.chdir(tmp_path)
    assert recording.record_all([]) == {}


@pytest.mark.parametrize("name", ALL)
def test_right_answers_pass(name, check):
    for answer in (reference(name), *RIGHT_ANSWERS[name]):
        judgement = check(name, answer)
        assert judgement.verdict == "pass", (answer, judgement)
        assert judgement.examples >= sum(each["is_written"] for each in record(name))


@pytest.mark.parametrize("name", ALL)
def test_known_mistakes_are_refused(name, check):
    part = part_of(name)
    for mistake in part.mistakes:
        judgement = check(name, mistake.answer)
        assert judgement.verdict not in ("pass", "unattempted"), mistake.sentence
        assert judgement.call and judgement.sentence
        assert judgement.mistake == ""


@pytest.mark.parametrize("name", ALL)
def test_recorded_inputs_are_small_plain_and_in_order(name):
    inputs = record(name)
    sizes = [len(plain.encode(each["arguments"])) for each in inputs]
    assert sizes == sorted(sizes)
    assert len(plain.encode(inputs)) <= recording.MAX_PART_BYTES + 1000
    assert {each["rule"] for each in inputs} <= set(RULES)
    assert plain.encode(plain.decode(plain.encode(inputs))) == plain.encode(inputs)
    written = [each for each in inputs if each["is_written"]]
    assert len(written) >= len(part_of(name).examples) - 2, "at most a giant or two are left to the grader"


@pytest.mark.slow
def test_recording_twice_gives_the_same(monkeypatch):
    """Sets and dicts too, whose order hangs on the process."""
    names = ("sokoban_step", "is_deadlock", "shaped_reward", "Node", "epsilon_greedy")
    recorded = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        recorded.append(recording.record_all(names))
    assert list(recorded[0]) == list(names)
    assert plain.encode(recorded[0]) == plain.encode(recorded[1])


def test_a_mistake_that_the_first_inputs_let_pass_gets_an_input_of_its_own():
    part = dataclasses.replace(part_of("q_target"), examples=(), examples_per_check=4)
    few = list(recording._generated(part, 4, []))
    inputs = recording.record(part)
    assert len(inputs) > len(few)
    assert recording._passing(part, inputs) == []


def test_unattempted_raising_looping_and_changing_arguments_are_told_apart(check):
    def unattempted(rewards, gamma):
        raise NotImplementedError("not attempted")

    def raising(rewards, gamma):
        return rewards[0]

    def looping(rewards, gamma):
        while True:
            pass

    def forged(rewards, gamma):
        return {"counts": 3}

    assert check("discounted_return", unattempted).verdict == "unattempted"
    assert "IndexError" in check("discounted_return", raising).sentence
    assert check("discounted_return", looping).verdict == "timeout"
    assert check("epsilon_greedy", forged).verdict in ("fail", "error")


def test_where_only_the_grader_can_judge_nothing_is_recorded_and_check_says_so(check, monkeypatch):
    part = dataclasses.replace(part_of("sokoban_step"), demand=None)
    assert recording.record(part) == []
    monkeypatch.setattr(sys.modules["workshop.exercises.recorded"], "inputs_of", lambda name: [])
    with pytest.raises(ReferenceMissing, match="only your instructor's grader can judge sokoban_step"):
        judge_of_the_bundle().judge(part, None)


def test_catalogue_has_hints_that_are_no_answer_and_no_explanation():
    text = recording.catalogue_of(EXERCISES)
    declared = {part["name"]: part for exercise in json.loads(text) for part in exercise["parts"]}
    assert list(declared) == NAMES
    for name in NAMES:
        part, hints = part_of(name), declared[name]["hints"]
        assert 1 <= len(hints) <= 2 and hints[0] == part.hints[0]
        assert part.hints[2] not in hints
        assert json.dumps(part.explanation, ensure_ascii=False) not in text
