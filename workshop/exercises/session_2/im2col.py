"""2.12: convolution as one matrix product: a patch a row."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.values import equal_in_the_dtype_given
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays


@st.composite
def _images(draw):
    kh, kw, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    dtype = draw(st.sampled_from([np.float64, np.uint8, np.float32]))
    image = draw(arrays(st.integers(0, 9), kh + draw(st.integers(0, 3)), kw + draw(st.integers(0, 3)), dtype=dtype))
    return image, kh, kw, stride


def _same_kind_and_numbers(value, other):
    return kind_of(value) == kind_of(other) and compare(other, value, getattr(other, "dtype", None)) is None


def _patches(image, kh, kw, stride, rows_first=True, step=None):
    height, width = image.shape
    rows, columns = range(0, height - kh + 1, step or stride), range(0, width - kw + 1, step or stride)
    places = [(r, c) for r in rows for c in columns] if rows_first else [(r, c) for c in columns for r in rows]
    return np.array([image[r : r + kh, c : c + kw] for r, c in places])


def _right(image, kh, kw, stride):
    return _patches(image, kh, kw, stride).reshape(-1, kh * kw)


def _a_patch_a_column(image, kh, kw, stride):
    return _right(image, kh, kw, stride).T.copy()


def _places_column_by_column(image, kh, kw, stride):
    return _patches(image, kh, kw, stride, rows_first=False).reshape(-1, kh * kw)


def _pixels_column_by_column(image, kh, kw, stride):
    return _patches(image, kh, kw, stride).transpose(0, 2, 1).reshape(-1, kh * kw)


def _not_flattened(image, kh, kw, stride):
    return _patches(image, kh, kw, stride)


def _as_a_grid(image, kh, kw, stride):
    height, width = image.shape
    shape = ((height - kh) // stride + 1, (width - kw) // stride + 1, kh * kw)
    return _patches(image, kh, kw, stride).reshape(shape)


def _stride_ignored(image, kh, kw, stride):
    return _right(image, kh, kw, 1)


def _in_floats(image, kh, kw, stride):
    rows = np.zeros(_right(image, kh, kw, stride).shape)
    rows[:] = _right(image, kh, kw, stride)
    return rows


def _turned_round(image, kh, kw, stride):
    return _right(image, kh, kw, stride)[:, ::-1].copy()


def _last_patch_missing(image, kh, kw, stride):
    return _right(image, kh, kw, stride)[:-1].copy()


def _as_a_list(image, kh, kw, stride):
    return _right(image, kh, kw, stride).tolist()


def _height_and_width_exchanged(image, kh, kw, stride):
    return _right(image, kw, kh, stride) if kw <= image.shape[0] and kh <= image.shape[1] else np.zeros((0, kh * kw))


_STAIRS = np.arange(12.0).reshape(3, 4)

im2col = Part(
    name="im2col",
    parameters=("image", "kh", "kw", "stride"),
    examples=(
        (np.array([[5.0]]), 1, 1, 1),
        (np.array([[1.0, 2.0, 3.0]]), 1, 2, 1),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), 2, 2, 1),
        (_STAIRS, 2, 2, 1),
        (_STAIRS, 1, 2, 2),
        (_STAIRS, 2, 3, 1),
        (np.arange(30, dtype=np.uint8).reshape(5, 6), 2, 3, 2),
        (np.arange(25, dtype=np.float32).reshape(5, 5), 3, 1, 2),
    ),
    cases=_images(),
    judge=equal_in_the_dtype_given,
    agrees=_same_kind_and_numbers,
    describe=show_named_call("image", "kh", "kw", "stride"),
    examples_per_check=40,
    mistakes=(
        Mistake("Each patch is a column here. Make it a row: (oh · ow, kh · kw).", _a_patch_a_column),
        Mistake(
            "The patches come column by column. Take the places row by row: first all of the top row.",
            _places_column_by_column,
        ),
        Mistake(
            "Inside a patch the pixels come column by column. Read each patch row by row, as `ravel` does.",
            _pixels_column_by_column,
        ),
        Mistake("The patches are still (kh, kw). Flatten each into a row.", _not_flattened),
        Mistake(
            "The places still form a grid, (oh, ow). Put them one below the other: (oh · ow, kh · kw).", _as_a_grid
        ),
        Mistake("The stride is not used: from one patch to the next it is `stride` pixels.", _stride_ignored),
        Mistake("The pixels became floats. Keep the dtype of the image: four times the memory is no gift.", _in_floats),
        Mistake("Each patch is turned round. Read it from its top left corner.", _turned_round),
        Mistake(
            "The last patch is missing: there are oh · ow of them, each size // stride, rounded down, plus 1.",
            _last_patch_missing,
        ),
        Mistake("This is a list. Return a NumPy array.", _as_a_list),
        Mistake("Height and width of the patch have changed places: kh rows, kw columns.", _height_and_width_exchanged),
    ),
    hints=(
        "The loops of conv2d, but instead of weighing a window you write it down. How many rows come together?",
        "`image[r:r + kh, c:c + kw].ravel()` is one row. Collect them in a list, rows of places first.",
        (
            "`np.array([image[r:r + kh, c:c + kw].ravel() for r in range(0, H - kh + 1, stride) for c in range(0, W - kw + 1, "
            "stride)])`"
        ),
    ),
    explanation=(
        "Once every patch is a row, the whole convolution is one matrix product, `im2col(…) @ kernel.ravel()`, and with "
        "many kernels one product with a matrix. Matrix products are what processors are best at. The price is memory: a "
        "pixel is written down once for each window that it lies in."
    ),
)

EXERCISES = (Exercise("2.12", "Convolution as a matrix product", 5, (im2col,), is_stretch=True),)
