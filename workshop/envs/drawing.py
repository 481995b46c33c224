"""The pictures: a grid of cells, drawn with Pillow four times too large and scaled down for smooth edges.

Colours are Okabe and Ito's (2008), which people who confuse red and green tell apart too; and no meaning hangs on a
colour alone: a box is a crate with a cross, a goal a ring, the agent a round face.
"""

import functools
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

BLACK, ORANGE, SKY_BLUE, GREEN = (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115)
YELLOW, BLUE, VERMILLION, PURPLE = (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167)
WHITE, PAPER, LINE = (255, 255, 255), (250, 249, 246), (205, 205, 200)
WALL, WALL_LIGHT, CRATE = (70, 76, 84), (104, 112, 122), (164, 104, 0)

_OVERSAMPLING = 4
_WIDTH = 480


@functools.lru_cache(maxsize=None)
def _font(size):
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")), size)


class Canvas:
    """A picture of rows × cols cells. Places are (row, col) in cells: (0.5, 0.5) is the middle of the first cell.

    Args:
        shape: (rows, cols).
        cell: side of a cell in pixels; None makes the picture about 480 pixels wide.
        margin: width of the frame around the cells, in cells.
    """

    def __init__(self, shape, cell=None, margin=0.0):
        rows, cols = shape
        cell = cell or max(24, -(-_WIDTH // cols))
        self._unit = cell * _OVERSAMPLING
        self._margin = margin
        self._size = round((cols + 2 * margin) * cell), round((rows + 2 * margin) * cell)
        self._image = Image.new("RGB", tuple(_OVERSAMPLING * side for side in self._size), WALL)
        self._draw = ImageDraw.Draw(self._image)

    def array(self):
        """The picture, uint8 (height, width, 3)."""
        return np.asarray(self._image.resize(self._size, Image.Resampling.BOX))

    def _point(self, place):
        row, col = place
        return (col + self._margin) * self._unit, (row + self._margin) * self._unit

    def _box(self, place, height, width):
        row, col = place
        (left, top), (right, bottom) = (
            self._point((row - height / 2, col - width / 2)),
            self._point((row + height / 2, col + width / 2)),
        )
        return left, top, right - 1, bottom - 1

    def rectangle(self, place, height, width, fill=None, outline=None, line=0.0, radius=0.0):
        """A rectangle around `place`, corners rounded by `radius`, lengths in cells."""
        self._draw.rounded_rectangle(
            self._box(place, height, width), radius * self._unit, fill, outline, round(line * self._unit)
        )

    def disc(self, place, radius, fill=None, outline=None, line=0.0):
        """A disc or, without `fill`, a ring."""
        self._draw.ellipse(self._box(place, 2 * radius, 2 * radius), fill, outline, round(line * self._unit))

    def line(self, places, fill, width):
        """Straight lines from place to place, with round ends."""
        self._draw.line([self._point(place) for place in places], fill, round(width * self._unit), joint="curve")
        for place in (places[0], places[-1]):
            self.disc(place, width / 2, fill)

    def polygon(self, places, fill):
        """A filled polygon."""
        self._draw.polygon([self._point(place) for place in places], fill)

    def text(self, place, text, fill, size):
        """A text centred on `place`, `size` cells high."""
        self._draw.text(self._point(place), text, fill, _font(round(size * self._unit)), anchor="mm")


def middle(cell):
    """The middle of a cell (row, col)."""
    return cell[0] + 0.5, cell[1] + 0.5


def floor(canvas, cell):
    """A free cell with a thin line around it."""
    canvas.rectangle(middle(cell), 1, 1, fill=PAPER, outline=LINE, line=0.015)


def wall(canvas, cell):
    """A block of stone."""
    canvas.rectangle(middle(cell), 1, 1, fill=WALL)
    canvas.rectangle(middle(cell), 0.88, 0.88, fill=WALL_LIGHT, radius=0.06)


def agent(canvas, cell):
    """A round face."""
    row, col = middle(cell)
    canvas.disc((row, col), 0.34, fill=BLUE)
    for side in (-0.12, 0.12):
        canvas.disc((row - 0.07, col + side), 0.075, fill=WHITE)
        canvas.disc((row - 0.07, col + side), 0.035, fill=BLACK)
    canvas.line([(row + 0.12, col - 0.12), (row + 0.17, col), (row + 0.12, col + 0.12)], WHITE, 0.045)


def goal(canvas, cell):
    """A ring with a dot."""
    canvas.disc(middle(cell), 0.22, outline=GREEN, line=0.07)
    canvas.disc(middle(cell), 0.06, fill=GREEN)


def crate(canvas, cell, on_goal):
    """A crate with a cross, or, where it stands on a goal, with a tick."""
    row, col = middle(cell)
    canvas.rectangle((row, col), 0.76, 0.76, fill=CRATE if not on_goal else GREEN, radius=0.06)
    canvas.rectangle((row, col), 0.6, 0.6, fill=ORANGE if not on_goal else WHITE, radius=0.03)
    if on_goal:
        canvas.line([(row + 0.02, col - 0.17), (row + 0.15, col - 0.04), (row - 0.15, col + 0.18)], GREEN, 0.09)
    else:
        for side in (-0.24, 0.24):
            canvas.line([(row - 0.24, col - side), (row + 0.24, col + side)], CRATE, 0.08)
