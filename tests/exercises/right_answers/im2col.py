"""2.12, written by other hands."""

import numpy as np


def through_a_window_view(image, kh, kw, stride):
    windows = np.lib.stride_tricks.sliding_window_view(image, (kh, kw))[::stride, ::stride]
    return windows.reshape(-1, kh * kw)


def pixel_by_pixel(image, kh, kw, stride):
    oh, ow = (image.shape[0] - kh) // stride + 1, (image.shape[1] - kw) // stride + 1
    rows = np.empty((oh * ow, kh * kw), dtype=image.dtype)
    for i in range(kh):
        for j in range(kw):
            seen = image[i : i + stride * (oh - 1) + 1 : stride, j : j + stride * (ow - 1) + 1 : stride]
            rows[:, i * kw + j] = seen.ravel()
    return rows


def by_indices(image, kh, kw, stride):
    tops, lefts = range(0, image.shape[0] - kh + 1, stride), range(0, image.shape[1] - kw + 1, stride)
    return np.stack([image[np.ix_(range(r, r + kh), range(c, c + kw))].flatten() for r in tops for c in lefts])


RIGHT_ANSWERS = {"im2col": [through_a_window_view, pixel_by_pixel, by_indices]}
