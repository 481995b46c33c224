"""The policy on values, clause by clause: DESIGN.md, Grading, rule 7, and the head of EXERCISES.md."""

import dataclasses
import math
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workshop.exercises import plain
from workshop.exercises.compare import compare, kind_of


def difference(expected, obtained, **options):
    """As the judge sees it: both values have travelled as plain data."""
    return compare(plain.copy(expected), plain.copy(obtained), **options)


def sentence(expected, obtained, **options):
    found = difference(expected, obtained, **options)
    assert found is not None, (expected, obtained)
    return found.sentence


SCALARS = [int, float, np.float16, np.float32, np.float64, np.longdouble, np.int8, np.int64, np.uint8, np.uint64]
INTS = [int, np.int8, np.int16, np.int64, np.uint8, np.uint64]


# Scalars --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize("wrap", [lambda value: value, np.asarray], ids=["scalar", "0-d array"])
def test_a_float_may_be_any_number_of_the_right_value(kind, wrap):
    assert difference(2.0, wrap(kind(2))) is None
    assert "should be 3.0" in sentence(3.0, wrap(kind(2)))


@pytest.mark.parametrize("kind", INTS)
@pytest.mark.parametrize("wrap", [lambda value: value, np.asarray], ids=["scalar", "0-d array"])
def test_an_int_may_be_any_integer_of_the_right_value(kind, wrap):
    assert difference(2, wrap(kind(2))) is None
    assert difference(np.int32(2), wrap(kind(2))) is None
    assert "should be 3" in sentence(3, wrap(kind(2)))


@pytest.mark.parametrize("obtained", [2.0, np.float32(2), np.array(2.0)])
def test_a_float_is_no_int(obtained):
    assert sentence(2, obtained).startswith("should be an int")


@pytest.mark.parametrize("kind", [bool, np.bool_, np.asarray])
@pytest.mark.parametrize("value", [True, False])
def test_a_bool_may_be_of_python_or_numpy(kind, value):
    assert difference(value, kind(value)) is None
    assert difference(np.bool_(value), kind(value)) is None
    assert sentence(value, kind(not value)) == f"should be {value}; it is {not value}"


@pytest.mark.parametrize("obtained", [1, 1.0, np.int64(1), "True", None])
def test_a_number_is_no_bool(obtained):
    assert sentence(True, obtained).startswith("should be a bool")


@pytest.mark.parametrize("expected", [1, 1.0])
@pytest.mark.parametrize("obtained", [True, np.bool_(True), np.array(True)])
def test_a_bool_is_no_number(expected, obtained):
    assert sentence(expected, obtained).startswith("should be a number; it is a bool")


@pytest.mark.parametrize("obtained", [1 + 0j, np.complex64(1), np.array(1j)])
@pytest.mark.parametrize("expected", [1, 1.0])
def test_a_complex_number_is_said_to_be_one(expected, obtained):
    assert "complex" in sentence(expected, obtained)


@pytest.mark.parametrize(
    "obtained",
    ["1.0", b"1", None, [1.0], (1.0,), {1.0}, {}, np.array([1.0]), np.array([[1.0]]), object(), max, np.array(None)],
)
def test_what_is_no_number_is_said_to_be_none(obtained):
    assert sentence(1.0, obtained).startswith("should be a number")


def test_a_missing_return_is_named():
    assert "return" in sentence(1.0, None)


@pytest.mark.parametrize("obtained", [math.nan, math.inf, -math.inf, np.float32("nan"), np.array(np.inf)])
def test_nan_and_infinity_are_never_right(obtained):
    assert sentence(1.0, obtained).startswith("should be a finite number")


def test_nan_and_infinity_are_right_where_they_are_expected():
    assert difference(math.inf, np.float32("inf")) is None
    assert difference(math.nan, math.nan) is None
    assert difference(math.inf, -math.inf) and difference(math.inf, 1e308) and difference(math.nan, 0.0)


@given(st.integers(min_value=-(10**5000), max_value=10**5000))
def test_integers_of_any_size(value):
    assert difference(value, value) is None
    assert difference(value, value + 1)
    assert difference(0.5, value)


@given(st.integers(2**63, 2**900))
def test_a_large_integer_may_be_the_right_float(value):
    assert difference(float(value), value) is None


def test_tolerance_in_double_precision():
    assert difference(1.0, 1.0 + 0.9e-6) is None
    assert difference(1.0, 1.0 + 1.1e-6)
    assert difference(0.0, 0.9e-8) is None
    assert difference(0.0, 1.1e-8)


