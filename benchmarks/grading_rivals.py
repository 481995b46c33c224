"""The same notebook of five exercises graded by nbgrader's autograde and by Otter, each in an environment of its own.

An answer cell is followed by a check of a few assertions, which is what a course usually has there. Ours tries hundreds
of generated inputs for each exercise instead.
"""

import json
import os
import shutil
import subprocess
import time

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workshop.exercises.reference import reference_source

FIVE = {
    "discounted_return": [
        "assert discounted_return([], 0.9) == 0",
        "assert abs(discounted_return([1.0, 2.0, 3.0], 0.5) - 2.75) < 1e-9",
    ],
    "returns_to_go": [
        "assert np.allclose(returns_to_go([1.0, 2.0, 3.0], 0.5), [2.75, 3.5, 3.0])",
        "assert len(returns_to_go([], 0.5)) == 0",
    ],
    "q_target": [
        "assert abs(q_target(1.0, np.array([2.0, 4.0]), False, 0.5) - 3.0) < 1e-9",
        "assert q_target(1.0, np.array([2.0, 4.0]), True, 0.5) == 1.0",
    ],
    "td_update": [
        "assert np.allclose(td_update(np.zeros(3), 0, 1.0, 1, False, 0.5, 0.9), [0.5, 0.0, 0.0])",
        "assert np.allclose(td_update(np.ones(3), 0, 1.0, 1, True, 0.5, 0.9), [1.0, 1.0, 1.0])",
    ],
    "epsilon_greedy": [
        "assert epsilon_greedy(np.array([0.0, 1.0, 0.5]), 0.0, np.random.default_rng(0)) == 1",
        "assert epsilon_greedy(np.zeros(4), 1.0, np.random.default_rng(0)) in range(4)",
    ],
}


def write_five(folder):
    """A notebook with right answers to the five exercises and the checks below them. Returns its path."""
    cells = [new_markdown_cell("Five exercises"), new_code_cell("import numpy as np")]
    for name, checks in FIVE.items():
        metadata = {"nbgrader": _nbgrader(name, solution=True), "workshop": {"exercise": name}}
        cells.append(new_code_cell(reference_source(name), metadata=metadata))
        cells.append(new_code_cell("\n".join(checks), metadata={"nbgrader": _nbgrader(f"check-{name}", grade=True)}))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "five.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def _nbgrader(cell, solution=False, grade=False):
    points = {"points": 1} if grade else {}
    kind = {"solution": solution, "grade": grade, "locked": grade, "task": False}
    return {"schema_version": 3, "grade_id": cell, **kind, **points}


def with_nbgrader(python, folder, submissions):
    """Seconds for `nbgrader autograde` of a whole assignment; what comes before it is not counted."""
    course = folder / "nbgrader"
    source = course / "source" / "ps1"
    source.mkdir(parents=True)
    shutil.copy(folder / "five.ipynb", source)
    (course / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "course"\n')
    run = [python, "-m", "nbgrader"]
    _quietly([*run, "generate_assignment", "ps1"], course, python)
    for number in range(submissions):
        handed_in = course / "submitted" / f"attendee_{number}" / "ps1"
        handed_in.mkdir(parents=True)
        shutil.copy(folder / "five.ipynb", handed_in)
    started = time.perf_counter()
    _quietly([*run, "autograde", "ps1"], course, python)
    seconds = time.perf_counter() - started
    graded = [*(course / "autograded").glob("*/ps1/five.ipynb")]
    assert len(graded) == submissions, "nbgrader lost one"
    return seconds


def with_otter(python, folder, submissions):
    """Seconds for `otter run`, which is Otter's grading without containers; to make its autograder is not counted."""
    course = folder / "otter"
    tests = course / "tests"
    tests.mkdir(parents=True)
    for name, checks in FIVE.items():
        cases = [{"code": f">>> {check}", "hidden": False, "locked": False} for check in checks]
        suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": name, "points": 1, "suites": [suite]}
        (tests / f"{name}.py").write_text(f"OK_FORMAT = True\n\ntest = {test!r}\n")
    shutil.copy(folder / "five.ipynb", course)
    _quietly([python, "-m", "otter", "generate", "-t", "tests", "--no-environment"], course, python)
    started = time.perf_counter()
    for number in range(submissions):
        out = course / f"out {number}"
        out.mkdir()
        _quietly([python, "-m", "otter", "run", "-a", "autograder.zip", "-o", str(out), "five.ipynb"], course, python)
        results = json.loads((out / "results.json").read_text())
        assert sum(test.get("score", 0) for test in results["tests"]) == len(FIVE), "Otter found a fault"
    return time.perf_counter() - started


def _quietly(command, folder, python):
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


RIVALS = {"nbgrader": with_nbgrader, "otter": with_otter}
PACKAGES = {"nbgrader": "nbgrader", "otter": "otter-grader"}
