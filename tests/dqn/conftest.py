"""Stores of checkpoints to test with."""

import pytest

from tests.dqn.checkpoint_helpers import state_of
from workshop.dqn import checkpoint_files, plain_state
from workshop.dqn.checkpoints import Checkpoints


@pytest.fixture
def checkpoints(tmp_path):
    store = Checkpoints(tmp_path / "run" / "checkpoints")
    yield store
    store.close()


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of 64 bytes, and only arrays up to 16 bytes in the manifest."""
    monkeypatch.setattr(checkpoint_files, "CHUNK", 64)
    monkeypatch.setattr(plain_state, "INLINE", 16)


@pytest.fixture
def two(checkpoints, small_pieces):
    """A store with the steps 1 and 2, and the best of step 1."""
    for step in (1, 2):
        checkpoints.save(state_of(step, 60), step)
    checkpoints.save_best(state_of(1, 60), 1, 0.0)
    return checkpoints
