"""The pictures: a grid of cells, drawn with Pillow four times too large and scaled down for smooth edges.

Colours are Okabe and Ito's (2008), which people who confuse red and green tell apart too; and no meaning hangs on a
colour alone: a box is a crate with a cross, a goal a ring, the agent a round face.
"""

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

BLACK, ORANGE, SKY_BLUE, GREEN = (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115)
YELLOW, BLUE, VERMILLION, PURPLE = (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167)
WHITE, PAPER, LINE, PLATFORM = (255, 255, 255), (250, 249, 246), (205, 205, 200), (226, 228, 230)
WALL, WALL_LIGHT, CRATE, NIGHT = (70, 76, 84), (104, 112, 122), (164, 104, 0), (22, 24, 30)

_OVERSAMPLING = 4
_WIDTH = 480


@functools.cache
def _font(size):
    import matplotlib  # for its font, and only when something is written: whoever only plays does without

    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")), size)


class Canvas:
    """A picture of rows × cols cells. Places are (row, col) in cells: (0.5, 0.5) is the middle of the first cell.

    Args:
        shape: (rows, cols).
        cell: side of a cell in pixels; None makes the picture about 480 pixels wide.
        margin: width of the frame around the cells, in cells.
        background: colour of what nothing is drawn on.
    """

    def __init__(self, shape, cell=None, margin=0.0, background=WALL):
        rows, cols = shape
        # A multiple of 8: with margins of an eighth all sides are even, as video codecs want them.
        cell = cell or 8 * max(3, -(-_WIDTH // (8 * cols)))
        self._unit = cell * _OVERSAMPLING
        self._margin = margin
        self._size = round((cols + 2 * margin) * cell), round((rows + 2 * margin) * cell)
        self._image = Image.new("RGB", tuple(_OVERSAMPLING * side for side in self._size), background)
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


def around(cell, *places):
    """Places given relative to the middle of a cell."""
    row, col = middle(cell)
    return [(row + down, col + right) for down, right in places]


def floor(canvas, cell):
    """A free cell with a thin line around it."""
    canvas.rectangle(middle(cell), 1, 1, fill=PAPER, outline=LINE, line=0.015)


def wall(canvas, cell):
    """A block of stone."""
    canvas.rectangle(middle(cell), 1, 1, fill=WALL)
    canvas.rectangle(middle(cell), 0.88, 0.88, fill=WALL_LIGHT, radius=0.06)


def agent(canvas, cell):
    """A round face."""
    canvas.disc(middle(cell), 0.34, fill=BLUE)
    for side in (-0.12, 0.12):
        eye = around(cell, (-0.07, side))[0]
        canvas.disc(eye, 0.075, fill=WHITE)
        canvas.disc(eye, 0.035, fill=BLACK)
    canvas.line(around(cell, (0.12, -0.12), (0.17, 0), (0.12, 0.12)), WHITE, 0.045)


def goal(canvas, cell):
    """A ring with a dot, wide enough to be seen around an agent."""
    canvas.disc(middle(cell), 0.42, outline=GREEN, line=0.06)
    canvas.disc(middle(cell), 0.1, fill=GREEN)


def crate(canvas, cell, on_goal):
    """A crate with a cross, or, where it stands on a goal, with a tick."""
    edge, face = (GREEN, WHITE) if on_goal else (CRATE, ORANGE)
    canvas.rectangle(middle(cell), 0.76, 0.76, fill=edge, radius=0.06)
    canvas.rectangle(middle(cell), 0.6, 0.6, fill=face, radius=0.03)
    if on_goal:
        canvas.line(around(cell, (0.02, -0.17), (0.15, -0.04), (-0.15, 0.18)), GREEN, 0.09)
    else:
        canvas.line(around(cell, (-0.24, -0.24), (0.24, 0.24)), CRATE, 0.08)
        canvas.line(around(cell, (-0.24, 0.24), (0.24, -0.24)), CRATE, 0.08)


def start(canvas, cell):
    """The letter S."""
    canvas.text(middle(cell), "S", WALL_LIGHT, 0.4)


def terminal(canvas, cell, bonus):
    """A flag, or a warning sign where it costs something to arrive, and the price unless it is 0."""
    colour = VERMILLION if bonus < 0 else GREEN
    canvas.rectangle(middle(cell), 0.9, 0.9, outline=colour, line=0.06, radius=0.08)
    if bonus < 0:
        canvas.polygon(around(cell, (-0.32, 0), (0.08, 0.25), (0.08, -0.25)), VERMILLION)
        canvas.line(around(cell, (-0.16, 0), (-0.06, 0)), WHITE, 0.06)
        canvas.disc(around(cell, (0.025, 0))[0], 0.035, fill=WHITE)
    else:
        canvas.line(around(cell, (-0.28, -0.16), (0.1 if bonus else 0.28, -0.16)), WALL, 0.06)
        canvas.polygon(around(cell, (-0.31, -0.16), (-0.17, 0.24), (-0.03, -0.16)), GREEN)
    if bonus:
        canvas.text(around(cell, (0.26, 0))[0], f"{bonus:+.0f}".replace("-", "\N{MINUS SIGN}"), colour, 0.26)


def cliff(canvas, cell):
    """A chasm with a ragged upper edge."""
    canvas.rectangle(middle(cell), 1, 1, fill=PAPER)
    depths = (-0.3, -0.42, -0.24, -0.4, -0.3)
    edge = [(depth, -0.5 + step / 4) for step, depth in enumerate(depths)]
    canvas.polygon(around(cell, *edge, (0.5, 0.5), (0.5, -0.5)), VERMILLION)
    canvas.polygon(around(cell, *[(depth + 0.16, side) for depth, side in edge], (0.5, 0.5), (0.5, -0.5)), WALL)


def ball(canvas, cell):
    """A round ball."""
    canvas.disc(middle(cell), 0.38, fill=ORANGE)


def paddle(canvas, cell):
    """A flat bar, below which nothing is caught."""
    canvas.rectangle(around(cell, (0.25, 0))[0], 0.4, 1.0, fill=SKY_BLUE, radius=0.15)


def station(canvas, cell, name, is_open):
    """A platform with its letter in the corner; where the portal opens, rings within rings, wider than an agent."""
    canvas.rectangle(middle(cell), 0.9, 0.9, fill=PLATFORM, radius=0.1)
    if is_open:
        for radius, colour in ((0.41, GREEN), (0.34, WHITE), (0.28, GREEN), (0.2, WHITE), (0.13, GREEN)):
            canvas.disc(middle(cell), radius, fill=colour)
    canvas.text(around(cell, (-0.35, -0.35))[0], name, WALL, 0.2)


def friend(canvas, cell, is_carried):
    """A small square face; carried, it sits on the agent's shoulder."""
    row, col = around(cell, (-0.3, 0.3) if is_carried else (0.24, 0.24))[0]
    canvas.rectangle((row, col), 0.38, 0.38, fill=WHITE, radius=0.06)
    canvas.rectangle((row, col), 0.34, 0.34, fill=VERMILLION, radius=0.05)
    for side in (-0.07, 0.07):
        canvas.disc((row - 0.03, col + side), 0.045, fill=WHITE)
