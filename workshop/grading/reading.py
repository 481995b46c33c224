"""Read a submission: whatever arrives, either its cells or one sentence that says why not."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from workshop.exercises.answers import Cell, Definition, definitions, find_answer, parse_cell
from workshop.exercises.catalogue import EXERCISES

MAX_FILE_BYTES = 64 * 2**20
MAX_CELLS = 10_000
_PERCENT_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)


class Unreadable(ValueError):
    """The file is not something to grade; the text says why, for its author."""


@dataclass(frozen=True)
class Submission:
    """Somebody's notebook.

    Attributes:
        name: the path it is known by, relative to what was asked to be graded.
        cells: its code cells.
        found: their definitions, top to bottom.
        markdown: the sources of its Markdown cells.
    """

    name: str
    cells: tuple[Cell, ...]
    found: tuple[Definition, ...]
    markdown: tuple[str, ...]

    def exercises(self):
        """The exercises of the sessions that this notebook belongs to: those from which it defines any name."""
        sessions = {exercise.session for exercise in EXERCISES if any(self.mentions(name) for name in exercise.names)}
        return [exercise for exercise in EXERCISES if exercise.session in sessions]

    def broken_cell(self, name):
        """The first cell that Python cannot read and that looks as if it defined `name`, or None."""
        return next((cell for cell in self.cells if cell.tree is None and defines(name, cell.source)), None)

    def mentions(self, name):
        is_there = find_answer(name, self.found)[0] is not None or self.broken_cell(name) is not None
        return is_there or any(defines(name, source) for source in self.markdown)


def defines(name, source):
    """Whether text that cannot be parsed, or is not code, looks like a definition of `name`."""
    return re.search(rf"^[ \t]*(?:def|class)[ \t]+{name}\b|^{name}[ \t]*=(?!=)", source, re.MULTILINE) is not None


def find_submissions(path):
    """The files to grade under a path: itself, or every notebook below it, sorted; (name, path) pairs."""
    path = Path(path)
    if path.is_dir():
        files = (file for file in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts)
        return sorted((str(file.relative_to(path)), file) for file in files)
    return [(path.name, path)]


def read_submission(name, path):
    """Read one notebook (`.ipynb`), or a master in py:percent (`.py`).

    Raises:
        Unreadable: with a sentence that says what is wrong with the file.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise Unreadable(f"{name} is not a file" if path.exists() else f"there is no file {name}")
        if path.stat().st_size > MAX_FILE_BYTES:
            megabytes = MAX_FILE_BYTES // 2**20
            raise Unreadable(f"the file is larger than {megabytes} MB; clear the outputs and save it again")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8 text; save it from Jupyter again") from None
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}") from None
    read = _percent_cells if path.suffix == ".py" else _notebook_cells
    sources = read(text)
    cells = tuple(parse_cell(number, source) for number, kind, source in sources if kind == "code")
    markdown = tuple(source for _, kind, source in sources if kind != "code")
    submission = Submission(name, cells, tuple(definitions(cells)), markdown)
    if not submission.exercises():
        raise Unreadable("none of the workshop's exercises is defined in it; is this the right notebook?")
    return submission


def _percent_cells(text):
    starts = [*_PERCENT_CELL.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return [
        (number, "markdown" if "[markdown]" in start[1] else "code", text[start.start() : end])
        for number, (start, end) in enumerate(zip(starts, ends), start=1)
    ]


def _notebook_cells(text):
    if not text.strip("\0 \t\r\n"):
        raise Unreadable("the file is empty")
    if re.search(r"^(<{7}|>{7}|={7})", text, re.MULTILINE):
        raise Unreadable("the file holds merge conflict markers (<<<<<<<); settle the merge and save it again")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the file is not a notebook: its JSON is damaged ({error})") from None
    if not isinstance(notebook, dict):
        raise Unreadable("the file is JSON, but not a notebook")
    if isinstance(notebook.get("worksheets"), list):  # nbformat 3
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    else:
        cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but not a notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS:,} cells")
    found = []
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            found.append((number, "code" if cell.get("cell_type") == "code" else "markdown", source.replace("\0", "")))
    return found
