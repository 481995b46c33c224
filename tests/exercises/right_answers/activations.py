"""2.9, written by other hands."""

import math

import numpy as np


def half_of_x_and_its_size(x):
    return (x + np.abs(x)) / 2


def times_a_mask(x):
    return x * (x > 0)


def larger_of_two(x, slope):
    return np.maximum(x, slope * x)


def two_parts(x, slope):
    return np.clip(x, 0, None) + slope * np.clip(x, None, 0)


def on_a_copy(x, slope):
    result = x.copy()
    result[result < 0] *= slope
    return result


def from_tanh(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def clipped_first(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -500, 500)))


def two_masks(x):
    result = np.empty(x.shape)
    result[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    e = np.exp(x[x < 0])
    result[x < 0] = e / (1 + e)
    return result


def number_by_number(x):
    return np.array([math.tanh(number) for number in x.ravel()]).reshape(x.shape)


def from_sigmoid(x):
    return 2 * from_tanh(2 * x) - 1


def from_one_exponential(x):
    e = np.exp(-2 * np.abs(x))
    return np.sign(x) * (1 - e) / (1 + e)


def elu_on_a_copy(x, alpha):
    result = np.array(x, dtype=float)
    is_negative = result < 0
    result[is_negative] = alpha * (np.exp(result[is_negative]) - 1)
    return result


def elu_of_two_parts(x, alpha):
    return np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1)


def row_by_row(x, w, b):
    return np.array([max(float(piece @ row) + bias for piece, bias in zip(w, b)) for row in x])


def by_einsum(x, w, b):
    return np.amax(np.einsum("nd,kd->kn", x, w) + b[:, None], axis=0)


RIGHT_ANSWERS = {
    "relu": [half_of_x_and_its_size, times_a_mask],
    "leaky_relu": [larger_of_two, two_parts, on_a_copy],
    "sigmoid": [from_tanh, clipped_first, two_masks],
    "tanh": [number_by_number, from_sigmoid, from_one_exponential],
    "elu": [elu_on_a_copy, elu_of_two_parts],
    "maxout": [row_by_row, by_einsum],
}
