"""Plain nested data through JSON and raw bytes: what comes back is the same, bit for bit."""

import collections
import datetime
import enum
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workshop.dqn import plain_state
from workshop.dqn.plain_state import decode, encode

DTYPES = [
    "|b1",
    *(f"{order}{kind}" for order in "<>" for kind in ("i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")),
]
DTYPES += ["|i1", "|u1"]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6))
)


@st.composite
def arrays(draw):
    """Arrays of every dtype, 0-d and empty ones among them, and views of them that do not lie in one piece."""
    array = draw(ARRAYS)
    view = draw(st.sampled_from(["as it is", "every other", "backwards", "transposed", "read-only", "broadcast"]))
    if view in ("every other", "backwards") and array.ndim:
        array = array[:: 2 if view == "every other" else -1]
    elif view == "transposed":
        array = array.T
    elif view == "read-only":
        array.flags.writeable = False
    elif view == "broadcast":
        array = np.broadcast_to(array, (2, *array.shape))
    return array


ANY_BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**130), 2**130),
    st.floats(),
    ANY_BITS,
    st.text(),
    st.binary(max_size=300),
    arrays(),
)
STATES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.sampled_from(["dict", "array", "bytes", "", "int", "😀\0"])), inner),
    ),
    max_leaves=15,
)


def assert_same(ours, theirs):
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for key, value in ours.items():
            assert_same(value, theirs[key])
    elif isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            assert_same(one, other)
    elif isinstance(ours, np.ndarray):
        assert (ours.dtype, ours.dtype.str, ours.shape) == (theirs.dtype, theirs.dtype.str, theirs.shape)
        assert ours.tobytes() == theirs.tobytes()
        assert theirs.flags.c_contiguous
        assert theirs.flags.writeable
    elif isinstance(ours, float):
        assert struct.pack("<d", ours) == struct.pack("<d", theirs)
    else:
        assert ours == theirs


def there_and_back(state, into=None):
    """Through the text of the JSON, with each leaf kept under one name."""
    tree, leaves = encode(state)
    kept = {}
    for number, (names, array) in enumerate(leaves):
        names.append(str(number))
        kept[str(number)] = np.frombuffer(array.tobytes(), np.uint8)

    def read(names, buffer):
        buffer[:] = kept[names[0]]

    return decode(json.loads(json.dumps(tree, allow_nan=False)), read, into)


@settings(deadline=None, max_examples=300)
@given(STATES, st.sampled_from([0, 20, 1 << 16]))
def test_what_comes_back_is_the_same(state, inline):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_state, "INLINE", inline)
        assert_same(state, there_and_back(state))


@pytest.mark.parametrize("kind", ["bool", "int8", "uint64", "float16", "float32", "float64", "int64"])
def test_scalars_of_numpy_become_pythons(kind):
    scalar = np.dtype(kind).type(1)
    back = there_and_back({"x": scalar})["x"]
    assert type(back) in (bool, int, float)
    assert back == scalar


def test_texts_of_numpy_become_pythons():
    assert_same(["é", b"\xff"], there_and_back([np.str_("é"), np.bytes_(b"\xff")]))


def test_the_states_of_random_generators_go_on_with_the_same_numbers():
    for bits in (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64):
        rng = np.random.Generator(bits(5))
        rng.integers(10, size=3, dtype=np.uint32)  # leaves half a word over
        other = np.random.Generator(bits())
        other.bit_generator.state = there_and_back(rng.bit_generator.state)
        assert rng.integers(2**32, size=50).tolist() == other.integers(2**32, size=50).tolist()


def test_a_number_of_ten_thousand_digits_comes_back():
    assert there_and_back(-(10**10_000)) == -(10**10_000)


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")
NOT_PLAIN = {
    "object array": np.array([None, "text"]),
    "text array": np.array(["a"]),
    "structured array": np.zeros(2, "i4,f4"),
    "dates": np.zeros(2, "M8[s]"),
    "complex": 1j,
    "complex array": np.zeros(2, complex),
    "longdouble array": np.zeros(2, np.longdouble),
    "longdouble": np.longdouble(1),
    "time": np.timedelta64(3, "ns"),
    "void": np.zeros(1, "i4,f4")[0],
    "masked array": np.ma.zeros(3),
    "enum": Colour.RED,
    "named tuple": Point(1, 2),
    "ordered dict": collections.OrderedDict(a=1),
    "set": {1},
    "bytearray": bytearray(3),
    "function": len,
    "date": datetime.date(2020, 1, 1),
    "dtype": np.dtype("i4"),
    "generator": np.random.default_rng(0),
}
if np.dtype(np.longdouble).itemsize == 8:  # where it is a float64 of another name, it is plain
    del NOT_PLAIN["longdouble"], NOT_PLAIN["longdouble array"]


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_not_plain_is_refused_with_its_place(name):
    with pytest.raises(TypeError, match=r"^agent\.layers\[1\]\['my key'\]\.foo is an? "):
        encode({"agent": {"layers": ({}, {"my key": {"foo": NOT_PLAIN[name]}})}})
    with pytest.raises(TypeError, match="^the state is an? "):
        encode(NOT_PLAIN[name])


