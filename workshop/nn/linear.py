"""Large linear layers under Chainer's functions, on the products of kernels.c.

A DQN's hidden layer multiplies a few dozen rows with a matrix of a million weights: a shape for which a BLAS, which first
rearranges the weights, runs at half of what the processor can do. The products of kernels.c read them where they are.
Covered is float32 where the machine can compile; everything else still goes to Chainer.

Shapes: x (B, I), W (O, I), b (O,), y (B, O), as Chainer's.
"""

import functools

import numpy as np

from workshop.nn import bookkeeping, kernels
from workshop.nn.kernels import Rows

WORTH_IT = 2**15  # weights: below, the BLAS loses less than calling C costs
WORTH_IT_ROWS = 8  # of x: fewer are a matter of reading the weights once, which the BLAS does as well


def forward(x, W, b):
    """y = x Wᵀ + b; b may be None."""
    columns = kernels.wide(x.T)  # W row by row against the columns of xᵀ: both lie in memory as they are read
    y = np.empty((len(W), columns.shape[1]), np.float32)
    kernels.product(W, _rows(len(W), W.strides[0]), _rows(W.shape[1], W.strides[1]), columns, None, y, kernels.lines(y))
    y = np.ascontiguousarray(y[:, : len(x)].T)
    return y if b is None else np.add(y, b, out=y)


def gradient_of_input(W, gy):
    """gx (B, I) = gy W."""
    weights = kernels.wide(W)
    gx = np.empty((len(gy), weights.shape[1]), np.float32)
    gy_rows, gy_columns = _rows(len(gy), gy.strides[0]), _rows(gy.shape[1], gy.strides[1])
    kernels.product(gy, gy_rows, gy_columns, weights, None, gx, kernels.lines(gx))
    return gx[:, : W.shape[1]]


def gradient_of_weights(x, gy):
    """gW (O, I) = gyᵀ x."""
    x_lines = kernels.wide(x)
    gW = np.empty((gy.shape[1], x_lines.shape[1]), np.float32)
    gy_rows, gy_columns = _rows(len(gy), gy.strides[0]), _rows(gy.shape[1], gy.strides[1])
    kernels.product(gy, gy_columns, gy_rows, x_lines, None, gW, kernels.lines(gW))
    return gW[:, : x.shape[1]]


@functools.lru_cache(maxsize=64)
def _rows(count, stride):
    return Rows(np.arange(count) * (stride // 4))


def use():
    """Put these under Chainer's functions, in this process. Calling it again changes nothing."""
    import chainer
    from chainer.functions.connection.linear import LinearFunction, LinearGradData, LinearGradWeight

    from workshop import compat

    def retain(node):
        node._config_use_ideep = chainer.config.use_ideep
        node.retain_inputs((0, 1))

    def multiply(node, inputs):
        retain(node)
        return (forward(*inputs, *[None] * (3 - len(inputs))),)

    def multiply_for_input(node, inputs):
        retain(node)
        return (gradient_of_input(*inputs),)

    def multiply_for_weights(node, inputs):
        retain(node)
        return (gradient_of_weights(*inputs),)

    def is_covered_for_weights(node, inputs):
        return node._w_dtype == np.float32 and _is_covered_for_weights(node, inputs)

    def gradients(node, gy):
        x, W = node.inputs[0].data, node.inputs[1].data
        return [
            lambda: gradient_of_input(W, gy) if _is_covered_for_input(None, (W, gy)) else gy.dot(W),
            lambda: gradient_of_weights(x, gy) if _is_covered_for_weights(None, (x, gy)) else gy.T.dot(x),
            lambda: gy.sum(axis=0),
        ]

    bookkeeping.replace_backward(LinearFunction, gradients, _is_covered_backward)
    compat.replace_method(LinearFunction, "forward", multiply, _is_covered)
    compat.replace_method(LinearGradData, "forward", multiply_for_input, _is_covered_for_input)
    compat.replace_method(LinearGradWeight, "forward", multiply_for_weights, is_covered_for_weights)


def _is_covered(node, inputs):
    x, W = inputs[:2]
    return _is_worth_it(len(x), W.size) and all(map(kernels.takes, inputs)) and kernels.library() is not None


def _is_covered_for_input(_, inputs):
    W, gy = inputs
    is_wide = W.shape[1] % kernels.COLUMNS == 0
    return (
        is_wide and _is_worth_it(len(gy), W.size) and all(map(kernels.takes, inputs)) and kernels.library() is not None
    )


def _is_covered_for_weights(_, inputs):
    x, gy = inputs
    is_wide = x.shape[1] % kernels.COLUMNS == 0
    is_worth_it = _is_worth_it(len(x), gy.shape[1] * x.shape[1])
    return is_wide and is_worth_it and all(map(kernels.takes, inputs)) and kernels.library() is not None


def _is_covered_backward(node, gy):
    """One float type for all: then nothing has to be cast."""
    arrays = (node.inputs[0].data, node.inputs[1].data)
    return not [1 for array in arrays if type(array) is not np.ndarray or array.dtype != gy.dtype]


def _is_worth_it(rows, weights):
    return rows >= WORTH_IT_ROWS and WORTH_IT <= weights < 2**31
