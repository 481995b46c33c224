"""3.2: the last few frames, which together show where things are going."""

from collections import deque

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, compare
from workshop.exercises.drivers.screens import FRAME
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.show import show


def stacks_of(size, operations):
    """The numbers of the frames in the stack after each operation: what a stack of frames is, without arrays."""
    frames, stacks = [], []
    for method, number in operations:
        frames = [number] * size if method == "reset" else [*frames[1:], number]
        stacks.append(frames)
    return stacks


def _judge(arguments, value, expected):
    operations, at_once = arguments[1], value["at_once"]
    for (method, number), right, stack, at_the_end in zip(
        operations, stacks_of(*arguments), at_once, value["at_the_end"], strict=True
    ):
        call = f"{method}(frame {number})"
        if not _holds_frames(stack):
            difference = compare(np.zeros((len(right), *FRAME), np.uint8), stack, dtype="uint8")
            sentence = difference.sentence if difference else f"should be {len(right)} frames; it holds none"
            return Difference(f"returns what {sentence}", call)
        if stack != right:
            return Difference(f"should return the frames {right}, oldest first; it returns {show(stack)}", call)
        if at_the_end != right:
            return Difference(
                f"returned the frames {right}, and later that array has changed to {show(at_the_end)}: return a new "
                "array every time, and copy the frame that you were given, whose array is used again",
                call,
            )
    return None


def _holds_frames(stack):
    return isinstance(stack, list) and all(isinstance(number, (int, str)) for number in stack)


def _describe(name, arguments):
    size, operations = arguments
    calls = ", then ".join(f"{method}(frame {number})" for method, number in operations)
    return f"stack = {name}({size}); {calls}; every frame (84, 84) uint8, in one and the same array"


class _Stack:
    """A right stack, whose parts the mistakes below change."""

    def __init__(self, size):
        self.size = size
        self.frames = deque(maxlen=size)

    def reset(self, frame):
        self.frames.clear()
        self.frames.extend([self.kept(frame)] * self.size)
        return self.result()

    def push(self, frame):
        self.frames.append(self.kept(frame))
        return self.result()

    def kept(self, frame):
        return frame.copy()

    def result(self):
        return np.stack(self.frames)


class _NewestFirst(_Stack):
    def result(self):
        return np.stack(self.frames)[::-1]


class _BlackAfterReset(_Stack):
    def reset(self, frame):
        self.frames.extend([np.zeros_like(frame)] * (self.size - 1))
        return self.push(frame)


class _GrowsAfterReset(_Stack):
    def reset(self, frame):
        self.frames.clear()
        return self.push(frame)


class _OldEpisodeStays(_Stack):
    def reset(self, frame):
        if not self.frames:
            return super().reset(frame)
        return self.push(frame)


class _KeepsTheCallersArray(_Stack):
    def kept(self, frame):
        return frame


class _OneArrayForAll(_Stack):
    def __init__(self, size):
        super().__init__(size)
        self.array = np.zeros((size, *FRAME), np.uint8)

    def result(self):
        self.array[:] = np.stack(self.frames)
        return self.array


class _ReturnsBeforePushing(_Stack):
    def push(self, frame):
        result = self.result()
        super().push(frame)
        return result


class _OneTooMany(_Stack):
    def __init__(self, size):
        super().__init__(size + 1)


class _AlwaysFour(_Stack):
    def __init__(self, size):
        super().__init__(4)


class _ChannelsLast(_Stack):
    def result(self):
        return np.stack(self.frames, axis=-1)


class _Scaled(_Stack):
    def result(self):
        return np.stack(self.frames).astype(np.float32) / 255


class _AList(_Stack):
    def result(self):
        return list(self.frames)


class _ReturnsNothing(_Stack):
    def result(self):
        return None


class _PushesTheOldestOut(_Stack):
    def push(self, frame):
        self.frames[0] = self.kept(frame)
        return self.result()


