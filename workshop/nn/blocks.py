"""A CPU convolution in NumPy as a handful of matrix products.

With channels last, and s × s pixels gathered into one "block pixel" (s is the stride), a convolution becomes one with
stride 1 and a kernel of few taps: 8 × 8 with stride 4 has 2 × 2 taps. Seen as a matrix with a row for each block pixel,
the input of tap (a, b) is the same matrix, a · width + b rows further down. So the convolution is the sum over the taps
of (rows from there on) @ (that tap's weights). Rows at the right edge mix two lines of the picture; they are computed
with the rest and cut off.

Works for float32 and float64. In memory the results have their channels last, which is how the next convolution reads
them without a copy.
"""

import numpy as np


def to_blocks(x, plan):
    """The input as a matrix (block pixels, s · s · C), zero where the padding is."""
    x = x.transpose(0, 2, 3, 1)
    height, width = plan.rows * plan.sy, plan.columns * plan.sx
    if (plan.ph, plan.pw) != (0, 0) or height > plan.height or width > plan.width:
        padded = np.zeros((plan.batch, height, width, plan.channels), x.dtype)
        top, left = min(plan.height, height - plan.ph), min(plan.width, width - plan.pw)
        padded[:, plan.ph : plan.ph + top, plan.pw : plan.pw + left] = x[:, :top, :left]
        x = padded
    else:
        x = x[:, :height, :width]
    if (plan.sy, plan.sx) != (1, 1):
        x = x.reshape(plan.batch, plan.rows, plan.sy, plan.columns, plan.sx, plan.channels).transpose(0, 1, 3, 2, 4, 5)
    return np.ascontiguousarray(x).reshape(plan.block_rows, plan.depth)


def from_blocks(blocks, plan):
    """The adjoint of `to_blocks`: the gradient of the input (N, C, H, W) from that of the matrix."""
    height, width = plan.rows * plan.sy, plan.columns * plan.sx
    x = blocks.reshape(plan.batch, plan.rows, plan.columns, plan.sy, plan.sx, plan.channels)
    x = x.transpose(0, 1, 3, 2, 4, 5).reshape(plan.batch, height, width, plan.channels)
    if (plan.ph, plan.pw) == (0, 0) and (height, width) == (plan.height, plan.width):
        return x.transpose(0, 3, 1, 2)
    result = np.zeros((plan.batch, plan.height, plan.width, plan.channels), blocks.dtype)
    top, left = min(plan.height, height - plan.ph), min(plan.width, width - plan.pw)
    result[:, :top, :left] = x[:, plan.ph : plan.ph + top, plan.pw : plan.pw + left]
    return result.transpose(0, 3, 1, 2)


def weights_by_tap(W, plan):
    """W as (taps, taps, s · s · C, O), zero where the kernel is no multiple of the stride."""
    kh, kw = plan.taps_y * plan.sy, plan.taps_x * plan.sx
    if (kh, kw) != (plan.kh, plan.kw):
        padded = np.zeros((plan.out_channels, plan.channels, kh, kw), W.dtype)
        padded[:, :, : plan.kh, : plan.kw] = W
        W = padded
    W = W.reshape(plan.out_channels, plan.channels, plan.taps_y, plan.sy, plan.taps_x, plan.sx)
    return W.transpose(2, 4, 3, 5, 1, 0).reshape(plan.taps_y, plan.taps_x, plan.depth, plan.out_channels)


def weights_from_taps(taps, plan):
    """The adjoint of `weights_by_tap`."""
    W = taps.reshape(plan.taps_y, plan.taps_x, plan.sy, plan.sx, plan.channels, plan.out_channels)
    W = W.transpose(5, 4, 0, 2, 1, 3).reshape(
        plan.out_channels, plan.channels, plan.taps_y * plan.sy, plan.taps_x * plan.sx
    )
    return np.ascontiguousarray(W[:, :, : plan.kh, : plan.kw])


def forward(x, W, b, plan):
    """y (N, O, oh, ow) of the input, the weights (O, C, kh, kw) and the bias (O,) or None; `plan` is a `Plan`."""
    blocks = to_blocks(x, plan)
    weights = weights_by_tap(W, plan)
    full = np.empty((plan.block_rows, plan.out_channels), blocks.dtype)
    y, used = full[: plan.used_rows], plan.used_rows
    product = None
    for a, b_, shift in plan.taps():
        if shift == 0:
            np.matmul(blocks[:used], weights[0, 0], out=y)
        else:
            product = np.matmul(blocks[shift : shift + used], weights[a, b_], out=product)
            y += product
    if b is not None:
        y += b
    return _cut(full, plan).transpose(0, 3, 1, 2)


def gradient_of_weights(x, gy, plan):
    """gW (O, C, kh, kw) from the input and the gradient of the output."""
    blocks = to_blocks(x, plan)
    spread = _spread(gy, plan)[: plan.used_rows]
    taps = np.empty((plan.taps_y, plan.taps_x, plan.depth, plan.out_channels), blocks.dtype)
    for a, b, shift in plan.taps():
        np.matmul(blocks[shift : shift + plan.used_rows].T, spread, out=taps[a, b])
    return weights_from_taps(taps, plan)


def gradient_of_bias(gy):
    """gb (O,) from the gradient of the output."""
    return gy.sum(axis=(0, 2, 3))


def gradient_of_input(W, gy, plan):
    """gx (N, C, H, W) from the weights and the gradient of the output."""
    weights = weights_by_tap(W, plan)
    spread = _spread(gy, plan)[: plan.used_rows]
    blocks = np.zeros((plan.block_rows, plan.depth), gy.dtype)
    product = None
    for a, b, shift in plan.taps():
        product = np.matmul(spread, weights[a, b].T, out=product)
        blocks[shift : shift + plan.used_rows] += product
    return from_blocks(blocks, plan)


def _cut(full, plan):
    return full.reshape(plan.batch, plan.rows, plan.columns, -1)[:, : plan.oh, : plan.ow]


def _spread(gy, plan):
    """gy as a matrix (block pixels, O), zero in the rows that `_cut` cuts off."""
    spread = np.zeros((plan.batch, plan.rows, plan.columns, plan.out_channels), gy.dtype)
    spread[:, : plan.oh, : plan.ow] = gy.transpose(0, 2, 3, 1)
    return spread.reshape(plan.block_rows, plan.out_channels)
