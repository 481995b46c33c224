import numpy as np
import pytest

from workshop.dqn.saliency import occlusion


def brightness_at(row, col):
    """Values that depend on one pixel of the newest frame, the second action's twice as much."""

    def q_values(states):
        pixel = states[:, -1, row, col].astype(np.float32)
        return np.stack([pixel, 2 * pixel], axis=1)

    return q_values


def test_only_squares_that_cover_what_matters_change_the_values():
    state = np.full((4, 20, 24), 50, np.uint8)
    state[:, 9, 12] = 250
    heat = occlusion(brightness_at(9, 12), state, patch=3)
    assert heat.shape == (20, 24)
    assert heat.dtype == np.float32
    assert heat[9, 12] == pytest.approx(400), "every square over it takes 200 off, which counts twice for action 1"
    assert np.unravel_index(heat.argmax(), heat.shape) == (9, 12)
    near = np.zeros((20, 24), bool)
    near[7:12, 10:15] = True
    assert (heat[~near] == 0).all()
    assert (heat[near] > 0).all()


def test_nothing_changes_where_there_is_only_background():
    state = np.full((4, 12, 12), 87, np.uint8)
    assert (occlusion(brightness_at(3, 3), state) == 0).all()


def test_the_state_is_not_written_to_and_batches_are_small():
    sizes = []

    def q_values(states):
        sizes.append(len(states))
        return states.reshape(len(states), -1)[:, :3].astype(np.float32)

    state = np.random.default_rng(0).integers(0, 256, (4, 40, 40)).astype(np.uint8)
    before = state.copy()
    occlusion(q_values, state, patch=5)
    np.testing.assert_array_equal(state, before)
    assert sum(sizes) == 36 * 36 + 1
    assert max(sizes) <= 256