def test_tolerance_where_single_precision_is_involved():
    for expected, obtained in [(1.0, np.float32(1.00009)), (np.float32(1.0), 1.00009), (0.0, np.float32(0.9e-5))]:
        assert difference(expected, obtained) is None
    for expected, obtained in [(1.0, np.float32(1.00012)), (np.float32(1.0), 1.00012), (0.0, np.float32(1.1e-5))]:
        assert difference(expected, obtained)


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_scalars_agree_as_arrays_do(expected, obtained):
    assert bool(difference(expected, obtained)) == bool(difference(np.array([expected]), np.array([obtained])))


@pytest.mark.parametrize(
    "exact_type, right, wrong", [(int, 2**80, np.int64(5)), (float, 0.5, np.float64(0.5)), (int, 1, True)]
)
def test_a_contract_may_name_the_python_type(exact_type, right, wrong):
    assert difference(right, right, exact_type=exact_type) is None
    assert sentence(right, wrong, exact_type=exact_type).startswith(f"should be a Python {exact_type.__name__}")


@pytest.mark.parametrize("expected", [None, "pole"])
@pytest.mark.parametrize("obtained", [0, "", "Pole", b"pole", [], math.nan])
def test_none_and_text_are_exact(expected, obtained):
    assert difference(expected, expected) is None
    assert difference(expected, obtained)


# Arrays ---------------------------------------------------------------------------------------------------------------

_floats = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e6, 1e6))


@given(_floats)
def test_arrays_of_either_float(array):
    assert difference(array, array) is None
    assert difference(array, array.astype(np.float32)) is None
    assert difference(array, np.asfortranarray(array)) is None


@given(_floats)
def test_a_list_is_no_array(array):
    for other in (array.tolist(), tuple(array), list(array)):
        assert sentence(array, other).startswith(f"should be a NumPy array of shape {array.shape}; it is a ")


@given(_floats)
def test_shape_must_match(array):
    for other in (array[..., None], array[None], np.concatenate([array, array])):
        assert sentence(array, other) == f"should have shape {array.shape}; it has shape {other.shape}"


def test_a_column_is_no_vector():
    assert sentence(np.zeros(3), np.zeros((3, 1))) == "should have shape (3,); it has shape (3, 1)"


@pytest.mark.parametrize(
    "dtype", [int, np.uint8, np.float16, np.longdouble, ">f8", bool, complex, object, str, "datetime64[s]"]
)
def test_arrays_of_another_kind(dtype):
    found = sentence(np.zeros(3), np.zeros(3).astype(dtype))
    assert str(np.zeros(3).astype(dtype).dtype) in found


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_a_contract_may_name_the_dtype(dtype):
    array = np.zeros(3, dtype)
    assert difference(array, array, dtype=dtype) is None
    for other in {np.float32, np.float64, np.uint8, np.float16} - {dtype}:
        assert str(np.dtype(dtype)) in sentence(array, array.astype(other), dtype=dtype)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int32])
def test_arrays_of_integers(dtype):
    expected = np.array([0, 2, 1])
    assert difference(expected, expected.astype(dtype)) is None
    assert sentence(expected, expected.astype(float)) == "should hold ints; its dtype is float64"
    assert "bool" in sentence(expected, expected.astype(bool))
    assert difference(expected, np.array([0, 1, 1], dtype)).where == "[1]"


def test_arrays_of_bools():
    expected = np.array([True, False])
    assert difference(expected, np.array([True, False])) is None
    assert difference(expected, np.array([1, 0]))
    assert difference(expected, np.array([True, True])).where == "[1]"


@given(_floats, st.data(), st.sampled_from([math.nan, math.inf, -math.inf, 1e7]))
def test_first_wrong_entry_is_named(array, data, wrong):
    index = tuple(data.draw(st.integers(0, side - 1)) for side in array.shape)
    other = array.copy()
    other[index] = wrong
    found = difference(array, other)
    assert found.where == f"[{', '.join(map(str, index))}]"
    shown, _, told = found.sentence.removeprefix("should be ").partition("; it is ")
    assert float(shown) == pytest.approx(array[index].item(), rel=1e-9)
    assert told.startswith(str(wrong))
    assert difference(array, array) is None and difference(other, other) is None


def test_number_of_wrong_entries():
    assert sentence(np.zeros(3), np.array([0.0, 1.0, 1.0])) == "should be 0.0; it is 1.0 (2 of 3 entries are wrong)"
    assert sentence(np.zeros(1), np.ones(1)) == "should be 0.0; it is 1.0"


def test_empty_arrays():
    assert difference(np.zeros((0, 3)), np.zeros((0, 3))) is None
    assert difference(np.zeros((0, 3)), np.zeros((3, 0)))
    assert difference(np.zeros(0), [])
    assert difference(np.zeros(0), np.array([], dtype=object))


