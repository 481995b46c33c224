"""Is this value the expected one? The policy of the catalogue, in one place.

A Python or NumPy scalar of the right kind is as good as another, a 0-d array too. Where an array is asked, it takes an
ndarray of the expected shape. Numbers agree within rtol 1e-6 and atol 1e-8, or 1e-4 and 1e-5 where float32 is involved.
NaN and infinity are right only where they are expected.
"""

import math
from dataclasses import dataclass

import numpy as np

from workshop.exercises.plain import Opaque, Record
from workshop.exercises.show import show

FLOAT64_TOLERANCE = (1e-6, 1e-8)
FLOAT32_TOLERANCE = (1e-4, 1e-5)


@dataclass(frozen=True)
class Difference:
    """What is wrong with an obtained value: a sentence, and where it stands when the value has parts."""

    sentence: str
    where: str = ""


def compare(expected, obtained, dtype=None, exact_type=None):
    """The first difference between two plain values, or None.

    Args:
        expected, obtained: plain values (see `workshop.exercises.plain`).
        dtype: the NumPy dtype that the contract names for an array, or None for any of the right kind.
        exact_type: the Python type that the contract names, or None.
    """
    if exact_type is not None and type(obtained) is not exact_type:
        return Difference(f"should be a Python {exact_type.__name__}; it is {kind_of(obtained)}")
    if isinstance(expected, np.ndarray):
        return _compare_array(expected, obtained, dtype)
    if isinstance(expected, Record):
        return _compare_record(expected, obtained)
    if isinstance(expected, Opaque):
        return Difference("cannot be compared: it is equal to nothing")
    if isinstance(expected, (tuple, list)):
        return _compare_sequence(expected, obtained)
    if isinstance(expected, (set, frozenset)):
        return _compare_set(expected, obtained)
    if isinstance(expected, dict):
        return _compare_dict(expected, obtained)
    if expected is None or isinstance(expected, str):
        if type(obtained) is type(expected) and obtained == expected:
            return None
        found = show(obtained) if isinstance(obtained, str) else kind_of(obtained)
        return Difference(f"should be {show(expected)}; it is {found}")
    return _compare_scalar(expected, obtained)


def kind_of(value):
    """A value's type as a reader would name it: 'a list', 'an array of shape (3,) and dtype int64'."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, Opaque) and value.type == "ndarray":
        return value.text  # of a dtype that does not travel
    name = value.type if isinstance(value, (Record, Opaque)) else type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _compare_scalar(expected, obtained):
    if type(obtained) is type(expected) and obtained == expected:
        return None  # nearly always, and a hundred times as fast as what follows
    if isinstance(obtained, np.ndarray) and obtained.shape == ():
        obtained = obtained[()]
    if isinstance(expected, (bool, np.bool_)):
        if not isinstance(obtained, (bool, np.bool_)):
            return Difference(f"should be a bool, True or False; it is {kind_of(obtained)}")
        return None if bool(expected) == bool(obtained) else Difference(f"should be {expected}; it is {obtained}")
    if isinstance(obtained, (complex, np.complexfloating)):
        return Difference("should be a real number; it is a complex one")
    if isinstance(obtained, (bool, np.bool_)) or not isinstance(obtained, (int, float, np.number)):
        return Difference(f"should be a number; it is {kind_of(obtained)}")
    if isinstance(expected, (int, np.integer)):
        if not isinstance(obtained, (int, np.integer)):
            return Difference(f"should be an int; it is {kind_of(obtained)}")
        if int(expected) == int(obtained):
            return None
        return _other_number(expected, obtained)
    if isinstance(obtained, int) and obtained.bit_length() > 1000:
        return _other_number(expected, obtained)
    if not math.isfinite(obtained) and math.isfinite(expected):  # NumPy's knows no int beyond 64 bits
        return Difference(f"should be a finite number; it is {obtained}")
    rtol, atol = _tolerance(np.asarray(expected), np.asarray(obtained, dtype=getattr(obtained, "dtype", float)))
    if np.isclose(float(obtained), float(expected), rtol=rtol, atol=atol, equal_nan=True):
        return None
    return _other_number(expected, obtained)


def _other_number(expected, obtained):
    """Two numbers of a kind: that one of them is NumPy's makes no difference, and is not mentioned."""
    right, wrong = (number.item() if isinstance(number, np.generic) else number for number in (expected, obtained))
    return Difference(f"should be {_rounded(right, wrong)}; it is {_rounded(wrong, right)}")


