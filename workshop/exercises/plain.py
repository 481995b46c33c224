"""Plain data: what may travel between an attendee's code and its judge.

Everything an answer returns is turned into JSON and back before it is looked at, in the notebook as in the grader. So
both see the same thing, and nothing that an answer returns can act: an object of a class of its own arrives as an
`Opaque`, a label that is equal to nothing. Arrays travel as npy without pickle.
"""

import base64
import dataclasses
import functools
import io
import json
import math
import struct
from collections import Counter, namedtuple

import numpy as np

MAX_BYTES = 32 * 2**20
MAX_DEPTH = 30
_MAX_COLLISIONS = 1000  # a hash table compares each with all others: a thousand cost milliseconds, a million hours
_WRAPPINGS = 2  # a value travels in an outcome, and that in a message
_EXACT_IN_JSON = 2**53
_MAX_SCALAR = 400  # characters that a NumPy scalar takes at most, its header included
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

Record = namedtuple("Record", ["type", "fields", "values"])
Record.__doc__ = "A namedtuple or a dataclass: the name of its type, its fields' names, its values (both tuples)."

Opaque = namedtuple("Opaque", ["type", "text"])
Opaque.__doc__ = "Anything that is not plain data: the name of its type and the start of its repr."


class TooLarge(ValueError):
    """The value takes more than `MAX_BYTES`, or is nested deeper than `MAX_DEPTH`."""


def encode(value, max_bytes=MAX_BYTES):
    """Turn a value into bytes of JSON.

    Args:
        value: anything. None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, NumPy scalars
            and arrays of numbers, namedtuples and dataclasses keep their type; the rest becomes `Opaque`.
        max_bytes: the most that the result may take.

    Raises:
        TooLarge: the value does not fit.
    """
    text = _to_json(_pack(value, _Budget(max_bytes), 0))
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > max_bytes:  # the budget does not know what JSON escapes
        raise _too_large(max_bytes)
    return data


def encode_dict(parts):
    """What `encode` makes of a dict, str -> value, whose values are encoded already: dict, str -> bytes."""
    items = (b"[" + encode(key) + b"," + data + b"]" for key, data in parts.items())
    return b'{"t":"dict","v":[' + b",".join(items) + b"]}"


def encode_tuple(*parts):
    """What `encode` makes of a tuple whose items are encoded already, as bytes."""
    return b'{"t":"tuple","v":[' + b",".join(parts) + b"]}"


def decode(data):
    """The value that `encode` was given. Raises ValueError on anything that `encode` does not write."""
    try:
        return _unpack(json.loads(data.decode("utf-8", "surrogatepass"), parse_constant=_refuse_constant), 0)
    except Exception as error:  # of many kinds: what stands in the stream decides
        raise ValueError(f"not plain data: {error}") from error


def copy(value):
    """A copy that shares nothing with `value`."""
    return decode(encode(value))


class _Budget:
    """Counts bytes while packing, so that a value too large is refused before it is built a second time."""

    def __init__(self, max_bytes):
        self.left = self.max_bytes = max_bytes

    def spend(self, count):
        self.left -= count
        if self.left < 0:
            raise _too_large(self.max_bytes)


def _too_large(max_bytes):
    return TooLarge(f"the value is larger than {max_bytes / 2**20:g} MB")


