"""`workshop grade` and `pytest solutions/` as an instructor runs them."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.grading.notebooks import RIGHT_RETURN, write_notebook
from workshop.cli import main
from workshop.grading.rows import VERDICTS, Row, to_csv

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "handed in"
    (folder / "ann").mkdir(parents=True)
    (folder / "bob" / ".ipynb_checkpoints").mkdir(parents=True)
    write_notebook(folder / "ann" / "session_1.ipynb", RIGHT_RETURN)
    (folder / "bob" / "session_1.ipynb").write_text("{")
    write_notebook(folder / "bob" / ".ipynb_checkpoints" / "session_1.ipynb", RIGHT_RETURN)
    return folder


def grade(*arguments):
    return CliRunner().invoke(main, ["grade", *map(str, arguments)])


def test_a_room_gives_every_row_in_every_file(handed_in, tmp_path):
    result = grade(handed_in, "--json", tmp_path / "rows.json", "--csv", tmp_path / "rows.csv")
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["submission"] for row in rows] == ["ann/session_1.ipynb"] * 14 + ["bob/session_1.ipynb"]
    assert {row["verdict"] for row in rows} == {"pass", "unattempted", "ungradable"} <= set(VERDICTS)
    assert rows[-1]["exercise"] is None
    with open(tmp_path / "rows.csv", newline="") as file:
        assert [row["verdict"] for row in csv.DictReader(file)] == [row["verdict"] for row in rows]
    assert "15 rows, 1 of 14 points" in result.output


def test_nothing_to_grade_is_said(tmp_path):
    result = grade(tmp_path)
    assert result.exit_code == 2
    assert "no notebook" in result.output


def test_a_path_that_is_not_there_is_said(tmp_path):
    result = grade(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_a_file_that_cannot_be_written_is_said_before_anything_is_graded(handed_in, tmp_path):
    result = grade(handed_in, "--json", tmp_path / "no such folder" / "rows.json")
    assert result.exit_code == 2
    assert "no such folder" in result.output
    assert "Traceback" not in result.output


def test_rows_known_so_far_are_kept_when_the_run_is_interrupted(handed_in, tmp_path, monkeypatch):
    from workshop.grading import command

    graded = []

    class Interrupted(command.Grader):
        def row(self, exercise):
            if len(graded) == 3:
                raise KeyboardInterrupt
            graded.append(exercise)
            return super().row(exercise)

    monkeypatch.setattr(command, "Grader", Interrupted)
    grade(handed_in, "--json", tmp_path / "rows.json")
    assert len(json.loads((tmp_path / "rows.json").read_text())) == 3


def test_text_of_a_submission_is_no_formula_and_steers_no_terminal(tmp_path):
    row = Row("=cmd|' /C calc'!A0", "x", 1, "error", 0.0, 1.0, "\x1b[31m red", "@SUM(A1)", 0.1)
    cells = next(csv.reader(to_csv([row]).splitlines()[1:]))
    assert cells[0].startswith("'=")
    assert cells[7].startswith("'@")
    body = "def q_target(*a):\n    raise ValueError('\\x1b[2J gone')"
    path = write_notebook(tmp_path / "x.ipynb", body)
    assert "\x1b[2J" not in grade(path).output


def run_pytest(*arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "solutions", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def test_pytest_on_the_untouched_notebooks_fails_with_a_row_an_exercise():
    result = run_pytest("--submission", ROOT / "notebooks")
    assert result.returncode == 1, result.stdout
    assert "14 rows: 14 unattempted; 0 of 14 points" in result.stdout
    assert "14 failed" in result.stdout


def test_pytest_is_not_ended_by_a_submission(tmp_path):
    source = "import pytest, os\ndef discounted_return(rewards, gamma):\n    pytest.exit('all good', returncode=0)\n"
    write_notebook(tmp_path / "evil.ipynb", "import sys\nsys.exit(0)", source)
    result = run_pytest("--submission", tmp_path, "-k", "discounted_return")
    assert result.returncode == 1, result.stdout
    assert "1 rows: 1 error" in result.stdout


@pytest.mark.slow
def test_pytest_shows_no_escape_sequence_of_a_submission(tmp_path):
    write_notebook(tmp_path / "x.ipynb", "def discounted_return(*a):\n    raise ValueError('\\x1b[2J gone')")
    result = run_pytest("--submission", tmp_path / "x.ipynb", "-k", "discounted_return", "-rA", "--color=no")
    assert result.returncode == 1
    assert "gone" in result.stdout and "\x1b" not in result.stdout


@pytest.mark.slow
def test_pytest_takes_what_cannot_be_read_for_one_failure(tmp_path):
    (tmp_path / "x.ipynb").write_text("<<<<<<< HEAD\n")
    result = run_pytest("--submission", tmp_path)
    assert result.returncode == 1
    assert "merge conflict" in result.stdout and "1 failed" in result.stdout


@pytest.mark.slow
def test_pytest_on_two_processes(tmp_path):
    for name in ("a.ipynb", "b.ipynb"):
        write_notebook(tmp_path / name, RIGHT_RETURN)
    result = run_pytest("--submission", tmp_path, "-n", "2")
    assert result.returncode == 1
    assert "26 failed, 2 passed" in result.stdout


def test_pytest_says_when_there_is_nothing_to_grade(tmp_path):
    result = run_pytest("--submission", tmp_path / "nowhere")
    assert result.returncode != 0
    assert "nowhere" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
