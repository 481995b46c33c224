"""Drivers for answers about frames: the preprocessing of an Atari's screens, and the stack of the last few."""

import numpy as np

from workshop.exercises.drivers.registry import driver

SCREEN = (210, 160, 3)
FRAME = (84, 84)


def painted(picture):
    """A screen, (210, 160, 3) uint8.

    Args:
        picture: (background, rectangles): a colour, and tuples (top, bottom, left, right, colour), the later ones above
            the earlier. A colour is (red, green, blue).
    """
    background, rectangles = picture
    screen = np.empty(SCREEN, np.uint8)
    screen[:] = background
    for top, bottom, left, right, colour in rectangles:
        screen[top:bottom, left:right] = colour
    return screen


@driver
def preprocess_screens(answer, frame, previous_frame):
    """3.1: what becomes of two painted screens, and whether they are still as they were."""
    screens = painted(frame), painted(previous_frame)
    returned = answer(*screens)
    changed = [
        not np.array_equal(screen, painted(picture)) for screen, picture in zip(screens, (frame, previous_frame))
    ]
    return {"returned": returned, "frame_changed": changed[0], "previous_frame_changed": changed[1]}


def numbered(number):
    """The frame with this number, (84, 84) uint8: no two pixels next to each other alike, so that a turned one shows."""
    rows, columns = np.indices(FRAME)
    return ((97 * number + 3 * rows + columns) % 256).astype(np.uint8)


@driver
def stack_frames(answer, size, operations):
    """3.2: the stacks that come of ("reset", number) and ("push", number), at once and at the end.

    A stack is given as the numbers of its frames, or by what else it is. All frames arrive in one buffer, which is
    overwritten: an emulator does that too.
    """
    stack, buffer, returned = answer(size), np.empty(FRAME, np.uint8), []
    numbers = {numbered(number).tobytes(): number for _, number in operations}
    at_once = []
    for method, number in operations:
        buffer[:] = numbered(number)
        returned.append({"reset": stack.reset, "push": stack.push}[method](buffer))
        buffer[:] = 0
        at_once.append(_frames_in(returned[-1], numbers))
    return {"at_once": at_once, "at_the_end": [_frames_in(value, numbers) for value in returned]}


def _frames_in(value, numbers):
    """The numbers of the frames in a stack, "?" for what is none; the value itself if it is no stack of frames."""
    if not (isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.shape[1:] == FRAME):
        return value.copy() if isinstance(value, np.ndarray) else value
    return [numbers.get(np.ascontiguousarray(frame).tobytes(), "?") for frame in value]
