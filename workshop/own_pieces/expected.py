"""Where a training with somebody's pieces should be by now: the log of one that was measured, stretched to both sides.

A minute of one laptop is three of another, so the scale is updates and not minutes. `expected.csv` is two
columns of `benchmarks/results/pong_with_pieces/metrics.csv`: the pieces of `tests/dqn/an_attendee.py`, seed 0.
"""

import csv
import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = Path(__file__).with_name("expected.csv")
STRETCH = 1.8  # another seed may need so many times the updates, or so much fewer
MARGIN = 1.5  # points, for the chance in 20 games


class Band(NamedTuple):
    """From where to where the score of training may be; arrays or floats."""

    low: np.ndarray
    high: np.ndarray


@functools.cache
def measured():
    """The measured training: two arrays, updates and scores, both of one length. The scores are those of the last 20 games
    of the training itself, random actions included."""
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [(float(row["updates"]), float(row["score"])) for row in csv.DictReader(file) if row["score"]]
    return tuple(np.array(rows).T)


def band(updates):
    """The `Band` after so many updates, a number or an array. Beyond what was measured, its low end stays and its high end
    is open."""
    when, scores = measured()
    best = np.maximum.accumulate(scores)  # it wavers; whoever is at the best so far is not late
    rises = np.minimum.accumulate(scores[::-1])[::-1]
    updates = np.asarray(updates, float)
    low = np.interp(updates / STRETCH, when, np.minimum(rises, scores)) - MARGIN
    high = np.interp(updates * STRETCH, when, best, right=np.inf) + MARGIN
    return Band(np.maximum(low, -21.0), np.minimum(high, 21.0))


def updates_to(score):
    """After how many updates the measured training was at this score to stay, a float; None where it never came so far."""
    when, scores = measured()
    reached = np.flatnonzero(scores >= score)
    return float(when[reached[0]]) if len(reached) else None


def verdict(updates, score, updates_per_second):
    """One sentence: where it should be, where it is, and what to do if that is below.

    Args:
        updates: int, so far. score: float or None, of the last 20 games. updates_per_second: float, or 0 where unknown.
    """
    if score is None:
        return "No game has ended yet; the first one takes a minute or two."
    low, high = (float(bound) for bound in band(updates))
    here = f"By now, after {updates:,.0f} updates, it should be between {_signed(low)} and {_signed(high)}; it is at {_signed(score)}"
    if score < low:
        return (
            f"{here}, which is late. Give it a few minutes more; then run `own_pieces.table()`, and if your pieces are "
            "right, begin anew with another seed: `own_pieces.train_pong(seed=1, restart=True)`."
        )
    return f"{here}: {'ahead of ours' if score > high else 'as it should be'}.{_next_goal(updates, score, updates_per_second)}"


def _next_goal(updates, score, updates_per_second):
    for goal, meaning in ((-15, "−15, where it has left chance behind"), (0, "0, a draw"), (9.3, "9.3, the human")):
        needed = updates_to(goal)
        if score < goal and needed and updates_per_second and needed > updates:
            minutes = (needed - updates) / updates_per_second / 60
            return f" At {updates_per_second:.0f} updates a second it comes to {meaning}, in about {max(minutes, 1):.0f} min."
    return ""


def _signed(number):
    return f"{number:.1f}".replace("-", "−")
