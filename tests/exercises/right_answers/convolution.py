"""2.7 and 2.8, written by other hands."""

import numpy as np


def through_a_window_view(image, kernel, stride):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return np.einsum("ijkl,kl->ij", windows, kernel).astype(np.float32)


def kernel_entry_by_entry(image, kernel, stride):
    kh, kw = kernel.shape
    height, width = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    total = np.zeros((height, width))
    for i, j in np.ndindex(kh, kw):
        total += kernel[i, j] * image[i : i + height, j : j + width]
    return total[::stride, ::stride]


def appended(image, kernel, stride):
    rows = []
    for top in range(0, image.shape[0] - kernel.shape[0] + 1, stride):
        row = []
        for left in range(0, image.shape[1] - kernel.shape[1] + 1, stride):
            patch = image[top : top + kernel.shape[0], left : left + kernel.shape[1]].astype(float)
            row.append((patch * kernel).sum())
        rows.append(row)
    return np.array(rows)


def counted(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


def floored(size, kernel, stride, padding):
    return int(np.floor((size + 2 * padding - kernel) / stride)) + 1


RIGHT_ANSWERS = {
    "conv2d": [through_a_window_view, kernel_entry_by_entry, appended],
    "conv_output_size": [counted, floored],
}