def _rounded(number, other):
    """A float without the noise of its last digits, unless only these tell it from the other one."""
    if isinstance(number, float) and isinstance(other, float):
        short, short_other = (float(f"{value:.10g}") for value in (number, other))
        if short != short_other:
            return repr(short)
    return show(number)


def _compare_array(expected, obtained, dtype):
    if not isinstance(obtained, np.ndarray):
        return Difference(f"should be a NumPy array of shape {expected.shape}; it is {kind_of(obtained)}")
    if obtained.shape != expected.shape:
        return Difference(f"should have shape {expected.shape}; it has shape {obtained.shape}")
    if obtained.dtype.kind == "c":
        return Difference(f"should hold real numbers; its dtype is {obtained.dtype}")
    if dtype is not None and obtained.dtype != np.dtype(dtype):
        return Difference(f"should have dtype {np.dtype(dtype)}; it has dtype {obtained.dtype}")
    if expected.dtype.kind == "b" or obtained.dtype.kind == "b":
        if expected.dtype.kind != obtained.dtype.kind:
            return Difference(f"should have dtype {expected.dtype}; it has dtype {obtained.dtype}")
        wrong = expected != obtained
    elif expected.dtype.kind in "iu":
        if obtained.dtype.kind not in "iu":
            return Difference(f"should hold ints; its dtype is {obtained.dtype}")
        wrong = expected != obtained
    else:
        if dtype is None and obtained.dtype not in (np.float32, np.float64):
            return Difference(f"should have dtype float32 or float64; it has dtype {obtained.dtype}")
        if np.array_equal(expected, obtained):
            return None
        rtol, atol = _tolerance(expected, obtained)
        wrong = ~np.isclose(obtained, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f"[{', '.join(map(str, index))}]" if index else ""
    count = f" ({int(wrong.sum())} of {wrong.size} entries are wrong)" if wrong.size > 1 else ""
    return Difference(_other_number(expected[index], obtained[index]).sentence + count, where)


def _compare_record(expected, obtained):
    if not isinstance(obtained, Record):
        return Difference(f"should be a {expected.type}; it is {kind_of(obtained)}")
    if obtained.fields != expected.fields:
        return Difference(f"should have the fields {', '.join(expected.fields)}; it has {', '.join(obtained.fields)}")
    for field, wanted, found in zip(expected.fields, expected.values, obtained.values):
        difference = compare(wanted, found)
        if difference:
            return Difference(difference.sentence, f".{field}{difference.where}")
    return None


def _compare_sequence(expected, obtained):
    if type(obtained) is not type(expected):
        return Difference(f"should be a {type(expected).__name__}; it is {kind_of(obtained)}")
    if len(obtained) != len(expected):
        return Difference(f"should have {len(expected)} entries; it has {len(obtained)}")
    for index, (wanted, found) in enumerate(zip(expected, obtained)):
        difference = compare(wanted, found)
        if difference:
            return Difference(difference.sentence, f"[{index}]{difference.where}")
    return None


def _compare_set(expected, obtained):
    if type(obtained) is not type(expected):
        return Difference(f"should be a {type(expected).__name__}; it is {kind_of(obtained)}")
    if obtained == expected:
        return None
    missing, extra = expected - obtained, obtained - expected
    parts = [f"{show(missing)} is missing"] if missing else []
    parts += [f"{show(extra)} should not be there"] if extra else []
    return Difference(" and ".join(parts))


def _compare_dict(expected, obtained):
    if not isinstance(obtained, dict):
        return Difference(f"should be a dict with the keys {_listed(expected)}; it is {kind_of(obtained)}")
    if obtained.keys() != expected.keys():
        return Difference(f"should have the keys {_listed(expected)}; it has {_listed(obtained)}")
    for key, wanted in expected.items():
        difference = compare(wanted, obtained[key])
        if difference:
            return Difference(difference.sentence, f"[{key!r}]{difference.where}")
    return None


def _listed(keys):
    return ", ".join(map(show, keys)) or "none"


def _tolerance(expected, obtained):
    is_single = any(array.dtype.kind == "f" and array.dtype.itemsize <= 4 for array in (expected, obtained))
    return FLOAT32_TOLERANCE if is_single else FLOAT64_TOLERANCE
