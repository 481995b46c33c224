"""Plain data: what is claimed comes back the same; nothing that a value is, or a stream holds, acts on its reader."""

import base64
import dataclasses
import enum
import io
import json
import math
import pickle
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workshop.exercises import plain
from workshop.exercises.plain import Opaque, Record, TooLarge

_dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(),
    hnp.complex_number_dtypes(),
)
_arrays = hnp.arrays(_dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
_hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
_values = st.recursive(
    _hashable | _arrays | _arrays.filter(lambda array: array.size).map(lambda array: array.reshape(-1)[0]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(_hashable, inner, max_size=3),
        st.sets(_hashable, max_size=3),
        st.tuples(inner, inner).map(lambda pair: Record("Pair", ("left", "right"), pair)),
    ),
    max_leaves=10,
)


def same(one, other):
    """Equal in value and in every type, dtype and bit of NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        )
    if isinstance(one, (float, np.floating)):
        return repr(one) == repr(other)
    if isinstance(one, (complex, np.complexfloating)):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return len(one) == len(other) and all(map(same, one.items(), other.items()))
    if isinstance(one, (set, frozenset)):
        return len(one) == len(other) and all(any(same(member, twin) for twin in other) for member in one)
    return one == other


@given(_values)
def test_round_trip(value):
    assert same(plain.decode(plain.encode(value)), value)


@given(_values)
def test_encoding_is_a_fixed_point(value):
    """What was read is written again byte for byte, so equal bytes are a test for "nothing has changed"."""
    data = plain.encode(value)
    assert plain.encode(plain.decode(data)) == data


@given(_arrays)
def test_copies_share_no_memory(array):
    copied = plain.copy(array)
    assert not np.shares_memory(copied, array)
    assert copied.flags.writeable


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_both_memory_orders(order):
    array = np.asarray(np.arange(12.0).reshape(3, 4), order=order)
    assert same(plain.copy(array), array)
    assert same(plain.copy(array[::-1, ::2]), array[::-1, ::2])


Pair = namedtuple("Pair", ["left", "right"])


@dataclasses.dataclass
class Point:
    x: float
    y: float


@dataclasses.dataclass
class WithoutField:
    x: float

    def __post_init__(self):
        del self.x


def test_namedtuples_and_dataclasses_become_records():
    assert plain.copy(Pair(1, [2.0])) == Record("Pair", ("left", "right"), (1, [2.0]))
    assert plain.copy(Point(1.0, 2.0)) == Record("Point", ("x", "y"), (1.0, 2.0))
    assert isinstance(plain.copy(Point), Opaque)  # the class itself is no record


class Move(enum.IntEnum):
    UP = 3


class Word(str):
    def __str__(self):
        return self

    def __repr__(self):
        raise RuntimeError


class Number(int):
    def __int__(self):
        raise RuntimeError

    def __index__(self):
        raise RuntimeError

    def bit_length(self):
        raise RuntimeError


class Fraction(float):
    def __float__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "value, bare",
    [(Move.UP, 3), (Number(7), 7), (Word("so"), "so"), (Fraction(0.5), 0.5), (type("F", (np.float64,), {})(0.5), 0.5)],
)
def test_subclasses_of_numbers_and_text_arrive_bare(value, bare):
    assert same(plain.copy(value), bare)
    assert same(plain.copy([value]), [bare])


class Liar:
    """Says that it is something else, and fails when it is taken at its word."""

    def __init__(self, claimed):
        self.claimed = claimed

    @property
    def __class__(self):
        return self.claimed

    def __repr__(self):
        return "liar"


class RaisesAtEverything:
    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError


class Anonymous(type):
    @property
    def __name__(cls):
        raise RuntimeError

    @property
    def _fields(cls):
        raise RuntimeError

    @property
    def __dataclass_fields__(cls):
        raise RuntimeError


class Subclassed(np.ndarray):
    @property
    def dtype(self):
        raise RuntimeError

    def __repr__(self):
        raise RuntimeError


class BadTuple(tuple):
    _fields = ("a", "b")

    def __iter__(self):
        raise RuntimeError


class BadFields(tuple):
    _fields = (1, 2)


class EqualToAll:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class ReprIsNoText:
    def __repr__(self):
        return Word("text")


HOSTILE = {
    "object": object(),
    "function": len,
    "lambda": lambda: None,
    "type": int,
    "generator": (i for i in ()),
    "raises": RaisesAtEverything(),
    **{
        f"claims to be {claimed.__name__}": Liar(claimed)
        for claimed in (tuple, int, str, dict, np.ndarray, np.float64, Pair, Point)
    },
    "metaclass": Anonymous("A", (), {})(),
    "subclass of ndarray": np.zeros(3).view(Subclassed),
    "masked": np.ma.masked_array([1.0]),
    "bad tuple": BadTuple((1, 2)),
    "bad fields": BadFields((1, 2)),
    "dataclass without its field": WithoutField(1.0),
    "equal to all": EqualToAll(),
    "repr is no text": ReprIsNoText(),
    "object array": np.array([None, {}], dtype=object),
    "structured array": np.zeros(2, dtype=[("a", int), ("b", float)]),
    "structured scalar": np.zeros(2, dtype=[("a", int)])[0],
    "text array": np.array(["a"]),
    "dates": np.array(["2015-02-25"], dtype="datetime64[D]"),
    "date": np.datetime64("2015-02-25"),
    "not implemented": NotImplemented,
    "ellipsis": ...,
    "exception": ValueError("x"),
    "range": range(3),
    "bytearray": bytearray(b"x"),
    "list subclass": type("MyList", (list,), {})([1]),
    "defaultdict": defaultdict(int, a=1),
    "ordered": OrderedDict(a=1),
}


@pytest.mark.parametrize("name", HOSTILE)  # by name: some of them are too much for pytest
def test_anything_else_arrives_as_a_label(name):
    value = HOSTILE[name]
    for arrived in (plain.copy(value), plain.copy([value])[0]):
        assert type(arrived) is Opaque
        assert type(arrived.type) is str and type(arrived.text) is str
        assert len(arrived.text) <= 300


@pytest.mark.parametrize(
    "name", ["object", "claims to be tuple", "equal to all", "function", "not implemented", "date"]
)
def test_labels_survive_as_keys_and_members(name):
    value = HOSTILE[name]
    members = {value, "other"}
    assert any(type(member) is Opaque for member in plain.copy(members))
    assert any(type(key) is Opaque for key in plain.copy({value: 1}))


def test_label_of_an_array_says_what_it_is():
    assert plain.copy(np.array([None])).text == "an array of dtype object and shape (1,)"


def test_set_of_mixed_types():
    mixed = {1, "1", 1.5, None, (1, 2), frozenset({3}), b"1", 2j, float("inf")}
    assert same(plain.copy(mixed), mixed)


def test_numbers_beyond_json():
    for value in (2**53, -(2**53), 2**53 - 1, 10**30_000, -(7**5000), math.inf, -math.inf, math.nan, -0.0, 5e-324):
        assert same(plain.copy(value), value)


def test_two_nans_of_a_set_stay_two():
    nans = {float("nan"), np.float64("nan")}
    assert len(plain.copy(nans)) == 2


# What is too large ----------------------------------------------------------------------------------------------------

LARGE = {
    "array": np.zeros(2**17),
    "text": "x" * 2**17,
    "text that JSON must escape": "\0" * 2**16,
    "text beyond ASCII": "é😀" * 2**15,
    "bytes": b"x" * 2**17,
    "int": 1 << 2**20,
    "list": [0] * 2**17,
    "dict": dict.fromkeys(range(2**15), 0),
    "shared": [[[0] * 100] * 100] * 100,
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_too_large(value):
    with pytest.raises(TooLarge, match="larger than 0.0625 MB"):
        plain.encode(value, max_bytes=2**16)


@given(_values, st.integers(0, 2000))
def test_result_keeps_to_its_limit(value, max_bytes):
    try:
        data = plain.encode(value, max_bytes)
    except TooLarge:
        return
    assert len(data) <= max_bytes


def test_a_hundred_megabytes_are_refused_before_they_are_copied():
    array = np.lib.stride_tricks.as_strided(np.zeros(1), shape=(10**12,), strides=(0,))  # 8 TB in 8 bytes
    with pytest.raises(TooLarge):
        plain.encode(array)


def _nested(depth, wrap):
    value = 0
    for _ in range(depth):
        value = wrap(value)
    return value


CYCLE_LIST = []
CYCLE_LIST.append(CYCLE_LIST)
CYCLE_DICT = {}
CYCLE_DICT["me"] = CYCLE_DICT
CYCLE_RECORD = Pair(1, [])
CYCLE_RECORD.right.append(CYCLE_RECORD)


@pytest.mark.parametrize("value", [CYCLE_LIST, CYCLE_DICT, CYCLE_RECORD, _nested(100_000, lambda inner: (inner,))])
def test_cycles_and_depth_are_refused(value):
    with pytest.raises(TooLarge, match="nested"):
        plain.encode(value)


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: frozenset([v])])
def test_depth_up_to_the_limit_passes(wrap):
    value = _nested(plain.MAX_DEPTH, wrap)
    assert plain.copy(value) == value


# What does not come from `encode` -------------------------------------------------------------------------------------


def decodes_or_value_error(data):
    try:
        return plain.decode(data)
    except ValueError:
        return None


@given(st.binary(max_size=200))
def test_garbage_bytes(data):
    decodes_or_value_error(data)


_tags = st.sampled_from(
    [
        "int",
        "float",
        "complex",
        "bytes",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "array",
        "scalar",
        "Record",
        "Opaque",
        "object",
        "__reduce__",
    ]
)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([10**400, "a" * 9, "-0x1", "nan"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.builds(lambda tag, key, v: {"t": tag, key: v}, _tags, st.sampled_from(["v", "hex", "npy"]), inner)
    ),
    max_leaves=12,
)


@given(_json)
def test_forged_json(item):
    """Whatever decodes is plain data of the kinds that are promised: it can be encoded again, compared and shown."""
    value = decodes_or_value_error(json.dumps(item).encode())
    assert same(plain.copy(value), value)


@given(_values, st.data())
def test_damaged_streams(value, data):
    encoded = bytearray(plain.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    decodes_or_value_error(bytes(encoded))


def _npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def _header(text):
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def _zip():
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(3))
    return buffer.getvalue()


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


FORGED_ARRAYS = {
    "empty": b"",
    "pickle": pickle.dumps(Bomb()),
    "object array": _npy(np.array([Bomb()], dtype=object), allow_pickle=True),
    "archive": _zip(),
    "structured": _npy(np.zeros(2, dtype=[("a", int)])),
    "text": _npy(np.array(["a"])),
    "dates": _npy(np.zeros(2, dtype="datetime64[s]")),
    "more promised than there is": _header("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }") + b"\0" * 16,
    "petabytes promised": _header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**15},), }}"),
    "a shape beyond 64 bits": _header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**40}, {2**40}), }}"),
    "negative": _header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }") + b"\0" * 16,
    "many dimensions": _header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {(1,) * 65}, }}") + b"\0" * 8,
    "no dtype": _header("{'descr': 'x', 'fortran_order': False, 'shape': (1,), }") + b"\0" * 8,
    "an open bracket": _header("{'descr': '<f8', 'fortran_order': False, 'shape': (), } ("),
    "code for a header": _header("__import__('os').abort()"),
}


@pytest.mark.parametrize("npy", FORGED_ARRAYS.values(), ids=FORGED_ARRAYS)
@pytest.mark.parametrize("tag", ["array", "scalar"])
def test_forged_arrays(tag, npy):
    data = json.dumps({"t": tag, "npy": base64.b64encode(npy).decode()}).encode()
    with pytest.raises(ValueError):
        plain.decode(data)


def test_a_scalar_is_no_array():
    data = json.dumps({"t": "scalar", "npy": base64.b64encode(_npy(np.zeros(3))).decode()}).encode()
    with pytest.raises(ValueError):
        plain.decode(data)


FORGED = {
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 5000 + b"]" * 5000,
    "deep tags": b'{"t":"tuple","v":[' * 200 + b"]}" * 200,
    "not a number": b"NaN",
    "infinity": b"[Infinity]",
    "archive": _zip(),
    "not UTF-8": b'"\xff\xfe"',
    "digits": b"1" * 100_000,
    "float of a large int": b'{"t":"float","v":1' + b"0" * 400 + b"}",
    "complex of a large int": b'{"t":"complex","v":[1' + b"0" * 400 + b",0]}",
    "record without values": b'{"t":"Record","v":["P",{"t":"tuple","v":["a"]},{"t":"tuple","v":[]}]}',
    "record of other fields": b'{"t":"Record","v":["P",{"t":"tuple","v":[1]},{"t":"tuple","v":[2]}]}',
    "no tag": b"{}",
    "unknown tag": b'{"t":"object","v":[]}',
    "unhashable tag": b'{"t":[],"v":[]}',
}


@pytest.mark.parametrize("data", FORGED.values(), ids=FORGED)
def test_forged_streams(data):
    with pytest.raises(ValueError):
        plain.decode(data)


@given(_arrays, st.booleans())
def test_an_array_travels_as_numpy_writes_it(array, is_fortran):
    array = np.asfortranarray(array) if is_fortran else array
    assert base64.b64decode(json.loads(plain.encode(array))["npy"]) == _npy(array)


COLLIDING = {
    "ints": [{"t": "int", "hex": hex(number * (2**61 - 1))} for number in range(200_000)],
    "complex": [{"t": "complex", "v": [-1_000_003 * number, number]} for number in range(200_000)],
}


@pytest.mark.parametrize("keys", COLLIDING)
@pytest.mark.parametrize("tag", ["dict", "set", "frozenset"])
def test_forged_keys_that_all_collide_are_refused_at_once(tag, keys):
    """In a hash table each of them is compared with all before it: minutes, which are the reader's."""
    parts = [[key, 0] for key in COLLIDING[keys]] if tag == "dict" else COLLIDING[keys]
    with pytest.raises(ValueError, match="hash"):
        plain.decode(json.dumps({"t": tag, "v": parts}).encode())


@pytest.mark.parametrize(
    "value", [set(range(5000)), {(-1, n): n for n in range(5000)}, {(-n, -2) for n in range(5000)}]
)
def test_many_honest_keys_pass(value):
    assert plain.copy(value) == value


@given(st.dictionaries(st.text(max_size=5), _values, max_size=4))
def test_a_dict_of_encoded_values_is_the_encoded_dict(parts):
    assert plain.encode_dict({key: plain.encode(value) for key, value in parts.items()}) == plain.encode(parts)


@given(st.lists(_values, max_size=4).map(tuple))
def test_a_tuple_of_encoded_items_is_the_encoded_tuple(items):
    assert plain.encode_tuple(*map(plain.encode, items)) == plain.encode(items)


def test_an_encoded_value_may_be_as_deep_as_any_other():
    deep = []
    for _ in range(plain.MAX_DEPTH):
        deep = [deep]
    outcome = plain.encode_dict({"value": plain.encode(deep)})
    assert plain.decode(outcome) == {"value": deep}
    assert plain.decode(plain.encode_tuple(outcome, plain.encode(1))) == ({"value": deep}, 1)
