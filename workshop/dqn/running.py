"""A training in its run's folder: rows, evaluations, checkpoints, the curve, and a way to stop and to go on.

Nothing here touches the training's random numbers or its games, and nothing in the training depends on the clock: how
often one saves, looks or is interrupted changes no bit of what is learnt.
"""

import contextlib
import math
import os
import signal
import time
from collections import deque

import numpy as np

from workshop.dqn.agent_files import rules
from workshop.dqn.checkpoints import CheckpointError, CheckpointNotSaved
from workshop.dqn.curve import save_curve
from workshop.dqn.evaluation import evaluate
from workshop.dqn.metrics import held_out_states
from workshop.dqn.progress import Line

ROW_SECONDS = 10  # from one row of the metrics to the next
CURVE_SECONDS = 60  # the same for the curve, or a hundred times what drawing it takes, so that it costs below 1%
EPISODES = 20  # whose scores the training score is the mean of


class Running:
    """A training and all that is kept of it.

    Args:
        run: Run.
        training: Training, as `presets.make_training` gives it.
        minutes: float, stop after so many minutes of training; None for no limit.
        steps: int, stop after so many agent steps.
        checkpoint_minutes: float, from one checkpoint to the next.
        evaluate_minutes: float, from one evaluation to the next.
        evaluate_episodes: int.

    Attributes:
        minutes: float, of training so far: since it began, earlier parts before a resume included.
    """

    def __init__(
        self,
        run,
        training,
        *,
        minutes=None,
        steps=math.inf,
        checkpoint_minutes=5.0,
        evaluate_minutes=2.0,
        evaluate_episodes=10,
    ):
        self.run, self.training = run, training
        self.limit_minutes, self.limit_steps = math.inf if minutes is None else minutes, steps
        self.evaluate_episodes = evaluate_episodes
        self.scores = deque(maxlen=EPISODES)
        self._minutes_before = 0.0
        self._began = None  # when, while it trains
        self._held_out = None
        self._row_at = (0.0, 0, 0)  # minutes, steps, updates
        self._row, self._curve = _Every(ROW_SECONDS), _Every(CURVE_SECONDS)
        self._checkpoint, self._evaluation = _Every(60 * checkpoint_minutes), _Every(60 * evaluate_minutes)

    @property
    def minutes(self):
        return self._minutes_before + (0 if self._began is None else (time.monotonic() - self._began) / 60)

    def resume(self, previous=False):
        """Go on from the newest checkpoint, or from the one before it. What was logged later is forgotten.

        Raises:
            CheckpointError: it cannot be read, or belongs to another training; or another process trains in this folder.
        """
        self.run.checkpoints.lock()
        # The arrays that are there are filled: the replay memory is not in memory twice.
        state = self.run.checkpoints.load(previous, into={"training": self.training.get_state()})
        try:
            self.training.set_state(state["training"])
            self._minutes_before = state["minutes"]
            self.scores.extend(state["scores"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"the checkpoint in {self.run.checkpoints.folder} belongs to another training ({error}); begin a new run"
            ) from None
        self.restart()

    def restart(self):
        """Forget what was logged after the training's present step. Raises CheckpointError as `go` does."""
        self.run.checkpoints.lock()  # the logs of a training that runs are not to be cut
        for log in (self.run.metrics, self.run.evaluations):
            log.cut(self.training.steps)

    def go(self):
        """Train until a limit is reached or a signal comes (Ctrl-C, SIGTERM, a terminal that is closed), then save.

        Returns:
            int: 0 at the limit, the signal's number if it was one.

        Raises:
            CheckpointNotSaved: the last checkpoint did not fit on the disk.
            CheckpointError: another process trains in this folder.
        """
        self.run.checkpoints.lock()
        with _Stop() as stop, Line(self.run, self.limit_minutes, self.limit_steps) as line:
            self._say_state("running")
            self._held_out = held_out_states(self.run.game, self.run.preset, self.run.seed)
            self._began = time.monotonic()
            self._row_at = (self.minutes, self.training.steps, self.training.updates)
            for every in (self._row, self._curve, self._checkpoint, self._evaluation):
                every.rearm()
            if not self.is_over():
                self._train(stop, line)
            self._log(line)
            self._minutes_before, self._began = self.minutes, None  # what comes now is not training any more
            if not stop.signal:
                with contextlib.suppress(_Stopped):
                    self._evaluate(stop, line)
            self._draw(line)
            self._save()
        self._say_state("stopped" if stop.signal else "finished")
        return stop.signal

    def _train(self, stop, line):
        for step in self.training.run():
            self.scores.extend(step.infos["score"][step.infos["episode_ended"]].tolist())
            if stop.signal or self.is_over():
                return
            if self._row.is_due():
                self._log(line)
            line.show(self)
            if self._evaluation.is_due():
                try:
                    self._evaluate(stop, line)
                except _Stopped:
                    return
                self._evaluation.rearm()
            if self._checkpoint.is_due():
                self._log(line)
                try:
                    self._save()
                except CheckpointNotSaved as error:
                    line.say(f"{error}. Training goes on.")
                self._checkpoint.rearm()
            if self._curve.is_due():
                self._curve.seconds = max(CURVE_SECONDS, 100 * self._draw(line))
                self._curve.rearm()

    def is_over(self):
        """Whether a limit is reached."""
        return self.training.steps >= self.limit_steps or self.minutes >= self.limit_minutes

    def score(self):
        """The mean score of the last episodes of training; None before the first has ended."""
        return float(np.mean(self.scores)) if self.scores else None

    def _log(self, line):
        """Write a row of metrics, if there were steps since the last one."""
        training, (minutes, steps, updates) = self.training, self._row_at
        self._row.rearm()
        if training.steps == steps:
            return
        now = self.minutes
        seconds = max(60 * (now - minutes), 1e-9)
        row = {
            "minutes": round(now, 3),
            "steps": training.steps,
            "updates": training.updates,
            "episodes": training.episodes,
            "epsilon": float(training.epsilon(training.steps)),
            "score": self.score(),
            "loss": None if training.loss is None else float(training.loss),
            "q": float(training.agent.q_values(self._held_out).max(axis=1).mean()),
            "steps_per_second": round((training.steps - steps) / seconds, 1),
            "updates_per_second": round((training.updates - updates) / seconds, 1),
        }
        self._row_at = (now, training.steps, training.updates)
        with line.complain("The row of metrics was not written"):
            self.run.metrics.append(**row)

    def _evaluate(self, stop, line):
        """Play some games, keep the agent if it is the best so far. Raises _Stopped when a signal comes meanwhile."""

        def progress(ended):
            if stop.signal:
                raise _Stopped
            line.show(self, f"evaluation: {ended} of {self.evaluate_episodes} games")

        training, run = self.training, self.run
        seed = int(np.random.SeedSequence([run.seed, training.steps]).generate_state(1)[0])
        what = {"episodes": self.evaluate_episodes, "seed": seed, **rules(run.preset)}
        found = evaluate(training.agent.q_values, run.game, progress=progress, **what)
        scores = found.scores
        row = {
            "mean": float(scores.mean()),
            "std": float(scores.std()),
            "min": int(scores.min()),
            "max": int(scores.max()),
        }
        row |= {"minutes": round(self.minutes, 3), "steps": training.steps}
        row |= {"updates": training.updates, "episodes": training.episodes}
        best = {"agent": training.agent.get_state()["online"], "scores": scores, "seed": seed, "row": row}
        try:
            kept = run.checkpoints.save_best(best, training.steps, row["mean"])
        except CheckpointNotSaved as error:
            kept = None
            line.say(f"{error}. Training goes on.")
        with line.complain("The evaluation was not written down"):
            run.evaluations.append(**row)
        line.best = max(line.best, row["mean"])
        line.say(f"{self.minutes:6.1f} min  evaluation {found}{', the best so far' if kept else ''}")

    def _save(self):
        state = {"training": self.training.get_state(), "minutes": self.minutes, "scores": list(self.scores)}
        self.run.checkpoints.save(state, self.training.steps, self.score())

    def _draw(self, line):
        """Draw the curve; returns the seconds that it took."""
        started = time.perf_counter()
        with line.complain("The curve was not drawn"):
            save_curve(self.run)
        return time.perf_counter() - started

    def _say_state(self, state):
        with contextlib.suppress(OSError):  # a full disk costs a line in `workshop runs`, and not the training
            self.run.set_state(state)


class _Every:
    """Due once every so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.rearm()

    def rearm(self):
        self._next = time.monotonic() + self.seconds

    def is_due(self):
        return time.monotonic() >= self._next


class _Stopped(Exception):
    """A signal came during an evaluation."""


class _Stop:
    """While this is entered, SIGINT, SIGTERM and SIGHUP are noted; a second SIGINT ends the process at once.

    An exception in the middle of a step would leave the games waiting for an answer, and nothing could be saved.
    """

    def __enter__(self):
        self.signal = 0
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # under nohup it goes on when the terminal is closed
            numbers.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, _):
        if self.signal and number == signal.SIGINT:
            os.write(2, b"\nStopped at once, without saving.\n")
            os._exit(128 + number)
        self.signal = number
        with contextlib.suppress(OSError):
            os.write(2, b"\nSaving; a second Ctrl-C stops at once, without.\n")
