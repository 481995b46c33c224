"""From master to attendee's notebook: the answers go out, everything else stays, byte for byte the same every time.

A master is a py:percent file in `solutions/`. In a cell with `exercise="<name>"` the answer stands between
`### BEGIN SOLUTION` and `### END SOLUTION` (nbgrader's markers); a cell with `check="<name>"` checks it. A cell with
`reveals="<name>"` shows much of an answer, and is left out where answers are marked; so is one with `needs="engine"`,
because the training engine holds answers, and is no part of what a marked course gets. Cells carry nbgrader's metadata too,
so that a school that runs nbgrader can take the notebooks as they are.
"""

import hashlib
import re
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

from workshop.exercises.catalogue import BY_NAME
from workshop.exercises.reference import SOLUTIONS

NOTEBOOKS = SOLUTIONS.parent / "notebooks"
_SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION[ \t]*\n.*?^[ \t]*### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL
)
_MARKER = re.compile(r"#+[ \t]*(?:BEGIN|END)[ \t]+SOLUTION", re.IGNORECASE)  # mistyped ones too: they would leak

_MARKED = """\
**This copy is for a marked course.** `check` compares your answer with recorded results, and a ✓ says that it was right on
each of those inputs; your instructor's grader tries more. `solution` and `borrow` have nothing to show here: your
instructor has our answers."""


_HIDDEN_TEST = """
### BEGIN HIDDEN TESTS
from workshop.grading.in_a_kernel import award

award("{name}")
### END HIDDEN TESTS"""


class BadMaster(ValueError):
    """A master that cannot be built; the text names the file, the cell and what is wrong with it."""


def masters():
    """The masters, in the order of their sessions."""
    return sorted(SOLUTIONS.glob("session_*.py"))


def attendee_notebook(master, is_marked=False):
    """The text of the notebook that attendees get for a master (a path). Raises `BadMaster`.

    `is_marked`: for the bundle of a marked course, in which nobody can borrow an answer.
    """
    notebook = _read(master)
    seen = set()
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"{master.name}, cell {number}"
        for kind in ("exercise", "check", "reveals"):
            if kind in cell.metadata:
                name = cell.metadata[kind]
                if name not in BY_NAME:
                    raise BadMaster(f"{where}: there is no exercise {name!r}")
                if kind != "reveals" and (kind, name) in seen:
                    raise BadMaster(f"{where}: a second cell with {kind}={name!r}")
                seen.add((kind, name))
        if "exercise" in cell.metadata:
            cell.source = _without_answer(cell, where, is_marked)
        elif _MARKER.search(cell.source):
            raise BadMaster(f'{where}: solution markers in a cell without exercise="…"')
    if is_marked:
        notebook.cells = [_without_hint_of_answer(cell) for cell in notebook.cells]
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(_MARKED))
    return _write(notebook)


def solved_notebook(master):
    """The text of the same notebook with the answers in place: what instructors run and show. Raises `BadMaster`."""
    notebook = _read(master)
    for cell in notebook.cells:
        cell.source = "\n".join(line for line in cell.source.split("\n") if not _MARKER.search(line))
    return _write(notebook)


def nbgrader_source(master):
    """The text of the instructor's notebook for nbgrader: the answers between their markers, a hidden test in each check.

    nbgrader takes both out for the students. When it grades, the hidden test asks the kit's own grader. Raises
    `BadMaster`.
    """
    attendee_notebook(master)  # complains about what nbgrader would stumble over
    notebook = _read(master)
    notebook.cells = [_without_hint_of_answer(cell) for cell in notebook.cells]
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(_MARKED))
    for cell in notebook.cells:
        if "check" in cell.metadata:
            cell.source += _HIDDEN_TEST.format(name=cell.metadata["check"])
    return _write(notebook)


def stale_notebooks(folder=NOTEBOOKS):
    """Names of the notebooks in `folder` that differ from what their master gives, or are missing."""
    return [path.name for path, text in _built(folder) if not path.is_file() or path.read_bytes() != text.encode()]


def build(folder=NOTEBOOKS):
    """Write every attendee notebook into `folder`; returns the paths. Nothing is written if one master is bad."""
    built = list(_built(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in built:
        path.write_bytes(text.encode())
    return [path for path, _ in built]


def _built(folder):
    return [(Path(folder) / f"{master.stem}.ipynb", attendee_notebook(master)) for master in masters()]


def _read(master):
    return jupytext.reads(master.read_text(encoding="utf-8"), fmt="py:percent")


def _without_answer(cell, where, is_marked):
    name = cell.metadata["exercise"]
    lines = [f"Exercise {BY_NAME[name].number}, {name}, is not attempted yet. Replace this line, or go on with: "]
    lines.append(f"{name} = borrow('{name}')")
    if is_marked:
        lines = [lines[0].replace(", or go on with: ", ".")]

    def stub(match):
        indent = match[1]
        words = "".join(f'{indent}    "{line}"\n' for line in lines)
        return f"{indent}raise NotImplementedError(\n{words}{indent})"

    source, count = _SOLUTION.subn(stub, cell.source)
    if count == 0 or len(_MARKER.findall(cell.source)) != 2 * count:
        raise BadMaster(f"{where}: {name} needs ### BEGIN SOLUTION and ### END SOLUTION, in this order, in pairs")
    return source


def _without_hint_of_answer(cell):
    """The cell, or where it shows much of an answer or needs the engine, a sentence that says what stood here."""
    name = cell.metadata.get("reveals")
    if "needs" in cell.metadata:
        words = "*A cell is left out here: it trains with the kit's engine, which a marked course does not get.*"
        return nbformat.v4.new_markdown_cell(words)
    if name is None:
        return cell
    words = f"*A cell is left out here: it is built like the answer to exercise {BY_NAME[name].number}, `{name}`.*"
    return nbformat.v4.new_markdown_cell(words)


def _write(notebook):
    """The notebook as text: stable cell ids, the kit's and nbgrader's metadata, no outputs."""
    seen = Counter()
    for cell in notebook.cells:
        name, check = cell.metadata.get("exercise"), cell.metadata.get("check")
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        cell_id = f"exercise-{name}" if name else f"check-{check}" if check else digest
        seen[cell_id] += 1
        cell["id"] = cell_id if seen[cell_id] == 1 else f"{cell_id}-{seen[cell_id]}"
        cell.metadata = nbformat.from_dict(_metadata(name, check))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def _metadata(exercise, check):
    name = exercise or check
    if name is None:
        return {}
    graded = check is not None
    nbgrader = {
        "schema_version": 3,
        "grade_id": f"{'check' if graded else 'exercise'}-{name}",
        "grade": graded,
        "solution": not graded,
        "locked": graded,
        "task": False,
    }
    if graded:
        count = len(BY_NAME[name].names)
        nbgrader["points"] = 1 / count if count > 1 else 1  # an exercise is worth a point, whatever it is made of
    return {"workshop": {"check" if graded else "exercise": name}, "nbgrader": nbgrader}
