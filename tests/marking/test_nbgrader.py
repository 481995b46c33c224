"""nbgrader takes our notebooks as they are, and gives points for right answers only."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import reads

from workshop import check, notebooks
from workshop.exercises.catalogue import exercise_of
from workshop.marking.nbgrader_course import build_course
from workshop.notebooks import masters

KEPT = ("discounted_return", "q_target", "greedy_policy", "state_count")
RIGHT = {
    "discounted_return": "def discounted_return(rewards, gamma):\n"
    "    return float(sum(gamma**t * r for t, r in enumerate(rewards)))",
    "q_target": "def q_target(reward, next_q_values, terminated, gamma):\n"
    "    return float(reward) if terminated else float(reward + gamma * max(next_q_values))",
    "greedy_policy": "def greedy_policy(q_table):\n    return q_table.argmax(axis=1)",
    "state_count": "def state_count(height, width, colours):\n    return int(colours) ** (height * width)",
}
WRONG = "def q_target(reward, next_q_values, terminated, gamma):\n    return float(reward + gamma * max(next_q_values))"
ASSIGNMENT = "session_1"
NOTEBOOK = "session_1_reinforcement_learning.ipynb"


def nbgrader(course, *command):
    # nbgrader starts alembic by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *map(str, command)],
        cwd=course,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def keep_a_few(path):
    """Leave only the first cells, which import, and the exercises of `KEPT`: the rest of the session takes its time."""
    notebook = nbformat.read(path, as_version=4)
    names = [cell.metadata.get("workshop", {}) for cell in notebook.cells]
    notebook.cells = [
        cell
        for cell, own in zip(notebook.cells, names)
        if "import workshop" in cell.source or {*own.values()} & {*KEPT}
    ]
    nbformat.write(notebook, path)


def hand_in(course, student, answers):
    """The released notebook with these answers in it, where nbgrader looks for what a student handed in."""
    notebook = nbformat.read(course / "release" / ASSIGNMENT / NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("workshop", {}).get("exercise")
        cell.source = answers.get(name, cell.source)
    target = course / "submitted" / student / ASSIGNMENT / NOTEBOOK
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


@pytest.mark.parametrize("master", masters(), ids=lambda path: path.stem)
def test_every_notebook_is_what_nbgrader_wants(master):
    for text in (notebooks.attendee_notebook(master), notebooks.nbgrader_source(master)):
        notebook = reads(text, as_version=4)  # complains about its schema, missing points, and an id given twice
        checked = [
            cell.metadata.workshop.check for cell in notebook.cells if "check" in cell.metadata.get("workshop", {})
        ]
        exercises = {exercise_of(name).number for name in checked}
        own = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
        assert sum(cell.get("points", 0) for cell in own) == pytest.approx(len(exercises))
        assert all(cell.locked == cell.grade for cell in own)


@pytest.mark.slow
@pytest.mark.alone
def test_autograde_gives_points_for_right_answers_only(tmp_path):
    course = tmp_path / "course"
    build_course(course)
    keep_a_few(course / "source" / ASSIGNMENT / NOTEBOOK)
    done = nbgrader(course, "generate_assignment", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    released = (course / "release" / ASSIGNMENT / NOTEBOOK).read_text(encoding="utf-8")
    assert "award" not in released and "SOLUTION" not in released and "raise NotImplementedError" in released
    hand_in(course, "ada", RIGHT)
    cheat = "def award(name):\n    pass\n\n\ndef check(answer):\n    pass\n\n\n"
    bobs = {
        "discounted_return": cheat + "def discounted_return(rewards, gamma):\n    return 1.0",
        "q_target": WRONG,
        "greedy_policy": RIGHT["greedy_policy"],
        "state_count": 'state_count = borrow("state_count")',
    }
    hand_in(course, "bob", bobs)
    done = nbgrader(course, "autograde", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        score = {student.student.id: student.score for student in gradebook.assignment_submissions(ASSIGNMENT)}
        assert gradebook.find_assignment(ASSIGNMENT).max_score == 3
    assert score == {"ada": 3, "bob": 0.5}
    feedback = (course / "autograded" / "bob" / ASSIGNMENT / NOTEBOOK).read_text(encoding="utf-8")
    assert "bootstraps through the terminal state" in feedback
    done = nbgrader(course, "validate", course / "release" / ASSIGNMENT / NOTEBOOK)
    assert "VALIDATION FAILED ON 4 CELL(S)" in done.stdout, done.stdout + done.stderr


def test_check_raises_where_nbgrader_validates(monkeypatch, tmp_path, capsys):
    def discounted_return(rewards, gamma):
        return 0.5

    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    check(discounted_return)  # an attendee's own kernel sees a message
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(AssertionError, match="1.3 discounted_return is not right yet"):
        check(discounted_return)
    with pytest.raises(AssertionError, match="without calling it"):
        check(3)
    discounted_return.__code__ = (
        lambda rewards, gamma: float(sum(gamma**t * r for t, r in enumerate(rewards)))
    ).__code__
    check(discounted_return)
    assert "✓ 1.3 discounted_return" in capsys.readouterr().out
