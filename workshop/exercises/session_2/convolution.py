"""2.7 and 2.8: convolution as a sliding window, and the size of what comes out."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_pixels = st.integers(-3, 3).map(float)
_weights = st.integers(-2, 2).map(float)


@st.composite
def _convolutions(draw):
    kh, kw, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = kh + draw(st.integers(0, 4)), kw + draw(st.integers(0, 4))
    image = draw(arrays(_pixels, height, width))
    if draw(st.booleans()):
        image = np.abs(image).astype(np.uint8)
    return image, draw(arrays(_weights, kh, kw)), stride


def _slide(image, kernel, stride, combine=lambda patch, kernel: np.sum(patch * kernel)):
    kh, kw = kernel.shape
    rows, columns = range(0, len(image) - kh + 1, stride), range(0, image.shape[1] - kw + 1, stride)
    return np.array([[float(combine(image[r : r + kh, c : c + kw], kernel)) for c in columns] for r in rows])


def _flipped(image, kernel, stride):
    return _slide(image, kernel[::-1, ::-1], stride)


def _stride_ignored(image, kernel, stride):
    return _slide(image, kernel, 1)


def _stride_on_rows_only(image, kernel, stride):
    return _slide(image, kernel, 1)[::stride].copy()


def _last_place_missing(image, kernel, stride):
    return _slide(image, kernel, stride)[:-1, :-1].copy()


def _padded(image, kernel, stride):
    kh, kw = kernel.shape
    padding = ((kh // 2, (kh - 1) // 2), (kw // 2, (kw - 1) // 2))
    return _slide(np.pad(image, padding), kernel, stride)


def _mean(image, kernel, stride):
    return _slide(image, kernel, stride, lambda patch, kernel: np.mean(patch * kernel))


def _largest(image, kernel, stride):
    return _slide(image, kernel, stride, lambda patch, kernel: np.max(patch * kernel))


def _matrix_product(image, kernel, stride):
    return _slide(image, kernel, stride, lambda patch, kernel: np.sum(patch @ kernel.T))


def _transposed(image, kernel, stride):
    return _slide(image, kernel, stride).T.copy()


def _of_the_images_dtype(image, kernel, stride):
    return _slide(image, kernel, stride).astype(image.dtype)


def _rows_times_columns(image, kernel, stride):
    return _slide(image, kernel, stride, lambda patch, kernel: patch.sum() * kernel.sum())


def _patch_alone(image, kernel, stride):
    return _slide(image, kernel, stride, lambda patch, kernel: np.sum(patch))


def _whole_steps_of_the_kernel(image, kernel, stride):
    kh, kw = kernel.shape
    rows, columns = range(0, len(image) - kh + 1, kh), range(0, image.shape[1] - kw + 1, kw)
    return np.array([[float(np.sum(image[r : r + kh, c : c + kw] * kernel)) for c in columns] for r in rows])


_STAIRS = np.arange(16.0).reshape(4, 4)
_EDGE = np.array([[1.0, -1.0]])
_GREY = np.array([[200, 250, 30, 0], [100, 250, 250, 5], [0, 255, 128, 64]], dtype=np.uint8)

conv2d = Part(
    name="conv2d",
    parameters=("image", "kernel", "stride"),
    examples=(
        (np.array([[3.0]]), np.array([[2.0]]), 1),
        (np.array([[1.0, 2.0]]), np.array([[1.0]]), 1),
        (np.array([[1.0, 2.0, 4.0]]), _EDGE, 1),
        (np.array([[1.0, 2.0, 4.0]]).T, _EDGE.T, 1),
        (_STAIRS, np.array([[1.0, 2.0], [0.0, -1.0]]), 1),
        (_STAIRS, np.array([[1.0, 2.0], [0.0, -1.0]]), 2),
        (np.arange(35.0).reshape(5, 7), np.array([[1.0, 0.0], [2.0, -1.0], [0.5, 0.0]]), 2),  # does not divide
        (np.arange(20.0).reshape(5, 4), np.array([[1.0, 2.0]]), 3),
        (_GREY, np.array([[1.0, 1.0], [1.0, 1.0]]), 1),  # sums above 255
        (_GREY, np.array([[0.5, -2.0]]), 1),
        (_GREY, np.array([[1.0, 0.0, -1.0]] * 3), 1),
    ),
    cases=_convolutions(),
    describe=show_named_call("image", "kernel", "stride"),
    examples_per_check=40,
    mistakes=(
        Mistake(
            "The kernel is turned round, as signal processing does it. Deep networks lay it on as it is: "
            "cross-correlation.",
            _flipped,
        ),
        Mistake("The stride is not used: the window moves by `stride` pixels each time.", _stride_ignored),
        Mistake("The stride acts on the rows only. It is for both directions.", _stride_on_rows_only),
        Mistake(
            "The last place is missing: there is room for (size − kernel) // stride + 1 windows.", _last_place_missing
        ),
        Mistake("There is a margin of zeros round the image. Without padding the result is smaller.", _padded),
        Mistake("This takes the mean over the window. Take the sum.", _mean),
        Mistake("This takes the largest product in the window. Add them all up.", _largest),
        Mistake(
            "Window and kernel are multiplied as matrices. Multiply them element by element: `*`, not `@`.",
            _matrix_product,
        ),
        Mistake("Rows and columns have changed places: the result is (oh, ow).", _transposed),
        Mistake(
            "The result has the dtype of the image, and a uint8 only goes from 0 to 255. Make an array of floats: "
            "`np.zeros((oh, ow))`.",
            _of_the_images_dtype,
        ),
        Mistake("Two sums are multiplied. Multiply element by element first, and add up then.", _rows_times_columns),
        Mistake("The kernel is not used: multiply the window by it, element by element.", _patch_alone),
        Mistake(
            "The windows stand side by side. They overlap: each is `stride` pixels further than the one before.",
            _whole_steps_of_the_kernel,
        ),
    ),
    hints=(
        "Lay the kernel on the top left corner: which pixels lie under it, and what becomes of them?",
        "One number of the result: `np.sum(image[r:r + kh, c:c + kw] * kernel)`, with r = i * stride and c = j * stride.",
        "`oh = (H - kh) // stride + 1`, `ow` likewise, `result = np.zeros((oh, ow))`, and two loops, over i and j.",
    ),
    explanation=(
        "A window slides over the image, and at each place the pixels under it are weighted and added up. One small "
        "kernel serves the whole image, so what it finds it finds everywhere. (Strictly this is cross-correlation: "
        "nothing is turned round. A network learns its kernels, and does not care.)"
    ),
)


def _size_without_the_one(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride


def _size_padded_once(size, kernel, stride, padding):
    return (size + padding - kernel) // stride + 1 if size + padding >= kernel else 1


def _size_rounded_up(size, kernel, stride, padding):
    return -((kernel - size - 2 * padding) // stride) + 1


def _size_without_padding(size, kernel, stride, padding):
    return (size - kernel) // stride + 1


def _size_with_the_one_inside(size, kernel, stride, padding):
    return (size + 2 * padding - kernel + 1) // stride


def _size_as_a_float(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) / stride + 1


def _size_of_stride_one(size, kernel, stride, padding):
    return size + 2 * padding - kernel + 1


def _size_without_kernel(size, kernel, stride, padding):
    return (size + 2 * padding) // stride


def _size_rounded(size, kernel, stride, padding):
    return round((size + 2 * padding - kernel) / stride + 1)


conv_output_size = Part(
    name="conv_output_size",
    parameters=("size", "kernel", "stride", "padding"),
    examples=(
        (1, 1, 1, 0),
        (3, 2, 1, 0),
        (84, 8, 4, 0),
        (20, 4, 2, 0),
        (9, 3, 1, 0),
        (5, 2, 2, 0),
        (8, 3, 3, 0),
        (5, 3, 1, 1),
        (6, 3, 2, 1),
        (2, 4, 1, 1),
        (3, 3, 5, 0),
    ),
    cases=st.tuples(st.integers(1, 40), st.integers(1, 8), st.integers(1, 5), st.integers(0, 3)).filter(
        lambda case: case[1] <= case[0] + 2 * case[3]
    ),
    describe=show_named_call("size", "kernel", "stride", "padding"),
    mistakes=(
        Mistake("The first place is missing: one window always fits. Add 1.", _size_without_the_one),
        Mistake("The padding stands on both sides: 2 · padding.", _size_padded_once),
        Mistake("This rounds up. Half a window does not count: `//`.", _size_rounded_up),
        Mistake("The padding is not used: it makes the image 2 · padding larger.", _size_without_padding),
        Mistake(
            "The 1 is added before the division. It counts the first window: add it afterwards.",
            _size_with_the_one_inside,
        ),
        Mistake("This is a float. A size is an int: `//` instead of `/`.", _size_as_a_float),
        Mistake("The stride is not used: it divides the room for moving.", _size_of_stride_one),
        Mistake("The kernel is not used: it takes up room itself.", _size_without_kernel),
        Mistake("This rounds to the nearest int. Round down: `//`.", _size_rounded),
    ),
    hints=(
        "The first window fits at place 0. How far can it move until it reaches the other end?",
        "It has size + 2 · padding − kernel pixels of room, and takes `stride` of them with each move.",
        "`return (size + 2 * padding - kernel) // stride + 1`",
    ),
    explanation=(
        "One window at the start, and one more for every `stride` pixels of room. What is left over at the end is not "
        "looked at. The three layers of the Atari network make 20, 9 and 7 out of 84."
    ),
)

EXERCISES = (
    Exercise("2.7", "Convolution, a sliding window", 5, (conv2d,)),
    Exercise("2.8", "The size of what comes out", 2, (conv_output_size,)),
)
