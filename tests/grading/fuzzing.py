"""What a fuzzer throws at the grader: files of any content, and workers that say anything.

`check_file` and `check_replies` hold for all of it: one row an exercise, never a `pass`, no fault of the grader's own,
and an end. `tests/grading/test_fuzz.py` tries a little of it, `benchmarks/fuzz_grading.py` as much as there is time for.
"""

import contextlib
import functools
import json
import socket
import struct
import subprocess
import threading
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.grading.fuzzed_files import notebook_of, scalars
from workshop.exercises import plain, subject
from workshop.exercises.catalogue import EXERCISES, exercise_of
from workshop.exercises.plain import Opaque, Record
from workshop.grading import supervisor
from workshop.grading.grader import Grader
from workshop.grading.rows import VERDICTS, to_csv, to_json
from workshop.grading.worker import PROTOCOL


def check_file(folder, file, worker=None):
    """Grade a file of any content; returns its rows.

    Args:
        folder: path of a folder to write it to.
        file: (name, bytes).
        worker: what starts a worker, in place of the grader's own.
    """
    name, data = file
    path = Path(folder) / name
    path.write_bytes(data)
    with _impatient(worker or supervisor.start_worker), Grader(name, path) as grader:
        rows = list(grader.rows())
    _check_rows(rows, [exercise.name for exercise in grader.exercises] or [None])
    return rows


def _check_rows(rows, expected):
    assert [row.exercise for row in rows] == expected
    for row in rows:
        assert row.verdict in VERDICTS and row.verdict != "pass", row
        assert row.points == 0.0, row
        assert "grader failed" not in row.message, row
    (to_json(rows) + to_csv(rows)).encode()


@contextlib.contextmanager
def _impatient(start_worker):
    """Workers are started by that, and have a moment for each reply instead of seconds."""
    most = 2.0 if start_worker is supervisor.start_worker else 0.1

    class Clock(supervisor.Clock):
        def start(self, limit):
            super().start(min(limit, most))

    with mock.patch.multiple(supervisor, start_worker=start_worker, Clock=Clock):
        yield


# Replies --------------------------------------------------------------------------------------------------------------

_hashable = st.recursive(
    scalars | st.complex_numbers() | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
_arrays = hnp.arrays(
    st.sampled_from([np.bool_, np.int64, np.uint8, np.float32, np.float64, np.complex128]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
_values = st.recursive(
    _hashable | _arrays,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(_hashable, inner, max_size=3),
        st.builds(Record, st.text(max_size=5), st.just(("a", "b")), st.tuples(inner, inner)),
        st.builds(Opaque, st.text(max_size=5), st.text(max_size=5)),
    ),
    max_leaves=8,
)
_outcomes = st.fixed_dictionaries(
    {"kind": st.sampled_from([*subject.KINDS, "pass"]) | _values},
    optional={
        "value": _values,
        "arguments": _values | st.just(()),
        "error": _values | st.just("x"),
        "line": _values | st.just("line 3"),
        "printed": _values | st.just(""),
    },
)
_REPLY, _ECHO, _STRAY, _RAW, _CUT, _CLOSE, _SILENCE = "reply", "echo", "stray", "raw", "cut", "close", "silence"
_actions = st.one_of(
    st.tuples(st.just(_REPLY), _values | _outcomes),  # a frame of the right number, with anything in it
    st.tuples(st.just(_ECHO), _values),  # as right as can be, but for the value
    st.tuples(st.just(_ECHO), _values),
    st.tuples(st.just(_STRAY), _values | _outcomes),  # a frame that answers nothing
    st.tuples(st.just(_RAW), st.binary(max_size=60)),
    st.tuples(st.just(_RAW), st.integers(0, 2**32 - 1).map(lambda length: struct.pack(">I", length) + b"[1, 2]")),
    st.tuples(st.just(_CUT), _values | _outcomes),  # half of a frame, and then nothing more
    st.tuples(st.just(_CLOSE), st.none()),
    st.tuples(st.just(_SILENCE), st.none()),
)
scripts = st.tuples(
    st.sampled_from([exercise.name for exercise in EXERCISES]),
    st.booleans().flatmap(lambda is_loaded: st.just((_REPLY, ("", ""))) if is_loaded else _actions),
    st.lists(_actions, min_size=1, max_size=5),
)


class FakeWorker:
    """A worker that says what a script tells it to, and ignores what it is asked.

    Args:
        on_load: the action that answers "load".
        on_calls: the actions that answer calls, one after the other; the last of them answers all that follow.
    """

    def __init__(self, on_load, on_calls):
        self.channel, self._own = socket.socketpair()
        self._on_load, self._on_calls = on_load, list(on_calls)
        self.pid = self.head = _bystander().pid
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def how_it_ended(self):
        return -9

    def stop(self):
        self.channel.close()
        self._thread.join()

    def _serve(self):
        with self._own, self._own.makefile("rb") as requests, contextlib.suppress(OSError):
            self._say(0, ("ready", PROTOCOL))
            while header := requests.read(4):
                number, request = plain.decode(requests.read(struct.unpack(">I", header)[0]))
                if request[0] == "load":
                    self._act(self._on_load, number, [])
                else:
                    action = self._on_calls.pop(0) if len(self._on_calls) > 1 else self._on_calls[0]
                    self._act(action, number, request[2])

    def _act(self, action, number, inputs):
        kind, value = action
        if kind == _RAW:
            self._own.sendall(value)
        elif kind == _CUT:
            frame = _frame((number, value))
            self._own.sendall(frame[: len(frame) // 2 + 3])
        elif kind == _CLOSE:
            self._own.shutdown(socket.SHUT_RDWR)
        elif kind != _SILENCE:
            for arguments in inputs or [plain.encode(())]:
                echo = {"kind": subject.RETURNED, "value": value, "arguments": plain.decode(arguments), "printed": ""}
                self._say(number + (kind == _STRAY), echo if kind == _ECHO else value)

    def _say(self, number, value):
        self._own.sendall(_frame((number, value)))


@functools.cache
def _bystander():
    """A process that does nothing, for the grader's clock to look at. It ends with this one, when its input does."""
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def _frame(message):
    data = plain.encode(message)
    return struct.pack(">I", len(data)) + data


def check_replies(folder, script):
    """Grade an exercise whose worker says anything; returns its row."""
    name, on_load, on_calls = script
    path = _notebook_of_everything(folder, exercise_of(name).session)
    with _impatient(lambda modules: FakeWorker(on_load, on_calls)), Grader(path.name, path) as grader:
        row = grader.row(exercise_of(name))
    _check_rows([row], [name])
    return row


def _notebook_of_everything(folder, session):
    """A notebook that defines every name of a session, so that each of its exercises asks the worker."""
    path = Path(folder) / f"session_{session}.ipynb"
    if not path.exists():
        names = [name for exercise in EXERCISES if exercise.session == session for name in exercise.names]
        sources = [f"def {name}(*arguments):\n    return arguments" for name in names]
        path.write_text(json.dumps(notebook_of(sources)), encoding="utf-8")
    return path


def raising_worker(modules):
    """A worker in which every answer raises: for files, when what a worker says is not what is tried."""
    return FakeWorker((_REPLY, ("", "")), [(_REPLY, {"kind": subject.RAISED, "error": "ValueError: x", "printed": ""})])
