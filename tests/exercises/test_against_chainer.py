"""The references of Session 2 beside Chainer's own functions and optimizers, and beside what calculus says."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer.utils.conv import get_conv_outsize
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.exercises.drivers.graphs import node_name, nodes_of_a_graph
from workshop.exercises.reference import reference
from workshop.exercises.session_2.graphs import graphs

few = settings(max_examples=30)
seeds = st.integers(0, 2**32 - 1)


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@few
@given(graphs(), st.data())
def test_gradients_are_those_of_small_changes(graph, data):
    """Two values a little to the left and right of a leaf's, and the slope between them."""
    steps, start = graph
    companions = {"backward": reference("backward")}

    def differentiated(steps):
        return nodes_of_a_graph(reference("Node"), companions, steps, start)

    leaf = data.draw(st.sampled_from([i for i, step in enumerate(steps) if step[0] == "node"]))
    change = 1e-5
    moved = [[*steps[:leaf], ("node", steps[leaf][1] + by), *steps[leaf + 1 :]] for by in (-change, change)]
    low, high = (differentiated(other)["values"][node_name(start)] for other in moved)
    slope = differentiated(steps)["gradients"][node_name(leaf)]
    assert slope == pytest.approx((high - low) / (2 * change), rel=1e-4, abs=1e-4)


@few
@given(seeds, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_convolution(seed, kh, kw, stride):
    image, kernel = numbers(seed, kh + 5, kw + 4), numbers(seed + 1, kh, kw)
    wanted = F.convolution_2d(image[None, None], kernel[None, None], stride=stride).array[0, 0]
    np.testing.assert_allclose(reference("conv2d")(image, kernel, stride), wanted)
    patches = reference("im2col")(image, kh, kw, stride)
    np.testing.assert_allclose((patches @ kernel.ravel()).reshape(wanted.shape), wanted)
    conv_output_size = reference("conv_output_size")
    assert wanted.shape == (conv_output_size(kh + 5, kh, stride, 0), conv_output_size(kw + 4, kw, stride, 0))


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 5), st.integers(0, 4))
def test_size_of_a_convolution(size, kernel, stride, padding):
    if kernel <= size + 2 * padding:
        wanted = get_conv_outsize(size, kernel, stride, padding)
        assert reference("conv_output_size")(size, kernel, stride, padding) == wanted


def test_sizes_of_the_atari_network():
    conv_output_size, size = reference("conv_output_size"), 84
    sizes = [size := conv_output_size(size, kernel, stride, 0) for kernel, stride in ((8, 4), (4, 2), (3, 1))]
    assert sizes == [20, 9, 7]


@few
@given(seeds)
def test_activations(seed):
    x = 5 * numbers(seed, 3, 4)
    for name, wanted in (
        ("relu", F.relu(x)),
        ("sigmoid", F.sigmoid(x)),
        ("tanh", F.tanh(x)),
    ):
        np.testing.assert_allclose(reference(name)(x), wanted.array, atol=1e-12)
    np.testing.assert_allclose(reference("leaky_relu")(x, 0.3), F.leaky_relu(x, 0.3).array)
    np.testing.assert_allclose(reference("elu")(x, 1.5), F.elu(x, 1.5).array)
    w, b = numbers(seed + 1, 5, 4), numbers(seed + 2, 5)
    pieces = F.linear(x, w, b)
    np.testing.assert_allclose(reference("maxout")(x, w, b), F.max(pieces, axis=1).array)


@few
@given(seeds, st.integers(1, 6), st.integers(1, 4))
def test_gradient_of_linear_regression(seed, n, d):
    w, X, y = chainer.Variable(numbers(seed, d)), numbers(seed + 1, n, d), numbers(seed + 2, n)
    F.mean(F.square(F.matmul(X, w) - y)).backward()
    np.testing.assert_allclose(reference("linear_regression_gradient")(w.array, X, y), w.grad, atol=1e-12)


@few
@given(seeds)
def test_gradient_of_the_quadratic(seed):
    theta, (x, y) = numbers(seed, 3), numbers(seed + 1, 2)
    quadratic = reference("quadratic")
    slopes = [quadratic(theta + d, x, y) - quadratic(theta - d, x, y) for d in 0.5 * np.eye(3)]
    np.testing.assert_allclose(reference("quadratic_gradient")(theta, x, y), slopes, atol=1e-9)


class _Parameters(chainer.Link):
    def __init__(self, theta):
        super().__init__()
        with self.init_scope():
            self.theta = chainer.Parameter(theta.copy())


@few
@given(seeds)
def test_update_rules(seed):
    """Five steps on gradients that change."""
    theta, gradients = numbers(seed, 4), numbers(seed + 1, 5, 4)
    momentum_step, rmsprop_step, adam_step = map(reference, ("momentum_step", "rmsprop_step", "adam_step"))
    zero = np.zeros(4)
    states = {
        chainer.optimizers.MomentumSGD(0.1, 0.9): (momentum_step, (theta, zero), lambda t: (0.1, 0.9)),
        chainer.optimizers.RMSprop(0.1, 0.9, 1e-3): (rmsprop_step, (theta, zero), lambda t: (0.1, 0.9, 1e-3)),
        # Chainer adds epsilon before it corrects the bias. It has to be tiny for both to agree.
        chainer.optimizers.Adam(0.1, 0.9, 0.99, 1e-14): (
            adam_step,
            (theta, zero, zero),
            lambda t: (t, 0.1, 0.9, 0.99, 1e-14),
        ),
    }
    for optimizer, (step, state, settings_at) in states.items():
        link = _Parameters(theta)
        optimizer.setup(link)
        for t, gradient in enumerate(gradients, start=1):
            link.theta.grad = gradient
            optimizer.update()
            state = step(state[0], gradient, *state[1:], *settings_at(t))
            np.testing.assert_allclose(state[0], link.theta.array, rtol=1e-9, atol=1e-12)


def test_standardised_columns():
    x = np.array([[1.0, 5, 2], [4, 5, 0], [7, 5, 1]])
    z = reference("standardise")(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), [1, 0, 1])


@pytest.mark.gpu
def test_standardised_on_a_gpu():
    import cupy

    x = np.arange(12.0).reshape(4, 3) ** 2
    z = reference("standardise")(cupy.asarray(x))
    assert isinstance(z, cupy.ndarray)
    np.testing.assert_allclose(cupy.asnumpy(z), reference("standardise")(x))


def test_linear_regression_ends_at_the_exact_solution():
    X, y = numbers(1, 30, 2).astype(np.float32), numbers(2, 30, 1).astype(np.float32)
    model = reference("LinearRegression")()
    model(X)
    optimizer = chainer.optimizers.SGD(0.1).setup(model)
    losses = [reference("train_step")(model, optimizer, X, y) for _ in range(300)]
    (link,) = [link for link in model.links() if isinstance(link, L.Linear)]
    exact = np.linalg.lstsq(np.hstack([X, np.ones((30, 1))]), y, rcond=None)[0].ravel()
    np.testing.assert_allclose([*link.W.array.ravel(), *link.b.array], exact, atol=1e-3)
    assert losses[-1] < losses[0]
