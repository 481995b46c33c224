"""Pong's ball, read out of the console's memory: pictures that know where their ball is.

The game keeps the ball's place in bytes 49 (from the left) and 54 (from the top): the place on the screen, moved by a
constant that `tests/atari/test_pong.py` holds against the pixels. From the left it is exact, from the top it may be one
pixel too low. Source of the two addresses: Anand et al. 2019, "Unsupervised State Representation Learning in Atari".
"""

import numpy as np

from workshop.atari.emulator import make_emulator
from workshop.atari.preprocessing import luminance, resize_area

_FROM_LEFT, _FROM_TOP = 49, 54
_LEFT_OF_SCREEN, _TOP_OF_SCREEN = 48.5, 12.5  # what the bytes would say of a ball whose middle is in the corner
_HIGHEST = 46  # above, the ball is behind the wall; and at 0 there is none
_FRAMES_APART = 4
_LONGEST_MOVE = 8  # in pictures: a random player that changes its mind each time stays where it is


def ball_place(emulator):
    """(row, column) of the ball's middle on the screen, floats, or None while there is no ball."""
    memory = emulator.ram()
    if memory[_FROM_TOP] < _HIGHEST or memory[_FROM_LEFT] == 0:
        return None
    return float(memory[_FROM_TOP]) - _TOP_OF_SCREEN, float(memory[_FROM_LEFT]) - _LEFT_OF_SCREEN


def random_game(steps, seed=0):
    """A random player's game, in steps of four screens; a move is kept for four steps.

    Yields:
        (screen, previous, place): the last two screens of a step, (210, 160, 3) uint8, and `ball_place` after it.
    """
    emulator, rng = make_emulator("ale-py", "pong", seed=0), np.random.default_rng(seed)
    emulator.reset()
    for number in range(steps):
        if number % 4 == 0:
            action = emulator.minimal_actions[rng.integers(6)]
        for left in range(_FRAMES_APART - 1, -1, -1):
            if left == 0:
                previous = emulator.screen_rgb()
            emulator.act(action)
        yield emulator.screen_rgb(), previous, ball_place(emulator)


def frames_with_a_ball(count, seed, size=84):
    """Pictures of a random player's games in which the ball is visible, four frames apart.

    Args:
        count: int, N.
        seed: int, of the player's moves; the same seed gives the same pictures.
        size: int, the side of the pictures in pixels.

    Returns:
        (frames, places): the grey screen resized, uint8 (N, size, size), and the row and column of the ball's middle in
        its pixels, float32 (N, 2). The middle of the top left pixel is (0, 0).
    """
    emulator, rng = make_emulator("ale-py", "pong", seed=0), np.random.default_rng(seed)
    emulator.reset()
    height, width = emulator.screen_shape
    frames, places = np.empty((count, size, size), np.uint8), np.empty((count, 2), np.float32)
    found = pictures_left = 0

    while found < count:
        if pictures_left == 0:
            action, pictures_left = emulator.minimal_actions[rng.integers(6)], int(rng.integers(1, _LONGEST_MOVE + 1))
        for _ in range(_FRAMES_APART):
            emulator.act(action)
        pictures_left -= 1
        if emulator.game_over():
            emulator.reset()
        place = ball_place(emulator)
        if place is not None:
            frames[found] = resize_area(luminance(emulator.screen_rgb()), size, size)
            row, column = place
            places[found] = (row + 0.5) * size / height - 0.5, (column + 0.5) * size / width - 0.5
            found += 1
    return frames, places
