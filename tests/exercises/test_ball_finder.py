"""2.13: what is judged of a training on Pong, without the minute that it takes (`pytest solutions/` takes it)."""

import numpy as np
import pytest

from workshop.exercises import plain, subject
from workshop.exercises.drivers.ball_finder import LOOKS_AFTER
from workshop.exercises.reference import reference
from workshop.exercises.session_2.ball_finder import ball_finder, places_in_new_pictures

PONG = ("Pong", 0)


def looks(*offsets):
    """What a chain would say that is off by so many columns at each of the looks."""
    offsets = [*offsets] * (len(LOOKS_AFTER) if len(offsets) == 1 else 1)
    return np.stack([places_in_new_pictures(0) + np.float32([0, offset]) for offset in offsets])


def test_less_than_two_pixels_off_is_right():
    assert ball_finder.judge(PONG, looks(1.9), None) is None
    assert "2.1 pixels off" in ball_finder.judge(PONG, looks(2.1), None).sentence


def test_the_best_look_counts():
    assert ball_finder.judge(PONG, looks(9, 9, 1, 9, 9), None) is None


@pytest.mark.parametrize(
    "value", [None, looks(0)[0], looks(0)[..., :1], looks(np.nan), looks(0).astype(int), [[1.0]]], ids=lambda v: "x"
)
def test_what_is_no_answer_is_refused(value):
    assert ball_finder.judge(PONG, value, None).sentence


def test_the_notebooks_dice_stay_as_they_were():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    encoded = plain.encode(("drawn", 0))
    one, two = (subject.run(reference("BallFinder"), ball_finder.driver, encoded, 60)["value"] for _ in range(2))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert one["losses"] == two["losses"]
