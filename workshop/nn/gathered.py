"""A CPU convolution that unrolls nothing and moves nothing: the products of kernels.c look their rows up.

The patch under an output pixel is a set of numbers in x. Where it begins depends on the pixel alone, and where they lie
from there on the place in the kernel alone: two short tables take the place of im2col. (The idea is Dukhan's, "The
Indirect Convolution Algorithm", 2019.) With the two tables exchanged, the same product is the gradient of the weights:
there the sum runs over the pixels. The gradient of the input is a product for each of the s · s ways in which a pixel can
lie on the grid of a stride s; pixels that lie alike see the same places of the kernel.

x may lie in memory in any order. The results have their channels last, padded to a multiple of 16 if need be, which is
how the next convolution reads them without a copy. float32 only.
"""

import functools

import numpy as np

from workshop.nn import kernels
from workshop.nn.kernels import Rows


def covers(plan):
    """Are the arrays small enough for tables of 32-bit numbers?"""
    pixels = plan.batch * (plan.height + 2 * plan.ph + plan.kh) * (plan.width + 2 * plan.pw + plan.kw)
    return pixels * (max(plan.channels, plan.out_channels) + kernels.COLUMNS) < 2**31


def forward(x, W, b, plan):
    """y (N, O, oh, ow) of the input, the weights (O, C, kh, kw) and the bias (O,) or None; `plan` is a `Plan`."""
    x = _ready(x, plan)
    patches = _patches(x.strides, plan)
    weights = kernels.wide(W.transpose(patches.order).reshape(plan.out_channels, -1).T)
    y = np.empty((plan.batch, plan.oh, plan.ow, weights.shape[1]), np.float32)
    bias = None if b is None else kernels.wide(b[None])
    kernels.product(x, patches.pixels, patches.places, weights, bias, y, kernels.lines(y))
    return y[..., : plan.out_channels].transpose(0, 3, 1, 2)


def gradient_of_weights(x, gy, plan):
    """gW (O, C, kh, kw) from the input and the gradient of the output."""
    x = _ready(x, plan)
    patches = _patches(x.strides, plan)
    lines = kernels.wide(gy.transpose(0, 2, 3, 1).reshape(-1, plan.out_channels))
    places = np.empty((len(patches.places), lines.shape[1]), np.float32)
    kernels.product(x, patches.places, patches.pixels, lines, None, places, kernels.lines(places))
    sizes = [(plan.out_channels, plan.channels, plan.kh, plan.kw)[axis] for axis in patches.order]
    gW = places[:, : plan.out_channels].T.reshape(sizes)
    return np.ascontiguousarray(gW.transpose(np.argsort(patches.order)))


def gradient_of_bias(gy):
    """gb (O,) from the gradient of the output: the product of a line of ones with it."""
    lines = kernels.wide(gy.transpose(0, 2, 3, 1).reshape(-1, gy.shape[1]))
    gb = np.empty((1, lines.shape[1]), np.float32)
    kernels.product(_ONE, _start(1), _start(len(lines)), lines, None, gb, _start(1))
    return gb[0, : gy.shape[1]]


def gradient_of_input(W, gy, plan):
    """gx (N, C, H, W) from the weights and the gradient of the output."""
    top, left = plan.taps_y - 1, plan.taps_x - 1
    bottom = (plan.height - 1 + plan.ph) // plan.sy + 1
    right = (plan.width - 1 + plan.pw) // plan.sx + 1
    around = np.zeros(
        (plan.batch, top + max(bottom, plan.oh), left + max(right, plan.ow), plan.out_channels), np.float32
    )
    around[:, top : top + plan.oh, left : left + plan.ow] = gy.transpose(0, 2, 3, 1)
    wide = -(-plan.channels // kernels.COLUMNS) * kernels.COLUMNS
    gx = np.empty((plan.batch, plan.height, plan.width, wide), np.float32)
    for alike in _pixels_alike(plan, around.shape, wide):
        weights = kernels.wide(
            W[:, :, alike.y :: plan.sy, alike.x :: plan.sx].transpose(2, 3, 0, 1).reshape(-1, plan.channels)
        )
        kernels.product(around, alike.pixels, alike.places, weights, None, gx, alike.results)
    return gx[..., : plan.channels].transpose(0, 3, 1, 2)


def _ready(x, plan):
    """x with its padding, at a distance in memory that the tables can hold."""
    if (plan.ph, plan.pw) == (0, 0) and kernels.takes(x):
        return x
    padded = np.zeros((plan.batch, plan.height + 2 * plan.ph, plan.width + 2 * plan.pw, plan.channels), np.float32)
    padded[:, plan.ph : plan.ph + plan.height, plan.pw : plan.pw + plan.width] = x.transpose(0, 2, 3, 1)
    return padded.transpose(0, 3, 1, 2)


_ONE = np.ones(1, np.float32)


@functools.lru_cache(maxsize=64)
def _start(count):
    """The same element, again and again."""
    return Rows(np.zeros(count))


class _Patches:
    """pixels: where the patch of each output pixel begins. places: where its numbers lie from there on.

    order: the axes of W (O, C, kh, kw) in the order of the places, which is that of x in memory.
    """

    def __init__(self, strides, plan):
        n, c, y, x = (stride // 4 for stride in strides)
        of_image = np.add.outer(np.arange(plan.oh) * plan.sy * y, np.arange(plan.ow) * plan.sx * x)
        self.pixels = Rows(np.add.outer(np.arange(plan.batch) * n, of_image))
        steps = {1: np.arange(plan.channels) * c, 2: np.arange(plan.kh) * y, 3: np.arange(plan.kw) * x}
        self.order = (0, 1, 2, 3) if abs(c) > abs(x) else (0, 2, 3, 1)
        self.places = Rows(functools.reduce(np.add.outer, [steps[axis] for axis in self.order[1:]]))


class _Alike:
    """The pixels of the input that see the places (y, y + sy, ...) × (x, x + sx, ...) of the kernel.

    pixels, places: rows of the gradient of the output with a border around it. results: rows of the gradient of the input.
    """

    def __init__(self, plan, y, x, shape, wide):
        self.y, self.x = y, x
        rows = np.arange((y - plan.ph) % plan.sy, plan.height, plan.sy)
        columns = np.arange((x - plan.pw) % plan.sx, plan.width, plan.sx)
        images = np.arange(plan.batch)
        _, high, broad, depth = shape
        row = (rows + plan.ph) // plan.sy + plan.taps_y - 1
        column = (columns + plan.pw) // plan.sx + plan.taps_x - 1
        self.pixels = Rows(_index(images, row, column, (high, broad)) * depth)
        self.results = Rows(_index(images, rows, columns, (plan.height, plan.width)) * wide)
        back_y, back_x = np.arange(len(range(y, plan.kh, plan.sy))), np.arange(len(range(x, plan.kw, plan.sx)))
        self.places = Rows(np.add.outer(np.add.outer(-back_y * broad, -back_x) * depth, np.arange(depth)))


def _index(images, rows, columns, size):
    return np.add.outer(np.add.outer(images * size[0] * size[1], rows * size[1]), columns)


@functools.lru_cache(maxsize=64)
def _patches(strides, plan):
    return _Patches(strides, plan)


@functools.lru_cache(maxsize=64)
def _pixels_alike(plan, shape, wide):
    alike = [_Alike(plan, y, x, shape, wide) for y in range(plan.sy) for x in range(plan.sx)]
    return [group for group in alike if len(group.pixels)]