@pytest.mark.parametrize("key", [1, None, b"a", (1,), np.str_("a")])
def test_keys_are_text(key):
    with pytest.raises(TypeError, match=r"^agent\.layers has the key .*: keys are text"):
        encode({"agent": {"layers": {key: 1}}})


def test_half_a_character_is_refused():
    for state in ({"name": "\ud83d\ude00"}, {"name": {"\udcff": 1}}):
        with pytest.raises(TypeError, match="^name has the text .*no file can hold"):
            encode(state)


def test_large_arrays_are_handed_out_uncopied():
    big = np.zeros(plain_state.INLINE + 1, np.uint8)
    _, leaves = encode({"big": big, "small": np.zeros(plain_state.INLINE, np.uint8), "bytes": big.tobytes()})
    assert [array.nbytes for _, array in leaves] == [big.nbytes, big.nbytes]
    assert leaves[0][1] is big


def test_arrays_that_fit_are_filled_and_others_are_not(monkeypatch):
    monkeypatch.setattr(plain_state, "INLINE", 8)
    state = {"a": [np.arange(9.0), (np.arange(4), {"b": np.arange(5, dtype=np.int16)})], "new": np.ones(3)}
    ours = {"a": [np.zeros(9), (np.zeros(4, int), {"b": np.zeros(5, np.uint16)})], "old": np.zeros(3)}
    back = there_and_back(state, ours)
    assert_same(state, back)
    assert back["a"][0] is ours["a"][0]
    assert back["a"][1][0] is ours["a"][1][0]
    for unfit in (
        np.zeros(10),
        np.zeros((3, 3)),
        np.zeros(9, ">f8"),
        np.zeros(18)[::2],
        np.broadcast_to(0.0, 9),
        np.frombuffer(bytes(72)),  # read-only
        [0.0] * 9,
        None,
    ):
        before = np.array(unfit, copy=True)
        back = there_and_back({"a": np.arange(9.0)}, {"a": unfit})
        assert_same({"a": np.arange(9.0)}, back)
        assert np.array_equal(before, np.array(unfit))
    assert_same([np.arange(9.0)], there_and_back([np.arange(9.0)], [np.zeros(9), 1]))


@pytest.mark.parametrize(
    "tree",
    [
        {"array": {"dtype": "|O", "shape": [1], "base64": "AAAAAAAAAAA="}},
        {"array": {"dtype": "O", "shape": [1], "base64": "AAAAAAAAAAA="}},
        {"array": {"dtype": "<M8[s]", "shape": [1], "base64": "AAAAAAAAAAA="}},
        {"array": {"dtype": "i4,i4", "shape": [1], "base64": "AAAAAAAAAAA="}},
        {"array": {"dtype": "<f8", "shape": [2], "base64": "AAAAAAAAAAA="}},
        {"array": {"dtype": "|u1", "shape": [5], "base64": "AA=="}},
        {"array": {"dtype": "|u1", "shape": [-1], "base64": ""}},
        {"array": {"dtype": "|u1", "shape": "x", "base64": ""}},
        {"array": {"dtype": "|u1", "shape": [2**62, 2**62], "base64": ""}},
        {"array": {"dtype": "|u1", "shape": [1], "base64": "!!"}},
        {"array": {"dtype": "|u1", "shape": [1]}},
        {"array": {}},
        {"array": 3},
        {"bytes": "AA=="},
        {"float": "00"},
        {"float": 1},
        {"int": "seven"},
        {"int": 3},
        {"dict": [1]},
        {"tuple": 1},
        {"dict": {}, "tuple": []},
        {},
        {"pickle": "gASVBQAAAAAAAAA="},
    ],
)
def test_what_encode_never_makes_is_refused(tree):
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        decode(tree, None)
