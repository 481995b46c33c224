"""A CPU convolution under Chainer's own functions, so that a plain `L.Convolution2D` gets the speed.

Chainer's own unrolls every patch into a column (im2col), in a Python loop over the kernel, and copies the result again
inside `tensordot`. Here there are two others: `gathered`, on products written in C, where the machine can compile them
(float32); and `blocks`, in NumPy, everywhere else. Both give Chainer's results. What they do not cover (dilation, groups,
half precision, `cover_all`) still goes to Chainer.

Shapes: x (N, C, H, W), W (O, C, kh, kw), y (N, O, oh, ow), as Chainer's.
"""

import functools

import numpy as np

from workshop.nn import blocks, bookkeeping, gathered, kernels, linear


class Plan:
    """The shapes of one convolution without dilation.

    Args:
        x_shape, W_shape: of the input and the weights.
        stride, pad: pairs of ints.
    """

    def __init__(self, x_shape, W_shape, stride, pad):
        self.batch, self.channels, self.height, self.width = x_shape
        self.out_channels, _, self.kh, self.kw = W_shape
        self.sy, self.sx = stride
        self.ph, self.pw = pad
        self.oh = (self.height + 2 * self.ph - self.kh) // self.sy + 1
        self.ow = (self.width + 2 * self.pw - self.kw) // self.sx + 1
        self.taps_y, self.taps_x = -(-self.kh // self.sy), -(-self.kw // self.sx)
        self.rows, self.columns = self.oh - 1 + self.taps_y, self.ow - 1 + self.taps_x  # block pixels
        self.depth = self.sy * self.sx * self.channels

    def taps(self):
        """(a, b, rows by which the tap is shifted) of every tap."""
        return [(a, b, a * self.columns + b) for a in range(self.taps_y) for b in range(self.taps_x)]

    @property
    def block_rows(self):
        return self.batch * self.rows * self.columns

    @property
    def used_rows(self):
        """How many block pixels have all taps inside the matrix."""
        return self.block_rows - (self.taps_y - 1) * self.columns - (self.taps_x - 1)


def use():
    """Put this convolution, `linear` and `bookkeeping` under Chainer's functions, in this process.

    Calling it again changes nothing.
    """
    from chainer.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
    from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction

    from workshop import compat

    linear.use()
    bookkeeping.use()

    def convolve(node, x, W, b):
        plan = _plan(x.shape, W.shape, (node.sy, node.sx), (node.ph, node.pw))
        return (_best(plan, x).forward(x, W, b, plan),)

    def convolve_gradient(node, x, gy):
        plan = _plan(x.shape, node.W_shape, (node.sy, node.sx), (node.ph, node.pw))
        return (_best(plan, x).gradient_of_weights(x, gy, plan),)

    def deconvolve(node, x, W, b):
        x_shape = (x.shape[0], W.shape[1], node.outh, node.outw)
        plan = _plan(x_shape, W.shape, (node.sy, node.sx), (node.ph, node.pw))
        gx = _best(plan, x).gradient_of_input(W, x, plan)
        return (gx if b is None else gx + b[:, None, None],)

    def gradients(node, gy):
        x, W = node.inputs[0].data, node.inputs[1].data
        plan = _plan(x.shape, W.shape, (node.sy, node.sx), (node.ph, node.pw))
        module = _best(plan, x)
        return [
            lambda: module.gradient_of_input(W, gy, plan),
            lambda: module.gradient_of_weights(x, gy, plan),
            lambda: module.gradient_of_bias(gy),
        ]

    bookkeeping.replace_backward(Convolution2DFunction, gradients, _is_covered_backward)
    compat.replace_method(Convolution2DFunction, "_forward_cpu_core", convolve, _is_covered)
    compat.replace_method(Convolution2DGradW, "_forward_cpu_core", convolve_gradient, _is_covered)
    compat.replace_method(Deconvolution2DFunction, "_forward_cpu_core", deconvolve, _is_covered_deconvolution)


_plan = functools.lru_cache(maxsize=64)(Plan)


def _best(plan, x):
    """The module that computes this convolution."""
    return gathered if x.dtype == np.float32 and gathered.covers(plan) and kernels.library() else blocks


def _is_covered(node, *arrays):
    kinds = {array.dtype for array in arrays if array is not None} | {getattr(node, "W_dtype", arrays[0].dtype)}
    is_plain = node.dy == node.dx == 1 and not node.cover_all and not node._use_ideep
    return is_plain and len(kinds) == 1 and kinds <= {np.dtype(np.float32), np.dtype(np.float64)}


def _is_covered_backward(node, gy):
    x, W = node.inputs[0].data, node.inputs[1].data
    return x is not None and W is not None and node.groups == 1 and _is_covered(node, x, W, gy)


def _is_covered_deconvolution(node, x, W, b):
    """Besides: the output has the very size that a convolution without `cover_all` maps to the input's."""
    kinds = {array.dtype for array in (x, W, b) if array is not None}
    is_plain = node.dy == node.dx == 1 and len(kinds) == 1 and not node._use_ideep
    if not (is_plain and kinds <= {np.dtype(np.float32), np.dtype(np.float64)}):
        return False
    plan = _plan((x.shape[0], W.shape[1], node.outh, node.outw), W.shape, (node.sy, node.sx), (node.ph, node.pw))
    return (plan.oh, plan.ow) == x.shape[2:]
