"""What a training says about itself: a row of a CSV file every few seconds, and the states whose Q-values are followed."""

import csv
import functools
import io
import os

import numpy as np

from workshop.atari.vector import VectorAtari
from workshop.files import write_whole

METRICS = (
    "minutes",  # of training so far, evaluations and checkpoints included
    "steps",  # agent steps, so far
    "updates",
    "episodes",
    "epsilon",
    "score",  # mean of the last 20 episodes of training, with its random actions; empty before the first has ended
    "loss",  # of the last update
    "q",  # mean of max Q over the held-out states
    "steps_per_second",  # since the row before, evaluations and checkpoints included
    "updates_per_second",
)
EVERY = 4  # steps from one held-out state to the next
EVALUATIONS = ("minutes", "steps", "updates", "episodes", "mean", "std", "min", "max")


class Log:
    """A CSV file that grows by whole rows, each at once on its way to the disk.

    Args:
        path: Path.
        columns: names, one of them "steps".
    """

    def __init__(self, path, columns):
        self.path, self.columns = path, columns

    def append(self, **row):
        """Add a row, a value for each column; None for nothing.

        Raises:
            OSError: the disk is full, and the like. The file is then as it was.
        """
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        if not self.path.exists() or not self.path.stat().st_size:
            writer.writerow(self.columns)
        writer.writerow([_short(row[name]) for name in self.columns])
        with open(self.path, "ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            data = buffer.getvalue().encode()
            try:
                written = file.write(data)
                if written < len(data):
                    raise OSError("the disk is full")
            except OSError:
                file.truncate(before)
                raise

    def rows(self):
        """All whole rows: dicts of floats, None where a field is empty. A last line that was cut short is left out."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        lines = text[: text.rfind("\n") + 1].splitlines()
        return [row for row in map(_numbers, csv.DictReader(lines)) if row is not None]

    def cut(self, steps):
        """Forget all rows of later steps: what a training that goes on from there will write again."""
        if not self.path.exists():
            return
        kept = [row for row in self.rows() if row["steps"] <= steps]
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_short(row.get(name)) for name in self.columns] for row in kept)
        write_whole(self.path, buffer.getvalue().encode())


@functools.lru_cache(maxsize=1)  # what goes on in the same process asks again
def held_out_states(game, preset, seed, count=128):
    """States on which to follow the Q-values, from games of their own that a random player plays (Mnih et al. 2013, 5.1).

    Args:
        game: str, as in `roms.games()`.
        preset: Preset.
        seed: int >= 0.
        count: int.

    Returns:
        (count, stack, H, W) uint8, every fourth state that the player meets.
    """
    rng = np.random.default_rng([seed, 2013])
    states = []
    with VectorAtari(game, 1, seed=int(rng.integers(2**31)), workers=0, **preset.games()) as env:
        state = np.repeat(env.frames, preset.stack, axis=0)
        for number in range(EVERY * count):
            step = env.step(rng.integers(len(env.action_meanings), size=1))
            began = step.infos["episode_ended"][0]
            state = np.repeat(env.frames, preset.stack, axis=0) if began else np.concatenate([state[1:], env.frames])
            if number % EVERY == EVERY - 1:
                states.append(state)
    states = np.stack(states)
    states.flags.writeable = False
    return states


def _short(value):
    """A field: six digits of a float are plenty, an int stays whole."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    return str(value)


def _numbers(row):
    try:
        return {name: float(value) if value else None for name, value in row.items()}
    except (TypeError, ValueError):  # a line that somebody else wrote
        return None