class _Brightest(_Stack):
    def result(self):
        return np.max(np.stack(self.frames), axis=0)


_operations = st.lists(st.tuples(st.sampled_from(["push", "push", "reset"]), st.integers(1, 9)), max_size=6).flatmap(
    lambda later: st.tuples(st.integers(1, 4), st.integers(1, 9).map(lambda first: [("reset", first), *later]))
)

FrameStack = Part(
    name="FrameStack",
    parameters=("size", "operations"),
    driver="stack_frames",
    judge=_judge,
    demand=demand_equal,
    describe=_describe,
    shown=lambda value: value["at_once"],
    examples=(
        (4, [("reset", 1)]),
        (4, [("reset", 1), ("push", 2)]),
        (2, [("reset", 1), ("push", 2), ("push", 3)]),
        (4, [("reset", 1), *(("push", number) for number in range(2, 8))]),
        (3, [("reset", 1), ("push", 2), ("push", 3), ("reset", 4), ("push", 5)]),
        (1, [("reset", 1), ("push", 2), ("push", 2), ("reset", 3)]),
    ),
    cases=_operations,
    examples_per_check=40,
    mistakes=(
        Mistake("The newest frame comes first here. Oldest first: the new one goes to the end.", _NewestFirst),
        Mistake(
            "After reset the stack is filled up with black. Repeat the first frame: `size` times the same.",
            _BlackAfterReset,
        ),
        Mistake(
            "After reset the stack holds a single frame, and grows. The network wants `size` frames from the start: "
            "repeat the first one.",
            _GrowsAfterReset,
        ),
        Mistake(
            "Reset leaves frames of the last episode in the stack. Nothing of it may be seen in the next one.",
            _OldEpisodeStays,
        ),
        Mistake(
            "This keeps the array that it was given, and the caller uses it again for the next frame. Keep "
            "`frame.copy()`.",
            _KeepsTheCallersArray,
        ),
        Mistake(
            "This returns one and the same array every time and overwrites it. What you returned is stored in the "
            "replay memory: return a new array, such as `np.stack(…)` makes.",
            _OneArrayForAll,
        ),
        Mistake("push returns the stack without the new frame. Append it first.", _ReturnsBeforePushing),
        Mistake("The stack is one frame too long.", _OneTooMany),
        Mistake("The stack always holds four frames. It should hold `size`.", _AlwaysFour),
        Mistake("The frames lie along the last axis here. Chainer wants them first: (size, 84, 84).", _ChannelsLast),
        Mistake("This scales to [0, 1]. Keep the frames as they are, uint8: a quarter of the memory.", _Scaled),
        Mistake("This returns a list. Return one array, (size, 84, 84): `np.stack(…)`.", _AList),
        Mistake("Nothing is returned. Both methods return the stack.", _ReturnsNothing),
        Mistake(
            "The new frame takes the place of the oldest. All move up by one, and it goes to the end.",
            _PushesTheOldestOut,
        ),
        Mistake(
            "This is one picture, the brightest of all. Keep the frames apart, (size, 84, 84): their order shows which "
            "way the ball flies.",
            _Brightest,
        ),
    ),
    hints=(
        "Which frames are in a stack of 4 right after reset? And after one push? Write both down, oldest first.",
        "A `deque(maxlen=size)` lets the oldest frame go by itself. Which array does it hold: yours, or the caller's?",
        (
            "reset: `self.frames = deque([frame.copy()] * self.size, maxlen=self.size)`. push: "
            "`self.frames.append(frame.copy())`. Both: `return np.stack(self.frames)`."
        ),
    ),
    explanation=(
        "Repeating the first frame says that nothing has moved yet. The frame is copied because whoever gave it goes on to "
        "use its array, and np.stack makes a new array each time, so that a state in the replay memory stays what it was."
    ),
)

EXERCISES = (Exercise("3.2", "A stack of frames", 3, (FrameStack,)),)
