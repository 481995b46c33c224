"""3.1: from a screen of the Atari to what the network sees."""

import functools

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare
from workshop.exercises.drivers.screens import FRAME, SCREEN, painted
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules import Demand
from workshop.exercises.rules.pictures import near_the_picture, shown_picture

_LUMINANCE = np.array([0.299, 0.587, 0.114])


@functools.cache
def overlaps(old, new):
    """(new, old) float64: the share of each old pixel in each new one, when `old` pixels are resized to `new` by area."""
    edges, pixels = np.arange(new + 1)[:, None] * old / new, np.arange(old)
    covered = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return np.clip(covered, 0, None) * new / old


def exact(frame, previous_frame):
    """float64 (84, 84): what comes of two painted screens before it is rounded."""
    grey = np.maximum(painted(frame), painted(previous_frame)) @ _LUMINANCE
    return _resized(grey)


def _resized(grey):
    return overlaps(SCREEN[0], FRAME[0]) @ grey @ overlaps(SCREEN[1], FRAME[1]).T


def _near_the_exact_picture(arguments, value, expected):
    return near_the_picture(arguments, value, exact(*arguments))


def _demand(arguments, expected):
    return Demand("near_the_picture", {"exact": exact(*arguments).astype(np.float32)})


def _same_picture(value, other):
    """Rounding apart, the two are the same picture."""
    if any(value[name] != other[name] for name in ("frame_changed", "previous_frame_changed")):
        return False
    pictures = value["returned"], other["returned"]
    if all(isinstance(picture, np.ndarray) and picture.dtype == np.uint8 for picture in pictures):
        return pictures[0].shape == pictures[1].shape and np.abs(pictures[0].astype(int) - pictures[1]).max() <= 1
    return compare(*pictures[::-1]) is None


def _describe(name, arguments):
    screens = [f"{which}: {_in_words(picture)}" for which, picture in zip(("frame", "previous_frame"), arguments)]
    return "\n".join((f"{name}(frame, previous_frame), two screens (210, 160, 3)", *screens))


def _in_words(picture):
    background, rectangles = picture
    parts = [f"{colour} in rows {t} to {b - 1}, columns {left} to {r - 1}" for t, b, left, r, colour in rectangles]
    return "; ".join((f"all {background}", *parts))


def _pipeline(
    merge=np.maximum,
    grey=lambda colours: colours @ _LUMINANCE,
    resize=_resized,
    finish=lambda picture: np.rint(picture).astype(np.uint8),
):
    """The preprocessing, of which a mistake changes one step."""

    def preprocess(frame, previous_frame):
        return finish(resize(grey(merge(frame, previous_frame))))

    return preprocess


def _greys_before_the_maximum(frame, previous_frame):
    return np.rint(_resized(np.maximum(frame @ _LUMINANCE, previous_frame @ _LUMINANCE))).astype(np.uint8)


def _maximum_in_place(frame, previous_frame):
    np.maximum(frame, previous_frame, out=frame)
    return _pipeline()(frame, previous_frame)


def _every_so_many(grey):
    rows, columns = (np.arange(new) * old // new for old, new in zip(SCREEN, FRAME))
    return grey[np.ix_(rows, columns)]


def _centres_in_a_box(old, new):
    """What a box filter takes: the pixels whose middle lies within, all with the same weight."""
    middles, edges = np.arange(old) + 0.5, np.arange(new + 1)[:, None] * old / new
    within = (edges[:-1] <= middles) & (middles < edges[1:])
    return within / within.sum(axis=1, keepdims=True)


def _box(grey):
    return _centres_in_a_box(SCREEN[0], FRAME[0]) @ grey @ _centres_in_a_box(SCREEN[1], FRAME[1]).T


def _between_two(old, new):
    """The weights of bilinear interpolation: each new pixel looks at the two old ones nearest to its middle."""
    middles = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)[:, None]
    return np.clip(1 - np.abs(middles - np.arange(old)), 0, None)


def _bilinear(grey):
    return _between_two(SCREEN[0], FRAME[0]) @ grey @ _between_two(SCREEN[1], FRAME[1]).T


def _middle_part(grey):
    return grey[63:147, 38:122]


def _without_the_score(grey):
    return overlaps(160, FRAME[0]) @ grey[34:194] @ overlaps(SCREEN[1], FRAME[1]).T


_BLACK, _WHITE, _RED, _GREEN, _BLUE = (0, 0, 0), (255, 255, 255), (200, 0, 0), (0, 200, 0), (0, 0, 200)
_BROWN, _ORANGE = (144, 72, 17), (213, 130, 74)  # Pong's background, and the paddle on the left
_NOTHING = (_BLACK, ())


def _alone(top, bottom, left, right, colour, background=_BLACK):
    return background, ((top, bottom, left, right, colour),)


_colours = st.sampled_from([_WHITE, _BLACK, _RED, _GREEN, _BLUE, _BROWN, _ORANGE])


def _span(length):
    return st.tuples(st.integers(0, length - 1), st.integers(1, length)).map(
        lambda drawn: (drawn[0], min(drawn[0] + drawn[1], length))
    )


_rectangles = st.tuples(_span(SCREEN[0]), _span(SCREEN[1]), _colours).map(
    lambda drawn: (*drawn[0], *drawn[1], drawn[2])
)
_pictures = st.tuples(_colours, st.lists(_rectangles, max_size=3).map(tuple))

