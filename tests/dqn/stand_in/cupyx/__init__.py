"""The part of CuPy's second package that Chainer and the tests ask for."""

import contextlib

import cupy
from cupy import DeviceSynchronized

__all__ = ["DeviceSynchronized", "allow_synchronize"]


@contextlib.contextmanager
def allow_synchronize(allow):
    before, cupy.may_wait = cupy.may_wait, allow
    try:
        yield
    finally:
        cupy.may_wait = before
