"""The clock of an answer: the seconds that it had, on however busy a machine."""

import contextlib
import sys
import time
from pathlib import Path

import psutil

from workshop.grading.family import processor_seconds

_MARKED_AT_MOST_EVERY = 0.05  # seconds; looking is not free, and a call takes far less
_PATIENCE = 10 if sys.platform == "linux" else 3  # limits by the wall's clock, for whoever never gets to run


class Clock:
    """Counts the seconds since `start`, without those in which the process was ready to run and others did.

    What it slept counts, and what it waited for processes and threads of its own: all of that is its own doing. Linux
    counts the time in the queue of a processor; elsewhere the time on a processor is what counts. Once the limit has
    passed on the wall's clock, all that its family spends on processors counts too: it may itself be what keeps the
    process waiting.

    Args:
        pid: of the process.
        head: of the process above it, whose whole family is its own.
    """

    def __init__(self, pid, head):
        self._pid, self._head = pid, head
        self._marked, self._waited = -1.0, 0.0

    def start(self, limit):
        """Begin anew, with `limit` seconds to spend."""
        self._limit, self._started = limit, time.monotonic()
        self._family = None
        if self._started - self._marked > _MARKED_AT_MOST_EVERY:
            self._marked, self._waited = self._started, self._look()

    def spent(self):
        """Seconds since `start` that were the process's own; 0.0 for so few that looking would cost as much."""
        passed = time.monotonic() - self._started
        if passed < _MARKED_AT_MOST_EVERY:
            return 0.0
        return max(passed - max(0.0, self._look() - self._waited), 0.0)

    def left(self):
        """How many seconds to wait, at least, until asking again; 0.0 once the limit is spent."""
        passed = time.monotonic() - self._started
        if passed < self._limit:
            return self._limit - passed
        family = processor_seconds(self._head)
        if self._family is None:
            self._family = family
        spent = max(passed - max(0.0, self._look() - self._waited), family - self._family)
        if spent >= self._limit or passed >= _PATIENCE * self._limit:
            return 0.0
        return min(max(self._limit - spent, 0.02), 0.5)

    def _look(self):
        """Seconds, since whenever, that were not the process's own."""
        with contextlib.suppress(OSError, IndexError):
            return int(Path(f"/proc/{self._pid}/schedstat").read_text("ascii").split()[1]) / 1e9
        on_processors = processor_seconds(self._pid)
        if not psutil.pid_exists(self._pid):
            return self._waited  # it has ended: from when on, nobody can tell, so all of it was its own
        return time.monotonic() - on_processors
