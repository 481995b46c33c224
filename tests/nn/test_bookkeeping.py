"""Our `FunctionNode.apply` against Chainer's own: the same graph, the same bits, the same complaints."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import FunctionNode
from chainer.functions.activation.relu import ReLU
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.nn import bookkeeping

STEPS = {
    "relu": lambda h, other: F.relu(h),
    "sigmoid": lambda h, other: F.sigmoid(h),
    "plus": lambda h, other: h + other,
    "times": lambda h, other: h * other,
    "split": lambda h, other: F.concat(F.split_axis(h, 2, axis=1)[::-1], axis=1),
    "matrix": lambda h, other: F.tanh(F.matmul(h, other, transb=True)) @ h,
    "mean": lambda h, other: h - F.broadcast_to(F.mean(h, axis=1, keepdims=True), h.shape),
    "cut": lambda h, other: h + h.array,
    "tanh": lambda h, other: F.tanh(h),
}


@pytest.fixture(autouse=True, scope="module")
def _use():
    bookkeeping.use()


def with_stock(function, *arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FunctionNode, "apply", FunctionNode.apply.stock)
        patch.setattr(ReLU, "backward", ReLU.backward.stock)
        return function(*arguments)


def graph(steps, seed):
    """All that can be seen of a graph: values, gradients, those of the gradients, ranks and the names of its nodes."""
    rng = np.random.default_rng(seed)
    x, other = (chainer.Variable(rng.normal(size=(4, 4))) for _ in range(2))
    h = x
    for step in steps:
        h = STEPS[step](h, other)
    gx, gother = chainer.grad([F.sum(h)], [x, other], enable_double_backprop=True)
    seen, nodes = [h.array], [(h.rank, h.requires_grad)]
    if gx is not None:
        (F.sum(gx**2) + F.sum(h)).backward(retain_grad=True)
        seen += [gx.array, x.grad, h.grad, chainer.grad([F.sum(h)], [x])[0].array]
    if gother is not None:
        seen += [gother.array, other.grad]
    node = h.creator_node
    while node is not None:
        kept = [data is not None for data in (node._retained_output_data or ())]
        nodes.append((node.label, node.rank, len(node.outputs), kept, [i.data is not None for i in node.inputs]))
        node = node.inputs[0].creator_node
    return seen, nodes


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=6), st.integers(0, 2**31))
def test_same_graph_as_chainer(steps, seed):
    seen, nodes = graph(steps, seed)
    expected, expected_nodes = with_stock(graph, steps, seed)
    assert nodes == expected_nodes
    for one, other in zip(seen, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_kept_without_backprop():
    with chainer.no_backprop_mode():
        y = F.relu(chainer.Variable(np.ones(3, "f")))
    assert y.creator_node is None
    assert not F.relu(np.ones(3, "f")).requires_grad


class Names(chainer.FunctionHook):
    def __init__(self):
        self.names = []

    def forward_postprocess(self, function, in_data):
        self.names.append(function.label)


def test_hooks_see_every_function():
    with Names() as hook:
        F.relu(np.ones((2, 2), "f")) + 1
    assert hook.names == ["ReLU", "_ + 1"]


class TwoShapes(FunctionNode):
    is_elementwise = True

    def forward(self, inputs):
        return inputs[0], inputs[0][:1]


class NoTuple(FunctionNode):
    def forward(self, inputs):
        return inputs[0]


class Number(FunctionNode):
    def forward(self, inputs):
        return (1.0,)


def complaint(call):
    with pytest.raises(Exception) as caught:
        call()
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.linear(np.ones((2, 3), "f"), np.ones((2, 4), "f")),
        lambda: F.relu(np.ones(2, int)),
        lambda: F.relu([1.0]),
        lambda: F.relu(chainer.Variable()),
        lambda: TwoShapes().apply((np.ones(2),)),
        lambda: NoTuple().apply((np.ones(2),)),
        lambda: Number().apply((np.ones(2),)),
    ],
)
def test_same_complaints_as_chainer(call):
    assert complaint(call) == with_stock(complaint, call)


def test_a_gradient_that_nobody_differentiates_has_no_graph():
    x = chainer.Variable(np.array([-1.0, 2.0], "f"))
    (gx,) = chainer.grad([F.relu(x)], [x])
    assert gx.creator_node is None
    np.testing.assert_array_equal(gx.array, [0, 1])
    (gx,) = chainer.grad([F.relu(x)], [x], enable_double_backprop=True)
    assert gx.creator_node is not None


def test_debug_mode_finds_nan():
    with chainer.using_config("debug", True), pytest.raises(RuntimeError, match="NaN"), np.errstate(invalid="ignore"):
        F.log(np.array([-1.0]))


def test_most_of_an_update_is_spared(monkeypatch):
    """Plain arrays take the short way, and only they."""
    stock = FunctionNode.apply.stock
    calls = []
    monkeypatch.setattr(chainer.utils, "_check_arrays_forward_compatible", lambda *rest: calls.append(rest))
    F.relu(F.linear(np.ones((2, 3), "f"), np.ones((2, 3), "f")))
    assert calls == []
    stock(F.activation.relu.ReLU(), (np.ones(2, "f"),))
    assert len(calls) == 1
