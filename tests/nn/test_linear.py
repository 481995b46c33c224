"""Our linear layer against Chainer's own: outputs and gradients, those of the gradients too."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.connection.linear import LinearFunction, LinearGradData, LinearGradWeight
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.nn import kernels, linear

CLASSES = (LinearFunction, LinearGradData, LinearGradWeight)


@pytest.fixture(autouse=True, scope="module")
def _use():
    linear.use()


@pytest.fixture(autouse=True)
def _count(monkeypatch):
    """How often ours was called."""
    calls.clear()
    for name in ("forward", "gradient_of_input", "gradient_of_weights"):
        real = getattr(linear, name)
        monkeypatch.setattr(linear, name, lambda *arrays, name=name, real=real: calls.append(name) or real(*arrays))


calls = []


def results(x, W, b, seed):
    inputs = [chainer.Variable(array) for array in (x, W, b) if array is not None]
    y = F.linear(*inputs)
    rng = np.random.default_rng(seed)
    gy = chainer.Variable(rng.normal(size=y.shape).astype(y.dtype))
    gradients = chainer.grad([y], inputs, [gy], enable_double_backprop=True)
    total = sum(F.sum(F.cast(gradient, "d") ** 2) for gradient in gradients)
    final = chainer.grad([y], inputs, [gy])  # which takes a shorter way
    return [y, *gradients, *final, *chainer.grad([total], [*inputs[:2], gy])]


@st.composite
def layers(draw):
    """x, W and b that ours covers, or nearly."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    rows = draw(st.integers(linear.WORTH_IT_ROWS - 1, 40))
    inputs = draw(st.sampled_from([512, 513, 528]))
    outputs = draw(st.integers(linear.WORTH_IT // inputs - 1, 80))
    kind = draw(st.sampled_from(["f", "f", "f", "d"]))
    x, W = rng.normal(size=(rows, inputs)).astype(kind), rng.normal(size=(outputs, inputs)).astype(kind)
    x, W = (np.asarray(array, order=draw(st.sampled_from("CF"))) for array in (x, W))
    if draw(st.booleans()):
        x = np.repeat(x, 2, axis=1)[::-1, ::2]
    return x, W, rng.normal(size=outputs).astype(kind) if draw(st.booleans()) else None


@settings(deadline=None, max_examples=60)
@given(layers(), st.integers(0, 2**31))
def test_same_outputs_and_gradients_as_chainer(layer, seed):
    ours = results(*layer, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LinearFunction, "backward", LinearFunction.backward.stock)
        for node in CLASSES:
            patch.setattr(node, "forward", node.forward.stock)
        theirs = results(*layer, seed)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        scale = max(1.0, float(np.abs(other.array).max()))
        tolerance = 1e-5 if one.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(one.array / scale, other.array / scale, atol=tolerance)


@pytest.mark.compiler
def test_the_hidden_layer_of_nature_is_ours():
    x, W, b = np.ones((32, 3136), "f"), np.ones((512, 3136), "f"), np.zeros(512, "f")
    results(x, W, b, seed=0)
    assert {"forward", "gradient_of_input", "gradient_of_weights"} == set(calls)


def test_what_is_small_or_not_float32_is_chainers(monkeypatch):
    big, small = np.ones((64, 1024), "f"), np.ones((4, 4), "f")
    results(big.astype("d"), big.astype("d"), None, seed=0)
    results(small, small, None, seed=0)
    results(big[:1], big, None, seed=0)
    monkeypatch.setattr(kernels, "library", lambda: None)
    results(big, big, None, seed=0)
    assert calls == []


@pytest.mark.compiler
def test_same_bits_with_any_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(32, 1600)).astype("f"), rng.normal(size=(256, 1600)).astype("f")

    def everything():
        y = linear.forward(x, W, None)
        return y, linear.gradient_of_input(W, y), linear.gradient_of_weights(x, y)

    monkeypatch.setattr(kernels, "threads", lambda work: 1)
    alone = everything()
    monkeypatch.setattr(kernels, "threads", lambda work: 3)
    for one, other in zip(alone, everything()):
        np.testing.assert_array_equal(one, other)
