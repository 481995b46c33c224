"""The kit's agent without the engine is the kit's agent."""

from itertools import islice

import numpy as np

from workshop.dqn import agent_files
from workshop.dqn.play import play
from workshop.dqn.trained import load_player


def test_it_is_the_engines_agent():
    player, trained = load_player("pong"), agent_files.pretrained("pong")
    assert player.game == trained.game
    assert player.actions == trained.actions
    as_lists = {name: list(value) if isinstance(value, tuple) else value for name, value in trained.rules.items()}
    assert player.rules == as_lists
    states = np.random.default_rng(0).integers(0, 256, (20, 4, 40, 40)).astype(np.uint8)
    np.testing.assert_allclose(player.q_values(states), trained.q_values(states), rtol=1e-3, atol=1e-4)
    assert player.q_values(states).dtype == np.float32


def test_both_play_the_same_game():
    one, two = (
        list(islice(play(agent, seed=3), 60)) for agent in (load_player("pong"), agent_files.pretrained("pong"))
    )
    assert [moment.action for moment in one] == [moment.action for moment in two]
    np.testing.assert_array_equal(one[-1].screen, two[-1].screen)
    assert one[-1].state.shape == (4, 40, 40)
