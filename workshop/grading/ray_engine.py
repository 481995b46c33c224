"""Grading on a Ray cluster: Ray distributes, retries, and survives its nodes; the files travel with their tasks.

Every node needs this version of the kit, with its extra `ray`, and nothing else: no disk that it shares with us. A task
there gives its submission to a room with one grading process, which ends and replaces that where it hangs or dies (see
`room`). So an exercise costs its own row, on a cluster as here; what Ray sees to is that processes and nodes go.
"""

import atexit
import collections
import functools
import os
import shutil
import socket
import tempfile
from dataclasses import asdict
from pathlib import Path

from workshop.exercises.catalogue import BY_NAME
from workshop.grading.reading import MAX_FILE_BYTES
from workshop.grading.room import ROW_SECONDS, Begun, Ended, EngineError, Graded, Room, lost_row
from workshop.grading.rows import Row
from workshop.grading.store import Task, version

_RETRIES = 2
_AHEAD = 4  # submissions on their way for each core of the cluster: the others' bytes stay on our disk
_STORE_BYTES = 256 * 2**20
_WHOLE, _NAMES = "whole", ""  # parts of a submission besides its exercises: all that is wanted; which exercises it has


class RayEngine:
    """Grades submissions on Ray. It is used as `Room` is.

    Args:
        workers: int, how many are graded at once where the cluster is one on this machine.
        seed: int, see `Grader`.
        only: names of the exercises to grade, or None for all.
        address: of a cluster; None for one that lasts as long as this engine.
        row_seconds: how long a grading process on a node may be silent before it is given up.

    Raises:
        EngineError: there is no Ray, or no cluster at the address.
    """

    def __init__(self, workers, seed, only=None, address=None, row_seconds=ROW_SECONDS):
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            words = "--engine ray needs the extra `ray`, here and on every node: sh workshop/install/setup.sh ray"
            raise EngineError(words) from None
        self._ray, self._only, self._orders = ray, only, {"seed": seed, "row_seconds": row_seconds}
        self._folder = None if address else tempfile.mkdtemp(prefix="ray-")
        self._connect(address, workers)
        self._grade = ray.remote(max_retries=_RETRIES)(grade_there)
        self._waiting, self._flying = collections.deque(), {}
        self._left = collections.Counter()  # submission -> how many parts of it are waiting or flying
        self._begun = set()

    def _connect(self, address, workers):
        here = {"num_cpus": workers, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
        settings = {} if address else {**here, "_temp_dir": self._folder}
        try:
            self._ray.init(address or "local", log_to_driver=False, logging_level="ERROR", **settings)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            self._remove_folder()
            where = f"There is no Ray cluster to be reached at {address}" if address else "Ray does not start"
            raise EngineError(f"{where}: {str(error).splitlines()[0]}") from None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._ray.shutdown()
        self._remove_folder()

    def _remove_folder(self):
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def is_busy(self):
        """Whether there is a submission of which more is to come."""
        return bool(self._waiting or self._flying)

    def submit(self, task):
        """Have a submission graded, after those that wait already."""
        self._put(task, _WHOLE)

    def start(self):
        """Nothing: Ray starts its processes on its own."""

    def events(self, seconds):
        """What has happened: a list of `Begun`, `Graded` and `Ended`, empty if nothing did for so many seconds.

        Raises:
            EngineError: the cluster is gone, or a node of it cannot grade.
        """
        events = []
        try:
            cores = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
            while self._waiting and len(self._flying) < _AHEAD * cores:
                events += self._send(*self._waiting.popleft())
            if self._flying:
                landed, _ = self._ray.wait([*self._flying], timeout=0 if events else seconds)
                for reference in landed:
                    events += self._take(reference, *self._flying.pop(reference))
        except self._ray.exceptions.RayError as error:
            raise EngineError(f"The Ray cluster cannot be reached any more ({_named(error)}).") from None
        return events

    def _put(self, task, part):
        self._waiting.append((task, part))
        self._left[task.name] += 1

    def _send(self, task, part):
        only = self._only if part == _WHOLE else [part] if part else []
        wanted = {**self._orders, "skip": sorted(task.done), "only": None if only is None else sorted(only)}
        try:
            content = _content(task.path)
        except OSError:  # what it is instead, this machine can say best
            return self._told(task, *grade_file(task.name, task.path, **wanted))
        self._flying[self._grade.remote(task.name, task.path.name, content, wanted)] = task, part
        return []

    def _take(self, reference, task, part):
        try:
            there = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return self._give_up(task, part, _named(error))
        if there["version"] != version():
            raise EngineError("A node of the cluster has another version of the kit: install the same one everywhere.")
        if there["problem"]:
            raise EngineError(f"{there['problem']}, on the node {there['node']}")
        if part == _NAMES:
            for name in there["exercises"]:
                if name not in task.done and (self._only is None or name in self._only):
                    self._put(task, name)
        return self._told(task, there["exercises"], [Row(**row) for row in there["rows"]])

    def _give_up(self, task, part, reason):
        """What every process ended on. Each exercise is then graded on its own, so that it costs only one."""
        if part == _WHOLE:
            self._waiting.append((task, _NAMES))
            return []
        return self._told(task, [], [lost_row(task, part or None, reason)])

    def _told(self, task, exercises, rows):
        events = []
        if task.name not in self._begun:
            self._begun.add(task.name)
            events.append(Begun(task, exercises))
        events += [Graded(task, row) for row in rows]
        self._left[task.name] -= 1
        if not self._left[task.name]:
            self._begun.discard(task.name)
            events.append(Ended(task))
        return events


def _named(error):
    return type(error).__name__


def grade_there(name, file_name, content, wanted):
    """Grade a submission on whatever node this runs.

    Args:
        name: what the submission is called in its rows.
        file_name, content: of its file, str and bytes.
        wanted: dict, the other arguments of `grade_file`.

    Returns:
        dict: `version` of the kit there, names of all `exercises`, and `rows` as dicts; and where that node cannot grade
        anything, the `problem` in words and the name of the `node`.
    """
    found = {"version": version(), "exercises": [], "rows": [], "problem": "", "node": socket.gethostname()}
    with tempfile.TemporaryDirectory(prefix="workshop-ray-") as folder:
        path = Path(folder, file_name)
        path.write_bytes(content)
        try:
            exercises, rows = grade_file(name, path, **wanted)
        except EngineError as error:
            return {**found, "problem": str(error)}
    return {**found, "exercises": exercises, "rows": [asdict(row) for row in rows]}


def grade_file(name, path, seed, row_seconds, skip, only):
    """Grade a submission that is a file here.

    Args:
        name: what it is called in its rows.
        path: of its file.
        seed, row_seconds: as for `Room`.
        skip: names of the exercises whose rows are there already.
        only: names of the exercises to grade, or None for all.

    Returns:
        (names of all its exercises, list of Row).
    """
    unwanted = {exercise.name for exercise in BY_NAME.values()}.difference(only) if only is not None else set()
    room, exercises, rows = room_here(seed, row_seconds), [], []
    room.submit(Task(name, path, "", frozenset(skip) | unwanted))
    try:
        while room.is_busy:
            for event in room.events(1.0):
                if isinstance(event, Begun):
                    exercises = event.exercises
                elif isinstance(event, Graded):
                    rows.append(event.row)
    except EngineError:
        room_here.cache_clear()  # it still has to do this one
        raise
    return exercises, rows


@functools.cache
def room_here(seed, row_seconds):
    """The room of this process: Ray gives it one task after the other, and its grading process stays warm."""
    room = Room(1, seed, row_seconds=row_seconds)
    atexit.register(room.__exit__)
    return room


def _content(path):
    """The bytes of a file that can be sent. Raises OSError where there is no such file."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        raise OSError
    return path.read_bytes()
