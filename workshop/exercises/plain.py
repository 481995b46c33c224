"""Plain data: what may travel between an attendee's code and its judge.

Everything an answer returns is turned into JSON and back before it is looked at, in the notebook as in the grader. So
both see the same thing, and nothing that an answer returns can act: an object of a class of its own arrives as an
`Opaque`, a label that is equal to nothing. Arrays travel as npy without pickle.
"""

import base64
import dataclasses
import io
import json
import math
from collections import namedtuple

import numpy as np

MAX_BYTES = 32 * 2**20
MAX_DEPTH = 30
_EXACT_IN_JSON = 2**53

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
    text = json.dumps(_pack(value, _Budget(max_bytes), 0), separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def decode(data):
    """The value that `encode` was given. Raises ValueError on anything that `encode` does not write."""
    try:
        return _unpack(json.loads(data.decode("utf-8", "surrogatepass")))
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError, EOFError) as error:
        raise ValueError(f"not plain data: {error}") from error


def copy(value):
    """A copy that shares nothing with `value`."""
    return decode(encode(value))


class _Budget:
    """Counts bytes while packing, so that a value too large is refused before it is built a second time."""

    def __init__(self, max_bytes):
        self.left = max_bytes

    def spend(self, count):
        self.left -= count
        if self.left < 0:
            raise TooLarge("the value is too large to be looked at")


def _pack(value, budget, depth):
    budget.spend(8)
    if depth > MAX_DEPTH:
        raise TooLarge(f"the value is nested more than {MAX_DEPTH} deep")

    def pack(item):
        return _pack(item, budget, depth + 1)

    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        budget.spend(value.bit_length() // 4)
        return value if -_EXACT_IN_JSON < value < _EXACT_IN_JSON else {"t": "int", "hex": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "float", "v": repr(value)}
    if kind is complex:
        return {"t": "complex", "v": [pack(value.real), pack(value.imag)]}
    if kind is str:
        budget.spend(len(value))
        return value
    if kind is bytes:
        budget.spend(2 * len(value))
        return {"t": "bytes", "v": base64.b64encode(value).decode()}
    if kind is list:
        return [pack(item) for item in value]
    if kind is tuple:
        return {"t": "tuple", "v": [pack(item) for item in value]}
    if kind in (set, frozenset):
        return {"t": kind.__name__, "v": sorted((pack(item) for item in value), key=json.dumps)}
    if kind is dict:
        return {"t": "dict", "v": [[pack(key), pack(item)] for key, item in value.items()]}
    if kind is np.ndarray and value.dtype.kind in "biufc":
        budget.spend(value.nbytes * 4 // 3)
        return {"t": "array", "npy": _to_npy(value)}
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return {"t": "scalar", "npy": _to_npy(np.asarray(value))}
    if kind in (Record, Opaque):
        return {"t": kind.__name__, "v": [pack(item) for item in value]}
    if isinstance(value, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
        return {"t": "Record", "v": [kind.__name__, pack(kind._fields), pack(tuple(value))]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = tuple(field.name for field in dataclasses.fields(value))
        return {"t": "Record", "v": [kind.__name__, pack(names), pack(tuple(getattr(value, name) for name in names))]}
    for plain in (int, float, str):  # an enum member, say: its plain value
        if isinstance(value, plain):
            return pack(plain.__new__(plain, value))
    return {"t": "Opaque", "v": [kind.__name__, _start_of_repr(value)]}


def _start_of_repr(value, length=200):
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype} and shape {value.shape}"
    try:
        text = repr(value)
        return text[:length] if type(text) is str else f"<{type(value).__name__}>"
    except Exception:
        return f"<{type(value).__name__}, whose repr fails>"


def _to_npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode()


def _from_npy(text):
    return np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False)


def _unpack(item):
    if isinstance(item, list):
        return [_unpack(part) for part in item]
    if not isinstance(item, dict):
        return item
    tag = item["t"]
    if tag == "array":
        return _from_npy(item["npy"])
    if tag == "scalar":
        return _from_npy(item["npy"])[()]
    if tag == "int":
        return int(item["hex"], 16)
    value = item["v"]
    if tag == "float":
        return float(value)
    if tag == "complex":
        return complex(_unpack(value[0]), _unpack(value[1]))
    if tag == "bytes":
        return base64.b64decode(value)
    if tag == "dict":
        return {_hashable(_unpack(key)): _unpack(part) for key, part in value}
    parts = [_unpack(part) for part in value]
    if tag == "tuple":
        return tuple(parts)
    if tag == "set":
        return set(map(_hashable, parts))
    if tag == "frozenset":
        return frozenset(map(_hashable, parts))
    if tag == "Record":
        return Record(str(parts[0]), tuple(parts[1]), tuple(parts[2]))
    if tag == "Opaque":
        return Opaque(str(parts[0]), str(parts[1]))
    raise ValueError(f"not plain data: a tag {tag!r}")


def _hashable(value):
    """What may stand in a set or be a dict's key; a `Record` of arrays, say, may not."""
    try:
        hash(value)
    except TypeError:
        return Opaque(type(value).__name__, _start_of_repr(value))
    return value
