"""Replay memories whose frames are on a GPU: they go there once, when they are added, and never come back to be sampled.

What makes up most of a memory, the frames, is a ring of uint8 on the GPU. All the rest, eight bytes a step, stays on the
host, where it is decided which steps are drawn and which slots make up their stacks: by the very code, and the very random
numbers, of the memory on the CPU, and without ever asking the GPU anything. A batch then takes a few hundred bytes of
indices to the GPU, and one kernel that gathers the frames, stacks and scales them.

What a batch holds is on the GPU and computed there, while this process already does something else. The states are float32
in [0, 1] and not uint8: `workshop.nn.networks.scaled` leaves them as they are, and a network that divides by 255 on its own
does not belong here.
"""

import chainer
import numpy as np
from chainer.backends import cuda

from workshop.dqn.prioritised import PrioritisedReplay
from workshop.dqn.replay import ReplayMemory
from workshop.nn.networks import SCALE, scaled
from workshop.transition import Transition

THREADS = 256
# A block for each frame of the batch. Its threads read and write neighbouring pixels, which the hardware joins.
KERNEL = r"""
extern "C" __global__ void gather_and_scale(
    const unsigned char* ring, const long long* slots, float* stacks, int pixels, float scale
) {
    const unsigned char* frame = ring + slots[blockIdx.x] * pixels;
    float* scaled = stacks + (long long)blockIdx.x * pixels;
    for (int i = threadIdx.x; i < pixels; i += blockDim.x) {
        scaled[i] = frame[i] * scale;
    }
}
"""


def gather(ring, slots):
    """The frames in these slots, scaled to [0, 1].

    Args:
        ring: (S, H, W) uint8, C-contiguous, on any device.
        slots: int64 of any shape, on the same device.

    Returns:
        float32 (*slots.shape, H, W), bit for bit the same on every device.
    """
    xp = chainer.backend.get_array_module(ring)
    if xp is np:
        return scaled(ring[slots])
    stacks = xp.empty((*slots.shape, *ring.shape[1:]), np.float32)
    pixels = np.int32(ring[0].size)
    kernel = cuda.raw(KERNEL, "gather_and_scale")
    kernel((slots.size,), (THREADS,), (ring, slots, stacks, pixels, SCALE))
    return stacks


class _OnDevice:
    """What turns a replay memory into one with its frames on a device: the first base of two.

    Args:
        device: `chainer.backend.Device`, as `find_device` gives it. With the one of NumPy everything is the same, on the CPU.
        The others are those of the memory.
    """

    def __init__(self, *args, device, **kwargs):
        self.device = device
        super().__init__(*args, **kwargs)

    def _empty(self, shape):
        with chainer.using_device(self.device):
            return self.device.xp.zeros(shape, np.uint8)

    def _put(self, environment, slot, frame):
        index = np.atleast_1d(environment * self.slots + slot)
        if index.size:  # in most steps no episode ends
            frame = np.asarray(frame, np.uint8).reshape(-1, *self.frames.shape[2:])
            self._ring()[self.device.send(index)] = self.device.send(frame)

    def _gather(self, stacks):
        return gather(self._ring(), self.device.send(stacks))

    def _ring(self):
        return self.frames.reshape(-1, *self.frames.shape[2:])

    def rebuild(self, environment, step):
        """The n-step transitions that begin at these steps (two int arrays (B,), on the host), and their discounts.

        As `ReplayMemory.rebuild`, but that all of it is on the device, and that the states are float32 in [0, 1].
        """
        transition, discounts = super().rebuild(environment, step)
        return Transition(*map(self.device.send, transition)), self.device.send(discounts)

    def sample(self, batch_size, rng):
        """A batch as the memory on the CPU would draw it, on the device but for its `where`. It does not wait for the GPU."""
        sample = super().sample(batch_size, rng)
        return sample if sample.weights is None else sample._replace(weights=self.device.send(sample.weights))

    def get_state(self):
        """Everything that it holds, in host memory: the same dict that the memory on the CPU gives, frames as uint8."""
        return {**super().get_state(), "frames": cuda.to_cpu(self.frames)}


class DeviceReplay(_OnDevice, ReplayMemory):
    """A `ReplayMemory` with its frames on a device. States go from one to the other, with `get_state` and `set_state`."""


class DevicePrioritisedReplay(_OnDevice, PrioritisedReplay):
    """A `PrioritisedReplay` with its frames on a device, and its tree on the host.

    New priorities are computed on the host: that waits for the GPU at every update, which uniform replay never does.
    """

    def update_priorities(self, where, td_errors):
        """As `PrioritisedReplay.update_priorities`, for errors on the device."""
        super().update_priorities(where, cuda.to_cpu(td_errors))
