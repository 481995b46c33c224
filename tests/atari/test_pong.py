"""The ball's place out of Pong's memory, held against the pixels."""

import numpy as np

from workshop.atari.emulator import make_emulator
from workshop.atari.pong import ball_place, frames_with_a_ball, random_game

_BALL = 236  # red, green and blue of it, and of nothing else between the walls
_PLAYING_FIELD = slice(34, 194)


def test_place_is_that_of_the_pixels():
    emulator, rng = make_emulator("ale-py", "pong", seed=0), np.random.default_rng(3)
    emulator.reset()
    seen = 0
    for t in range(1500):
        if t % 12 == 0:
            action = emulator.minimal_actions[rng.integers(6)]
        emulator.act(action)
        rows, columns = np.nonzero((emulator.screen_rgb()[_PLAYING_FIELD] == _BALL).all(axis=2))
        place = ball_place(emulator)
        assert (place is not None) == (len(rows) > 0)
        if len(rows) == 8:  # none of it is behind a wall or a paddle
            row, column = place
            assert column == columns.mean()
            assert 0 <= row - (rows.mean() + _PLAYING_FIELD.start) <= 1
            seen += 1
    assert seen > 300


def test_pictures_and_places_belong_together():
    frames, places = frames_with_a_ball(60, seed=0)
    assert frames.shape == (60, 84, 84) and frames.dtype == np.uint8
    assert places.shape == (60, 2) and places.dtype == np.float32
    background = np.median(frames, axis=0)
    for frame, (row, column) in zip(frames, places):
        moved = np.abs(frame - background)
        top, left = max(0, round(row) - 2), max(0, round(column) - 2)
        window = moved[top : top + 5, left : left + 5]
        assert window.max() > 20  # the ball, lighter than what is behind it
    again, there = frames_with_a_ball(60, seed=0)
    assert np.array_equal(frames, again) and np.array_equal(places, there)
    assert not np.array_equal(frames, frames_with_a_ball(60, seed=1)[0])


def test_places_are_all_over_the_field():
    _, places = frames_with_a_ball(400, seed=2)
    assert (places.std(axis=0) > 10).all()
    assert places.min() >= 0 and places.max() <= 83


def test_random_game_gives_two_screens_in_a_row_and_the_balls_place():
    steps = list(random_game(60, seed=1))
    assert len(steps) == 60
    emulator, rng = make_emulator("ale-py", "pong", seed=0), np.random.default_rng(1)
    emulator.reset()
    for t, (screen, previous, place) in enumerate(steps):
        if t % 4 == 0:
            action = emulator.minimal_actions[rng.integers(6)]
        for _ in range(3):
            emulator.act(action)
        np.testing.assert_array_equal(previous, emulator.screen_rgb())
        emulator.act(action)
        np.testing.assert_array_equal(screen, emulator.screen_rgb())
        assert place == ball_place(emulator)
