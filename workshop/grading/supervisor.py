"""The grader's end of a worker: it sends inputs, reads plain data with a cap, keeps the clock, and kills."""

import contextlib
import selectors
import signal
import struct
import time
from types import NoneType

from workshop.exercises import plain, subject
from workshop.grading.clock import Clock
from workshop.grading.processes import start_worker
from workshop.grading.worker import MAX_REPLY_BYTES, PROTOCOL

_START_SECONDS = 60
_LOAD_SECONDS = 10
_GRACE_SECONDS = 1  # the worker's own time limit comes first, and leaves it alive
_MANY = 16  # calls of one request: to be woken for each reply would cost as much as the calls do
_NAP_SECONDS = 0.002
_PIPE_BYTES = 2**16
_REQUEST_BYTES = 2**20  # the inputs of one request; a larger one travels alone
_REPLIES_BYTES = 256 * 2**20  # of the replies to all calls of one list, in the grader's memory at once
_MAX_PARTS = 2**22  # of one reply: a byte of JSON can make a hundred in memory
_TOO_MUCH = {
    "kind": subject.TOO_LARGE,
    "error": f"the values of all calls together are larger than {_REPLIES_BYTES // 2**20} MB",
    "printed": "",
}
_OF_LOADING = ("", "error", "out_of_memory")
_SLOW_IMPORTS = ("chainer", "matplotlib")


class WorkerDied(Exception):
    """The worker ended, or said something that is not plain data; the text says how."""


class WorkerTimeout(Exception):
    """The worker did not answer in time, and was killed."""


