"""Preprocessing against its definition, written once more with integrals in float64 and with whole numbers."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workshop.atari import preprocessing
from workshop.atari.emulator import make_emulator
from workshop.atari.preprocessing import crop, from_background, luminance, max_of_two, resize_area

SIZES = st.integers(1, 40)
SCREENS = hnp.arrays(np.uint8, st.tuples(SIZES, SIZES))


def mean_over_rectangles(grey, height, width):
    """The definition: the integral over each rectangle, from the integrals that begin at the corner, interpolated."""
    integral = np.zeros(np.add(grey.shape, 1))
    integral[1:, 1:] = grey.astype(np.float64).cumsum(0).cumsum(1)

    def at(table, edges):
        return np.stack([np.interp(edges, np.arange(len(line)), line) for line in table.T]).T

    corners = at(at(integral, np.linspace(0, grey.shape[0], height + 1)).T, np.linspace(0, grey.shape[1], width + 1)).T
    sums = corners[1:, 1:] - corners[1:, :-1] - corners[:-1, 1:] + corners[:-1, :-1]
    return sums * (height * width) / grey.size


def screens_of(game, frames):
    """Screens (frames, H, W, 3) of a game somebody plays at random, every second one."""
    emulator = make_emulator("ale-py", game)
    emulator.reset()
    rng = np.random.default_rng(0)
    screens = []
    for _ in range(frames):
        for _ in range(2):
            emulator.act(int(rng.choice(emulator.minimal_actions)))
        screens.append(emulator.screen_rgb())
    return np.stack(screens), emulator


@settings(max_examples=200, deadline=None)
@given(grey=SCREENS, height=SIZES, width=SIZES)
@example(np.tile(np.array([[255, 0]], np.uint8), (33, 20)), 3, 3)
def test_resize_is_the_mean_over_rectangles(grey, height, width):
    if grey.shape[0] > 16 * height or grey.shape[1] > 16 * width:
        with pytest.raises(ValueError, match="it takes"):
            resize_area(grey, height, width)
        return
    resized = resize_area(grey, height, width)
    assert (resized.shape, resized.dtype) == ((height, width), np.uint8)
    assert np.abs(resized - mean_over_rectangles(grey, height, width)).max() < 0.5 + 0.2


@settings(max_examples=100, deadline=None)
@given(
    shape=st.tuples(st.integers(17, 250), st.integers(17, 160)), new=st.tuples(st.integers(16, 90), SIZES), seed=SIZES
)
def test_resize_at_its_worst_black_and_white(shape, new, seed):
    """Only 0 and 255, so that errors of the weights count in full; sizes as they come with Atari screens."""
    grey = np.random.default_rng(seed).integers(0, 2, shape).astype(np.uint8) * 255
    height, width = new[0], max(new[1], -(-shape[1] // 16))
    assert np.abs(resize_area(grey, height, width) - mean_over_rectangles(grey, height, width)).max() < 1


@settings(max_examples=50, deadline=None)
@given(grey=SCREENS, data=st.data())
def test_resize_keeps_one_colour_and_whole_multiples(grey, data):
    level = data.draw(st.integers(0, 255))
    flat = np.full_like(grey, level)
    assert (resize_area(flat, 7, 5) == level).all()
    assert (resize_area(grey, *grey.shape) == grey).all()
    twice = grey.repeat(2, axis=0).repeat(3, axis=1)
    assert (resize_area(twice, *grey.shape) == grey).all()
    assert (resize_area(grey, *twice.shape) == twice).all()


@pytest.mark.parametrize("bits", [preprocessing.ROW_BITS, preprocessing.COLUMN_BITS])
@settings(max_examples=100, deadline=None)
@given(sizes=st.tuples(st.integers(1, 300), st.integers(1, 300)).filter(lambda sizes: sizes[0] <= 16 * sizes[1]))
def test_weights_are_whole_multiples_and_add_up(bits, sizes):
    old, new = sizes
    units = preprocessing._weights(old, new, bits).astype(np.float64) * 2**bits
    assert (units == np.rint(units)).all()
    assert (units.sum(axis=1) == 2**bits).all()
    assert (units >= 0).all()


@pytest.mark.parametrize(("height", "width"), [(84, 84), (42, 42), (110, 84)])
def test_real_screens_are_the_same_bits_in_whole_numbers_and_close_to_exact(height, width):
    """Whole numbers know no order of adding up: what equals them is the same on every machine."""
    screens, _ = screens_of("pong", 12)
    greys = luminance(screens)
    whole = screens.astype(np.int64) @ [299, 587, 114]
    assert (greys == np.rint(whole / 1000)).all()
    rows = (preprocessing._weights(210, height, 16).astype(np.float64) * 2**16).astype(np.int64)
    columns = (preprocessing._weights(160, width, 12).astype(np.float64) * 2**12).astype(np.int64)
    sixteenths = np.rint(rows @ greys.astype(np.int64) / 2**12).astype(np.int64)
    resized = resize_area(greys, height, width)
    assert (resized == np.rint(sixteenths @ columns.T / 2**16)).all()
    for grey, small in zip(greys, resized, strict=True):
        assert (resize_area(grey, height, width) == small).all()
        assert np.abs(small - mean_over_rectangles(grey, height, width)).max() < 0.7
    assert len(np.unique(resized)) > 10


@given(hnp.arrays(np.uint8, (5, 3)))
def test_luminance_of_any_colour(rgb):
    exact = 0.299 * rgb[:, 0] + 0.587 * rgb[:, 1] + 0.114 * rgb[:, 2]
    assert np.abs(luminance(rgb) - exact).max() <= 0.5 + 1e-9
    assert luminance(rgb).dtype == np.uint8


@pytest.mark.parametrize("game", ["pong", "breakout", "seaquest", "qbert"])
def test_the_luminance_is_the_grey_of_ale(game):
    screens, emulator = screens_of(game, 20)
    assert (luminance(screens[-1]) == emulator.screen_grayscale()).all()
    assert len(np.unique(screens[-1].reshape(-1, 3), axis=0)) > 2


def test_the_grey_of_the_maximum_is_not_the_maximum_of_the_greys():
    """The choice that `luminance` states: colours first, as in the paper."""
    red, blue = np.array([[[255, 0, 0]]], np.uint8), np.array([[[0, 0, 255]]], np.uint8)
    assert luminance(max_of_two(red, blue))[0, 0] == 105
    assert max_of_two(luminance(red), luminance(blue))[0, 0] == 76


@given(hnp.arrays(np.uint8, (2, 3, 4, 3)))
def test_max_of_two(pair):
    brighter = max_of_two(*pair)
    assert (brighter >= pair).all()
    assert ((brighter == pair[0]) | (brighter == pair[1])).all()
    assert brighter.dtype == np.uint8


def test_crop():
    screens = np.arange(2 * 210 * 160 * 3, dtype=np.int32).reshape(2, 210, 160, 3)
    assert crop(screens, None) is screens
    assert (crop(screens, (34, 194, 0, 160)) == screens[:, 34:194]).all()
    assert (crop(screens[0], (1, 2, 3, 5)) == screens[0, 1:2, 3:5]).all()
    for wrong in [(0, 211, 0, 160), (5, 5, 0, 1), (-1, 5, 0, 160), (0, 210, 9, 3), (0, 210, 0, 161)]:
        with pytest.raises(ValueError, match="210 high and 160 wide"):
            crop(screens, wrong)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)), st.integers(1, 255))
def test_difference_from_the_background(frame, contrast):
    median = sorted(frame.ravel().tolist())[frame.size // 2]
    expected = [[min(255, abs(pixel - median) * contrast) for pixel in row] for row in frame.tolist()]
    seen = from_background(frame, contrast)
    assert seen.tolist() == expected
    assert seen.dtype == np.uint8


def test_the_background_of_pong_is_black_and_what_moves_is_bright():
    emulator = make_emulator("ale-py", "pong")
    for action in [0] * 90:
        emulator.act(action)
    field = resize_area(luminance(crop(emulator.screen_rgb(), (34, 194, 0, 160))), 40, 40)
    assert np.median(field) == 87
    seen = from_background(field, 4)
    assert (seen == 0).mean() > 0.98
    assert seen.max() > 200


@pytest.mark.parametrize("size", [(0, 84), (84, -1), (13, 84), (84, 9)])
def test_sizes_that_cannot_be(size):
    with pytest.raises(ValueError, match="it takes 1[04] at least"):
        resize_area(np.zeros((210, 160), np.uint8), *size)
