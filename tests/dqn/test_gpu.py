"""What only a GPU can show: it computes what the CPU computes, states go both ways, and an update waits for nothing.

    pytest -m gpu

Without a GPU these tests are left out of a run (tests/conftest.py).
"""

import contextlib
import dataclasses
import warnings

import numpy as np
import pytest

from tests.dqn.test_agent import STATES, arrays, samples
from workshop.dqn.device import check_device_memory, find_device
from workshop.dqn.device_replay import DeviceReplay, gather
from workshop.dqn.plain_state import encode
from workshop.dqn.presets import PRESETS, make_agent, make_memory, make_training
from workshop.dqn.replay import Sample
from workshop.nn import networks
from workshop.transition import Transition

pytestmark = pytest.mark.gpu

SMALL = dataclasses.replace(PRESETS["laptop"], replay_capacity=2000, learning_starts=64, target_sync_updates=3)


@pytest.fixture(scope="module")
def device():
    return find_device("gpu")


def on(device, sample):
    """A sample of NumPy arrays, on the device."""
    transition = Transition(*map(device.send, sample.transition))
    return Sample(transition, device.send(sample.discounts), None, None)


def close(one, other, tolerance):
    """`arrays` of two agents are the same, but for the order of sums."""
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=tolerance, atol=tolerance, err_msg=name)


def filled(memory, steps=300):
    """The same history for every memory of 8 environments and 40 × 40 frames."""
    rng = np.random.default_rng(0)
    everywhere = np.arange(8)
    for _ in range(steps):
        frames, ended = rng.integers(0, 256, (8, 40, 40), np.uint8), rng.random(8) < 0.05
        memory.add(everywhere, frames, rng.integers(3, size=8), rng.random(8), ended)
        memory.end_episode(np.flatnonzero(ended), frames[ended])
    return memory


@contextlib.contextmanager
def nothing_is_waited_for():
    """Whatever copies to the host, or waits for the device, raises `cupyx.DeviceSynchronized`."""
    import cupyx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CuPy: what other libraries wait for is not noticed. Hence the second test.
        refusing = cupyx.allow_synchronize(False)
        with refusing:
            yield


def test_the_kernel_gathers_and_scales_bit_for_bit(device):
    rng = np.random.default_rng(0)
    for shape, slots in (((50, 84, 84), (2, 32, 4)), ((50, 7, 3), (5,)), ((9, 40, 40), (1, 1))):
        ring, slots = rng.integers(0, 256, shape, np.uint8), rng.integers(0, shape[0], slots)
        found = gather(device.send(ring), device.send(slots))
        np.testing.assert_array_equal(found.get(), gather(ring, slots), strict=True)


def test_the_kernel_reaches_behind_two_gigabytes(device):
    ring = device.xp.zeros((310_000, 84, 84), np.uint8)
    ring[-1] = 255
    found = gather(ring, device.send(np.array([0, len(ring) - 1]))).get()
    assert [found[0].max(), found[1].min()] == [0, 1]


def test_a_memory_far_beyond_two_gigabytes_writes_and_reads_its_last_slots(device):
    memory = DeviceReplay(310_000, 1, device=device)
    memory.written[:] = 310_000 - 6
    for value in range(1, 7):
        memory.add(0, np.full((84, 84), value), 0, 0.0, False)
    batch, _ = memory.rebuild(np.array([0]), np.array([310_000 - 2]))
    assert np.rint(255 * batch.next_state.get()[0, :, 5, 5]).tolist() == [3, 4, 5, 6]


@pytest.mark.parametrize("alpha", (0.0, 0.6))
def test_memories_on_both_draw_the_same_samples(device, alpha):
    preset = dataclasses.replace(SMALL, priority_alpha=alpha)
    ours, theirs = filled(make_memory(preset, "gpu")), filled(make_memory(preset))
    one, other = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(5):
        sample, plain = ours.sample(64, one), theirs.sample(64, other)
        expected = plain.transition._replace(
            state=networks.scaled(plain.transition.state), next_state=networks.scaled(plain.transition.next_state)
        )
        for found, wanted in zip((*sample.transition, sample.discounts), (*expected, plain.discounts), strict=True):
            np.testing.assert_array_equal(found.get(), wanted, strict=True)
        np.testing.assert_array_equal(sample.where, plain.where)
        if alpha:
            np.testing.assert_array_equal(sample.weights.get(), plain.weights, strict=True)
            errors = np.linspace(-2, 2, 64, dtype=np.float32)
            ours.update_priorities(sample.where, device.send(errors))
            theirs.update_priorities(plain.where, errors)
    for name, value in theirs.get_state().items():
        np.testing.assert_array_equal(ours.get_state()[name], value, err_msg=name)


@pytest.mark.parametrize("name", ("Laptop", "NIPS2013", "Nature2015", "Dueling"))
def test_networks_give_the_same_values_and_gradients(device, name):
    size = 40 if name == "Laptop" else 84
    states = np.random.default_rng(0).integers(0, 256, (8, 4, size, size), np.uint8)
    values, gradients = [], []
    here = getattr(networks, name)(6)
    here(states)
    there = here.copy(mode="copy")
    there.to_device(device)
    for network, place in ((here, find_device("cpu")), (there, device)):
        q = network(place.send(states))
        network.cleargrads()
        q.grad = place.send(np.random.default_rng(1).standard_normal(q.shape, dtype=np.float32))
        q.backward()
        values.append(find_device("cpu").send(q.array))
        gradients.append({path: find_device("cpu").send(p.grad) for path, p in network.namedparams()})
    np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-5)
    for path, gradient in gradients[0].items():
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(gradients[1][path], gradient, rtol=1e-3, atol=1e-4 * scale, err_msg=path)


