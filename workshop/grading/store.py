"""What is known so far of a run: every row at once in a journal on the disk, so that a run that was ended can go on.

The journal is a file of JSON lines in the folder `grading` beside the progress file (see `exercises.records`), one for
each room, that is, for each set of paths to grade. A line says that a submission was begun, or is a row of one. A line
that was cut short, or that somebody else wrote, counts as not written: its row is graded again.
"""

import contextlib
import errno
import fcntl
import functools
import hashlib
import json
import os
import platform
import re
import stat
import time
from dataclasses import asdict, dataclass, field, fields
from importlib import metadata
from pathlib import Path

from workshop.exercises import records
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.reference import SOLUTIONS
from workshop.grading.reading import MAX_FILE_BYTES
from workshop.grading.rows import VERDICTS, Row, printable

_FORMAT = 1
_SYNC_SECONDS = 1  # what a power cut may cost; a killed process costs nothing
_OUTDATED = "of another moment"  # the digest of nothing
_ORDER = {None: -1, **{exercise.name: number for number, exercise in enumerate(EXERCISES)}}


class StoreError(Exception):
    """The journal cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Task:
    """A submission to grade.

    Attributes:
        name: what it is called in its rows.
        path: Path of the file.
        digest: of what the file held when this was decided, see `digest_of`.
        done: names of the exercises that need no grading any more.
    """

    name: str
    path: Path
    digest: str
    done: frozenset = frozenset()


@dataclass
class Entry:
    """A submission that was begun.

    Attributes:
        digest: of its file, as its task has it.
        exercises: their names; [None] where it is unreadable.
        rows: dict, name of an exercise -> Row.
        is_outdated: whether the file was another when it was read. Its rows are those that there are, and only until
            somebody asks again: what has that digest may come back.
    """

    digest: str
    exercises: list
    rows: dict = field(default_factory=dict)
    is_outdated: bool = False


class Store:
    """The rows of one room. Use it in a `with` block.

    Args:
        paths: what was asked to be graded; they name the journal.
        seed: int.
        only: names of the exercises to grade, or None for all.
        resume: whether to keep the rows of an earlier run. Those of another seed or of another version of the kit
            are not kept, nor are those of a submission that has changed.

    Attributes:
        path: of the journal.
        news: a sentence about an earlier run whose rows were not kept, or "".
        entries: dict, name of a submission -> Entry.

    Raises:
        StoreError: it cannot be written, or another run is writing it.
    """

    def __init__(self, paths, seed, only=None, resume=False):
        self.path, self.only, self.news = _journal_of(paths), only, ""
        self.entries, self._synced = {}, time.monotonic()
        header = {"journal": _FORMAT, "seed": seed, "version": version()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)  # grades are nobody else's
        except OSError as error:
            raise self._cannot(error) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not (resume and self._read(header)):
                os.ftruncate(self._file, 0)
                self._append(header)
        except BlockingIOError:
            os.close(self._file)
            raise StoreError(
                "Another `workshop grade` is at work on these submissions. Wait for it, or end it."
            ) from None
        except OSError as error:
            os.close(self._file)
            raise self._cannot(error) from None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        os.close(self._file)

    def task(self, name, path, digest):
        """What is to be done for a submission: a Task, or None if all its rows are here.

        The rows of what it was before it changed are forgotten.
        """
        entry = self.entries.get(name)
        if entry is None or entry.digest != digest or entry.is_outdated:
            self.entries.pop(name, None)
            return Task(name, path, digest)
        return Task(name, path, digest, frozenset(entry.rows)) if self.missing(name) else None

    def begin(self, task, exercises, digest=None):
        """A submission has been read.

        Args:
            task: Task.
            exercises: names of all its exercises, empty where it is unreadable.
            digest: of the file as it is now; None for that of the task.
        """
        entry = self.entries.get(task.name)
        is_outdated = digest not in (None, task.digest)
        if entry is None or entry.digest != task.digest or is_outdated:
            self._append(
                {"begun": task.name, "digest": _OUTDATED if is_outdated else task.digest, "exercises": exercises}
            )
            rows = entry.rows if entry and entry.digest == task.digest else {}
            self.entries[task.name] = Entry(task.digest, exercises or [None], rows, is_outdated)

    def add(self, task, row):
        """Keep a row, the first one of an exercise and of what the submission is now. Returns whether it was that."""
        entry = self.entries.get(task.name)
        if entry is None or entry.digest != task.digest:
            return False
        if row.exercise in entry.rows or row.exercise not in entry.exercises:
            return False
        self._append({"of": task.name, "row": asdict(row)})
        entry.rows[row.exercise] = row
        return True

    def expected(self, name):
        """The exercises of a submission that has been begun, as far as they are to be graded; None for unreadable."""
        return [
            exercise
            for exercise in self.entries[name].exercises
            if exercise is None or self.only is None or exercise in self.only
        ]

    def missing(self, name):
        """The exercises of a submission whose rows are not here; [None] where it was not begun."""
        if name not in self.entries:
            return [None]
        return [exercise for exercise in self.expected(name) if exercise not in self.entries[name].rows]

    def rows(self, names):
        """The rows of these submissions, in their order and in the catalogue's, whatever order they came in."""
        return [
            self.entries[name].rows[exercise]
            for name in names
            if name in self.entries
            for exercise in sorted(self.expected(name), key=_ORDER.get)
            if exercise in self.entries[name].rows
        ]

    def _append(self, record):
        line = json.dumps(record).encode() + b"\n"
        before = os.fstat(self._file).st_size
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(errno.ENOSPC, "the disk is full")
            if time.monotonic() > self._synced + _SYNC_SECONDS:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            os.ftruncate(self._file, before)
            raise self._cannot(error) from None

    def _read(self, header):
        """Take in the journal of an earlier run. Returns whether it can go on."""
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        lines = whole.splitlines()
        earlier = _parsed(lines[0]) if lines else None
        if earlier != header:
            self.news = _why_afresh(earlier, header)
            return False
        os.ftruncate(self._file, len(whole))
        for record in map(_parsed, lines[1:]):
            if _is_beginning(record):
                self.entries[record["begun"]] = Entry(record["digest"], record["exercises"] or [None])
                continue
            with contextlib.suppress(AttributeError, KeyError, TypeError):
                name, row = record["of"], Row(**record["row"])
                if _is_row_of(name, row) and row.exercise in self.entries[name].exercises:
                    self.entries[name].rows[row.exercise] = row
        return True

    def _cannot(self, error):
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Make room there and --resume." if is_full else "Set WORKSHOP_HOME to a folder that can be written."
        return StoreError(f"The rows cannot be kept in {self.path}: {error.strerror}. {advice}")


