"""`workshop grade` and `pytest solutions/` as an instructor runs them."""

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.cli import main
from workshop.exercises import records
from workshop.grading import protections, run, summary
from workshop.grading.room import Begun, Graded
from workshop.grading.rows import VERDICTS, Row, to_csv
from workshop.grading.store import Store, Task

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


HELD = dict.fromkeys(protections.ALL, True)


@pytest.mark.parametrize(
    ("held", "options", "words"),
    [
        (HELD, {}, "with all 6 protections"),
        ({**HELD, protections.NETWORK: False}, {}, "missing: a closed network. workshop/grading/SANDBOX.md"),
        ({**HELD, protections.NETWORK: False}, {"engine": "ray"}, "missing: a closed network."),
        ({**HELD, protections.NETWORK: False}, {"engine": "ray", "address": "there:6379"}, "on the cluster's nodes"),
        (RuntimeError("no process starts"), {}, "cannot be found out: no process starts"),
    ],
)
def test_whoever_grades_is_told_which_protections_hold(held, options, words, monkeypatch, capsys):
    def answer():
        if isinstance(held, Exception):
            raise held
        return held

    monkeypatch.setattr(protections, "protections", answer)
    defaults = {"engine": "local", "address": None}
    run.tell_protections(run.Options((), 7, None, 1, resume=False, outputs={}, **{**defaults, **options}))
    told = capsys.readouterr()
    assert words in told.err and told.err.count("\n") == 1 and not told.out


def test_protections_are_told_once_and_only_where_an_answer_is_run(handed_in, monkeypatch):
    monkeypatch.setattr(protections, "protections", lambda: {**HELD, protections.READING: False})
    words = "less protection here than elsewhere; missing: answers and checkers out of sight."
    assert grade(handed_in, "--only", "q_target").output.count(words) == 1
    assert words not in grade(handed_in, "--only", "q_target", "--resume").output


def test_nothing_to_grade_is_said(tmp_path):
    result = grade(tmp_path)
    assert result.exit_code == 2
    assert "no notebook" in result.output


@pytest.mark.parametrize("name", ["r[/b]x", "[red]", ":smile:", "caf\udce9"])
def test_a_name_is_said_as_it_is(tmp_path, name):
    """Brackets are no markup, and bytes that are no text go out as they came."""
    command = [sys.executable, "-m", "workshop", "grade", name]
    (tmp_path / os.path.dirname(name)).mkdir(exist_ok=True)
    (tmp_path / name).mkdir()
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    result = subprocess.run(command, cwd=tmp_path, env=strict, capture_output=True, timeout=60, check=False)
    assert result.returncode == 2, result.stderr.decode()
    assert f"There is no notebook (*.ipynb) in {name}.".encode(errors="surrogateescape") in result.stdout


def test_a_path_that_is_not_there_is_said(tmp_path):
    result = grade(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_a_file_that_cannot_be_written_is_said_before_anything_is_graded(handed_in, tmp_path):
    result = grade(handed_in, "--json", tmp_path / "no such folder" / "rows.json")
    assert result.exit_code == 2
    assert "no such folder" in result.output
    assert "Traceback" not in result.output


def test_a_dash_is_no_file(handed_in):
    result = grade(str(handed_in), "--json", "-")
    assert result.exit_code == 2 and "Name a file for --json" in result.output
    assert not Path("-").exists()


def test_an_interrupted_run_writes_what_it_knows_and_goes_on_later(handed_in, tmp_path, monkeypatch):
    events = run.Room.events

    def interrupted(room, seconds):
        found = events(room, seconds)
        if any(isinstance(event, Graded) for event in found):
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(run.Room, "events", interrupted)
    options = [handed_in, "--only", "discounted_return", "--only", "q_target", "--json", tmp_path / "rows.json"]
    result = grade(*options, "--workers", 1)
    assert result.exit_code == 130, result.output
    assert "Interrupted" in result.output
    command = shlex.split(result.output.splitlines()[-1])
    assert command[:3] == ["workshop", "grade", str(handed_in)] and command[-1] == "--resume"
    assert json.loads((tmp_path / "rows.json").read_text()) == []
    monkeypatch.undo()
    result = grade(*command[2:])
    assert result.exit_code == 0, result.output
    assert "Going on" in result.output
    assert len(json.loads((tmp_path / "rows.json").read_text())) == 3
    again = grade(*command[2:])
    assert "Going on: 3 rows are known already" in again.output and again.exit_code == 0
    assert str(records.home() / "grading") in result.output and str(records.home() / "grading") in again.output
    write_notebook(handed_in / "ann" / "session_1.ipynb", RIGHT_TARGET)
    again = grade(*command[2:])
    assert "Changed since, and graded again: ann/session_1.ipynb" in again.output
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["verdict"] for row in rows] == ["unattempted", "pass", "ungradable"]


