"""Kernels of CUDA, from their very source, by the machine's C++ compiler: one thread after the other."""

import ctypes
import functools
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import cupy

TYPES = {"float32": "float", "int32": "int", "int64": "long long", "uint8": "unsigned char", "bool": "bool"}
NUMBERS = {"float": ctypes.c_float, "int": ctypes.c_int, "long long": ctypes.c_longlong}
HEAD = """
#include <algorithm>
#include <cmath>
#include <cstddef>
using std::max; using std::min; using std::sqrt;
static inline float rsqrt(float x) { return 1 / std::sqrt(x); }
template <class T, int N> struct Raw {  // an array that a kernel indexes on its own
    T* data; const long* shape;
    T& operator[](ptrdiff_t i) { return data[i]; }
    T& operator[](const int (&index)[N]) {
        ptrdiff_t at = 0;
        for (int d = 0; d < N; ++d) at = at * shape[d] + index[d];
        return data[at];
    }
};
static struct { long x; } blockIdx, threadIdx, blockDim;
#define __global__
"""


@functools.cache
def _built(source):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kernel.cpp")
        path.write_text(HEAD + source)
        # Chainer initializes ints with ptrdiff_t, of which CUDA's compiler only warns.
        flags = ["-std=c++17", "-O1", "-Wno-narrowing", "-shared", "-fPIC"]
        subprocess.run(["c++", *flags, "-o", path.with_suffix(".so"), path], check=True)
        return ctypes.CDLL(str(path.with_suffix(".so")))


def _address(array):
    return ctypes.c_void_p(array.ctypes.data)


class ElementwiseKernel:
    """As CuPy's: parameters "float32 x, raw T y" by name, and what is done for each element."""

    def __init__(self, in_params, out_params, operation, name):
        self.inputs, self.outputs = (
            [param.split() for param in params.split(",")] for params in (in_params, out_params)
        )
        self.operation, self.name = operation, name

    def __call__(self, *args):
        params = self.inputs + self.outputs
        letters = {}
        for param, value in zip(params, args):  # of outputs that are not given there is nothing to know
            if type(value) is np.ndarray:
                raise TypeError(f"{self.name}: Unsupported type <class 'numpy.ndarray'>")
            if isinstance(value, cupy.ndarray):
                expected = letters.setdefault(param[-2], value.dtype) if len(param[-2]) == 1 else np.dtype(param[-2])
                if value.dtype != expected:
                    raise TypeError(f"{self.name}: {param} is of {value.dtype}")
        elements = [
            value for param, value in zip(params, args) if isinstance(value, cupy.ndarray) and param[0] != "raw"
        ]
        shape = np.broadcast_shapes(*(value.shape for value in elements))
        if len(args) < len(params):
            args += tuple(cupy.ndarray(shape, letters[param[-2]]) for param in self.outputs)
        self._run(params, args, letters, shape)
        outputs = args[len(self.inputs) :]
        return outputs[0] if len(outputs) == 1 else outputs

    def _run(self, params, args, letters, shape):
        declared, prepared, passed, kept = [], [], [], []
        for number, ((*_, kind, name), value) in enumerate(zip(params, args, strict=True)):
            kind = TYPES[np.dtype(letters.get(kind, kind)).name]
            if not isinstance(value, cupy.ndarray):
                declared.append(f"{kind} {name}")
                passed.append(NUMBERS[kind](value))
                continue
            is_output, is_raw = number >= len(self.inputs), params[number][0] == "raw"
            host = value.host if is_raw else np.broadcast_to(value.host, shape)
            dense = np.ascontiguousarray(host)
            kept += [(value, dense, is_output), np.array(dense.shape or (1,), np.int64)]
            passed.append(_address(dense))
            declared.append(f"{kind}* array_{name}")
            if is_raw:
                passed.append(_address(kept[-1]))
                declared.append(f"const long* shape_{name}")
                prepared.append(f"Raw<{kind}, {max(1, dense.ndim)}> {name}{{array_{name}, shape_{name}}};")
            else:
                prepared.append(f"{kind}{'&' if is_output else ''} {name} = array_{name}[i];")
        kinds = "".join(f"typedef {TYPES[dtype.name]} {letter}; " for letter, dtype in letters.items())
        loop = f"for (ptrdiff_t i = 0; i < size; ++i) {{ {' '.join(prepared)}\n{self.operation}; }}"
        source = f'{kinds}\nextern "C" void run(long size, {", ".join(declared)}) {{ {loop} }}'
        _built(source).run(ctypes.c_long(int(np.prod(shape, dtype=np.int64))), *passed)
        for value, dense, is_output in kept[::2]:
            if is_output and dense is not value.host:
                value.host[...] = dense


class ReductionKernel:
    """Chainer makes some on import; none is called here."""

    def __init__(self, *args, **kwargs):
        pass


class RawKernel:
    """As CuPy's. One that reads the clock is not run: from then on the stream is busy until somebody waits."""

    def __init__(self, code, name):
        self.name, self.is_clock = name, "clock64" in code
        self.declared = re.search(rf"{name}\((.*?)\)", code, re.DOTALL)[1].split(",")
        names = [declaration.split()[-1].lstrip("*") for declaration in self.declared]
        if not self.is_clock:
            launch = f'extern "C" void launch(long blocks, long threads, {",".join(self.declared)}) {{'
            loops = "for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++)"
            loops += " for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++)"
            source = f"{code}{launch} blockDim.x = threads; {loops} {name}({', '.join(names)}); }}"
            self.launch = _built(source).launch

    def __call__(self, grid, block, args):
        if self.is_clock:
            cupy.stream.done = False
            return
        passed = []
        for declaration, value in zip(self.declared, args, strict=True):
            kind, _, _ = declaration.replace("const", "").strip().rpartition(" ")
            is_array = isinstance(value, cupy.ndarray)
            if kind != TYPES[value.dtype.name] + "*" * is_array or (is_array and not value.flags.c_contiguous):
                raise TypeError(f"{self.name}: {declaration} cannot be an array or a number of {value.dtype}")
            passed.append(_address(value.host) if is_array else NUMBERS[kind](value.item()))
        self.launch(ctypes.c_long(*grid), ctypes.c_long(*block), *passed)
