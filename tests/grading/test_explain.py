"""What a row says: whole sentences, and arrays that are not cut in two."""

import pytest

from workshop.exercises.catalogue import part_of
from workshop.exercises.judgement import Judgement
from workshop.grading.explain import message_of

PART = part_of("q_target")


def said(sentence):
    return message_of(PART, Judgement("fail", sentence, call="q_target(1.0)"))


@pytest.mark.parametrize("array", ["array([[0, 1],\n      [2, 3]], dtype=int64)", "[(1, 2),\n (3,\n 4)]"])
def test_an_array_of_several_lines_stays_whole(array):
    message, counterexample = said(f"should be {array}, not None\n#@.\n###")
    assert f"should be {' '.join(line.strip() for line in array.splitlines())}, not None." in message
    assert counterexample == "q_target(1.0)\n#@.\n###"


def test_a_sentence_with_a_lonely_bracket_ends_somewhere():
    message, counterexample = said("should be '(', not ')('\n[")
    assert "should be '('" in message and counterexample.startswith("q_target(1.0)")


def test_nothing_is_said_about_what_is_right():
    assert message_of(PART, Judgement("pass")) == ("", "")