def test_the_command_that_goes_on_understands_its_own_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-room").mkdir(), (tmp_path / "two words").mkdir()
    options = run.Options((Path("-room"), Path("two words")), 7, None, 1, "local", None, False, {"csv": Path("-x.csv")})
    words = shlex.split(options.resume_command())
    with main.commands["grade"].make_context("grade", words[2:]) as context:
        assert [*map(os.path.normpath, context.params["paths"])] == ["-room", "two words"]
        assert context.params["csv_file"] == Path("-x.csv") and context.params["resume"]


def test_a_file_that_may_not_be_read_is_a_row_and_no_end_of_the_run(handed_in, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode, **options: not mode & os.R_OK)
    with main.commands["grade"].make_context("grade", [str(handed_in / "ann" / "session_1.ipynb")]) as context:
        assert context.params["paths"] == (handed_in / "ann" / "session_1.ipynb",)


def test_a_run_that_goes_on_counts_no_submission_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    with Store([tmp_path], 7) as store:
        task = Task("a", None, "digest")
        store.begin(task, ["q_target", "td_update"])
        store.add(task, Row("a", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.1))
        store.begin(Task("c", None, "digest"), [])
        with run.Progress(store, ["a", "b", "c"]) as progress:
            assert (progress._bar.n, progress._bar.total) == (1, 4)  # b has as many as the others in the mean
            progress.take(Begun(task, ["q_target", "td_update"]))
            assert progress._bar.total == 4
            other = Task("b", None, "digest")
            store.begin(other, ["q_target", "td_update"])
            progress.take(Begun(other, ["q_target", "td_update"]))
            assert progress._bar.total == 5


def test_only_one_exercise_with_a_seed(handed_in):
    result = grade(handed_in, "--only", "discounted_return", "--seed", "7")
    assert result.exit_code == 0, result.output
    assert "2 submissions, 2 rows, 1 of 1 points, seed 7: 1 pass, 1 ungradable." in result.output


def test_what_the_command_does_not_understand_is_a_sentence(handed_in):
    assert "Do you mean td_update?" in grade(handed_in, "--only", "td_updat").output
    assert "goes with --engine ray" in grade(handed_in, "--address", "auto").output
    assert grade(handed_in, "--workers", "0").exit_code == 2


def test_a_missing_row_is_a_failure_of_the_run(handed_in, monkeypatch):
    monkeypatch.setattr(run.Store, "add", lambda store, task, row: False)
    result = grade(handed_in, "--only", "discounted_return")
    assert result.exit_code == 1
    assert "2 rows are missing" in result.output


def test_many_submissions_are_counted_by_exercise_and_the_unreadable_ones_named(tmp_path):
    row = Row("ann.ipynb", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.1)
    rows = [replace(row, submission=f"{number}.ipynb", verdict=verdict) for number, verdict in enumerate(VERDICTS)]
    rows += [Row(f"x{n}", None, None, "ungradable", 0.0, 0.0, "[red]merge[/red]", "", 0.0) for n in range(12)]
    console = Console(file=io.StringIO(), width=150)
    summary.show(console, rows, 7, {"csv": Path("rows.csv")})
    text = console.file.getvalue()
    assert re.search(r"1\.8 q_target( +1){9}\n", text)
    assert "Could not be read (12)" in text and "x9: [red]merge[/red]" in text and "and 2 more" in text
    assert "21 submissions, 21 rows, 9 of 9 points, seed 7: 13 ungradable" in text
    assert "rows.csv" in text


def test_a_terminal_that_lacks_our_signs_shows_others(monkeypatch):
    """Latin-1, on an old server: ✓ is not in it, and bytes of a name that are no text go out as they came."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "latin-1"))
    console = summary.console()
    summary.show(console, [Row("müller", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.1)], 7, {"csv": Path("caf\udce9")})
    sys.stdout.flush()
    text = written.getvalue()
    assert b"m\xfcller" in text and b"?" in text and b"caf\xe9" in text


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
    result = run_pytest("--submission", ROOT / "notebooks" / "session_1_reinforcement_learning.ipynb")
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
