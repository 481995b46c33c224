"""A grading process: it grades one submission after the other and says every row as soon as it is known.

Run by `room` as `python -I -m workshop.grading.desk`. What it reads and writes are JSON objects, a line each:

    in   {"name", "path", "seed", "skip", "only"}                   a submission; `skip` and `only` are names of exercises
    out  {"ready"}, then for every submission {"begun": [names]}, {"row": {...}} for each exercise, {"ended"}

It ends with its standard input, which is when the room wants no more of it, or is no more: in the middle of a
submission, too, and with everything that it has started.
"""

import contextlib
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import asdict

_LAST_SECONDS = 5  # to unwind, with the worker of an answer; after that it ends as it stands, and its nursery with it


class _Over(BaseException):
    """The room wants no more. Not a SystemExit: Hypothesis takes that for a failure of what it runs, and goes on."""


def main():
    """Grade what comes until nothing can come any more."""
    replies = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no reply
    tasks = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, _raise_over)
    threading.Thread(target=_receive, args=(tasks, threading.get_ident()), daemon=True).start()

    from workshop.grading.grader import Grader

    _keep_what_is_there()
    _say(replies, {"ready": True})
    while True:
        _grade(Grader, tasks.get(), lambda reply: _say(replies, reply))
        _keep_what_is_there()


def _keep_what_is_there():
    """Let no later collection of garbage look at the catalogue and its inputs: that would be a tenth of the time."""
    gc.collect()
    gc.freeze()


def _receive(tasks, main_thread):
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as requests:  # no buffer, no lock held at the end
        for line in requests:
            tasks.put(json.loads(line))
    signal.pthread_kill(main_thread, signal.SIGTERM)
    time.sleep(_LAST_SECONDS)
    os._exit(1)


def _raise_over(number, frame):
    raise _Over


def _grade(Grader, task, say):
    with Grader(task["name"], task["path"], seed=task["seed"]) as grader:
        say({"begun": [exercise.name for exercise in grader.exercises]})
        for row in wanted_rows(grader, task["skip"], task["only"]):
            say({"row": asdict(row)})
    say({"ended": True})


def wanted_rows(grader, skip, only):
    """The rows of a submission, each as soon as it is known.

    Args:
        grader: Grader.
        skip: names of the exercises whose rows are there already.
        only: names of the exercises to grade, or None for all; an unreadable submission gives its row in any case.
    """
    if not grader.exercises:
        yield from grader.rows()
    for exercise in grader.exercises:
        if exercise.name not in skip and (only is None or exercise.name in only):
            yield grader.row(exercise)


def _say(replies, reply):
    data = memoryview(json.dumps(reply).encode() + b"\n")
    while data:
        data = data[os.write(replies, data) :]


if __name__ == "__main__":
    with contextlib.suppress(_Over):
        main()
