"""Our convolutions against Chainer's own: outputs and gradients, for everything that Chainer accepts."""

import contextlib

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.nn import blocks, convolution, gathered, kernels

CLASSES = (Convolution2DFunction, Convolution2DGradW, Deconvolution2DFunction)
MODULES = {"C": gathered, "NumPy": blocks} if kernels.compiler() else {"NumPy": blocks}
sizes = st.integers(1, 4)
either = pytest.mark.parametrize("implementation", MODULES)


@pytest.fixture(autouse=True, scope="module")
def _use():
    convolution.use()


def test_a_machine_with_a_compiler_uses_it():
    """The tests of the C path mean nothing where they run NumPy's."""
    assert (kernels.library() is None) == (kernels.compiler() is None)


@contextlib.contextmanager
def computed_by(implementation):
    """Within this, float32 goes to C, as where there is a compiler, or to NumPy, as where there is none."""
    with pytest.MonkeyPatch.context() as patch:
        if implementation == "NumPy":
            patch.setattr(kernels, "library", lambda: None)
        yield


@st.composite
def convolutions(draw):
    """Shapes and options of a convolution whose output is not empty."""
    kernel, stride, pad, dilate = ((draw(sizes), draw(sizes)) for _ in range(4))
    pad = (pad[0] - 1, pad[1] - 1)
    if draw(st.booleans()):
        dilate = (1, 1)
    groups = draw(st.sampled_from([1, 1, 1, 2]))
    reach = [(k - 1) * d + 1 - 2 * p for k, d, p in zip(kernel, dilate, pad)]
    size = [max(1, r) + draw(st.integers(0, 7)) for r in reach]
    x_shape = (draw(st.integers(1, 3)), draw(sizes) * groups, *size)
    W_shape = (draw(sizes) * groups, x_shape[1] // groups, *kernel)
    options = {"stride": stride, "pad": pad, "dilate": dilate, "groups": groups, "cover_all": draw(st.booleans())}
    dtypes = draw(st.sampled_from([("f", "f"), ("d", "d"), ("e", "e"), ("f", "d")]))
    return x_shape, W_shape, dtypes, options, draw(st.booleans()), draw(st.booleans())


def results(function, x, W, b, gy, **options):
    """y and all gradients, those of the gradients too."""
    inputs = [chainer.Variable(array.copy()) for array in (x, W, b) if array is not None]
    y = function(*inputs, **options)
    gy = chainer.Variable(np.resize(gy, y.shape).astype(y.dtype))
    gradients = chainer.grad([y], inputs, [gy], enable_double_backprop=True)
    total = sum(F.sum(F.cast(gradient, "d") ** 2) for gradient in gradients)
    second = chainer.grad([total], [*inputs, gy])
    final = chainer.grad([y], inputs, [gy])  # which takes a shorter way
    final += chainer.grad([y], inputs[1:2], [gy])
    return [y, *gradients, *final, *(gradient for gradient in second if gradient is not None)]


def assert_same(ours, theirs, dtype):
    tolerance = {"e": 2e-2, "f": 1e-5, "d": 1e-9}[dtype]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        scale = max(1.0, float(np.abs(other.array).max(initial=0)))
        np.testing.assert_allclose(one.array.astype("d") / scale, other.array.astype("d") / scale, atol=tolerance)


def compare(function, x, W, b, gy, **options):
    ours = results(function, x, W, b, gy, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Convolution2DFunction, "backward", Convolution2DFunction.backward.stock)
        for function_node in CLASSES:
            patch.setattr(function_node, "_forward_cpu_core", function_node._forward_cpu_core.stock)
        theirs = results(function, x, W, b, gy, **options)
    assert_same(ours, theirs, min((x.dtype.char, W.dtype.char), key="efd".index))


@either
@settings(deadline=None, max_examples=120)
@given(convolution_=convolutions(), seed=st.integers(0, 2**31))
def test_same_outputs_and_gradients_as_chainer(implementation, convolution_, seed):
    x_shape, W_shape, (x_kind, W_kind), options, has_bias, is_channels_last = convolution_
    rng = np.random.default_rng(seed)
    x, W = rng.normal(size=x_shape).astype(x_kind), rng.normal(size=W_shape).astype(W_kind)
    b = rng.normal(size=W_shape[0]).astype(x_kind) if has_bias else None
    if is_channels_last:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    with computed_by(implementation):
        compare(F.convolution_2d, x, W, b, rng.normal(size=97), **options)


pairs = st.tuples(sizes, sizes)


@either
@settings(deadline=None, max_examples=60)
@given(kernel=pairs, stride=pairs, size=pairs, has_bias=st.booleans(), seed=st.integers(0, 2**31))
def test_same_deconvolution_as_chainer(implementation, kernel, stride, size, has_bias, seed):
    rng = np.random.default_rng(seed)
    x, W = rng.normal(size=(2, 3, *size)).astype("f"), rng.normal(size=(3, 2, *kernel)).astype("f")
    b = rng.normal(size=2).astype("f") if has_bias else None
    with computed_by(implementation):
        compare(F.deconvolution_2d, x, W, b, rng.normal(size=53), stride=stride)


@either
@pytest.mark.parametrize(
    "shapes", [((4, 84, 84), (32, 4, 8, 8), 4), ((32, 20, 20), (64, 32, 4, 4), 2), ((64, 9, 9), (64, 64, 3, 3), 1)]
)
def test_layers_of_nature_are_within_a_hundred_thousandth(implementation, shapes):
    x_shape, W_shape, stride = shapes
    rng = np.random.default_rng(0)
    x = rng.random((32, *x_shape), dtype="f")
    W = (rng.normal(size=W_shape) / np.sqrt(np.prod(W_shape[1:]))).astype("f")
    plan = convolution.Plan(x.shape, W.shape, (stride, stride), (0, 0))
    y = MODULES[implementation].forward(x, W, None, plan)
    exact = F.convolution_2d(x.astype("d"), W.astype("d"), stride=stride).array
    np.testing.assert_allclose(y, exact, atol=1e-5)


@pytest.mark.compiler
@given(seed=st.integers(0, 2**31), stride=st.integers(1, 2), step=st.sampled_from([1, -1, 2, -3]))
def test_an_input_may_lie_in_memory_in_any_way(seed, stride, step):
    rng = np.random.default_rng(seed)
    whole = rng.normal(size=(2, 3, 30, 31)).astype("f")
    x, W = whole[:, ::-1, ::step, ::step], rng.normal(size=(5, 3, 3, 2)).astype("f")
    plan = convolution.Plan(x.shape, W.shape, (stride, stride), (0, 0))
    expected = gathered.forward(np.ascontiguousarray(x), W, None, plan)
    np.testing.assert_allclose(gathered.forward(x, W, None, plan), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.compiler
@pytest.mark.parametrize("threads", [2, 3, 5])
def test_same_bits_with_any_number_of_threads(monkeypatch, threads):
    rng = np.random.default_rng(0)
    x, W = rng.random((32, 32, 20, 20), dtype="f"), rng.random((64, 32, 4, 4), dtype="f")
    plan = convolution.Plan(x.shape, W.shape, (2, 2), (0, 0))

    def everything():
        y = gathered.forward(x, W, None, plan)
        return y, gathered.gradient_of_weights(x, y, plan), gathered.gradient_of_input(W, y, plan)

    monkeypatch.setattr(kernels, "threads", lambda work: 1)
    alone = everything()
    monkeypatch.setattr(kernels, "threads", lambda work: threads)
    for one, other in zip(alone, everything()):
        np.testing.assert_array_equal(one, other)


@pytest.mark.compiler
@settings(deadline=None, max_examples=40)
@given(shape=st.tuples(*[st.integers(1, 40)] * 4), seed=st.integers(0, 2**31), is_channels_last=st.booleans())
def test_gradient_of_the_bias_is_the_sum_over_the_pixels(shape, seed, is_channels_last):
    gy = np.random.default_rng(seed).normal(size=shape).astype("f")
    if is_channels_last:
        gy = np.ascontiguousarray(gy.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    exact = gy.astype("d").sum(axis=(0, 2, 3))
    np.testing.assert_allclose(gathered.gradient_of_bias(gy), exact, atol=1e-5 * np.sqrt(gy.size))


@pytest.mark.compiler
def test_only_what_is_not_covered_goes_to_chainer(monkeypatch):
    calls = []
    for name, module in MODULES.items():
        real = module.forward
        monkeypatch.setattr(
            module, "forward", lambda *arrays, name=name, real=real: calls.append(name) or real(*arrays)
        )
    x, W = np.ones((1, 1, 5, 5), "f"), np.ones((1, 1, 3, 3), "f")
    F.convolution_2d(x, W)
    F.convolution_2d(x.astype("d"), W.astype("d"))
    assert calls == ["C", "NumPy"]
    with computed_by("NumPy"):
        F.convolution_2d(x, W)
    assert calls == ["C", "NumPy", "NumPy"]
    F.convolution_2d(x, W, dilate=2)
    F.convolution_2d(x.astype("e"), W.astype("e"))
    assert calls == ["C", "NumPy", "NumPy"]


def test_using_it_twice_changes_nothing():
    before = [function_node._forward_cpu_core.stock for function_node in CLASSES]
    convolution.use()
    assert [function_node._forward_cpu_core.stock for function_node in CLASSES] == before
