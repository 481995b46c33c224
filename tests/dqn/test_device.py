"""A GPU that is not there is a sentence that says what is missing; and one that is too small names what fits."""

import subprocess
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.dqn.device import check_device_memory, find_device
from workshop.dqn.planning import RESERVE


def test_the_cpu_is_always_there():
    assert find_device("cpu").name == "@numpy"


def test_an_unknown_device_is_refused_by_name():
    with pytest.raises(ValueError, match="a device is cpu or gpu, not 'tpu'"):
        find_device("tpu")


# What `import cupy` finds, in a process of its own: nothing; no driver; a GPU without the libraries.
NO_CUPY = "sys.modules['cupy'] = None"
OTHER_CUPY = """
class cupy(types.ModuleType):
    class cuda:
        class runtime:
            CUDARuntimeError = type("CUDARuntimeError", (RuntimeError,), {{}})
            def getDeviceCount():
                {count}
    def ones(*args):
        raise ImportError("libcublas.so.12: cannot open\\nshared object file")
cupy = sys.modules["cupy"] = cupy("cupy")
"""


@pytest.mark.parametrize(
    "start, sentence",
    [
        (NO_CUPY, "A GPU is used through CuPy, which cannot be imported here"),
        (
            OTHER_CUPY.format(count="raise cupy.cuda.runtime.CUDARuntimeError('no driver')"),
            "finds no NVIDIA GPU (no driver)",
        ),
        (
            OTHER_CUPY.format(count="return 1"),
            "cannot compute on the GPU of this machine (libcublas.so.12: cannot open shared",
        ),
    ],
)
def test_what_is_missing_is_said_in_a_line(start, sentence):
    code = f"""
import sys, types
import workshop, chainer
from workshop.dqn.device import NoGPU
from workshop.dqn.presets import PRESETS, make_training
{start}
try:
    make_training("pong", PRESETS["laptop"], 0, device="gpu")
except NoGPU as missing:
    print(missing)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert sentence in line
    assert "pip install" in line or "nvidia-smi" in line


@given(st.integers(0, 10**11), st.integers(1, 16), st.tuples(st.integers(1, 100), st.integers(1, 100)), st.data())
def test_the_most_that_fits_is_named(free, environments, frame_shape, data):
    gpu = types.SimpleNamespace(device=types.SimpleNamespace(mem_info=(free, 10**11)))
    capacity = data.draw(st.integers(1, 10**9).map(lambda slots: slots * environments))

    def fits(capacity):
        try:
            check_device_memory(gpu, capacity, environments, frame_shape)
        except MemoryError as refused:
            return int(str(refused).split("capacity of ")[1].split(" or ")[0].replace(",", ""))
        return None

    largest = fits(capacity)
    if largest is None:
        assert capacity * frame_shape[0] * frame_shape[1] + RESERVE <= free
        return
    assert 0 <= largest < capacity
    assert largest == 0 or fits(largest) is None
    assert fits(largest + environments) == largest
