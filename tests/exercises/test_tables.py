"""1.11: numbers too large for floats and for text."""

import functools

from workshop.exercises import subject
from workshop.exercises.catalogue import part_of
from workshop.exercises.compare import compare
from workshop.exercises.judge import FAIL, judge


def test_an_int_beyond_64_bits_is_compared_with_a_float():
    assert compare(2.0**64, 2**64) is None
    assert compare(1.0, 2**64) is not None
    assert compare(1.0, 10**300) is not None


def test_a_wrong_count_of_a_quarter_of_a_million_bits_is_shown_by_its_length():
    def one_too_many_on_a_real_screen(height, width, colours):
        return colours ** (height * width) + (height > 100)

    judgement = judge(part_of("state_count"), functools.partial(subject.run, one_too_many_on_a_real_screen))
    assert judgement.verdict == FAIL
    assert judgement.call == "state_count(height=210, width=160, colours=128)"
    assert judgement.expected == judgement.obtained == "an int of 235,201 bits"


def test_the_number_of_screens_has_as_many_digits_as_the_explanation_says():
    screens = 128 ** (210 * 160)
    assert 10**70_802 <= screens < 10**70_803
    assert "70,803 digits" in part_of("state_count").explanation
