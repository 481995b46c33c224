"""Every exercise of the catalogue: the checker accepts what is right and refuses every known mistake, with its sentence."""

import dataclasses
import functools

import pytest
from hypothesis import strategies as st

from tests.exercises.right_answers import RIGHT_ANSWERS
from tests.exercises.sitting import in_process
from workshop.exercises import subject
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.exam import Exam
from workshop.exercises.judge import IN_NOTEBOOK, PASS, UNATTEMPTED, judge, with_our_companions
from workshop.exercises.reference import reference, reference_source

PARTS = [part for exercise in EXERCISES for part in exercise.parts]
# A check in the notebook also looks for the smallest input, which takes its time where something is built, trained or drawn
# often: of those, `make test` sees the first mistake, and of `train` no test sees more.
LONG = ("BallFinder", "FrameStack", "Node", "QNetwork", "ReplayMemory", "act", "backward", "dqn_loss", "dueling_q")
LONG += ("epsilon_greedy", "preprocess", "q_learning", "returns_to_go", "sync_target", "train", "train_step")
MISTAKES = [
    pytest.param(part, mistake, marks=pytest.mark.slow if part.name in LONG and number else ())
    for part in PARTS
    for number, mistake in enumerate(part.mistakes[:1] if part.name == "train" else part.mistakes)
]
EXAMINED = [pytest.param(part, marks=pytest.mark.slow if part.name in LONG else ()) for part in PARTS]
# As much as in the notebook, with time for it on a machine that has other work too.
PATIENT = dataclasses.replace(IN_NOTEBOOK, search_seconds=4, shrink_seconds=6, call_seconds=8)


def _judge(part, answer):
    if not isinstance(answer, subject.Accompanied):
        answer = with_our_companions(part, answer)
    return judge(part, functools.partial(subject.run, answer), PATIENT)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_reference_is_accepted(part):
    judgement = _judge(part, reference(part.name))
    assert judgement.verdict == PASS, judgement


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_differently_written_right_answers_are_accepted(part):
    answers = RIGHT_ANSWERS[part.name]
    assert len(answers) >= 2
    for answer in answers:
        judgement = _judge(part, answer)
        assert judgement.verdict == PASS, (answer, judgement)


@pytest.mark.parametrize(
    "part, mistake", MISTAKES, ids=lambda value: getattr(value, "name", None) or value.answer.__name__
)
def test_known_mistake_is_refused_with_its_own_sentence(part, mistake):
    judgement = _judge(part, mistake.answer)
    assert judgement.verdict not in (PASS, UNATTEMPTED), judgement
    assert judgement.mistake == mistake.sentence, judgement


@pytest.mark.parametrize("part", EXAMINED, ids=lambda part: part.name)
def test_known_mistakes_are_refused_whatever_the_seed(part):
    """By the written inputs alone, that is, and each with its own sentence: grading relies on it."""
    exam = Exam(dataclasses.replace(part, cases=st.just(part.examples[0])), seed=0)
    for mistake in part.mistakes:
        judgement = exam.judge(in_process(with_our_companions(part, mistake.answer)))
        assert judgement.verdict not in (PASS, UNATTEMPTED), judgement
        assert judgement.mistake == mistake.sentence, judgement


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_declaration_is_complete(part):
    sentences = [mistake.sentence for mistake in part.mistakes]
    assert len(sentences) >= 5
    assert len(set(sentences)) == len(sentences)
    assert len(part.hints) == 3
    assert part.explanation
    assert f"{part.name}" in reference_source(part.name)
    assert "SOLUTION" not in reference_source(part.name)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_unattempted_is_its_own_answer(part):
    def unattempted(*arguments, **settings):
        raise NotImplementedError("not attempted")

    assert _judge(part, unattempted).verdict == "unattempted"