def _pack(value, budget, depth):
    budget.spend(8)
    if depth > MAX_DEPTH:
        raise TooLarge(f"the value is nested more than {MAX_DEPTH} deep")

    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        budget.spend(len(value))
        return value
    if kind is int:
        budget.spend(value.bit_length() // 4)
        return value if -_EXACT_IN_JSON < value < _EXACT_IN_JSON else {"t": "int", "hex": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "float", "v": repr(value)}

    def pack(item):
        return _pack(item, budget, depth + 1)

    if kind is complex:
        return {"t": "complex", "v": [pack(value.real), pack(value.imag)]}
    if kind is bytes:
        budget.spend(2 * len(value))
        return {"t": "bytes", "v": base64.b64encode(value).decode()}
    if kind is list:
        return [pack(item) for item in value]
    if kind is tuple:
        return {"t": "tuple", "v": [pack(item) for item in value]}
    if kind in (set, frozenset):
        return {"t": kind.__name__, "v": sorted((pack(item) for item in value), key=_to_json)}
    if kind is dict:
        return {"t": "dict", "v": [[pack(key), pack(item)] for key, item in value.items()]}
    if kind is np.ndarray and value.dtype.kind in "biufc":
        budget.spend(value.nbytes * 4 // 3)
        return {"t": "array", "npy": _to_npy(value)}
    if kind in _NUMPY_SCALARS:
        return {"t": "scalar", "npy": base64.b64encode(_npy_header((), False, value.dtype) + value.tobytes()).decode()}
    if kind in (Record, Opaque):
        return {"t": kind.__name__, "v": [pack(item) for item in value]}
    for plain, bare in _BARE.items():  # an enum member, say: its plain value
        if issubclass(kind, plain):
            return pack(bare(value))
    fields = _fields_of(value)
    if fields is not None:
        return {"t": "Record", "v": [_type_name(value), pack(tuple(fields)), pack(tuple(fields.values()))]}
    return {"t": "Opaque", "v": [_type_name(value), _start_of_repr(value)]}


# The types themselves are asked, never the value: it may have its own idea of `int(value)` or `value.__class__`.
_NUMPY_SCALARS = frozenset(kind for kind in np.sctypeDict.values() if np.dtype(kind).kind in "biufc")
_BARE = {int: int.__int__, float: float.__float__, str: str.__str__}


def _fields_of(value):
    """Field -> value of a namedtuple or a dataclass, None for anything else."""
    try:
        kind = type(value)
        if issubclass(kind, tuple) and all(type(name) is str for name in kind._fields):
            return dict(zip(kind._fields, value, strict=True))
        if dataclasses.is_dataclass(kind) and not issubclass(kind, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    except Exception:  # its attributes may be code of the attendee's
        return None
    return None


def _type_name(value):
    return type.__dict__["__name__"].__get__(type(value))


def _start_of_repr(value, length=200):
    try:
        if isinstance(value, np.ndarray):
            return f"an array of dtype {value.dtype} and shape {value.shape}"
        text = repr(value)
        return text[:length] if type(text) is str else f"<{_type_name(value)}>"
    except Exception:
        return f"<{_type_name(value)}, whose repr fails>"


def _to_npy(array):
    """What `np.save` writes. Headers are made once: they take ten times as long as a small array itself."""
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    header = _npy_header(array.shape, is_fortran, array.dtype)
    return base64.b64encode(header + array.tobytes("F" if is_fortran else "C")).decode()


@functools.lru_cache(maxsize=200)
def _npy_header(shape, is_fortran, dtype):
    file = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": is_fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


def _from_npy(text):
    data = base64.b64decode(text, validate=True)
    start = _PREFIX.size
    magic, length = _PREFIX.unpack_from(data)
    if magic != np.lib.format.magic(1, 0):
        raise ValueError("not plain data: an npy file of another version")
    end = start + length
    shape, is_fortran, dtype = _parsed_header(data[:end])
    # Not np.load: it takes archives too, and believes the header's shape before it sees how many bytes follow.
    flat = np.frombuffer(data, dtype, offset=end)
    if any(side < 0 for side in shape) or math.prod(shape) != flat.size:
        raise ValueError("not plain data: an array whose shape does not fit its bytes")
    return flat.reshape(shape, order="F" if is_fortran else "C").copy(order="K")


@functools.lru_cache(maxsize=1000)
def _scalar(text):
    array = _from_npy(text)
    if array.shape != ():
        raise ValueError("not plain data: a scalar with a shape")
    return array[()]


_PREFIX = struct.Struct("<8sH")  # of an npy file: magic and version, the length of the header behind them


@functools.lru_cache(maxsize=200)
def _parsed_header(data):
    file = io.BytesIO(data)
    np.lib.format.read_magic(file)
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in "biufc":
        raise ValueError(f"not plain data: an array of dtype {dtype}")
    return shape, is_fortran, dtype


def _refuse_constant(name):
    raise ValueError(f"not plain data: {name}")


def _unpack(item, depth):
    kind = type(item)
    if kind is not list and kind is not dict:
        return item
    if depth > MAX_DEPTH + _WRAPPINGS:
        raise ValueError(f"not plain data: nested more than {MAX_DEPTH} deep")

    def unpack(part):
        return _unpack(part, depth + 1)

    if kind is list:
        return list(map(unpack, item))
    tag = item["t"]
    if tag == "array":
        return _from_npy(item["npy"])
    if tag == "scalar":
        if len(item["npy"]) > _MAX_SCALAR:
            raise ValueError("not plain data: a scalar with a shape")
        return _scalar(item["npy"])
    if tag == "int":
        return int(item["hex"], 16)
    value = item["v"]
    if tag == "float":
        return float(value)
    if tag == "complex":
        return complex(*map(float, map(unpack, value)))
    if tag == "bytes":
        return base64.b64decode(value, validate=True)
    if tag == "dict":
        keys = _keys([unpack(key) for key, _ in value])
        return dict(zip(keys, (unpack(part) for _, part in value)))
    parts = list(map(unpack, value))
    if tag == "tuple":
        return tuple(parts)
    if tag == "set":
        return set(_keys(parts))
    if tag == "frozenset":
        return frozenset(_keys(parts))
    if tag == "Record":
        name, fields, values = parts
        if len(fields) != len(values) or not all(type(field) is str for field in (name, *fields)):
            raise ValueError("not plain data: a record whose fields do not fit its values")
        return Record(name, tuple(fields), tuple(values))
    if tag == "Opaque":
        kind, text = parts
        return Opaque(str(kind), str(text))
    raise ValueError(f"not plain data: a tag {tag!r}")


def _keys(values):
    """What may be the keys of one dict or set. Raises ValueError where they were made to have all the same hash."""
    keys = list(map(_hashable, values))
    if len(keys) > _MAX_COLLISIONS and Counter(map(hash, keys)).most_common(1)[0][1] > _MAX_COLLISIONS:
        raise ValueError("not plain data: too many keys of one hash")
    return keys


def _hashable(value):
    """What may stand in a set or be a dict's key; a `Record` of arrays, say, may not."""
    try:
        hash(value)
    except TypeError:
        return Opaque(_type_name(value), _start_of_repr(value))
    return value
