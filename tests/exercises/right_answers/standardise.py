"""2.10, written by other hands."""

import numpy as np
from chainer.backends.cuda import get_array_module


def with_a_small_epsilon(x):
    xp = get_array_module(x)
    return (x - xp.mean(x, axis=0)) / (xp.std(x, axis=0) + 1e-12)


def deviations_first(x):
    deviations = x - x.mean(axis=0, keepdims=True)
    spread = (deviations**2).mean(axis=0) ** 0.5
    return deviations / (spread + (spread == 0))


def only_where_it_varies(x):
    xp = get_array_module(x)
    result = xp.zeros(x.shape, dtype=np.float64)
    varies = x.std(axis=0) > 0
    result[:, varies] = (x[:, varies] - x[:, varies].mean(axis=0)) / x[:, varies].std(axis=0)
    return result


RIGHT_ANSWERS = {"standardise": [with_a_small_epsilon, deviations_first, only_where_it_varies]}
