"""The local engine: grading processes side by side, each replaced when it is lost, and no row lost with it."""

import collections
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import psutil

from workshop.exercises.catalogue import BY_NAME
from workshop.grading.rows import Row
from workshop.grading.store import Task

ROW_SECONDS = 300  # without a word from a grading process: far more than any exercise may take, with all its limits
TRIES = 2
COMMAND = (sys.executable, "-I", "-m", "workshop.grading.desk")  # -I: nothing is imported from where we happen to be
_START_SECONDS = 60
_STOP_SECONDS = 5


class Begun(NamedTuple):
    """A submission was read; `exercises` are the names of all its exercises, none where it is unreadable."""

    task: Task
    exercises: list


class Graded(NamedTuple):
    """A row is there."""

    task: Task
    row: Row


class Ended(NamedTuple):
    """Nothing more comes of a submission."""

    task: Task


class EngineError(Exception):
    """Nothing can be graded; the text says why and what to do."""


def usual_workers():
    """How many grading processes keep this machine busy: one of them may be waiting for an answer that hangs."""
    return usable_cores() + 1


def usable_cores():
    """How many processes can compute at once here."""
    with contextlib.suppress(AttributeError):  # macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Room:
    """Grades submissions in several processes. Use it in a `with` block; what it started is gone at the end of it.

    Args:
        workers: int, the number of grading processes.
        seed: int, see `Grader`.
        only: names of the exercises to grade, or None for all.
        row_seconds: how long a grading process may be silent before it is given up.
    """

    def __init__(self, workers, seed, only=None, row_seconds=ROW_SECONDS):
        self._workers, self._row_seconds = workers, row_seconds
        self._orders = {"seed": seed, "only": only and sorted(only)}
        self._waiting, self._desks = collections.deque(), []
        self._failed_starts = 0  # one after the other
        self._selector = selectors.DefaultSelector()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for desk in self._desks:
            desk.process.stdin.close()
        deadline = time.monotonic() + _STOP_SECONDS
        for desk in self._desks:
            with contextlib.suppress(subprocess.TimeoutExpired):
                desk.process.wait(max(0.0, deadline - time.monotonic()))
            desk.end()
        self._selector.close()

    @property
    def is_busy(self):
        """Whether there is a submission of which more is to come."""
        return bool(self._waiting) or any(desk.work for desk in self._desks)

    def submit(self, task):
        """Have a submission graded, after those that wait already."""
        self._waiting.append(_Work(task))

    def start(self):
        """Start all the grading processes now, rather than each when there is work for it."""
        while len(self._desks) < self._workers:
            self._start_one()

    def events(self, seconds):
        """What has happened: a list of `Begun`, `Graded` and `Ended`, empty if nothing did for so many seconds.

        Raises:
            EngineError: the grading processes do not start.
        """
        self._hand_out()
        events = []
        for key, _ in self._selector.select(seconds):
            events += self._hear(key.data)
        for desk in list(self._desks):
            limit = self._row_seconds if desk.is_ready else _START_SECONDS
            if desk.silence() > limit:
                events += self._lose(desk, f"it said nothing for {limit:g} seconds")
        return events

    def _hand_out(self):
        busy = sum(desk.work is not None for desk in self._desks)
        while len(self._desks) < min(self._workers, busy + len(self._waiting)):
            self._start_one()
        for desk in self._desks:
            if desk.is_ready and desk.work is None and self._waiting:
                desk.give(self._waiting.popleft(), self._orders)

    def _start_one(self):
        try:
            desk = _Desk()
        except OSError as error:  # no memory, no process left
            raise _does_not_start(error.strerror) from None
        self._desks.append(desk)
        self._selector.register(desk.process.stdout, selectors.EVENT_READ, desk)

    def _hear(self, desk):
        events = []
        for reply in desk.replies():
            work, self._failed_starts = desk.work, 0
            if "begun" in reply and work.exercises is None:
                work.exercises = reply["begun"]
                events.append(Begun(work.task, work.exercises))
            elif "row" in reply:
                row = Row(**reply["row"])
                work.done.add(row.exercise)
                events.append(Graded(work.task, row))
            elif "ended" in reply:
                events.append(Ended(work.task))
                desk.work = None
        return events if desk.is_open else events + self._lose(desk, desk.how_it_ended())

    def _lose(self, desk, reason):
        """Do without a grading process that is lost: what it was at goes on elsewhere, but not for ever."""
        self._selector.unregister(desk.process.stdout)
        self._desks.remove(desk)
        desk.end()
        if not desk.is_ready:  # once may be chance: on a busy machine, or where memory is short
            self._failed_starts += 1
            if self._failed_starts == TRIES:
                raise _does_not_start(reason)
        work = desk.work
        if work is None:
            return []
        events = []
        missing = work.missing(self._orders["only"])
        if missing:
            work.lost[missing[0]] += 1
            if work.lost[missing[0]] == TRIES:
                if work.exercises is None:
                    events.append(Begun(work.task, []))
                events.append(Graded(work.task, lost_row(work.task, missing.pop(0), reason)))
                work.done.add(events[-1].row.exercise)
        if missing:
            self._waiting.appendleft(work)
        else:
            events.append(Ended(work.task))
        return events


