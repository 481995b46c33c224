"""Memories with their frames on a device, against those on the host: here with NumPy as the device, bit for bit.

The kernel that a GPU runs is C but for three names, so the machine's own compiler builds it, and it is held against NumPy
too. What only a GPU can show is in test_gpu.py.
"""

import ctypes
import functools
import os
import shlex
import subprocess

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dqn.test_replay import histories, play
from workshop.dqn.agent import Agent
from workshop.dqn.device_replay import KERNEL, DevicePrioritisedReplay, DeviceReplay, gather
from workshop.dqn.plain_state import encode
from workshop.dqn.prioritised import PrioritisedReplay
from workshop.dqn.replay import ReplayMemory
from workshop.dqn.targets import double_dqn_loss
from workshop.dqn.training import Training
from workshop.envs.catch import Catch
from workshop.envs.vector import VectorGym
from workshop.nn.networks import SCALE, scaled

HOST = chainer.get_device("@numpy")
PAIRS = [
    (ReplayMemory, functools.partial(DeviceReplay, device=HOST)),
    (PrioritisedReplay, functools.partial(DevicePrioritisedReplay, device=HOST)),
]


def assert_same(ours, theirs):
    """The samples are the same, but that ours has scaled its states."""
    plain = theirs.transition
    expected = plain._replace(state=scaled(plain.state), next_state=scaled(plain.next_state))
    for one, other in zip(
        (*ours.transition, ours.discounts, ours.weights, *ours.where),
        (*expected, theirs.discounts, theirs.weights, *theirs.where),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other, strict=True)


@settings(max_examples=60)
@pytest.mark.parametrize("plain, on_device", PAIRS)
@given(histories(), st.integers(1, 4), st.integers(1, 3), st.integers(0, 20), st.integers(0, 2**31))
def test_the_same_history_gives_the_same_samples(plain, on_device, history, stack, n_step, more, seed):
    environments, steps = history
    shape = ((stack + n_step + 1 + more) * environments, environments, (1, 1), stack, n_step, 0.5)
    ours, theirs = on_device(*shape), plain(*shape)
    for memory in (ours, theirs):
        play(memory, steps)
    one, other = np.random.default_rng(seed), np.random.default_rng(seed)
    if not theirs._any_usable():
        for memory in (ours, theirs):
            with pytest.raises(ValueError, match="the memory"):
                memory.sample(8, one)
        return
    for _ in range(3):
        sample = ours.sample(8, one)
        assert_same(sample, theirs.sample(8, other))
        if sample.weights is not None:
            for memory in (ours, theirs):
                memory.update_priorities(sample.where, np.arange(8) - sample.transition.reward)
    assert one.bit_generator.state == other.bit_generator.state


@pytest.mark.parametrize("plain, on_device", PAIRS)
def test_states_go_from_one_to_the_other(plain, on_device):
    rng = np.random.default_rng(0)
    shape = (90, 3, (4, 5), 2, 2)
    for there, back in ((plain, on_device), (on_device, plain)):
        source, target = there(*shape), back(*shape)
        everywhere = np.arange(3)
        for step in range(70):
            frames, terminated = rng.integers(0, 256, (3, 4, 5), np.uint8), rng.random(3) < 0.1
            source.add(everywhere, frames, rng.integers(5, size=3), rng.random(3), terminated)
            source.end_episode(np.flatnonzero(terminated), frames[terminated])
        state = source.get_state()
        encode(state)  # plain data, as a checkpoint takes it
        assert state["frames"].dtype == np.uint8
        target.set_state(state)
        samples = [memory.sample(50, np.random.default_rng(1)) for memory in (source, target)]
        assert_same(*(samples if back is plain else samples[::-1]))
        assert source.nbytes() == target.nbytes()
    with pytest.raises(ValueError, match="this memory needs"):
        on_device(60, 3, (4, 5), 2, 2).set_state(state)


