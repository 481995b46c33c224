"""Catch: a ball falls, a paddle moves, and a network has to see both in the pixels. Atari in miniature.

Source: Mnih et al., "Recurrent Models of Visual Attention" (2014), section 4.2; the rules are those of bsuite (2020).
"""

import numbers

import numpy as np
from gym import spaces

from workshop.envs import drawing
from workshop.envs.base import WorkshopEnv

LEFT, STAY, RIGHT = range(3)


class Catch(WorkshopEnv):
    """Be under the ball when it arrives. It starts in a random column on top and falls one row a step.

    The reward comes with the last of the rows − 1 steps: +1 for a catch, −1 for a miss; before it is 0. The best
    policy earns 1.0, a paddle that never moves 2 / columns − 1.

    Args:
        rows, columns: size of the field in cells; the paddle, one cell of the lowest row, starts in the middle.
        image_shape: (height, width) of the observation in pixels, (84, 84) for a network made for Atari; None gives
            one pixel a cell.
        render_mode: None, "ansi" or "rgb_array".

    Observations are Box, uint8 (1, height, width), 0 black and 255 ball or paddle: one channel first, the shape that
    a convolution of Chainer's takes (and Stable-Baselines3 too). One image is enough to play, no stack is needed.
    Actions are Discrete(3): 0 left, 1 stay, 2 right. `info` has "ball" and "paddle", both (row, col).

    Raises:
        ValueError: a field of less than 2 × 2 or too wide to catch every ball, an image with fewer pixels than cells.
    """

    action_names = ("left", "stay", "right")

    def __init__(self, rows=10, columns=10, image_shape=None, render_mode=None):
        super().__init__(render_mode)
        if not all(isinstance(count, numbers.Integral) and count >= 2 for count in (rows, columns)):
            raise ValueError(f"rows and columns are whole numbers from 2, not {rows!r} and {columns!r}.")
        if rows - 1 < columns // 2:
            raise ValueError(
                f"In {rows} rows the ball falls {rows - 1} steps: with {columns} columns the paddle may come too late. "
                f"At most {2 * rows - 1} columns go with {rows} rows."
            )
        if image_shape is None:
            image_shape = rows, columns
        elif np.shape(image_shape) != (2,):
            raise ValueError(f"image_shape is (height, width) in pixels, such as (84, 84), not {image_shape!r}.")
        height, width = map(int, image_shape)
        if height < rows or width < columns:
            raise ValueError(f"An image of {height} × {width} pixels cannot show {rows} × {columns} cells.")
        self.rows, self.columns = rows, columns
        self._pixel_cells = np.ix_(np.arange(height) * rows // height, np.arange(width) * columns // width)
        self.observation_space = spaces.Box(0, 255, (1, height, width), np.uint8)
        self.action_space = spaces.Discrete(3)

    def _start(self, state):
        if state is not None:
            raise ValueError("The states of Catch have no number: reset it without options, with a seed to repeat one.")
        self._ball = 0, int(self.np_random.integers(self.columns))
        self._paddle = self.columns // 2

    def _act(self, action):
        self._paddle = min(max(self._paddle + action - STAY, 0), self.columns - 1)
        row, col = self._ball
        self._ball = row + 1, col
        if row + 1 < self.rows - 1:
            return 0.0, False
        return (1.0 if col == self._paddle else -1.0), True

    def _observation(self):
        field = np.zeros((self.rows, self.columns), np.uint8)
        field[self._ball] = field[-1, self._paddle] = 255
        return field[self._pixel_cells][np.newaxis]

    def _info(self):
        return {"ball": self._ball, "paddle": (self.rows - 1, self._paddle)}

    def _text(self):
        field = [["."] * self.columns for _ in range(self.rows)]
        field[-1][self._paddle] = "="
        row, col = self._ball
        field[row][col] = "o"
        return "\n".join(map("".join, field)) + "\n"

    def _picture(self):
        canvas = drawing.Canvas((self.rows, self.columns), margin=0.125)
        canvas.rectangle((self.rows / 2, self.columns / 2), self.rows, self.columns, fill=drawing.NIGHT)
        drawing.paddle(canvas, (self.rows - 1, self._paddle))
        drawing.ball(canvas, self._ball)
        return canvas.array()
