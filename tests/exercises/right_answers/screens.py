"""3.1 and 3.2, written by other hands."""

import numpy as np


def on_a_common_grid(frame, previous_frame):
    """210 and 84 both divide 420, 160 and 84 both divide 3360: repeat, then average blocks, one axis after the other."""
    colours = np.where(frame > previous_frame, frame, previous_frame).astype(float)
    grey = 0.299 * colours[..., 0] + 0.587 * colours[..., 1] + 0.114 * colours[..., 2]
    rows = grey.repeat(2, axis=0).reshape(84, 5, 160).mean(axis=1)
    columns = rows.repeat(21, axis=1).reshape(84, 84, 40).mean(axis=2)
    return np.round(columns).astype("uint8")


def through_sums_from_the_edge(frame, previous_frame):
    """The area up to any edge is a sum that can be interpolated; a new pixel is the difference of two. It rounds down."""
    grey = np.stack([frame, previous_frame]).max(axis=0).dot(np.float32([0.299, 0.587, 0.114]))

    def shrunk(values, new):
        sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=float)])
        edges = np.linspace(0, len(values), new + 1)
        at_edges = np.stack([np.interp(edges, np.arange(len(sums)), column) for column in sums.T], axis=1)
        return np.diff(at_edges, axis=0) * new / len(values)

    return shrunk(shrunk(grey, 84).T, 84).T.clip(0, 255).astype(np.uint8)


def pixel_by_pixel_in_each_direction(frame, previous_frame):
    """Rounds to whole greys before it resizes, as ALE's own grey screen is."""
    grey = np.rint(np.maximum(frame, previous_frame).astype(np.float32) @ np.float32([0.299, 0.587, 0.114]))

    def shrunk(values, new):
        old = len(values)
        result = np.zeros((new, *values.shape[1:]))
        for i in range(new):
            begin, end = i * old / new, (i + 1) * old / new
            for j in range(int(begin), int(np.ceil(end - 1e-9))):
                result[i] += (min(end, j + 1) - max(begin, j)) * values[j] * new / old
        return result

    return np.rint(shrunk(shrunk(grey, 84).T, 84).T).astype(np.uint8)


class OneArrayShifted:
    """No deque: the array is moved up by one, and a copy goes out."""

    def __init__(self, size):
        self.stack = np.zeros((size, 84, 84), dtype=np.uint8)

    def reset(self, frame):
        self.stack[:] = frame
        return self.stack.copy()

    def push(self, frame):
        self.stack[:-1] = self.stack[1:].copy()
        self.stack[-1] = frame
        return self.stack.copy()


class AlwaysANewArray:
    """What was returned last is the state."""

    def __init__(self, size=4):
        self.size = size

    def reset(self, frame):
        self.last = np.repeat(frame[np.newaxis], self.size, axis=0)
        return self.last

    def push(self, frame):
        self.last = np.concatenate([self.last[1:], frame[np.newaxis]])
        return self.last


class AListThatGrows:
    """Keeps every frame of the episode, and returns what cannot be written to."""

    def __init__(self, size):
        self.size, self.frames = size, []

    def reset(self, frame):
        self.frames = []
        for _ in range(self.size - 1):
            self.frames.append(np.array(frame))
        return self.push(frame)

    def push(self, frame):
        self.frames.append(np.array(frame))
        stack = np.array(self.frames[-self.size :])
        stack.flags.writeable = False
        return stack


RIGHT_ANSWERS = {
    "preprocess": [on_a_common_grid, through_sums_from_the_edge, pixel_by_pixel_in_each_direction],
    "FrameStack": [OneArrayShifted, AlwaysANewArray, AListThatGrows],
}