def _does_not_start(reason):
    return EngineError(f"The processes that grade do not start ({reason}). Try: workshop doctor")


def lost_row(task, exercise, reason):
    """The row of an exercise on which whatever graded it ended, again and again.

    Args:
        task: Task.
        exercise: its name; None for the whole submission.
        reason: how that ended, in words.
    """
    session, most = (BY_NAME[exercise].session, 1.0) if exercise else (None, 0.0)
    message = (
        f"The process that grades this was lost each time that it was tried ({reason}). Please grade this by hand."
    )
    return Row(task.name, exercise, session, "ungradable", 0.0, most, message, "", 0.0)


class _Work:
    """A submission on its way: what is known of it, whichever process it is at."""

    def __init__(self, task):
        self.task, self.exercises = task, None
        self.done = set(task.done)
        self.lost = collections.Counter()  # exercise -> processes that ended on it

    def missing(self, only):
        """The exercises that are still to be graded, in order; [None] where the whole of it is."""
        wanted = [name for name in self.exercises or [None] if name is None or only is None or name in only]
        return [name for name in wanted if name not in self.done]


class _Desk:
    """The room's end of a grading process, see `desk`."""

    def __init__(self):
        # In a session of its own: Ctrl-C is for the room, which keeps what is known and then ends its processes.
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
            bufsize=0,
        )
        self.work, self.is_ready, self.is_open = None, False, True
        self._heard, self._partial = time.monotonic(), b""

    def give(self, work, orders):
        """Have it grade what is missing of a submission."""
        self.work, self._heard = work, time.monotonic()
        request = {"name": work.task.name, "path": os.fspath(work.task.path), "skip": sorted(work.done), **orders}
        with contextlib.suppress(BrokenPipeError):  # it has just ended: its other pipe says so
            self.process.stdin.write(json.dumps(request).encode() + b"\n")

    def silence(self):
        """Seconds since it last said something, while it has something to do."""
        return time.monotonic() - self._heard if self.work or not self.is_ready else 0.0

    def replies(self):
        """What it has said: dicts. Afterwards `is_open` says whether it can say more."""
        data = os.read(self.process.stdout.fileno(), 2**20)
        self.is_open, self._heard = bool(data), time.monotonic()
        *lines, self._partial = (self._partial + data).split(b"\n")
        replies = [json.loads(line) for line in lines]
        self.is_ready = self.is_ready or bool(replies)
        return replies

    def how_it_ended(self):
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def end(self):
        """End it, if it has not ended, with everything that it started."""
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