preprocess = Part(
    name="preprocess",
    parameters=("frame", "previous_frame"),
    driver="preprocess_screens",
    judge=_near_the_exact_picture,
    demand=_demand,
    agrees=_same_picture,
    describe=_describe,
    shown=shown_picture,
    examples=(
        ((_BROWN, ()), (_BROWN, ())),
        (_alone(0, 100, 0, 80, _WHITE), _alone(70, 150, 100, 120, _RED)),
        (_NOTHING, _alone(100, 110, 20, 30, _WHITE)),  # drawn in the frame before only
        (_alone(50, 90, 20, 60, _RED), _alone(70, 110, 40, 80, _BLUE)),  # two colours meet
        (_alone(100, 101, 50, 51, _WHITE), _NOTHING),  # a single pixel
        (_alone(0, 3, 0, 2, _WHITE), _NOTHING),  # up to edges that divide old pixels
        (_alone(38, 44, 16, 20, _ORANGE, _BROWN), _alone(40, 46, 16, 20, _ORANGE, _BROWN)),
    ),
    cases=st.tuples(_pictures, _pictures),
    examples_per_check=15,
    mistakes=(
        Mistake(
            "Only `frame` is used. The console draws some objects in every other frame only: take the brighter of the "
            "two, pixel by pixel.",
            _pipeline(merge=lambda frame, previous: frame),
        ),
        Mistake("Only `previous_frame` is used.", _pipeline(merge=lambda frame, previous: previous)),
        Mistake(
            "This takes the mean of the two frames, and what is drawn in one of them is half as bright. Take the "
            "maximum.",
            _pipeline(merge=lambda frame, previous: (frame.astype(float) + previous) / 2),
        ),
        Mistake(
            "The two frames are added up in uint8, where 200 + 200 is 144. Take the maximum.",
            _pipeline(merge=lambda frame, previous: frame + previous),
        ),
        Mistake("This takes the darker of the two. Take the brighter one: np.maximum.", _pipeline(merge=np.minimum)),
        Mistake(
            "The maximum is taken of the grey pictures. Where two colours meet that is another picture: take it of the "
            "colours first, for red, green and blue.",
            _greys_before_the_maximum,
        ),
        Mistake(
            "The three colours count alike here. Luminance is 0.299 R + 0.587 G + 0.114 B.",
            _pipeline(grey=lambda colours: colours.mean(axis=2)),
        ),
        Mistake(
            "Red and blue have changed places: the last axis is red, green, blue.",
            _pipeline(grey=lambda colours: colours @ _LUMINANCE[::-1]),
        ),
        Mistake(
            "This takes the red channel alone. Luminance is 0.299 R + 0.587 G + 0.114 B.",
            _pipeline(grey=lambda colours: colours[:, :, 0].astype(float)),
        ),
        Mistake(
            "This leaves out rows and columns, and a ball of two pixels can vanish. Each new pixel is the mean over the "
            "2.5 × 1.905 old ones that it covers, parts of a pixel included.",
            _pipeline(resize=_every_so_many),
        ),
        Mistake(
            "This averages whole pixels (a box filter). 210 does not divide by 84: a new pixel covers 2.5 old rows, and "
            "half a row counts half.",
            _pipeline(resize=_box),
        ),
        Mistake(
            "This interpolates between two old pixels each way (bilinear) and overlooks what lies between. Average over "
            "the whole area that a new pixel covers.",
            _pipeline(resize=_bilinear),
        ),
        Mistake("This cuts 84 × 84 pixels out of the middle. Resize the whole screen.", _pipeline(resize=_middle_part)),
        Mistake(
            "This cuts the score away first. The contract keeps the whole screen: all 210 rows.",
            _pipeline(resize=_without_the_score),
        ),
        Mistake("Rows and columns have changed places in the result.", _pipeline(resize=lambda grey: _resized(grey).T)),
        Mistake(
            "The result is a float array. A million frames are to be stored: round, and make it uint8.",
            _pipeline(finish=lambda picture: picture),
        ),
        Mistake(
            "This is scaled to [0, 1]. Keep 0 to 255 as uint8; the network scales for itself.",
            _pipeline(finish=lambda picture: (picture / 255).astype(np.float32)),
        ),
        Mistake(
            "The result has one axis too many. It should be (84, 84).",
            _pipeline(finish=lambda picture: np.rint(picture).astype(np.uint8)[:, :, None]),
        ),
        Mistake(
            "This writes the maximum into `frame` itself (`out=frame`), and the caller still needs that. Let np.maximum "
            "make a new array.",
            _maximum_in_place,
        ),
    ),
    hints=(
        "Three steps, in the order of the docstring: brighter of the two, grey, smaller. Only the last one is work.",
        (
            "Resizing by area is a product on each side: `rows @ grey @ columns.T`, where rows[i, j] is the share of old "
            "row j in new row i. New row i covers the old rows from i · 210 / 84 to (i + 1) · 210 / 84."
        ),
        (
            "`edges = np.arange(new + 1)[:, None] * old / new`, `pixels = np.arange(old)`, `covered = "
            "np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)`, `weights = np.clip(covered, 0, None) * "
            "new / old`. Round with np.rint before `.astype(np.uint8)`."
        ),
    ),
    explanation=(
        "The maximum comes first, of the colours, because sprites flicker. The weights say how much of each old row lies "
        "in each new one; each row of them adds up to 1. A matrix from the left does the rows, one from the right the "
        "columns. Kept as uint8, a frame takes 7 kB instead of 28."
    ),
)

EXERCISES = (Exercise("3.1", "From the screen to a frame", 4, (preprocess,)),)
