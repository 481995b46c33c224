"""The networks of the papers: shapes, sizes, scaling, and the dueling stream's mean."""

import chainer
import numpy as np
import pytest

from workshop.nn.networks import NIPS2013, Dueling, Laptop, Nature2015

NETWORKS = (NIPS2013, Nature2015, Dueling, Laptop)


@pytest.fixture
def states():
    return np.random.default_rng(0).integers(0, 256, (3, 4, 84, 84), dtype=np.uint8)


@pytest.mark.parametrize("network, count", [(NIPS2013, 677_686), (Nature2015, 1_687_206), (Dueling, 3_293_863)])
def test_parameter_count_for_six_actions(network, count, states):
    # NIPS 2013: 4,112 + 8,224 + 663,808 + 1,542. Nature: 8,224 + 32,832 + 36,928 + 1,606,144 + 3,078.
    built = network(6)
    built(states)
    assert built.count_params() == count


def test_the_laptops_network_is_small_as_its_pictures_are(states):
    built = Laptop(6)  # 4,112 + 8,224 + 73,984 + 1,542
    built(states[:, :, :40, :40])
    assert built.count_params() == 87_862


@pytest.mark.parametrize("network", NETWORKS)
def test_action_values_of_every_state(network, states):
    built = network(3)
    q_values = built(states)
    assert q_values.shape == (3, 3)
    assert q_values.dtype == np.float32
    assert built.n_actions == 3
    for index in range(3):  # a state's values do not depend on its neighbours in the batch
        np.testing.assert_allclose(
            built(states[index : index + 1]).array[0], q_values.array[index], rtol=1e-3, atol=1e-5
        )


@pytest.mark.parametrize("network", NETWORKS)
def test_states_stay_as_they_are_and_gradients_reach_every_parameter(network, states):
    built = network(4)
    before = states.copy()
    loss = chainer.functions.sum(built(states) ** 2)
    built.cleargrads()  # Chainer's gradients begin as NaN
    loss.backward()
    np.testing.assert_array_equal(states, before)
    for name, parameter in built.namedparams():
        assert np.abs(parameter.grad).max() > 0, name


def test_pixels_are_scaled_to_one():
    network = NIPS2013(2)
    white = network(np.full((1, 4, 84, 84), 255, np.uint8)).array
    with chainer.no_backprop_mode():
        h = np.ones((1, 4, 84, 84), np.float32)
        for convolve in network.convolutions:
            h = chainer.functions.relu(convolve(h))
        expected = network.out(chainer.functions.relu(network.fc(h))).array
    np.testing.assert_allclose(white, expected, rtol=1e-4)


def test_advantages_of_the_dueling_network_are_centred(states):
    network = Dueling(5)
    q_values = network(states).array
    value = network.value(chainer.functions.relu(network.fc_value(network.features(states)))).array
    np.testing.assert_allclose(q_values.mean(axis=1), value[:, 0], rtol=1e-3, atol=1e-5)
