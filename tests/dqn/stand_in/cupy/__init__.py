"""A stand-in for CuPy on a machine without a GPU: arrays of NumPy behind CuPy's rules, kernels built by the C++ compiler.

With this folder's parent on PYTHONPATH, Chainer takes it for CuPy 14 with one GPU, and every line of the kit and of Chainer
that a GPU would run is run. It refuses what CuPy refuses, an array of NumPy among its own, and notices what CuPy notices, a
copy to the host. It says nothing of speed, of the order of sums, of memory, or of CuPy's own faults: for those there is no
stand-in. It holds what test_gpu.py needs, and no more.
"""

import operator
import sys
import types

import numpy as np

__version__ = "14.2.0"
may_wait = True  # set by cupyx.allow_synchronize


class DeviceSynchronized(RuntimeError):
    """Something waited for the device where that was not allowed."""


def _wait():
    if not may_wait:
        raise DeviceSynchronized


class ndarray:
    """An array "on the device"; `host` is NumPy's array of its numbers, which only this package may touch."""

    def __init__(self, shape, dtype=np.float64, host=None):
        self.host = np.empty(shape, dtype) if host is None else host

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    def __array_ufunc__(self, function, method, *inputs, **kwargs):
        return _call(getattr(function, method), *inputs, **kwargs)

    def __array_function__(self, function, kinds, args, kwargs):
        return _call(function, *args, **kwargs)

    def get(self, stream=None):
        _wait()
        return self.host.copy(order="C")

    def set(self, array):
        if type(array) is not np.ndarray or (array.dtype, array.shape) != (self.dtype, self.shape):
            raise TypeError(f"{type(array)} of another dtype or shape")
        self.host[...] = array

    def reduced_view(self):
        return self

    def __len__(self):
        return len(self.host)

    def __getitem__(self, key):
        return _wrapped(self.host[_index(key)])

    def __setitem__(self, key, value):
        self.host[_index(key)] = _unwrapped(value)

    def __deepcopy__(self, memo):
        return _wrapped(self.host.copy())

    __hash__ = object.__hash__
    device = property(lambda self: Device(0))
    T = property(lambda self: _wrapped(self.host.T))


def _unwrapped(value):
    if isinstance(value, ndarray):
        return value.host
    if type(value) is np.ndarray:
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    return type(value)(map(_unwrapped, value)) if isinstance(value, (list, tuple)) else value


def _wrapped(value):
    return ndarray(None, host=np.asarray(value)) if isinstance(value, (np.ndarray, np.generic)) else value


def _index(key):
    if isinstance(key, tuple):
        return tuple(map(_index, key))
    if isinstance(key, ndarray):
        if key.dtype == bool:
            _wait()  # how many are True decides the shape of the result
        return key.host
    return key


def _call(function, *args, **kwargs):
    return _wrapped(function(*map(_unwrapped, args), **{name: _unwrapped(value) for name, value in kwargs.items()}))


def _give_methods():
    """What `ndarray` has from NumPy's arrays: attributes, methods, operators, and what reads a number on the host."""

    def method(name):
        def call(self, *args, **kwargs):
            result = getattr(self.host, name)(*map(_unwrapped, args), **kwargs)
            return self if result is self.host else _wrapped(result)

        return call

    def operation(name):
        def call(self, other):
            is_known = isinstance(other, (ndarray, np.ndarray)) or np.isscalar(other)
            return method(name)(self, other) if is_known else NotImplemented

        return call

    def reading(function):
        def call(self):
            _wait()
            return function(self.host)

        return call

    for name in ("shape", "dtype", "ndim", "size", "nbytes", "flags", "strides"):
        setattr(ndarray, name, property(operator.attrgetter(f"host.{name}")))
    for name in ("__neg__", "argmax", "astype", "dot", "max", "mean", "reshape", "sum"):
        setattr(ndarray, name, method(name))
    for name in ("add", "sub", "mul", "truediv"):
        for prefix in ("", "r", "i"):
            setattr(ndarray, f"__{prefix}{name}__", operation(f"__{prefix}{name}__"))
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(ndarray, f"__{name}__", operation(f"__{name}__"))
    for name, function in {"__float__": float, "__int__": int, "__bool__": bool, "__index__": operator.index}.items():
        setattr(ndarray, name, reading(function))


_give_methods()


NUMPYS = [
    "abs",
    "arange",
    "broadcast_to",
    "clip",
    "dot",
    "empty",
    "maximum",
    "minimum",
    "ones",
    "ones_like",
    "square",
    "tensordot",
    "where",
    "zeros",
    "zeros_like",
]


def __getattr__(name):
    """The rest of the module: functions of NumPy, on these arrays."""
    if name not in NUMPYS:
        raise AttributeError(f"the stand-in for CuPy has no {name}")
    return lambda *args, **kwargs: _call(getattr(np, name), *args, **kwargs)


def array(value, dtype=None, copy=True):
    """From the host or from the device; always a copy."""
    return _wrapped(np.array(value.host if isinstance(value, ndarray) else value, dtype))


def asarray(value, dtype=None):
    is_right = isinstance(value, ndarray) and dtype in (None, value.dtype)
    return value if is_right else array(value, dtype)


def copyto(target, source):
    np.copyto(target.host, _unwrapped(source))


def rollaxis(value, axis, start=0):
    return _wrapped(np.rollaxis(value.host, axis, start))


def get_array_module(*args):
    return sys.modules[__name__] if any(isinstance(value, ndarray) for value in args) else np


def memoize(for_each_device=False):
    import functools

    return functools.lru_cache(maxsize=None)


def fuse(*args, **kwargs):
    return args[0] if args else lambda function: function


def get_default_memory_pool():
    return None


get_default_pinned_memory_pool = get_default_memory_pool


class Device:
    """The one device."""

    mem_info = (16 * 10**9, 24 * 10**9)  # free, in all

    def __init__(self, number=0):
        self.id = number

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def __eq__(self, other):
        return isinstance(other, Device)

    __hash__ = object.__hash__

    def use(self):
        pass

    def synchronize(self):
        _wait()
        stream.done = True


stream = types.SimpleNamespace(done=True)


class CUDARuntimeError(RuntimeError):
    """Never raised here."""


def _modules():
    from cupy import kernels

    runtime = types.SimpleNamespace(getDeviceCount=lambda: 1, CUDARuntimeError=CUDARuntimeError)
    cublas, util = types.ModuleType("cupy.cuda.cublas"), types.ModuleType("cupy._util")
    cuda = types.ModuleType("cupy.cuda")
    vars(cuda).update(Device=Device, Event=object, Stream=object, cublas=cublas, runtime=runtime)
    cuda.get_current_stream = lambda: stream
    util.PerformanceWarning = UserWarning
    sys.modules |= {"cupy.cuda": cuda, "cupy.cuda.cublas": cublas, "cupy._util": util}
    return {"cuda": cuda} | {
        name: getattr(kernels, name) for name in ("ElementwiseKernel", "ReductionKernel", "RawKernel")
    }


globals().update(_modules())
