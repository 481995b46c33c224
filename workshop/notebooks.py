"""From master to attendee's notebook: the answers go out, everything else stays, byte for byte the same every time.

A master is a py:percent file in `solutions/`. In a cell with `exercise="<name>"` the answer stands between
`### BEGIN SOLUTION` and `### END SOLUTION` (nbgrader's markers); a cell with `check="<name>"` checks it. Cells carry
nbgrader's metadata too, so that a school that runs nbgrader can take the notebooks as they are.
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


class BadMaster(ValueError):
    """A master that cannot be built; the text names the file, the cell and what is wrong with it."""


def masters():
    """The masters, in the order of their sessions."""
    return sorted(SOLUTIONS.glob("session_*.py"))


def attendee_notebook(master):
    """The text of the notebook that attendees get for a master (a path). Raises `BadMaster`."""
    notebook = _read(master)
    seen = set()
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"{master.name}, cell {number}"
        for kind in ("exercise", "check"):
            if kind in cell.metadata:
                name = cell.metadata[kind]
                if name not in BY_NAME:
                    raise BadMaster(f"{where}: there is no exercise {name!r}")
                if (kind, name) in seen:
                    raise BadMaster(f"{where}: a second cell with {kind}={name!r}")
                seen.add((kind, name))
        if "exercise" in cell.metadata:
            cell.source = _without_answer(cell, where)
        elif _MARKER.search(cell.source):
            raise BadMaster(f'{where}: solution markers in a cell without exercise="…"')
    return _write(notebook)


def solved_notebook(master):
    """The text of the same notebook with the answers in place: what instructors run and show. Raises `BadMaster`."""
    notebook = _read(master)
    for cell in notebook.cells:
        cell.source = "\n".join(line for line in cell.source.split("\n") if not _MARKER.search(line))
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


def _without_answer(cell, where):
    name = cell.metadata["exercise"]
    message = f"Exercise {BY_NAME[name].number}, {name}, is not attempted yet. Replace this line, or go on with: "
    borrow = f"{name} = borrow('{name}')"
    source, count = _SOLUTION.subn(
        lambda match: (
            f'{match[1]}raise NotImplementedError(\n{match[1]}    "{message}"\n{match[1]}    "{borrow}"\n{match[1]})'
        ),
        cell.source,
    )
    if count == 0 or len(_MARKER.findall(cell.source)) != 2 * count:
        raise BadMaster(f"{where}: {name} needs ### BEGIN SOLUTION and ### END SOLUTION, in this order, in pairs")
    return source


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
        nbgrader["points"] = 1
    return {"workshop": {"check" if graded else "exercise": name}, "nbgrader": nbgrader}
