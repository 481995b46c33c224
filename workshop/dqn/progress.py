"""The line that says how a training goes: at the bottom of a terminal, or now and then in a log."""

import contextlib
import math
import sys
import time

from tqdm import tqdm

TERMINAL_SECONDS, LOG_SECONDS = 0.5, 30


class Line:
    """A progress line on stderr.

    Args:
        run: Run; its best score so far is shown.
        minutes, steps: floats, the limits of the training; infinite for none.

    Attributes:
        best: float, the best mean score of an evaluation; -inf before the first.
    """

    def __init__(self, run, minutes, steps):
        self.best = run.checkpoints.best_score()
        self._limits = minutes, steps
        self._terminal = sys.stderr.isatty()
        # The share of the work that is done, which is not one of steps where minutes are the limit.
        self._bar = tqdm(total=1, bar_format="{desc} |{bar:12}|", disable=not self._terminal, leave=False)
        self._seconds = TERMINAL_SECONDS if self._terminal else LOG_SECONDS
        self._next = time.monotonic() + self._seconds
        self._measured = None  # when, steps, updates
        self._speed = ""
        self._said_problems = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()

    def show(self, running, doing=""):
        """Bring the line up to date, if it is time to.

        Args:
            running: Running.
            doing: str, what it does instead of training.
        """
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._seconds
        training = running.training
        if doing:
            self._measured = None  # its time is not the training's
        else:
            self._speed = self._measure(now, training)
        score = running.score()
        done, left = self._left(running)
        parts = [  # what matters most comes first: a narrow terminal cuts the end off
            f"{running.minutes:6.1f} min",
            left,
            f"score {'–' if score is None else f'{score:.1f}'}",
            f"best {'–' if math.isinf(self.best) else f'{self.best:.1f}'}",
            doing or self._speed,
            f"ε {training.epsilon(training.steps):.2f}",
            f"{training.steps:,} steps",
        ]
        text = "  ".join(filter(None, parts))
        if self._terminal:
            self._bar.n = done
            self._bar.set_description_str(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def say(self, sentence):
        """A sentence that stays."""
        tqdm.write(sentence, file=sys.stderr)
        sys.stderr.flush()

    @contextlib.contextmanager
    def complain(self, what):
        """What is done inside may fail because of the disk: then this is said, once, and training goes on."""
        try:
            yield
        except OSError as error:
            sentence = f"{what}: {error.strerror or error}. Training goes on."
            if sentence not in self._said_problems:
                self._said_problems.add(sentence)
                self.say(sentence)

    def _measure(self, now, training):
        """ "400 steps/s  100 updates/s", over at least five seconds: over less, the figures jump."""
        measured = self._measured
        if measured and now - measured[0] < 5:
            return self._speed
        self._measured = now, training.steps, training.updates
        if not measured:
            return ""
        then, steps, updates = measured
        per_second = (training.steps - steps) / (now - then), (training.updates - updates) / (now - then)
        return "{:,.0f} steps/s  {:,.0f} updates/s".format(*per_second)

    def _left(self, running):
        """(share that is done, "12:30 left")."""
        minutes, steps = self._limits
        if not math.isinf(minutes):
            left = max(minutes - running.minutes, 0)
            done = min(running.minutes / minutes, 1) if minutes else 1
        else:
            done = min(running.training.steps / steps, 1)
            left = running.minutes * (1 / done - 1) if done else math.inf
        if math.isinf(left):
            return done, ""
        hours, seconds = divmod(round(60 * left), 3600)
        return done, f"{f'{hours} h ' if hours else ''}{seconds // 60:02d}:{seconds % 60:02d} left"
