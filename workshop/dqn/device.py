"""Where the networks compute and the frames lie: on the CPU, or on a GPU through CuPy."""

import math

import chainer

from workshop.dqn.planning import RESERVE, gigabytes

INSTALL = 'pip install "cupy-cuda12x[ctk]>=14" (or cupy-cuda13x) brings CuPy and the CUDA libraries that it needs'


class NoGPU(RuntimeError):
    """There is no GPU that could be computed on; the sentence says what is missing, and what to do about it."""


def find_device(name):
    """The `chainer.backend.Device` of "cpu" or "gpu". With several GPUs, CUDA_VISIBLE_DEVICES says which one that is.

    Raises:
        NoGPU: CuPy, the driver, the GPU or one of CUDA's libraries is missing.
        ValueError: another name.
    """
    if name == "cpu":
        return chainer.get_device("@numpy")
    if name != "gpu":
        raise ValueError(f"a device is cpu or gpu, not {name!r}")
    try:
        import cupy
    except ImportError as error:
        raise NoGPU(f"A GPU is used through CuPy, which cannot be imported here ({error}): {INSTALL}.") from None
    try:
        cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise NoGPU(
            f"CuPy is installed and finds no NVIDIA GPU ({error}): look whether nvidia-smi shows one, or train on the CPU."
        ) from None
    try:
        # Every library that an update needs: the compiler of kernels with its headers, and the products of matrices.
        is_right = float((cupy.ones((2, 2), "f").dot(cupy.ones((2, 2), "f")) + 1).sum()) == 12
        device = chainer.get_device("@cupy:0")
    except Exception as error:  # CuPy finds its libraries when they are first used, and each fails in its own way
        said = " ".join(str(error).split())
        raise NoGPU(f"CuPy cannot compute on the GPU of this machine ({said}): {INSTALL}.") from None
    if not is_right:
        raise NoGPU("The GPU of this machine computes wrong results: look whether nvidia-smi shows errors.")
    device.use()
    return device


def check_device_memory(device, capacity, environments=1, frame_shape=(84, 84)):
    """Refuses more frames than the GPU has room for; of the CPU's memory `planning.check_memory` knows.

    Args:
        device: as `find_device` gives it, of a GPU.
        capacity, environments, frame_shape: as for `ReplayMemory`.

    Raises:
        MemoryError: they do not fit; its sentence names the largest capacity that does.
    """
    free, _ = device.device.mem_info
    slot = environments * math.prod(frame_shape)
    needed = capacity // environments * slot
    if needed + RESERVE > free:
        largest = max(0, free - RESERVE) // slot * environments
        raise MemoryError(
            f"A replay memory of {capacity:,} frames of {frame_shape[0]} × {frame_shape[1]} takes {gigabytes(needed)}, but "
            f"the GPU has only {gigabytes(free)} free, and {gigabytes(RESERVE)} of that are kept for the networks. Ask for a "
            f"capacity of {largest:,} or less."
        )