def digest_of(path):
    """A hash of what a file holds, as far as anybody grades it; of what it is, where it is no file that can be read."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return "not a file"
            digest, left = hashlib.sha256(), MAX_FILE_BYTES
            while left > 0 and (chunk := file.read(2**20)):
                digest.update(chunk)
                left -= len(chunk)
            digest.update(str(os.fstat(file.fileno()).st_size).encode())
            return digest.hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _without_waiting(path, flags):
    """Open a file at once, a pipe too that nobody writes into; and no link, as for the reader."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


@functools.cache
def version():
    """A hash of everything that decides a verdict: the kit's checkers and graders, the references, the libraries."""
    kit = Path(__file__).resolve().parents[1]
    folders = [kit / name for name in ("envs", "exercises", "grading")]
    files = [
        *kit.glob("*.py"),
        *SOLUTIONS.glob("session_*.py"),
        *(f for folder in folders for f in folder.rglob("*.py")),
    ]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.relative_to(kit.parent).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    libraries = [metadata.version(name) for name in ("numpy", "hypothesis", "gym", "chainer")]
    digest.update(" ".join([platform.python_version(), *libraries]).encode())
    return digest.hexdigest()[:16]


def _journal_of(paths):
    rooms = sorted({str(Path(path).resolve()) for path in paths})
    digest = hashlib.sha256("\0".join(rooms).encode(errors="surrogateescape")).hexdigest()[:8]
    readable = re.sub(r"[^\w.-]+", "-", Path(rooms[0]).name)[:40]
    try:
        return records.home() / "grading" / f"{readable}-{digest}.jsonl"
    except OSError as error:
        raise StoreError(f"The rows cannot be kept: {error}.") from None


def _parsed(line):
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _is_beginning(record):
    name, digest, exercises = (record.get(key) for key in ("begun", "digest", "exercises"))
    is_ours = isinstance(name, str) and isinstance(digest, str) and isinstance(exercises, list)
    return is_ours and all(isinstance(exercise, str) and exercise in _ORDER for exercise in exercises)


def _is_row_of(name, row):
    are_right = all(isinstance(getattr(row, field.name), field.type) for field in fields(row))
    return are_right and row.verdict in VERDICTS and row.submission == printable(name)


def _why_afresh(earlier, header):
    if not earlier:
        return "There is no earlier run of these submissions to go on with: all of them are graded."
    if earlier.get("seed") != header["seed"]:
        return f"The earlier run had another seed ({earlier.get('seed')}): everything is graded again."
    return "The kit or its libraries have changed since the earlier run: everything is graded again."
