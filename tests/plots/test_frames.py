import numpy as np
import pytest

from tests.plots.conftest import assert_is_sound, written
from workshop.plots import frame_stack, saliency
from workshop.plots.frames import strongest


def stack_with_a_ball(places):
    frames = np.full((len(places), 84, 84), 80, np.uint8)
    for frame, (row, col) in zip(frames, places):
        frame[row, col] = 255
    return frames


def test_frame_stack_shows_each_frame_and_the_path(figures):
    places = [(40, 30), (42, 33), (44, 36), (46, 39)]
    stack = stack_with_a_ball(places)
    picture = frame_stack(stack, places, title="A state")
    assert_is_sound(picture)
    assert "row and column 40, 30, 42, 33, 44, 36, 46, 39" in picture.alt
    *frames, path = figures[-1].axes
    for axes, frame in zip(frames, stack):
        np.testing.assert_array_equal(axes.images[0].get_array(), frame)
    np.testing.assert_array_equal(path.images[0].get_array(), stack.max(axis=0))
    np.testing.assert_array_equal(path.lines[0].get_xydata(), np.array(places)[:, ::-1])
    assert {"1", "2", "3", "4", "oldest\n40, 30", "newest\n46, 39"} <= set(written(figures[-1]))
    (left, right), (bottom, top) = path.get_xlim(), path.get_ylim()
    assert left < 30 and right > 39
    assert top < 40 and bottom > 46


@pytest.mark.parametrize("count", [1, 2, 5])
def test_frame_stack_without_places(figures, count):
    picture = frame_stack(stack_with_a_ball([(1, 1)] * count))
    assert_is_sound(picture)
    assert f"{count} frames of 84 by 84 pixels" in picture.alt
    assert len(figures[-1].axes) == count + 1


def test_saliency_lies_where_the_agent_looks(figures):
    screen, heat = np.full((210, 160, 3), 90, np.uint8), np.zeros((40, 40))
    heat[10, 20], heat[35, 5] = 0.5, 0.25
    picture = saliency(screen, heat, crop=(34, 194, 0, 160), title="Looks")
    assert_is_sound(picture)
    assert "1. row 76, column 82: 0.50; 2. row 176, column 22: 0.25." in picture.alt
    assert {"1", "2", "1: 0.50", "2: 0.25"} <= set(written(figures[-1]))
    _, covered, _ = figures[-1].axes
    assert covered.images[1].get_extent() == [-0.5, 159.5, 193.5, 33.5]


def test_strongest_places_are_apart():
    heat = np.zeros((20, 30))
    heat[5, 5:8] = 3, 2.9, 2.8  # one place
    heat[15, 20] = 1
    assert strongest(heat) == [(5, 5, 3.0), (15, 20, 1.0)]
    assert heat[5, 5] == 3, "what it was given stays as it was"
