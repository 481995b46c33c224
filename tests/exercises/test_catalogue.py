"""Every exercise of the catalogue: the checker accepts what is right and refuses every known mistake, with its sentence."""

import functools

import pytest

from tests.exercises.right_answers import RIGHT_ANSWERS
from workshop.exercises import subject
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.judge import PASS, UNATTEMPTED, judge
from workshop.exercises.reference import reference, reference_source

PARTS = [part for exercise in EXERCISES for part in exercise.parts]
MISTAKES = [(part, mistake) for part in PARTS for mistake in part.mistakes]


def _judge(part, answer):
    return judge(part, functools.partial(subject.run, answer))


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
    def unattempted(*arguments):
        raise NotImplementedError("not attempted")

    assert _judge(part, unattempted).verdict == "unattempted"
