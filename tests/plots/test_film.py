import itertools

import numpy as np
import pytest

from tests.plots.conftest import assert_is_sound, pixels, written
from workshop.plots import film, filmstrip


def frame(height, width, shade):
    picture = np.full((height, width, 3), shade, np.uint8)
    picture[: height // 2, : width // 2] = 255 - shade
    return picture


@pytest.mark.parametrize("columns", [None, 1, 2, 3])
def test_filmstrip_keeps_frames_and_captions_together(figures, columns):
    frames = [frame(20, 30, 10), frame(30, 20, 60), frame(25, 25, 100)]
    captions = ["$s_0$", "$a_{10}$ ↑\nreward 1", "the end"]
    picture = filmstrip(frames, captions, title="Three frames", columns=columns)
    assert_is_sound(picture)
    assert picture.alt == "Three frames, 3 frames: 1. s_0; 2. a_10 ↑ reward 1; 3. the end."
    assert set(captions) <= set(written(figures[-1]))
    axes = figures[-1].axes
    for expected, drawn in zip(frames, axes):
        np.testing.assert_array_equal(drawn.images[0].get_array(), expected)
        box = drawn.get_window_extent()
        assert box.height / box.width == pytest.approx(expected.shape[0] / expected.shape[1], rel=0.01)
    places = [(-round(a.get_position().y0, 3), round(a.get_position().x0, 3)) for a in axes]
    assert places == sorted(places), "read from left to right, row after row"
    assert len({place[0] for place in places}) == -(-3 // (columns or 3))


def test_filmstrip_cuts_nothing_off(figures):
    filmstrip([frame(210, 160, 5)] * 2, ["one\ntwo\nthree"] * 2, title="Tall frames")
    figure = figures[-1]
    renderer = figure.canvas.get_renderer()
    for text in figure.texts:
        box = text.get_window_extent(renderer)
        assert box.y0 >= 0, f"{text.get_text()!r} leaves the picture"
        assert box.y1 <= figure.bbox.height


def test_filmstrip_breaks_a_caption_that_is_wider_than_its_frame(figures):
    captions = ["the ball is dropped", "left", "$a_{t + 1}$ is the next action", "stay, reward +1"] * 2
    filmstrip([frame(30, 20, 5)] * 8, captions, title="One game")
    figure = figures[-1]
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts if text.get_text() != "One game"]
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= figure.bbox.width
    assert all(left.x1 <= right.x0 for left, right in itertools.pairwise(boxes)), "captions run into each other"
    assert all(text.count("$") % 2 == 0 for caption in written(figure) for text in caption.split("\n"))


@pytest.mark.parametrize(
    ("size", "width", "shown"), [((4, 6), 6, (4, 6)), ((4, 6), 24, (16, 24)), ((8, 12), 6, (4, 6))]
)
def test_film_scales_by_whole_factors(size, width, shown):
    frames = [frame(*size, shade) for shade in (0, 40, 80)]
    scrubber = film(frames, ["a", "b", "c"], width=width)
    assert [picture.alt for picture in scrubber.pictures] == [f"Frame {n} of 3: {c}" for n, c in enumerate("abc", 1)]
    assert [picture.caption for picture in scrubber.pictures] == ["a", "b", "c"]
    for picture, shade in zip(scrubber.pictures, (0, 40, 80)):
        np.testing.assert_array_equal(pixels(picture), frame(*shown, shade))


def test_film_averages_what_it_shrinks():
    checkers = np.zeros((4, 4, 3), np.uint8)
    checkers[::2, ::2] = checkers[1::2, 1::2] = 200
    (picture,) = film([checkers], ["grey"], width=2).pictures
    np.testing.assert_array_equal(pixels(picture), np.full((2, 2, 3), 100))
