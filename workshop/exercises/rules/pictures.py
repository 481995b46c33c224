"""The rule about a picture that was made of others."""

import numpy as np

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules.registry import rule

_ONE_LEVEL = 1 + 1e-3  # the exact value may be a float32, and an answer may have computed in it
_CORNER = 4  # pixels each way are enough to see


def shown_picture(value):
    """A corner of the picture in which there is something to see."""
    returned = value["returned"]
    if isinstance(returned, np.ndarray) and returned.ndim == 2 and min(returned.shape) >= _CORNER:
        rows, columns = np.nonzero(returned != np.median(returned))
        if len(rows):
            top, left = (min(where.min(), size - _CORNER) for where, size in zip((rows, columns), returned.shape))
            corner = returned[top : top + _CORNER, left : left + _CORNER]
            return {f"pixels [{top}:{top + _CORNER}, {left}:{left + _CORNER}]": corner, "shape": returned.shape}
    return returned


@rule("every pixel, up to one grey level, and that the screens stay as they were", shown=shown_picture)
def near_the_picture(arguments, value, exact):
    """3.1: uint8, and no pixel more than a grey level from the exact one."""
    returned = value["returned"]
    for name in ("frame", "previous_frame"):
        if value[f"{name}_changed"]:
            return Difference(f"it changes its argument `{name}`: the caller still needs that screen")
    difference = compare(np.zeros(exact.shape, np.uint8), returned, dtype="uint8")
    if difference and difference.where == "":
        return difference
    error = np.abs(returned - exact)
    if error.max() <= _ONE_LEVEL:
        return None
    row, column = np.unravel_index(error.argmax(), error.shape)
    return Difference(
        f"should be {exact[row, column]:.1f}, rounded; it is {returned[row, column]} "
        f"({np.count_nonzero(error > _ONE_LEVEL)} of {error.size} pixels are wrong)",
        f"pixel [{row}, {column}]",
    )
