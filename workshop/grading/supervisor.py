"""The grader's end of a worker: it sends inputs, reads plain data with a cap, keeps the clock, and kills."""

import os
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from workshop.exercises import plain, subject

_START_SECONDS = 60
_LOAD_SECONDS = 20
_GRACE_SECONDS = 2  # the worker's own time limit comes first, and leaves it alive


class WorkerDied(Exception):
    """The worker ended, or said something that is not plain data; the text says how."""


class WorkerTimeout(Exception):
    """The worker did not answer in time, and was killed."""


class Supervisor:
    """Runs answers in a worker process, and a new worker after each one that was lost.

    Use it in a `with` block; what it started is gone at the end of it, scratch directory included.
    """

    def __init__(self):
        self._process = self._scratch = None
        self._loaded = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stop()

    def load(self, name, steps):
        """Load an answer (see `worker`). Returns (whether it is there, what went wrong or ""), words for its author."""
        self._loaded = (name, steps)
        try:
            reply = self._exchange(("load", name, steps), _LOAD_SECONDS)
            if isinstance(reply, tuple) and [type(part) for part in reply] == [bool, str]:
                return reply
            self._stop()
            return False, f"the cells that {name} needs write into the grader's pipe"
        except WorkerTimeout:
            return False, f"the cells that {name} needs do not come to an end"
        except WorkerDied as death:
            return False, f"the cells that {name} needs end the whole process ({death})"

    def call(self, driver, arguments, seconds):
        """Call the loaded answer; an outcome as `subject.run` gives it, or one of a lost worker."""
        try:
            if self._process is None:
                is_loaded, problem = self.load(*self._loaded)
                if not is_loaded:
                    return {"kind": subject.CRASHED, "error": problem, "printed": ""}
            return _checked(self._exchange(("call", driver, arguments, seconds), seconds + _GRACE_SECONDS))
        except WorkerTimeout:
            return {"kind": subject.TIMEOUT, "printed": ""}
        except WorkerDied as death:
            return {"kind": subject.CRASHED, "error": str(death), "printed": ""}

    def _exchange(self, request, seconds):
        if self._process is None:
            self._start()
            seconds += _START_SECONDS
        data = plain.encode(request)
        deadline = time.monotonic() + seconds
        try:
            self._process.stdin.write(struct.pack(">I", len(data)) + data)
            self._process.stdin.flush()
            (length,) = struct.unpack(">I", self._read(4, deadline))
            if length > 3 * plain.MAX_BYTES:
                raise WorkerDied("its reply is too large")
            return plain.decode(self._read(length, deadline))
        except (BrokenPipeError, EOFError):
            how = self._how_it_ended()
            self._stop()
            raise WorkerDied(how) from None
        except (WorkerTimeout, WorkerDied):
            self._stop()
            raise
        except ValueError as error:
            self._stop()
            raise WorkerDied(f"its reply cannot be read: {error}") from None

    def _read(self, count, deadline):
        chunks = []
        while count:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                raise WorkerTimeout
            chunk = os.read(self._process.stdout.fileno(), min(count, 2**20))
            if not chunk:
                raise EOFError
            chunks.append(chunk)
            count -= len(chunk)
        return b"".join(chunks)

    def _start(self):
        self._scratch = tempfile.mkdtemp(prefix="workshop-grading-")
        environment = {
            "HOME": self._scratch,
            "TMPDIR": self._scratch,
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "MPLBACKEND": "agg",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "workshop.grading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._scratch,
            env=environment,
            start_new_session=True,
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def _how_it_ended(self):
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def _stop(self):
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # what it left behind too
        except ProcessLookupError:
            pass
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._process = self._scratch = None


def _checked(outcome):
    """The outcome, if it has the form of one: an attendee's code may have written it instead of the worker."""
    words = ("error", "line", "printed")
    is_outcome = (
        isinstance(outcome, dict)
        and outcome.get("kind") in subject.KINDS
        and all(isinstance(outcome.get(word, ""), str) for word in words)
        and (outcome["kind"] != subject.RETURNED or isinstance(outcome.get("arguments"), tuple))
    )
    if not is_outcome:
        return {"kind": subject.CRASHED, "error": "its reply is not an outcome", "printed": ""}
    return {**dict.fromkeys(words, ""), "value": None, **outcome}
