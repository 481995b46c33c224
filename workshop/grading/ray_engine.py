"""Grading on a Ray cluster: Ray distributes, retries, and survives its nodes; the files travel with their tasks.

Every node needs this version of the kit, with its extra `ray`, and nothing else: no disk that it shares with us.
"""

import collections
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from workshop.grading.desk import wanted_rows
from workshop.grading.grader import Grader
from workshop.grading.reading import MAX_FILE_BYTES
from workshop.grading.room import Begun, Ended, EngineError, Graded, lost_row
from workshop.grading.rows import Row
from workshop.grading.store import version

_RETRIES = 2
_AHEAD = 4  # submissions on their way for each core of the cluster: the others' bytes stay on our disk
_STORE_BYTES = 256 * 2**20


class RayEngine:
    """Grades submissions on Ray. It is used as `Room` is.

    Args:
        workers: int, how many are graded at once where the cluster is one on this machine.
        seed: int, see `Grader`.
        only: names of the exercises to grade, or None for all.
        address: of a cluster; None for one that lasts as long as this engine.

    Raises:
        EngineError: there is no Ray, or no cluster at the address.
    """

    def __init__(self, workers, seed, only=None, address=None):
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            words = "--engine ray needs the extra `ray`, here and on every node: sh workshop/install/setup.sh ray"
            raise EngineError(words) from None
        self._ray, self._seed, self._only = ray, seed, only
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
        self._put(task, None)

    def start(self):
        """Nothing: Ray starts its processes on its own."""

    def events(self, seconds):
        """What has happened: a list of `Begun`, `Graded` and `Ended`, empty if nothing did for so many seconds."""
        cores = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        events = []
        while self._waiting and len(self._flying) < _AHEAD * cores:
            events += self._send(*self._waiting.popleft())
        if self._flying:
            landed, _ = self._ray.wait([*self._flying], timeout=0 if events else seconds)
            for reference in landed:
                events += self._take(reference, *self._flying.pop(reference))
        return events

    def _put(self, task, exercise):
        self._waiting.append((task, exercise))
        self._left[task.name] += 1

    def _send(self, task, exercise):
        only = [exercise] if exercise else self._only
        wanted = {"seed": self._seed, "skip": sorted(task.done), "only": only and sorted(only)}
        try:
            content = _content(task.path)
        except OSError:  # what it is instead, this machine can say best
            return self._told(task, *grade_file(task.name, task.path, **wanted))
        self._flying[self._grade.remote(task.name, task.path.name, content, wanted)] = task, exercise
        return []

    def _take(self, reference, task, exercise):
        try:
            there = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return self._give_up(task, exercise, type(error).__name__)
        if there["version"] != version():
            raise EngineError("A node of the cluster has another version of the kit: install the same one everywhere.")
        return self._told(task, there["exercises"], [Row(**row) for row in there["rows"]])

    def _give_up(self, task, exercise, reason):
        """What every process ended on. Each exercise is then graded on its own, so that it costs only one."""
        if exercise:
            return self._told(task, [], [lost_row(task, exercise, reason)])
        with Grader(task.name, task.path, seed=self._seed) as grader:
            names = [one.name for one in grader.exercises]
        for name in names:
            if name not in task.done and (self._only is None or name in self._only):
                self._put(task, name)
        return self._told(task, names, [] if names else [lost_row(task, None, reason)])

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


def grade_there(name, file_name, content, wanted):
    """Grade a submission on whatever node this runs.

    Args:
        name: what the submission is called in its rows.
        file_name, content: of its file, str and bytes.
        wanted: dict, the other arguments of `grade_file`.

    Returns:
        dict: `version` of the kit there, names of all `exercises`, and `rows` as dicts.
    """
    with tempfile.TemporaryDirectory(prefix="workshop-ray-") as folder:
        path = Path(folder, file_name)
        path.write_bytes(content)
        exercises, rows = grade_file(name, path, **wanted)
    return {"version": version(), "exercises": exercises, "rows": [asdict(row) for row in rows]}


def grade_file(name, path, seed, skip, only):
    """The names of all exercises of a submission, and the rows of those that are wanted."""
    with Grader(name, path, seed=seed) as grader:
        return [exercise.name for exercise in grader.exercises], [*wanted_rows(grader, skip, only)]


def _content(path):
    """The bytes of a file that can be sent. Raises OSError where there is no such file."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        raise OSError
    return path.read_bytes()
