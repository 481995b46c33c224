"""Grade an answer from inside the notebook that defines it: for nbgrader and Otter, which run a notebook to mark it.

The kit's grader reads the cells that were run so far, as if they had been handed in, and judges the answer in its own
sandbox. So the verdict is that of `workshop grade`. But whoever runs a notebook runs its other cells too, and they could
change what stands in this kernel: against cheating and harm, grade with `workshop grade`, which runs no notebook.
"""

import dataclasses
import tempfile
from pathlib import Path

import nbformat
from IPython import get_ipython

from workshop.exercises.catalogue import exercise_of, part_of
from workshop.grading.grader import Grader


class NotRight(AssertionError):
    """The answer earns no points; the text says why."""


def award(name):
    """Return where the answer called `name` is right, so that the cell counts as passed; raise where it is not.

    Raises:
        NotRight: with the grader's verdict, its message and the input that shows it.
    """
    row = verdict_on(name, get_ipython().history_manager.input_hist_raw)
    if row.verdict != "pass":
        raise NotRight("\n".join(filter(None, (f"{name}: {row.verdict}. {row.message}", row.counterexample))))


def verdict_on(name, sources):
    """The grader's `Row` for one name of the catalogue, defined in cells with these sources, in the order they were run.

    Where they define nothing of the catalogue it is the row of a notebook that cannot be graded.
    """
    exercise = dataclasses.replace(exercise_of(name), parts=(part_of(name),))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.ipynb"
        nbformat.write(notebook, path)
        with Grader("this notebook", path) as grader:
            return grader.row(exercise) if grader.exercises else next(grader.rows())
