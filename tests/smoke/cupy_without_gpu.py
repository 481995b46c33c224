"""CuPy is installed and there is no GPU: Chainer works on the CPU, says why, and nothing else is said.

Not collected by itself: the CuPy cells of `make matrix` name this file.
"""

import subprocess
import sys


def run(code):
    """Run Python code in a fresh interpreter that shows every warning; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_cupy_itself_is_imported_silently():
    assert run("import workshop, cupy; print(cupy.__name__)") == "cupy\n"


def test_chainer_computes_on_the_cpu_and_says_that_there_is_no_cuda():
    code = """
import workshop, chainer, chainer.functions as F, numpy
from chainer.backends import cuda
print(cuda.available, F.sum(chainer.Variable(numpy.ones(3, numpy.float32))).array)
print(cuda.get_array_module(numpy.ones(3)).__name__)
try:
    cuda.check_cuda_available()
except RuntimeError as error:
    print(str(error).splitlines()[0])
"""
    assert run(code).splitlines() == ["False 3.0", "numpy", "CUDA environment is not correctly set up"]
