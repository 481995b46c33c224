"""The functions of kernels.c, compiled once on the machine that runs them, or None where that cannot be.

Nothing has to be installed for this, and nothing depends on it: without a C compiler, or with one that fails, `library()`
is None and everything is computed by NumPy, several times slower. The compiled file lies beside this one, in
`__pycache__`, under a name made of the source, the processor and its own checksum; it gets that name only after another
process has run it and found the right figures. Where the compiler failed, a file of the same name that ends in `.failed` says why, and
nothing is tried again until it is deleted.
"""

import ctypes
import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).with_name("kernels.c")
CACHE = Path(__file__).with_name("__pycache__")
COLUMNS = 16  # of a product are a multiple of this
PATIENCE = 60  # seconds for the compiler, and for the trial run
WORTH_A_THREAD = 2**22  # multiply-adds: less takes no longer than starting and joining a thread

_ARRAY, _FLOAT, _LONG, _INT = ctypes.c_void_p, ctypes.c_float, ctypes.c_long, ctypes.c_int


@functools.cache
def library():
    """The compiled functions, or None."""
    name = f"kernels-{_fingerprint()}"
    try:
        path = _find(name)
        if path is None and not (CACHE / f"{name}.failed").exists():
            _build(name)
            path = _find(name)
        return load(path) if path else None
    except OSError:  # no place to build in, or a file that is no library
        return None


def _find(name):
    """The compiled file of that name, whole: a truncated one would end the process that loads it."""
    for path in CACHE.glob(f"{name}-*.so"):
        if path.stem == f"{name}-{_digest(path)}":
            return path
    return None


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def load(path):
    """The functions of a compiled file. OSError where it is none."""
    functions = ctypes.CDLL(str(path))
    functions.product.argtypes = [*[_ARRAY] * 7, _LONG, _LONG, _LONG, _INT]
    functions.adam.argtypes = [*[_ARRAY] * 4, *[_FLOAT] * 4, _LONG, _INT]
    functions.rmsprop_graves.argtypes = [*[_ARRAY] * 5, *[_FLOAT] * 4, _LONG, _INT]
    for function in (functions.product, functions.adam, functions.rmsprop_graves):
        function.restype = None
    return functions


def threads(work):
    """How many threads share some work, in multiply-adds: as many as NumPy's BLAS may use, or one if it is little.

    That is OPENBLAS_NUM_THREADS or OMP_NUM_THREADS in the environment, or one for each core.
    """
    return _threads() if work >= WORTH_A_THREAD else 1


@functools.cache
def _threads():
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdecimal():
            return max(1, int(os.environ[name]))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Rows:
    """Where rows begin in an array, as 32-bit numbers of elements, with the address that C wants.

    Args:
        offsets: integers of any shape, flattened.
    """

    def __init__(self, offsets):
        offsets = np.ravel(offsets)
        if len(offsets) and np.abs(offsets).max() >= 2**31:
            raise OverflowError("Rows lie too far apart for 32-bit numbers.")
        self.offsets = offsets.astype(np.int32)
        self.address = _address(self.offsets)

    def __len__(self):
        return len(self.offsets)


def takes(array):
    """Is this an array that the functions take: of float32, in memory that 32-bit numbers of elements span?"""
    if type(array) is not np.ndarray or array.dtype != np.float32 or not array.flags.aligned:
        return False
    return sum([(size - 1) * abs(stride) for size, stride in zip(array.shape, array.strides)]) < 2**33


def wide(matrix):
    """The matrix (rows, columns), C-contiguous, with columns of zeros up to a multiple of 16."""
    rows, columns = matrix.shape
    missing = -columns % COLUMNS
    if missing == 0:
        return np.ascontiguousarray(matrix)
    result = np.zeros((rows, columns + missing), np.float32)
    result[:, :columns] = matrix
    return result