@pytest.mark.parametrize("array", [np.array(1.0), np.array([1.0])])
@pytest.mark.parametrize("obtained", [1.0, None, "1", {}, np.float64(1.0)])
def test_a_scalar_is_no_array(array, obtained):
    assert difference(array, obtained)


def test_unsigned_and_signed_integers_are_compared_by_value():
    assert difference(np.array([-1]), np.array([2**64 - 1], np.uint64))
    assert difference(np.array([255], np.uint8), np.array([-1], np.int8))


# Containers -----------------------------------------------------------------------------------------------------------

Transition = namedtuple("Transition", ["state", "reward"])


@dataclasses.dataclass
class Step:
    state: int
    reward: float


def test_an_equal_namedtuple_or_dataclass_counts():
    expected = Transition(1, 2.0)
    assert difference(expected, Transition(np.int64(1), 2)) is None
    assert difference(expected, Step(1, 2.0)) is None
    assert difference(expected, Transition(1, 3.0)).where == ".reward"
    assert "it is a tuple" in sentence(expected, (1, 2.0))
    assert "state, reward" in sentence(expected, namedtuple("T", "reward state")(2.0, 1))


def test_place_of_a_difference_deep_inside():
    expected = [Transition(1, 2.0), {"q": (np.zeros(2), 1)}]
    obtained = [Transition(1, 2.0), {"q": (np.array([0.0, 1.0]), 1)}]
    assert difference(expected, expected) is None
    assert difference(expected, obtained).where == "[1]['q'][0][1]"


def test_sequences():
    assert difference((1, 2), (np.int64(1), 2)) is None
    assert "should be a tuple; it is a list" in sentence((1, 2), [1, 2])
    assert "should have 2 entries; it has 3" in sentence([1, 2], [1, 2, 3])
    assert difference([1, 2], [1, 3]).where == "[1]"


def test_sets():
    expected = frozenset({(0, 1), (2, 3)})
    assert difference(expected, frozenset({(np.int64(0), 1), (2, 3)})) is None
    assert "should be a frozenset; it is a set" in sentence(expected, {(0, 1), (2, 3)})
    assert sentence(expected, frozenset({(0, 1), (4, 4)})) == (
        "frozenset({(2, 3)}) is missing and frozenset({(4, 4)}) should not be there"
    )


def test_dicts():
    assert difference({"a": 1.0}, {"a": np.float32(1)}) is None
    assert difference({"a": 1.0}, {"a": 2.0}).where == "['a']"
    for other in ({}, {"b": 1.0}, {"a": 1.0, "b": 1.0}, [("a", 1.0)], None):
        assert "keys 'a'" in sentence({"a": 1.0}, other)


class EqualToAll:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__

    def __array__(self, dtype=None, copy=None):
        return np.zeros(3)

    def __float__(self):
        return 1.0


EXPECTED = [
    None,
    True,
    1,
    1.0,
    math.nan,
    "x",
    (1,),
    [1],
    {1},
    frozenset({1}),
    {"a": 1},
    np.zeros(3),
    np.arange(3),
    Transition(1, 2),
]


@pytest.mark.parametrize("expected", EXPECTED, ids=repr)
def test_an_object_that_equals_everything_equals_nothing(expected):
    assert difference(expected, EqualToAll())


def test_a_label_is_equal_to_nothing():
    label = plain.Opaque("object", "<object>")
    assert compare(label, label)
    assert compare((label,), (label,))


_any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.complex_numbers()
    | st.binary(max_size=2)
    | _floats,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(_any, st.sampled_from(EXPECTED))
def test_any_value_gets_one_line(obtained, expected):
    found = difference(expected, obtained)
    if found is not None:
        assert found.sentence and "\n" not in found.sentence and len(found.sentence) < 800


@given(
    st.integers() | st.floats(allow_nan=False) | st.booleans(),
    st.integers() | st.floats(allow_nan=False) | st.booleans(),
)
def test_far_apart_numbers_never_agree(one, other):
    assume(abs(one - other) > 1e-3 * max(1, abs(one), abs(other)))
    assert difference(one, other)


@pytest.mark.parametrize(
    "value, words",
    [
        ([1], "a list"),
        (1, "an int"),
        (None, "None (is a return missing?)"),
        (np.zeros((2, 3)), "an array of shape (2, 3) and dtype float64"),
        (np.array([None]), "an array of dtype object and shape (1,)"),
        (Transition(1, 2), "a Transition"),
        (object(), "an object"),
    ],
)
def test_kinds_are_named_as_a_reader_would(value, words):
    assert kind_of(plain.copy(value)) == words
