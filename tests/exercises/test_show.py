"""Values in messages: whatever the value, the text is short, exact where it fits, and comes at once."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exercises.test_plain import HOSTILE, _values
from workshop.exercises import plain
from workshop.exercises.show import show, show_call


@pytest.mark.parametrize(
    "value, text",
    [
        (0.1, "0.1"),
        (True, "True"),
        (None, "None"),
        ("it's", '"it\'s"'),
        ((1,), "(1,)"),
        ((), "()"),
        ([1, (2.0, "x")], "[1, (2.0, 'x')]"),
        (set(), "set()"),
        ({3, 1, 2}, "{1, 2, 3}"),
        (frozenset(), "frozenset()"),
        (frozenset({1}), "frozenset({1})"),
        ({"a": (1,)}, "{'a': (1,)}"),
        (np.float32(0.5), "float32(0.5)"),
        (np.array([1.0, 2.0]), "array([1., 2.], dtype=float64, shape=(2,))"),
        (np.array([], dtype=np.float32), "array([], dtype=float32, shape=(0,))"),
        (namedtuple("P", "x y")(1, np.int8(2)), "P(x=1, y=int8(2))"),
        (1 << 400, "an int of 401 bits"),
        (object, "<class 'object'>"),
    ],
)
def test_text(value, text):
    assert show(plain.copy(value)) == text


@given(_values)
def test_any_value_is_short(value):
    assert len(show(plain.copy(value))) <= 320


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_short_too(name):
    assert 0 < len(show(plain.copy(HOSTILE[name]))) <= 320


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**7,
        7**20_000,
        [0] * 10**5,
        np.zeros((300, 300)),
        {i: i for i in range(10**4)},
        b"\0" * 10**6,
        {-(1 << 40_000)},
    ],
    ids=lambda value: type(value).__name__,
)
def test_large_values_are_short(value):
    assert len(show(value)) <= 320


@given(
    st.lists(
        st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5) | st.booleans(),
        max_size=5,
    )
)
def test_what_fits_can_be_typed_again(values):
    for value in (values, tuple(values), set(values), dict(enumerate(values))):
        text = show(value)
        if "…" not in text and "bits" not in text:
            assert eval(text) == value


def test_call_can_be_typed_again():
    assert show_call("discounted_return", ([0.0, 1.0], 0.5)) == "discounted_return([0.0, 1.0], 0.5)"