class Supervisor:
    """Runs answers in worker processes: one for each answer, and a new one where that was lost.

    Use it in a `with` block; what it started is gone at the end of it, scratch directory included.
    """

    def __init__(self):
        self._worker = self._clock = None
        self._loaded = None
        self._number, self._heard = 0, bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def load(self, name, steps, borrowed=(), companions=()):
        """Load an answer into a worker that has seen no other.

        Args:
            name: what the answer is called.
            steps: tuples (where, source), see `worker`.
            borrowed: dict, name -> source of a reference that the steps ask for by `borrow(name)`.
            companions: the names of other answers among the steps that the driver needs too.

        Returns:
            (verdict, words): "" where the answer is there, else "error", "timeout", "out_of_memory" or "crash"; and
            what went wrong, in words for its author, "" if nothing did.
        """
        self.stop()
        self._loaded = (name, steps, dict(borrowed), companions)
        try:
            self._start()
            self._send(("load", *self._loaded), _LOAD_SECONDS)
            reply, _ = self._reply()
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
        return self.calls(driver, [arguments], seconds)[0]

    def calls(self, driver, inputs, seconds):
        """Call the loaded answer on one input after the other, with few messages to and fro.

        Args:
            driver: a name in `workshop.exercises.drivers.DRIVERS`.
            inputs: list of bytes, for each call a tuple encoded by `plain.encode`.
            seconds: float, the limit of each call.

        Returns:
            A list of outcomes, as `call` gives them. It ends with the first that is not `returned`; all before that one
            are, so that a list as long as `inputs` without such an end means that every call returned.
        """
        outcomes, left = [], _REPLIES_BYTES
        for batch in _batches(inputs):
            try:
                if self._worker is None:
                    verdict, problem = self.load(*self._loaded)
                    if verdict:
                        raise WorkerDied(problem)
                self._send(("calls", driver, batch, seconds), seconds + _GRACE_SECONDS)
                if len(batch) >= _MANY:
                    time.sleep(_NAP_SECONDS)
                for _ in batch:
                    reply, size = self._reply()
                    spent = self._clock.spent()
                    self._clock.start(seconds + _GRACE_SECONDS)
                    left -= size
                    outcomes.append(_checked(reply, spent) if left >= 0 else _TOO_MUCH)
                    if outcomes[-1]["kind"] != subject.RETURNED:
                        break
            except WorkerTimeout:
                outcomes.append({"kind": subject.TIMEOUT, "printed": ""})
            except WorkerDied as death:
                outcomes.append({"kind": subject.CRASHED, "error": str(death), "printed": ""})
            if outcomes[-1]["kind"] != subject.RETURNED:
                break
        if left < 0:
            self.stop()  # the rest of its replies is still to come
        return outcomes

    def _start(self):
        source = "\n".join(source for _, source in self._loaded[1])
        self._worker = start_worker([word for word in _SLOW_IMPORTS if word in source])
        self._worker.channel.setblocking(False)
        self._heard.clear()
        self._clock, self._number = Clock(self._worker.pid, self._worker.head), 0
        self._clock.start(_START_SECONDS)
        try:
            hello, _ = self._reply()
        except (WorkerTimeout, WorkerDied) as error:
            raise RuntimeError("the process that runs the answers does not start; try: workshop doctor") from error
        if hello != ("ready", PROTOCOL):
            raise RuntimeError("the process that runs the answers is of another version of the kit; start again")

    def _send(self, request, seconds):
        """Ask the worker; for each reply, it has so many seconds."""
        self._number += 1
        data = plain.encode((self._number, request))
        self._clock.start(seconds)
        with self._losing():
            self._write(struct.pack(">I", len(data)) + data)

    def _reply(self):
        """(what the worker says next, its size in bytes)."""
        with self._losing():
            (length,) = struct.unpack(">I", self._read(4))
            if length > MAX_REPLY_BYTES:
                raise ValueError("it is too large")
            data = self._read(length)
            if data.count(b",") + data.count(b"[") + data.count(b"{") > _MAX_PARTS:
                raise ValueError("it has too many parts")
            message = plain.decode(data)
            if not (isinstance(message, tuple) and len(message) == 2 and message[0] == self._number):
                raise ValueError("it is no answer to what was asked")
            return message[1], length

    @contextlib.contextmanager
    def _losing(self):
        """What can go wrong on the pipe costs the worker, and is `WorkerDied` or `WorkerTimeout`."""
        try:
            yield
        except (ConnectionError, EOFError):
            how = self._how_it_ended()
            self.stop()
            raise WorkerDied(how) from None
        except WorkerTimeout:
            self.stop()
            raise
        except ValueError as error:
            self.stop()
            raise WorkerDied(f"its reply cannot be read: {error}") from None

    def _write(self, data):
        """A worker that reads nothing must not hold the grader: the pipe is written as far as it takes it."""
        data = memoryview(data)
        while data:
            try:
                data = data[self._worker.channel.send(data[:_PIPE_BYTES]) :]
            except BlockingIOError:
                self._wait(selectors.EVENT_WRITE)

    def _read(self, count):
        """The next bytes of what the worker says; those behind them are kept, a reply is rarely more than a few."""
        while len(self._heard) < count:
            try:
                chunk = self._worker.channel.recv(min(max(_PIPE_BYTES, count - len(self._heard)), 2**20))
            except BlockingIOError:
                self._wait(selectors.EVENT_READ)
                continue
            if not chunk:
                raise EOFError
            self._heard += chunk
        data = bytes(self._heard[:count])
        del self._heard[:count]
        return data

    def _wait(self, event):
        with selectors.DefaultSelector() as selector:
            selector.register(self._worker.channel, event)
            while not selector.select(self._clock.left()):
                if not self._clock.left():
                    raise WorkerTimeout

    def _how_it_ended(self):
        code = self._worker.how_it_ended()
        if code is None:
            return "it closed its pipe"
        if code >= 0:
            return f"exit status {code}"
        names = {number.value: number.name for number in signal.Signals}
        return f"signal {names.get(-code, -code)}"

    def stop(self):
        """End the worker, with all that it left behind."""
        if self._worker is not None:
            worker, self._worker = self._worker, None
            worker.stop()


def _batches(inputs):
    """Tuples of consecutive inputs, each small enough for one request."""
    batch, size = [], 0
    for data in inputs:
        if batch and size + len(data) > _REQUEST_BYTES:
            yield tuple(batch)
            batch, size = [], 0
        batch.append(data)
        size += len(data)
    if batch:
        yield tuple(batch)


def _checked(outcome, spent=0.0):
    """The outcome, if it has the form of one: an attendee's code may have written it instead of the worker.

    Its `seconds` are at least those `spent` by the grader's own clock: what an answer sleeps is not in the worker's.
    """
    words = ("error", "line", "printed")
    is_outcome = (
        isinstance(outcome, dict)
        and isinstance(outcome.get("kind"), str)
        and outcome["kind"] in subject.KINDS
        and all(isinstance(outcome.get(word, ""), str) for word in words)
        and (outcome["kind"] != subject.RETURNED or isinstance(outcome.get("arguments"), (tuple, NoneType)))
        and isinstance(outcome.get("seconds", 0.0), float)
    )
    if not is_outcome:
        return {"kind": subject.CRASHED, "error": "its reply is not an outcome", "printed": ""}
    seconds = max(spent, outcome.get("seconds", 0.0))
    return {**dict.fromkeys(words, ""), "value": None, "arguments": None, **outcome, "seconds": seconds}