@pytest.mark.parametrize("preset", ("laptop", "nature2015"))
def test_updates_are_the_same(device, preset):
    preset = dataclasses.replace(PRESETS[preset], network="Laptop", frame_shape=STATES[1:])
    here, there = (make_agent(preset, 3, 0, name) for name in ("cpu", "gpu"))
    close(arrays(here), arrays(there), 0)
    for sample in samples(3):
        loss, td_errors = here.update(sample)
        loss_there, td_errors_there = there.update(on(device, sample))
        np.testing.assert_allclose(float(loss_there), loss, rtol=1e-4)
        np.testing.assert_allclose(td_errors_there.get(), td_errors, rtol=1e-4, atol=1e-4)
        there.sync_target(), here.sync_target()
    close(arrays(here), arrays(there), 1e-4)
    states = next(samples(1)).transition.state
    assert type(there.q_values(states)) is np.ndarray
    np.testing.assert_allclose(there.q_values(states), here.q_values(states), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("from_, to", (("cpu", "gpu"), ("gpu", "cpu"), ("gpu", "gpu")))
def test_a_state_goes_on_on_the_other(device, from_, to):
    first, second = make_agent(SMALL, 3, 0, from_), make_agent(SMALL, 3, 1, to)
    for sample in samples(2):
        first.update(on(device, sample) if from_ == "gpu" else sample)
    state = first.get_state()
    encode(state)  # plain data, as a checkpoint takes it
    second.set_state(state)
    close(arrays(first), arrays(second), 0)
    for sample in samples(2, seed=1):
        first.update(on(device, sample) if from_ == "gpu" else sample)
        second.update(on(device, sample) if to == "gpu" else sample)
    close(arrays(first), arrays(second), 1e-4)
    memories = filled(make_memory(SMALL, from_)), make_memory(SMALL, to)
    state = memories[0].get_state()
    encode(state)
    memories[1].set_state(state)
    for name, value in memories[1].get_state().items():
        np.testing.assert_array_equal(value, state[name], err_msg=name)


def test_a_training_sees_the_same_games_and_a_checkpoint_of_it_goes_on_on_the_cpu(device):
    preset = dataclasses.replace(SMALL, environments=2, epsilon_end=1.0)  # random actions: no network decides
    trainings = [make_training("pong", preset, 0, device=name) for name in ("gpu", "cpu")]
    try:
        for training in trainings:
            for _ in zip(range(60), training.run(), strict=False):
                pass
        there, here = (training.get_state() for training in trainings)
        encode(there)
        assert there["updates"] == here["updates"] > 5
        for name, value in here["memory"].items():
            np.testing.assert_array_equal(there["memory"][name], value, err_msg=name)
        close(*(arrays(training.agent) for training in trainings), 1e-3)
        trainings[1].set_state(there)
        for _ in zip(range(5), trainings[1].run(), strict=False):
            pass
    finally:
        for training in trainings:
            training.env.close()


@pytest.fixture
def warm(device):
    """An agent and a memory on the GPU after some updates: kernels are compiled, memory is in the pools."""
    agent, memory = make_agent(SMALL, 3, 0, "gpu"), filled(make_memory(SMALL, "gpu"))
    rng = np.random.default_rng(0)

    def update():
        agent.update(memory.sample(32, rng))
        agent.sync_target()
        filled(memory, 1)

    for _ in range(5):
        update()
    return agent, update


def test_an_update_copies_nothing_to_the_host(warm):
    import cupyx

    agent, update = warm
    with nothing_is_waited_for():
        update()
        with pytest.raises(cupyx.DeviceSynchronized):  # the check works: to act, the values are needed
            agent.q_values(np.zeros((1, *STATES), np.uint8))


def test_an_update_returns_while_the_gpu_is_still_busy(warm, device):
    import cupy

    _, update = warm
    busy = cupy.RawKernel(
        'extern "C" __global__ void busy(long long cycles) {'
        " long long began = clock64(); while (clock64() - began < cycles); }",
        "busy",
    )
    busy((1,), (1,), (np.int64(1),))  # compiled
    device.device.synchronize()
    busy((1,), (1,), (np.int64(6_000_000_000),))  # three seconds or so
    for _ in range(3):
        update()
    assert not cupy.cuda.get_current_stream().done
    device.device.synchronize()


def test_more_frames_than_the_gpu_holds_are_refused_with_the_most_that_fit(device):
    with pytest.raises(MemoryError, match="Ask for a capacity of") as refused:
        check_device_memory(device, 10**9, 8)
    largest = int(str(refused.value).split()[-3].replace(",", ""))
    check_device_memory(device, largest * 99 // 100, 8)
    with pytest.raises(MemoryError):
        check_device_memory(device, largest + 100_000, 8)