def lines(array):
    """The `Rows` of a C-contiguous array: its last axis is a row."""
    return _lines(array.size // array.shape[-1], array.shape[-1])


@functools.lru_cache(maxsize=64)
def _lines(count, length):
    return Rows(np.arange(count) * length)


def product(x, x_rows, x_depth, b, bias, out, out_rows, functions=None):
    """out[row] = bias + Σ_k x[row, k] · b[k], where row and k are looked up: a matrix product that gathers its rows.

    x[row, k] is the element at x_rows[row] + x_depth[k], counted from the first of x, and out[row] begins at
    out_rows[row]. All arrays are float32. Same bits for any number of threads.

    Args:
        x: array that holds the rows, of any strides.
        x_rows, x_depth, out_rows: `Rows`.
        b: (len(x_depth), columns) C-contiguous, columns a multiple of 16.
        bias: (columns,) contiguous, or None.
        out: array that takes the rows, of `columns` contiguous numbers each.
    """
    depth, columns = b.shape
    (functions or library()).product(
        _address(x),
        x_rows.address,
        x_depth.address,
        _address(b),
        None if bias is None else _address(bias),
        _address(out),
        out_rows.address,
        len(x_rows),
        depth,
        columns,
        threads(len(x_rows) * depth * columns),
    )


def in_one_pass(name, gradient, states, numbers):
    """Update float32 states in place by the function of that name; False, and nothing done, where C cannot do it.

    Args:
        gradient: array of any strides.
        states: arrays of the same shape, C-contiguous, the parameter first.
        numbers: floats.
    """
    functions = library()
    for array in states:
        if array.dtype != np.float32 or not array.flags.carray:  # C-contiguous, aligned, writeable
            return False
    if functions is None or gradient.dtype != np.float32:
        return False
    gradient = np.ascontiguousarray(gradient)
    size = gradient.size
    addresses = [_address(array) for array in (gradient, *states)]
    getattr(functions, name)(*addresses, *numbers, size, threads(16 * size))  # a root and a division take their time
    return True


def _address(array):
    return array.__array_interface__["data"][0]  # in half the time of `array.ctypes.data`


def _fingerprint():
    """Of the source, of how it is compiled, and of the processor: a compiled file that another processor made is never loaded."""
    system = f"{platform.system()} {platform.machine()} {platform.processor()} {sys.maxsize}"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        wanted = ("model name", "flags", "Features", "CPU part")
        system += "".join(sorted({line for line in lines if line.startswith(wanted)}))
    return hashlib.sha256(SOURCE.read_bytes() + Path(__file__).read_bytes() + system.encode()).hexdigest()[:16]


def _build(name):
    command = compiler()
    if command is None:
        return
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="kernels-") as folder:
        built = Path(folder, f"{name}.so")
        complaints = []
        for native in ("-march=native", "-mcpu=native"):
            flags = ["-O3", "-fno-math-errno", native, "-shared", "-fPIC", "-pthread"]
            complaint = _run([*command, *flags, str(SOURCE), "-o", str(built)])
            complaint = complaint or _run([sys.executable, __file__, str(built)])
            if not complaint:
                os.replace(built, CACHE / f"{name}-{_digest(built)}.so")
                return
            complaints.append(complaint)
        (CACHE / f"{name}.failed").write_text("\n".join(complaints), encoding="utf-8")


def compiler():
    """The command of the C compiler as a list, or None."""
    # Without the developer tools, macOS has a `cc` that opens a window to sell them.
    if platform.system() == "Darwin" and _run(["xcode-select", "-p"]):
        return None
    command = shlex.split(os.environ.get("CC") or "cc")
    return command if shutil.which(command[0]) else None


def _run(command):
    """What went wrong, or an empty string."""
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if result.returncode == 0 else f"{shlex.join(command)}\n{result.stderr}\nstatus {result.returncode}\n"


def try_out(path):
    """Run the functions of a compiled file once, against NumPy. AssertionError where the figures differ."""
    functions = load(path)
    rng = np.random.default_rng(0)
    for rows, depth, columns in ((1, 3, 16), (25, 700, 112)):
        x, b = rng.random((rows, depth), dtype=np.float32), rng.random((depth, columns), dtype=np.float32)
        bias, out = rng.random(columns, dtype=np.float32), np.empty((rows, columns), np.float32)
        x_rows, out_rows = Rows(np.arange(rows) * depth), Rows(np.arange(rows) * columns)
        product(x, x_rows, Rows(np.arange(depth)), b, bias, out, out_rows, functions)
        np.testing.assert_allclose(out, x @ b + bias, rtol=1e-4)


if __name__ == "__main__":
    try_out(sys.argv[1])
