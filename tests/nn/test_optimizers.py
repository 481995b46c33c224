"""Our updates against Chainer's own, over many steps and through Chainer's optimizers."""

import chainer
import chainer.links as L
import numpy as np
import pytest
from chainer.optimizers.adam import AdamRule
from chainer.optimizers.rmsprop import RMSpropRule
from chainer.optimizers.rmsprop_graves import RMSpropGravesRule
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.nn import kernels, optimizers

RULES = (AdamRule, RMSpropRule, RMSpropGravesRule)
MAKERS = {
    "adam": lambda: chainer.optimizers.Adam(alpha=2.5e-4),
    "adam with eta": lambda: chainer.optimizers.Adam(alpha=1e-3, eta=0.5, beta1=0.5),
    "rmsprop": lambda: chainer.optimizers.RMSprop(lr=1e-3),
    "rmsprop with epsilon inside": lambda: chainer.optimizers.RMSprop(lr=1e-3, eps=1e-2, eps_inside_sqrt=True),
    "rmsprop of Nature": lambda: chainer.optimizers.RMSpropGraves(lr=2.5e-4, alpha=0.95, momentum=0, eps=1e-2),
    "rmsprop with momentum": lambda: chainer.optimizers.RMSpropGraves(lr=1e-3, momentum=0.9),
    "amsgrad, not covered": lambda: chainer.optimizers.Adam(amsgrad=True),
    "weight decay, not covered": lambda: chainer.optimizers.Adam(weight_decay_rate=0.1),
}


@pytest.fixture(autouse=True, scope="module")
def _use():
    optimizers.use()


def parameters_after(make_optimizer, shape, dtype, steps, seed, *, is_stock):
    replaced = {rule: rule.update_core_cpu for rule in RULES}
    try:
        if is_stock:
            for rule in RULES:
                rule.update_core_cpu = replaced[rule].stock
        rng = np.random.default_rng(seed)
        link = chainer.Link()
        with link.init_scope():
            link.W = chainer.Parameter(rng.normal(size=shape).astype(dtype))
        optimizer = make_optimizer().setup(link)
        for _ in range(steps):
            link.W.grad = np.asarray(rng.normal(size=shape).astype(dtype), order=rng.choice(["C", "F"]))
            optimizer.update()
        return link.W.array
    finally:
        for rule, method in replaced.items():
            rule.update_core_cpu = method


@pytest.mark.parametrize("implementation", ["C", "NumPy"])
@pytest.mark.parametrize("name", MAKERS)
@settings(deadline=None, max_examples=15)
@given(
    shape=st.sampled_from([(1,), (3, 5), (optimizers.BLOCK,), (2, optimizers.BLOCK - 1)]),
    dtype=st.sampled_from(["f", "d"]),
    steps=st.integers(1, 12),
    seed=st.integers(0, 2**31),
)
def test_same_parameters_as_chainer(implementation, name, shape, dtype, steps, seed):
    with pytest.MonkeyPatch.context() as patch:
        if implementation == "NumPy":
            patch.setattr(kernels, "library", lambda: None)
        ours = parameters_after(MAKERS[name], shape, dtype, steps, seed, is_stock=False)
    theirs = parameters_after(MAKERS[name], shape, dtype, steps, seed, is_stock=True)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5 if dtype == "f" else 1e-12, atol=1e-6 if dtype == "f" else 1e-12)


def test_parameters_without_a_gradient_stay(monkeypatch):
    link = L.Linear(2, 2)
    before = link.W.array.copy()
    optimizer = chainer.optimizers.Adam().setup(link)
    link.cleargrads()
    optimizer.update()
    np.testing.assert_array_equal(link.W.array, before)


def test_hooks_and_disabled_rules_are_chainers():
    link = L.Linear(2, 2)
    optimizer = chainer.optimizers.Adam().setup(link)
    calls = []
    for _ in range(3):
        link.W.grad, link.b.grad = np.ones((2, 2), "f"), np.ones(2, "f")
        optimizer.update()
        if optimizer.t == 1:
            link.W.update_rule.add_hook(lambda rule, parameter: calls.append(rule.t), name="count")
            link.b.update_rule.enabled = False
            bias = link.b.array.copy()
    assert calls == [2, 3]
    assert (link.W.update_rule.t, link.b.update_rule.t) == (3, 1)
    np.testing.assert_array_equal(link.b.array, bias)


@pytest.mark.compiler
def test_float32_is_updated_in_one_pass_and_float64_is_not(monkeypatch):
    results = []
    real = kernels.in_one_pass
    monkeypatch.setattr(kernels, "in_one_pass", lambda *arguments: results.append(real(*arguments)) or results[-1])
    for dtype in "fd":
        optimizers.adam(*(np.ones(5, dtype) for _ in range(4)), 1e-3, 0.1, 0.1, 1e-8)
        optimizers.rmsprop_graves(*(np.ones(5, dtype) for _ in range(5)), 1e-3, 0.9, 0, 1e-2)
    assert results == [True, True, False, False]


@pytest.mark.compiler
def test_same_bits_with_any_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    arrays = rng.random((5, 2**18 + 5), dtype="f")

    def everything(threads):
        monkeypatch.setattr(kernels, "threads", lambda work: threads)
        ours = arrays.copy()
        optimizers.adam(*ours[:4], 1e-3, 0.9, 0.999, 1e-8)
        optimizers.rmsprop_graves(*ours, 1e-3, 0.9, 0.5, 2)
        return ours

    np.testing.assert_array_equal(everything(1), everything(3))


@pytest.mark.parametrize("implementation", ["C", "NumPy"])
def test_update_allocates_less_than_a_parameter(monkeypatch, implementation):
    import tracemalloc

    if implementation == "NumPy":
        monkeypatch.setattr(kernels, "library", lambda: None)
    arrays = [np.ones(2**20, "f") for _ in range(4)]
    tracemalloc.start()
    optimizers.adam(*arrays, 1e-3, 0.9, 0.999, 1e-8)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < arrays[0].nbytes / 4
