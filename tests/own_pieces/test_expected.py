"""Where a training should be by now: around the one that was measured, and in words."""

import csv
from pathlib import Path

import numpy as np

from workshop.own_pieces import expected

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "pong_with_pieces" / "metrics.csv"


def test_what_is_expected_is_what_was_measured():
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = [(float(row["updates"]), float(row["score"])) for row in csv.DictReader(file) if row["score"]]
    np.testing.assert_array_equal(np.array(expected.measured()).T, rows)


def test_the_measured_training_is_inside_its_own_band():
    when, scores = expected.measured()
    low, high = expected.band(when)
    assert ((low <= scores) & (scores <= high)).all()
    assert scores[-1] > -15


def test_a_sentence_for_each_place():
    when, scores = expected.measured()
    end, best = when[-1], scores.max()
    assert "No game has ended yet" in expected.verdict(100, None, 20)
    assert "as it should be" in expected.verdict(end, best, 20)
    late = expected.verdict(10 * end, -20.5, 20)
    assert "which is late" in late
    assert "own_pieces.train_pong(seed=1, restart=True)" in late
    assert "ahead of ours" in expected.verdict(when[0], 5.0, 20)


def test_when_the_next_goal_comes():
    needed = expected.updates_to(-15)
    said = expected.verdict(needed - 1200, -18.0, 10.0)
    assert "At 10 updates a second it comes to −15, where it has left chance behind, in about 2 min." in said
