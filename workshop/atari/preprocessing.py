"""From the screens of an Atari to what a network sees: pure functions (Mnih et al. 2015, Methods, "Preprocessing").

    screen = max_of_two(screen, previous)              # objects that are drawn in every other frame only
    grey = luminance(crop(screen, (34, 194, 0, 160)))  # Pong without its score
    frame = resize_area(grey, 84, 84)
    frame = from_background(frame, 4)                  # of the laptop preset alone, not of the papers

Every function is bit for bit the same on every machine, with any number of threads: its products and sums fit into
the 24 bits of a float32, so no order of adding them up can change the last bit. A run that is continued elsewhere goes
on with the same pixels.
"""

import functools

import numpy as np

# What each of the two products of `resize_area` may use of the 24 bits. First: pixels of 8 bits and weights of 16.
# Then: what came out, rounded to 8 bits and 4 behind the point, and weights of 12.
ROW_BITS, BETWEEN_BITS, COLUMN_BITS = 16, 4, 12
# With more pixels than this to one, weights of 12 bits would be too coarse for the error that `resize_area` promises.
MOST_SHRINKING = 16

# How many new pixels are made in one small product.
BLOCK = 8

# The luminance of ITU-R BT.601, in thousandths.
RED_GREEN_BLUE = np.array([299, 587, 114], np.float32)


def max_of_two(frame, previous):
    """The brighter of two screens, for each pixel and colour; both (..., H, W, 3) or (..., H, W) uint8, and so is what
    returns. The console can draw few objects in one frame, and games take turns with them: each alone would flicker."""
    return np.maximum(frame, previous)


def luminance(rgb):
    """The grey (..., H, W) uint8 of colours (..., H, W, 3) uint8: 0.299 red + 0.587 green + 0.114 blue, rounded.

    The grey that ALE itself delivers, `screen_grayscale`, is the same for each colour that an Atari has. The order
    matters: the maximum of two greys is not the grey of the maximum where two different colours meet, and the paper
    takes the maximum first.
    """
    thousandths = rgb.astype(np.float32) @ RED_GREEN_BLUE
    return np.rint(thousandths / np.float32(1000)).astype(np.uint8)


def resize_area(grey, height, width):
    """Resize by areas: each new pixel is the mean over the rectangle of old pixels that it covers.

    Args:
        grey: (..., H, W) uint8.
        height, width: ints, of what returns; at least H / 16 and W / 16. Larger than H and W is possible.

    Returns:
        (..., height, width) uint8, less than one grey level from the exact mean: half a level for the rounding, and
        what the weights lose, 0.1 at the sizes of an Atari's screen.

    Raises:
        ValueError: a size that is not positive, or less than a sixteenth.
    """
    between = _resize_rows(grey, height, ROW_BITS)
    between = np.rint(between * np.float32(2**BETWEEN_BITS)) / np.float32(2**BETWEEN_BITS)
    resized = _resize_rows(between.swapaxes(-1, -2), width, COLUMN_BITS).swapaxes(-1, -2)
    return np.rint(resized).astype(np.uint8, order="C")


def _resize_rows(values, new, bits):
    """(..., old, columns) -> (..., new, columns) float32, with weights of so many bits."""
    blocks, which = _blocks(values.shape[-2], new, bits)
    resized = blocks @ values[..., which, :].astype(np.float32)
    return resized.reshape(*values.shape[:-2], -1, values.shape[-1])[..., :new, :]


def from_background(frame, contrast):
    """How much each pixel differs from the background, the median of the frame: |frame − median| · contrast, at most 255.

    Pong's background is a grey of 87, on which its ball and paddles are only 60 brighter: what changes is a quarter of
    what never does, and a network has to learn first to ignore it. Here the background is 0.

    Args:
        frame: (H, W) uint8.
        contrast: int from 1 to 255.

    Returns:
        (H, W) uint8.
    """
    flat = frame.reshape(-1)
    median = np.partition(flat, len(flat) // 2)[len(flat) // 2]
    difference = np.maximum(frame, median) - np.minimum(frame, median)
    return np.minimum(difference * np.uint16(contrast), 255).astype(np.uint8)


def crop(screen, bounds):
    """Rows `top` to `bottom` and columns `left` to `right` (both ends excluded) of screens (..., H, W, 3), a view.

    Args:
        screen: (..., H, W, 3), any dtype.
        bounds: (top, bottom, left, right), ints within the screen; None for the whole screen.

    Raises:
        ValueError: bounds that reach over the edge, or leave nothing.
    """
    if bounds is None:
        return screen
    height, width = screen.shape[-3:-1]
    top, bottom, left, right = bounds
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise ValueError(
            f"crop is (top, bottom, left, right) within a screen {height} high and {width} wide, not {bounds!r}"
        )
    return screen[..., top:bottom, left:right, :]


@functools.cache
def _weights(old, new, bits):
    """(new, old) float32: how much of each old pixel goes into each new one, in whole multiples of 2**-bits.

    Each row adds up to exactly 1, so that what is white stays white: what rounding down takes from a row goes back to
    the weights that lost most.
    """
    if not 0 < new or old > MOST_SHRINKING * new:
        raise ValueError(f"{old} pixels cannot be resized to {new}: it takes {-(-old // MOST_SHRINKING)} at least")
    # In units of 1 / new of an old pixel every edge is a whole number: new pixel i covers [i * old, (i + 1) * old).
    first, last = np.arange(new)[:, None] * old, np.arange(1, new + 1)[:, None] * old
    pixel = np.arange(old)
    covered = np.clip(np.minimum(last, (pixel + 1) * new) - np.maximum(first, pixel * new), 0, None)
    units, lost = np.divmod(covered * 2**bits, old)
    missing = 2**bits - units.sum(axis=1, keepdims=True)
    order = np.argsort(-lost, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    weights = ((units + (rank < missing)) / 2**bits).astype(np.float32)
    weights.flags.writeable = False
    return weights


@functools.cache
def _blocks(old, new, bits):
    """The weights without nearly all of their zeros: blocks (n, BLOCK, k) float32 of BLOCK new pixels each (the last one
    filled up with zeros), and which k old pixels each block needs, (n, k) ints.

    A tenth of the arithmetic. And products this small are done at once, where BLAS would wake its threads for one large
    product: beside other work they cost more than they bring.
    """
    weights = _weights(old, new, bits)
    beginnings = np.arange(0, new, BLOCK)
    ends = np.minimum(beginnings + BLOCK, new)
    first, last = beginnings * old // new, -(-ends * old // new)
    size = (last - first).max()
    first = np.minimum(first, old - size)
    which = first[:, None] + np.arange(size)
    blocks = np.zeros((len(beginnings), BLOCK, size), np.float32)
    for block, begin, end, pixels in zip(blocks, beginnings, ends, which, strict=True):
        block[: end - begin] = weights[begin:end, pixels]
    return blocks, which
