"""The grader's end of a worker: it sends inputs, reads plain data with a cap, keeps the clock, and kills."""

import contextlib
import os
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import psutil

from workshop.exercises import plain, subject
from workshop.grading.worker import MAX_REPLY_BYTES

_START_SECONDS = 60
_LOAD_SECONDS = 10
_GRACE_SECONDS = 2  # the worker's own time limit comes first, and leaves it alive
_PIPE_BYTES = 2**16
_OF_LOADING = ("", "error", "out_of_memory")


class WorkerDied(Exception):
    """The worker ended, or said something that is not plain data; the text says how."""


class WorkerTimeout(Exception):
    """The worker did not answer in time, and was killed."""


class Supervisor:
    """Runs answers in worker processes: one for each answer, and a new one where that was lost.

    Use it in a `with` block; what it started is gone at the end of it, scratch directory included.
    """

    def __init__(self):
        self._process = self._scratch = None
        self._loaded = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def load(self, name, steps, borrowed=()):
        """Load an answer into a worker that has seen no other.

        Args:
            name: what the answer is called.
            steps: tuples (where, source), see `worker`.
            borrowed: dict, name -> source of a reference that the steps ask for by `borrow(name)`.

        Returns:
            (verdict, words): "" where the answer is there, else "error", "timeout", "out_of_memory" or "crash"; and
            what went wrong, in words for its author, "" if nothing did.
        """
        self.stop()
        self._loaded = (name, steps, dict(borrowed))
        self._start()
        try:
            reply = self._exchange(("load", *self._loaded), _LOAD_SECONDS)
            if isinstance(reply, tuple) and [type(part) for part in reply] == [str, str] and reply[0] in _OF_LOADING:
                return reply
            self.stop()
            return "error", f"the cells that {name} needs write into the grader's pipe"
        except WorkerTimeout:
            return "timeout", f"the cells that {name} needs do not come to an end"
        except WorkerDied as death:
            return "crash", f"the cells that {name} needs end the whole process ({death})"

    def call(self, driver, arguments, seconds):
        """Call the loaded answer; an outcome as `subject.run` gives it, or one of a lost worker."""
        try:
            if self._process is None:
                verdict, problem = self.load(*self._loaded)
                if verdict:
                    return {"kind": subject.CRASHED, "error": problem, "printed": ""}
            return _checked(self._exchange(("call", driver, arguments, seconds), seconds + _GRACE_SECONDS))
        except WorkerTimeout:
            return {"kind": subject.TIMEOUT, "printed": ""}
        except WorkerDied as death:
            return {"kind": subject.CRASHED, "error": str(death), "printed": ""}

    def _exchange(self, request, seconds):
        deadline = time.monotonic() + seconds
        data = plain.encode(request)
        try:
            self._write(struct.pack(">I", len(data)) + data, deadline)
            return self._receive(deadline)
        except (BrokenPipeError, EOFError):
            how = self._how_it_ended()
            self.stop()
            raise WorkerDied(how) from None
        except WorkerTimeout:
            self.stop()
            raise
        except ValueError as error:
            self.stop()
            raise WorkerDied(f"its reply cannot be read: {error}") from None

    def _receive(self, deadline):
        (length,) = struct.unpack(">I", self._read(4, deadline))
        if length > MAX_REPLY_BYTES:
            raise ValueError("it is too large")
        return plain.decode(self._read(length, deadline))

    def _write(self, data, deadline):
        """A worker that reads nothing must not hold the grader: the pipe is written as far as it takes it."""
        data = memoryview(data)
        while data:
            self._wait(self._process.stdin, selectors.EVENT_WRITE, deadline)
            data = data[os.write(self._process.stdin.fileno(), data[:_PIPE_BYTES]) :]

    def _read(self, count, deadline):
        chunks = []
        while count:
            self._wait(self._process.stdout, selectors.EVENT_READ, deadline)
            chunk = os.read(self._process.stdout.fileno(), min(count, 2**20))
            if not chunk:
                raise EOFError
            chunks.append(chunk)
            count -= len(chunk)
        return b"".join(chunks)

    def _wait(self, pipe, event, deadline):
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise WorkerTimeout

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
            bufsize=0,
        )
        os.set_blocking(self._process.stdin.fileno(), False)
        try:
            self._receive(time.monotonic() + _START_SECONDS)
        except (WorkerTimeout, EOFError, ValueError):
            self.stop()
            raise RuntimeError("the process that runs the answers does not start; try: workshop doctor") from None

    def _how_it_ended(self):
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if code >= 0:
            return f"exit status {code}"
        names = {number.value: number.name for number in signal.Signals}
        return f"signal {names.get(-code, -code)}"

    def stop(self):
        """End the worker, with all that it left behind."""
        if self._process is None:
            return
        for process in (*_descendants(self._process.pid), self._process):
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                process.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: not permitted once all of it is dead
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._process = self._scratch = None


def _descendants(pid):
    """The processes below one that lives: those, too, that have left its process group."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


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
