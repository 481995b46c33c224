"""Gradescope's autograder.zip, unpacked and run in a tree like Gradescope's."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.cli import main
from workshop.marking import CannotBuild
from workshop.marking import autograder as autograder_module
from workshop.marking.autograder import autograder_files, build_autograder
from workshop.marking.package import ROOT


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    """/autograder as Gradescope lays it out: source/ from the archive, run_autograder beside it; the set-up is ours."""
    root = tmp_path_factory.mktemp("gradescope")
    build_autograder(root / "autograder.zip")
    with zipfile.ZipFile(root / "autograder.zip") as archive:
        archive.extractall(root / "source")
    (root / "source" / "run_autograder").rename(root / "run_autograder")
    (root / "run_autograder").chmod(0o755)  # zipfile forgets it; Gradescope sets it too
    command = root / "source" / ".venv" / "bin" / "workshop"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{root / "source"}" exec "{sys.executable}" -m workshop "$@"\n')
    command.chmod(0o755)
    return root


def graded(autograder, submission):
    """results.json for a folder of files, in a tree in which another submission may have been graded before."""
    for name in ("submission", "results"):
        shutil.rmtree(autograder / name, ignore_errors=True)
    shutil.copytree(submission, autograder / "submission")
    done = subprocess.run([autograder / "run_autograder"], cwd="/", capture_output=True, text=True, check=False)
    assert (autograder / "results" / "results.json").is_file(), done.stdout + done.stderr
    return json.loads((autograder / "results" / "results.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_one_person_gets_one_result_whatever_they_upload(autograder, tmp_path):
    write_notebook(tmp_path / "mine.ipynb", RIGHT_RETURN)
    write_notebook(tmp_path / "session_1 (2).ipynb", RIGHT_TARGET)
    results = graded(autograder, tmp_path)
    best = {}
    for test in results["tests"]:
        name = test["name"].split()[0]
        best[name] = max(best.get(name, 0.0), test["score"])
    assert best.pop("discounted_return") == 1.0 and best.pop("q_target") == 1.0
    assert set(best.values()) == {0.0}


@pytest.mark.slow
def test_an_upload_without_a_notebook_gets_a_sentence(autograder, tmp_path):
    (tmp_path / "essay.pdf").write_bytes(b"%PDF")
    results = graded(autograder, tmp_path)
    assert results.get("score", 0) == 0 and sum(test["score"] for test in results.get("tests", [])) == 0
    assert "notebook" in json.dumps(results)


def test_a_result_of_before_is_no_result_of_now(tmp_path):
    """Whatever ends the grader."""
    script = tmp_path / "run_autograder"
    shutil.copy(ROOT / "workshop" / "marking" / "gradescope" / "run_autograder", script)
    command = tmp_path / "source" / ".venv" / "bin" / "workshop"
    for folder in (command.parent, tmp_path / "submission", tmp_path / "results"):
        folder.mkdir(parents=True)
    command.write_text("#!/bin/sh\nexit 1\n")
    command.chmod(0o755)
    (tmp_path / "results" / "results.json").write_text('{"score": 14}')
    subprocess.run([script], capture_output=True, check=False)
    assert json.loads((tmp_path / "results" / "results.json").read_text())["score"] == 0


def test_an_archive_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(autograder_module, "autograder_files", lambda: {"LICENSE": ROOT / "LICENSE"})
    with pytest.raises(CannotBuild, match="No space left"):
        build_autograder(tmp_path / "mine.zip")
    assert not [*tmp_path.iterdir()]


def test_archive_is_complete_repeatable_and_executable(tmp_path):
    for name in ("one.zip", "two.zip"):
        done = CliRunner().invoke(main, ["build", "--for-gradescope", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = set(archive.namelist())
        for script in ("setup.sh", "run_autograder"):
            assert archive.getinfo(script).external_attr >> 16 & 0o111
    tracked = subprocess.run(
        ["git", "ls-files", "workshop", "solutions"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    assert set(tracked) <= names
    assert not [name for name in names if name.startswith(("tests/", ".git", "slides/")) or "__pycache__" in name]
    assert set(autograder_files()) == names


def test_scripts_are_shell_and_stand_where_gradescope_looks():
    scripts = ROOT / "workshop" / "marking" / "gradescope"
    for name in ("setup.sh", "run_autograder"):
        assert subprocess.run(["bash", "-n", scripts / name], check=False).returncode == 0
        assert os.access(scripts / name, os.X_OK)


def test_a_file_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "mine.zip").write_text("precious")
    done = CliRunner().invoke(main, ["build", "--for-gradescope", str(tmp_path / "mine.zip")])
    assert done.exit_code == 1 and "there already" in done.output
    assert (tmp_path / "mine.zip").read_text() == "precious"
    done = CliRunner().invoke(main, ["build", "--for-gradescope", str(tmp_path / "no" / "such.zip")])
    assert done.exit_code == 1 and "cannot be written" in done.output
