"""What Session 3 says of the recorded figures holds for them."""

import json

import numpy as np

from workshop.dqn import sensitivity


def test_every_change_has_its_scores():
    groups = sensitivity.load()
    assert next(iter(groups)) == "nothing"
    assert set(groups["nothing"]) == {"as it is"}
    assert len(groups["nothing"]["as it is"]) == 20
    for changes in groups.values():
        for scores in changes.values():
            assert len(scores) >= 5
            assert all(-1 <= score <= 1 for score in scores)


def test_the_machine_is_named():
    record = json.loads(sensitivity.FILE.read_text(encoding="utf-8"))
    assert {"cpu", "cores", "date"} <= set(record["machine"])


def test_what_session_3_says_of_them():
    groups = sensitivity.load()
    means = {name: round(np.mean(scores), 2) for changes in groups.values() for name, scores in changes.items()}
    assert (min(groups["nothing"]["as it is"]), max(groups["nothing"]["as it is"])) == (0.66, 1.0)
    said = {
        "as it is": 0.97,
        "memory of 32 steps: no mixture": 0.64,
        "target follows at once": 1.0,
        "target synced every 1,000": 0.4,
        "rewards × 100": -0.12,
        "ε is 0 from the start": 0.12,
        "ε stays 1": 1.0,
        "update every 8 steps": 0.52,
        "batch of 4": 0.87,
        "pixels from 0 to 255": 0.5,
    }
    assert {name: means[name] for name in said} == said
    assert means["rewards × 100, squared error"] < 0.2
    never_moves = -0.6
    for ruined in ("rewards × 100, loss clipped", "learning rate × 100", "plain gradient descent"):
        assert means[ruined] <= never_moves
    assert means["learning rate ÷ 10"] < 0.2
    assert means["4 hidden units"] < 0.3
    assert means["512 hidden units"] <= means["as it is"]
    hardly = ("RMSProp", "batch of 128", "batch normalisation", "weight decay 0.001", "gradient clipped to length 1")
    assert min(means[name] for name in (*hardly, "γ = 0.5", "γ = 1")) >= 0.93
