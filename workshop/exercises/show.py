"""Values as a reader wants them in a message: short, exact, and never failing."""

import numpy as np

from workshop.exercises.plain import Opaque, Record

_MAX_TEXT = 300


def show(value):
    """One line (arrays: a few) for a plain value, at most about 300 characters."""
    text = _show(value)
    if len(text) > _MAX_TEXT:
        text = text[: _MAX_TEXT - 20].rstrip() + f" … ({len(text):,} characters)"
    return text


def show_call(name, arguments):
    """`name(argument, …)` as the reader could type it."""
    return f"{name}({', '.join(show(argument) for argument in arguments)})"


def show_named_call(*parameters):
    """A part's `describe`, for calls of many arguments: `name(V=np.array([0.0, 1.0]), state=0, …)`."""

    def describe(name, arguments):
        pairs = zip(parameters, arguments)
        return f"{name}({', '.join(f'{parameter}={_typed(argument)}' for parameter, argument in pairs)})"

    return describe


def _typed(value):
    """A small array as the reader would type it; `show` says more than that, its dtype and shape."""
    if not isinstance(value, np.ndarray):
        return show(value)
    dtype = "" if value.dtype == float else f", dtype=np.{value.dtype}"
    return f"np.array({value.tolist()}{dtype})"


def _show(value):
    if isinstance(value, Opaque):
        return value.text
    if isinstance(value, Record):
        pairs = zip(value.fields, value.values)
        return f"{value.type}({', '.join(f'{field}={_show(item)}' for field, item in pairs)})"
    if isinstance(value, np.ndarray):
        with np.printoptions(threshold=60, edgeitems=3, linewidth=100):
            text = np.array2string(value, separator=", ")
        return f"array({text}, dtype={value.dtype}, shape={value.shape})".replace("\n", "\n      ")
    if isinstance(value, np.generic):
        return f"{type(value).__name__}({value.item()!r})"
    if type(value) is int and value.bit_length() > 400:
        return f"an int of {value.bit_length():,} bits"
    if isinstance(value, tuple):
        return f"({', '.join(map(_show, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(_show, value))}]"
    if isinstance(value, (set, frozenset)):
        body = f"{{{', '.join(sorted(map(_show, value)))}}}" if value else ""
        return f"frozenset({body})" if isinstance(value, frozenset) else body or "set()"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_show(key)}: {_show(item)}' for key, item in value.items())}}}"
    return repr(value)
