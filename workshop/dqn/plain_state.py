"""Plain nested data as JSON, with its large arrays apart, and back again bit for bit.

Plain data is what every `get_state` here gives: dict (with text as keys), list, tuple, str, int of any size, float, bool,
None, bytes, and arrays of bool, int, uint and float. JSON has no word for most of these, so whatever is not a list, a
text, a number that JSON can hold, true, false or null becomes an object with one key, the name of what it is:

    {"dict": {"step": 7, "random": {"int": "0x1f…"}, "frames": {"array": {"dtype": "|u1", "shape": [9], "base64": "…"}}}}

Reading such a text makes data and nothing else. A pickle would run whatever code its author put in.
"""

import base64
import math
import re

import numpy as np

INLINE = 1 << 16  # bytes; an array no larger than this stands in the JSON itself

_DTYPES = re.compile(r"[<>|](b1|[iu][1248]|f[248])")


def encode(state):
    """Plain nested data as (tree, leaves).

    Args:
        state: plain nested data. NumPy's scalars become Python's, and every array comes back in C order.

    Returns:
        tree: what `json.dumps` takes, once the leaves' lists are filled.
        leaves: [(names, array)] for each array or bytes over `INLINE` bytes: the data themselves, not a copy, and an
            empty list that stands in the tree, for the names under which they will be found.

    Raises:
        TypeError: something in it is not plain; says where.
    """
    leaves = []
    return _encode(state, "", leaves), leaves


def decode(tree, read, into=None):
    """The state again.

    Args:
        tree: what `encode` gave, after `json.loads`.
        read: called with (names, buffer) to fill a buffer, (n,) uint8, with what was kept under these names.
        into: None, or a state of which every array with the place, dtype and shape of a saved one is filled and used
            instead of a new one. A replay memory need not be in memory twice that way.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: nothing that `encode` makes.
    """
    if isinstance(tree, list):
        parts = into if isinstance(into, (list, tuple)) and len(into) == len(tree) else [None] * len(tree)
        return [decode(item, read, part) for item, part in zip(tree, parts, strict=True)]
    if not isinstance(tree, dict):
        return tree
    [(kind, content)] = tree.items()
    if kind == "dict":
        parts = into if isinstance(into, dict) else {}
        return {key: decode(item, read, parts.get(key)) for key, item in content.items()}
    if kind == "tuple":
        return tuple(decode(content, read, into))
    if kind == "array":
        return _decode_array(content, read, into)
    if kind == "bytes":
        return _decode_array(content, read, None).tobytes()
    if kind == "int":
        return int(content, 16)
    if kind == "float":
        return np.frombuffer(bytes.fromhex(content), ">f8").item()
    raise ValueError(f"there is no {kind!r} in plain data")


def _encode(value, path, leaves):
    if isinstance(value, np.generic) and (isinstance(value, (str, bytes)) or _DTYPES.fullmatch(value.dtype.str)):
        value = value.item()
    # Exact types: a subclass (a named tuple, an Enum, a masked array) would come back as something else.
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise TypeError(f"{path or 'the state'} has the key {key!r}, a {_name(key)}: keys are text")
        return {"dict": {_text(key, path): _encode(item, _join(path, key), leaves) for key, item in value.items()}}
    if kind in (list, tuple):
        items = [_encode(item, f"{path}[{index}]", leaves) for index, item in enumerate(value)]
        return items if kind is list else {"tuple": items}
    if kind is str:
        return _text(value, path)
    if value is None or kind is bool:
        return value
    if kind is int:  # more than 64 bits are beyond most readers of JSON, and thousands of digits beyond Python's
        return value if -(2**63) <= value < 2**64 else {"int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"float": np.array(value, ">f8").tobytes().hex()}
    if kind is bytes:
        return {"bytes": _encode_array(np.frombuffer(value, np.uint8), leaves)}
    if kind is np.ndarray and _DTYPES.fullmatch(value.dtype.str):
        return {"array": _encode_array(value, leaves)}
    what = f"an array of {value.dtype}" if kind is np.ndarray else f"a {_name(value)}"
    raise TypeError(
        f"{path or 'the state'} is {what}: a state is made of dict, list, tuple, str, int, float, bool, None, bytes "
        "and arrays of numbers"
    )


def _encode_array(array, leaves):
    node = {"dtype": array.dtype.str, "shape": list(array.shape)}
    if array.nbytes <= INLINE:
        node["base64"] = base64.b64encode(array.tobytes()).decode()
    else:
        node["chunks"] = []
        leaves.append((node["chunks"], array))
    return node


def _decode_array(node, read, into):
    if not _DTYPES.fullmatch(node["dtype"]):
        raise ValueError(f"there are no arrays of {node['dtype']!r} in plain data")
    dtype, shape = np.dtype(node["dtype"]), tuple(node["shape"])
    fits = type(into) is np.ndarray and (into.dtype, into.shape) == (dtype, shape) and into.flags.carray
    array = into if fits else np.empty(shape, dtype)
    data = array.reshape(-1).view(np.uint8)
    if "base64" in node:
        memoryview(data)[:] = base64.b64decode(node["base64"], validate=True)
    else:
        read(node["chunks"], data)
    return array


def _text(text, path):
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TypeError(f"{path or 'the state'} has the text {text!r}, which no file can hold: {error}") from None
    return text


def _join(path, key):
    if not key.isidentifier():
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key


def _name(value):
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