class Network(chainer.Chain):
    """One hidden layer, scaling its states as the kit's networks do."""

    n_actions = 3

    def __init__(self):
        super().__init__()
        normal = functools.partial(chainer.initializers.LeCunNormal, rng=np.random.RandomState(0))
        with self.init_scope():
            self.hidden = L.Linear(None, 32, initialW=normal())
            self.out = L.Linear(32, 3, initialW=normal())

    def forward(self, states):
        return self.out(F.relu(self.hidden(scaled(states))))


@pytest.mark.parametrize("plain, on_device", PAIRS)
def test_a_training_learns_the_same_bits(plain, on_device):
    def trained(memory):
        agent = Agent(Network(), chainer.optimizers.Adam(2e-3), (2, 8, 5), loss=double_dqn_loss)
        training = Training(
            VectorGym(lambda: Catch(8, 5), 4, seed=0),
            agent,
            memory(200, 4, (8, 5), stack=2, n_step=3),
            np.random.default_rng(0),
            epsilon=lambda step: 0.3,
            beta=(lambda step: 0.5) if plain is PrioritisedReplay else None,
            stack=2,
            learning_starts=40,
            target_sync_updates=20,
        )
        for _ in zip(range(120), training.run(), strict=False):
            pass
        return training.updates, float(training.loss), agent.get_state()["online"], training.memory.get_state()

    ours, theirs = trained(on_device), trained(plain)
    assert ours[:2] == theirs[:2]
    assert ours[0] > 100
    for one, other in zip(ours[2:], theirs[2:], strict=True):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


HOST_GRID = """
static struct { long x; } blockIdx, threadIdx, blockDim;
%s
void launch(long blocks, long threads, const unsigned char* ring, const long long* slots, float* stacks, int pixels,
            float scale) {
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++)
        for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++)
            gather_and_scale(ring, slots, stacks, pixels, scale);
}
"""


@pytest.fixture(scope="module")
def gather_by_kernel(tmp_path_factory):
    """`gather` by the kernel's own source, with the machine's C compiler, one thread after the other."""
    folder = tmp_path_factory.mktemp("kernel")
    source = HOST_GRID % KERNEL.replace('extern "C" __global__', "static")
    (folder / "kernel.c").write_text(source)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    flags = ["-std=c99", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", "kernel.so", "kernel.c"]
    subprocess.run([*compiler, *flags], cwd=folder, check=True)
    launch = ctypes.CDLL(str(folder / "kernel.so")).launch
    array = ctypes.c_void_p
    launch.argtypes = [ctypes.c_long, ctypes.c_long, array, array, array, ctypes.c_int, ctypes.c_float]

    def run(ring, slots, threads=256):
        stacks = np.full((*slots.shape, *ring.shape[1:]), np.nan, np.float32)
        launch(slots.size, threads, ring.ctypes.data, slots.ctypes.data, stacks.ctypes.data, ring[0].size, SCALE)
        return stacks

    return run


@settings(max_examples=100)
@given(st.data())
def test_the_kernel_is_what_numpy_does(gather_by_kernel, data):
    frames, height, width = (data.draw(st.integers(1, most)) for most in (20, 30, 30))
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    ring, slots = rng.integers(0, 256, (frames, height, width), np.uint8), rng.integers(0, frames, shape)
    stacks = gather_by_kernel(ring, slots, data.draw(st.sampled_from([1, 32, 256])))
    np.testing.assert_array_equal(stacks, gather(ring, slots), strict=True)


def test_every_brightness_comes_out_the_same(gather_by_kernel):
    ring = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    for result in (gather_by_kernel(ring, np.zeros(1, np.int64)), gather(ring, np.zeros(1, np.int64))):
        np.testing.assert_array_equal(result[0], scaled(ring[0]), strict=True)
        assert (result.min(), result.max()) == (0, 1)


def test_the_kernel_reaches_behind_two_gigabytes(gather_by_kernel):
    ring = np.zeros((310_000, 84, 84), np.uint8)  # the system hands out the pages that are touched, not all
    assert ring.nbytes > 2**31
    ring[-1] = 255
    stacks = gather_by_kernel(ring, np.array([[0, len(ring) - 1]]))
    assert [stacks[0, 0].max(), stacks[0, 1].min()] == [0, 1]
