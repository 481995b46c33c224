"""Read a submission: whatever arrives, either its cells or one sentence that says why not."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from workshop.exercises.answers import Definition, definitions, find_answer
from workshop.exercises.catalogue import BY_NAME, EXERCISES
from workshop.exercises.cells import Cell, parse_cell
from workshop.grading.formats import Unreadable, read_cells

MAX_FILE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Submission:
    """Somebody's notebook.

    Attributes:
        name: the path it is known by, relative to what was asked to be graded.
        cells: its code cells.
        found: their definitions, top to bottom.
        markdown: the sources of its Markdown cells.
        marked: the exercises that the metadata of its cells name.
        remarks: sentences about what had to be assumed in order to read it.
    """

    name: str
    cells: tuple[Cell, ...]
    found: tuple[Definition, ...]
    markdown: tuple[str, ...]
    marked: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()

    def exercises(self):
        """The exercises of the sessions that this notebook belongs to.

        A session counts by the share of its names that the notebook defines, and in full if the metadata of a cell name
        one of its exercises. The sessions with at least half of the largest share are graded: a helper called `act`
        does not make a notebook one of Session 3, and in a notebook of both nothing of either is lost.
        """
        shares = {}
        for session in {exercise.session for exercise in EXERCISES}:
            names = [name for exercise in EXERCISES if exercise.session == session for name in exercise.names]
            is_marked = not self.marked.isdisjoint(names)
            shares[session] = 1.0 if is_marked else sum(map(self.mentions, names)) / len(names)
        enough = max(shares.values(), default=0.0) / 2
        return [exercise for exercise in EXERCISES if shares[exercise.session] >= enough > 0]

    def broken_cell(self, name):
        """The first cell that Python cannot read and that looks as if it defined `name`, or None."""
        return next((cell for cell in self.cells if cell.tree is None and defines(name, cell.source)), None)

    def mentions(self, name):
        is_there = find_answer(name, self.found)[0] is not None or self.broken_cell(name) is not None
        return is_there or any(defines(name, source) for source in self.markdown)


def defines(name, source):
    """Whether text that cannot be parsed, or is not code, looks like a definition of `name`."""
    if name not in source:
        return False
    return re.search(rf"^[ \t]*(?:def|class)[ \t]+{name}\b|^{name}[ \t]*=(?!=)", source, re.MULTILINE) is not None


def read_submission(name, path):
    """Read the notebook, or Python file, at `path`; it is called `name`.

    Raises:
        Unreadable: with a sentence that says what is wrong with the file.
    """
    return submission_of(name, read_file(name, path))


def read_file(name, path):
    """The bytes of a submission's file: of a regular one that is no link, so of nobody else's. Raises `Unreadable`."""
    try:
        # Without O_NONBLOCK a named pipe would hold the grader here.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable(f"there is no file {name}") from None
    except (OSError, ValueError) as error:
        if os.path.islink(path):
            raise Unreadable(f"{name} is a link, not a file; hand in the notebook itself") from None
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"the file cannot be read: {reason}") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
            raise Unreadable(f"{name} is {kind}, not a file; hand in the notebook itself")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_FILE_BYTES:
        megabytes = MAX_FILE_BYTES // 2**20
        raise Unreadable(f"the file is larger than {megabytes} MB; clear the outputs and save it again")
    return data


def submission_of(name, data):
    """The submission that a file's bytes are, whatever it is called. Raises `Unreadable`."""
    is_notebook = Path(name).suffix.lower() not in (".py", ".txt")
    raw, remarks = read_cells(data, is_notebook)
    cells = tuple(parse_cell(cell.number, cell.source) for cell in raw if cell.is_code)
    markdown = tuple(cell.source for cell in raw if not cell.is_code)
    marked = frozenset(cell.exercise for cell in raw if cell.exercise in BY_NAME)
    submission = Submission(name, cells, tuple(definitions(cells)), markdown, marked, tuple(remarks))
    if not submission.exercises():
        raise Unreadable("none of the workshop's exercises is defined in it; is this the right notebook?")
    return submission
