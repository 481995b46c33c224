"""The trained agents in the repository: small, with a card that says where they come from, and as good as it says."""

import json

import numpy as np
import pytest

from workshop.dqn import agent_files
from workshop.dqn.evaluation import evaluate

GAMES = sorted(path.stem for path in agent_files.FOLDER.glob("*.npz"))


def test_pong_and_breakout_are_there():
    assert {"pong", "breakout"} <= set(GAMES)


@pytest.mark.parametrize("game", GAMES)
def test_the_card_says_where_it_comes_from(game):
    file = agent_files.FOLDER / f"{game}.npz"
    assert file.stat().st_size < agent_files.MOST_BYTES
    card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["command"].startswith(f"workshop train {game} ")
    assert len(card["commit"]) == 40, "a commit without changes on top"
    assert card["minutes"] > 1
    assert {"cpu", "cores"} <= card["machine"].keys()
    assert np.mean(card["evaluation"]["scores"]) == pytest.approx(card["evaluation"]["mean"])
    assert file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_pong_is_won():
    agent = agent_files.pretrained("pong")
    scores = evaluate(agent.agent.q_values, "pong", episodes=2, seed=7, **agent_files.rules(agent.preset)).scores
    assert scores.min() > 0


def test_breakout_is_played_better_than_at_random():
    agent = agent_files.pretrained("breakout")
    scores = evaluate(agent.agent.q_values, "breakout", episodes=5, seed=7, **agent_files.rules(agent.preset)).scores
    assert scores.mean() > 3.4, "a random player has 1.7 (Mnih et al. 2015)"
