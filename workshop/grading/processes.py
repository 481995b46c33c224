"""The processes that answers run in, seen from the grader: forked from a nursery, or fresh ones where there is none."""

import atexit
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import psutil

from workshop.grading import scratch
from workshop.grading.confinement import IS_LINUX
from workshop.grading.family import below

_START_SECONDS = 60
_ANSWER_SECONDS = 30  # for the nursery to fork, or to see the end of what it forked
_DOES_NOT_START = "the process that runs the answers does not start; try: workshop doctor"
NURSERY = (sys.executable, "-I", "-m", "workshop.grading.nursery")
ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "USER": "attendee",
    "MPLBACKEND": "agg",
    "SDL_VIDEODRIVER": "dummy",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",  # or each thread that an answer leaves behind takes 64 MiB of its memory
}


def start_worker(modules=()):
    """A worker that is confined and has not been told anything yet.

    Args:
        modules: names in `nursery.LAZY` that its answer is going to import.

    Returns:
        An object with `pid`; `head`, of the process above which nothing is its own; `channel`, a socket;
        `how_it_ended()` and `stop()`.
    """
    if not IS_LINUX:
        return FreshWorker()
    for _ in range(2):  # a nursery that was killed since is replaced
        try:
            return ForkedWorker(shared_nursery(), modules)
        except OSError:
            close_nursery()
    raise RuntimeError(_DOES_NOT_START)


class FreshWorker:
    """A new Python process: half a second, and its process group is all that is known of what it starts."""

    def __init__(self):
        self._scratch = scratch.make()
        self.channel, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "workshop.grading.worker", str(theirs.fileno()), self._scratch],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._scratch,
            env={**ENVIRONMENT, "HOME": self._scratch, "TMPDIR": self._scratch},
            start_new_session=True,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self.pid = self.head = self._process.pid

    def how_it_ended(self):
        """An exit code as `subprocess` has them, or None if it lives on."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=1)
        return None

    def stop(self):
        """End it, with what it left behind as far as that is to be found."""
        for process in (*below(self.pid), self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: not permitted once all of it is dead
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.channel.close()
        scratch.remove(self._scratch)


class ForkedWorker:
    """A child of the nursery."""

    def __init__(self, nursery, modules):
        self._nursery, self._scratch = nursery, None
        self.channel, channel = socket.socketpair()
        self._status, status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._status.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._status.settimeout(_ANSWER_SECONDS)
        try:
            with channel, status:
                if not nursery.has_view:
                    self._scratch = scratch.make(nursery.user)
                request = {"start": self._scratch, "with": list(modules)}
                self._keeper = nursery.ask(request, channel, status)["keeper"]
            message, credentials, _, _ = self._status.recvmsg(64, socket.CMSG_SPACE(12))
            if message != b"ready":
                raise ConnectionError(f"a worker ended before it began: {message}")
            self.pid, _, _ = struct.unpack("iII", credentials[0][2])  # as it is called in this process's space
            self.head = psutil.Process(self.pid).ppid()
        except OSError:
            self._close()
            raise

    def how_it_ended(self):
        """An exit code as `subprocess` has them, or None if it lives on."""
        self._status.settimeout(1)
        with contextlib.suppress(OSError, ValueError):
            return int(self._status.recv(64))
        return None

    def stop(self):
        """End it and everything that it left behind."""
        try:
            self._nursery.ask({"stop": self._keeper})
        except OSError:  # dead, and with it all that it had started
            close_nursery(self._nursery)
        self._close()

    def _close(self):
        self._status.close()
        self.channel.close()
        if self._scratch:
            scratch.remove(self._scratch)


class _Nursery:
    """A running `workshop.grading.nursery`; any thread may ask it.

    Attributes:
        has_view: whether its workers have a view of their own, with a scratch directory in it.
        user: the id of the user that they become, or None.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._place = tempfile.mkdtemp(prefix="workshop-grading-")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*NURSERY, str(theirs.fileno()), self._place],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._place,
                env={**ENVIRONMENT, "HOME": self._place, "TMPDIR": self._place},
                start_new_session=True,
                pass_fds=[theirs.fileno()],
            )
        try:
            self._control.settimeout(_START_SECONDS)
            hello = self._receive()
        except OSError:
            self.close()
            raise RuntimeError(_DOES_NOT_START) from None
        except BaseException:  # an interrupt, while it starts
            self.close()
            raise
        self._control.settimeout(_ANSWER_SECONDS)
        self.has_view, self.user = hello["has_view"], hello["user"]
        if self.has_view:
            scratch.remove(self._place)  # what it mounted there is its root directory now
            self._place = None

    def ask(self, request, *sockets):
        """Send a request, with sockets, and wait for the answer. Raises OSError if there is none."""
        with self._lock:
            socket.send_fds(self._control, [json.dumps(request).encode()], [own.fileno() for own in sockets])
            return self._receive()

    def _receive(self):
        message = self._control.recv(4096)
        if not message:
            raise ConnectionError("the nursery is gone")
        return json.loads(message)

    def close(self):
        self._control.close()
        for process in (*below(self._process.pid), self._process.pid):  # it may be hanging, and they not end with it
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()
        if self._place:
            scratch.remove(self._place)


_nursery, _starting = None, threading.Lock()


def shared_nursery():
    """The nursery of this process, started when it is first needed."""
    global _nursery
    with _starting:
        if _nursery is None:
            _nursery = _Nursery()
        return _nursery


def close_nursery(which=None):
    """End the nursery of this process; or only if it is still this one."""
    global _nursery
    with _starting:
        if _nursery is not None and which in (None, _nursery):
            _nursery.close()
            _nursery = None


def _forget_nursery():
    """A forked child of this process has its own."""
    global _nursery, _starting
    _nursery, _starting = None, threading.Lock()


atexit.register(close_nursery)
os.register_at_fork(after_in_child=_forget_nursery)
