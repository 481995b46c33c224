"""Whatever arrives is a submission or one sentence; it is read in a moment."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, version_3, write_notebook
from workshop.exercises.catalogue import EXERCISES
from workshop.grading.reading import Unreadable, _notebook_cells, defines, find_submissions, read_submission

SESSION_1 = [exercise.name for exercise in EXERCISES if exercise.session == 1]


def read(path):
    return read_submission("it.ipynb", path)


def reason(path):
    with pytest.raises(Unreadable) as raised:
        read(path)
    return str(raised.value)


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "code", "markdown", RIGHT_RETURN, "\0", "\ud800"])
)
_keys = st.sampled_from(["cells", "worksheets", "source", "input", "cell_type", "nbformat", "metadata", "outputs", "x"])
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4), max_leaves=15
)
_cells = st.lists(
    st.fixed_dictionaries({}, optional={"cell_type": _json, "source": _json | st.lists(_scalars), "input": _json})
    | _json,
    max_size=3,
)
_notebooks = (
    _json
    | st.builds(lambda cells: {"cells": cells}, _cells)
    | st.builds(lambda cells: {"worksheets": [{"cells": cells}, cells]}, _cells)
)


@given(_notebooks)
def test_any_json_is_cells_or_one_sentence(value):
    try:
        found = _notebook_cells(json.dumps(value))
    except Unreadable as error:
        assert str(error)
    else:
        assert all(
            type(number) is int and kind in ("code", "markdown") and type(source) is str
            for number, kind, source in found
        )


@given(st.binary(max_size=100))
def test_any_bytes_are_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_bytes(data)
    assert reason(path)


def test_a_source_may_be_lines_or_text(tmp_path):
    lines = RIGHT_RETURN.splitlines(keepends=True)
    for source in (lines, RIGHT_RETURN):
        path = tmp_path / "it.ipynb"
        path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}))
        assert read(path).cells[0].source == RIGHT_RETURN


def test_old_format(tmp_path):
    path = tmp_path / "it.ipynb"
    path.write_text(version_3(RIGHT_TARGET, RIGHT_RETURN))
    assert [cell.source for cell in read(path).cells] == [RIGHT_TARGET, RIGHT_RETURN]


def test_huge_outputs_are_no_obstacle_and_a_huge_file_is(tmp_path, monkeypatch):
    path = write_notebook(tmp_path / "it.ipynb", RIGHT_RETURN)
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 10**7}]
    path.write_text(json.dumps(notebook))
    assert read(path).mentions("discounted_return")
    with open(path, "r+b") as file:
        file.truncate(65 * 2**20)
    assert "larger than 64 MB" in reason(path)


def test_cells_that_are_too_many_or_too_long(tmp_path):
    path = tmp_path / "it.ipynb"
    path.write_text(json.dumps({"cells": [{}] * 10_001}))
    assert "10,000 cells" in reason(path)
    write_notebook(path, "x = 1\n" * 50_000, RIGHT_RETURN)
    long, short = read(path).cells
    assert (long.tree, short.error) == (None, "")
    assert "characters" in long.error


def test_text_that_looks_like_a_definition_is_searched_in_a_moment():
    for text in ("\n" * 10**6, " " * 10**6, "def " * 10**5, "def\n" * 10**5, "x" * 10**6):
        assert not defines("q_target", text)


@pytest.mark.parametrize(
    "text, is_there",
    [
        ("def q_target(r:", True),
        ("    def q_target(", True),
        ("class q_target:", True),
        ("q_target = lambda", True),
        ("x = 1\nq_target= 3", True),
        ("q_target == 3", False),
        ("def q_targets(", False),
        ("# def q_target", False),
        ("def\nq_target", False),
        ("check(q_target)", False),
    ],
)
def test_what_looks_like_a_definition(text, is_there):
    assert defines("q_target", text) == is_there


def test_paths_that_are_no_files(tmp_path):
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "loop.ipynb").symlink_to("loop.ipynb")
    (tmp_path / "lost.ipynb").symlink_to("nowhere")
    (tmp_path / "device.ipynb").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.ipynb")
    found = find_submissions(tmp_path)
    assert [name for name, _ in found] == ["device.ipynb", "folder.ipynb", "loop.ipynb", "lost.ipynb", "pipe.ipynb"]
    for _, path in found:
        assert "file" in reason(path)


def test_a_name_that_is_no_text_can_be_graded_and_written(tmp_path):
    from workshop.grading.grader import Grader
    from workshop.grading.rows import to_csv, to_json

    path = tmp_path / "it.ipynb"
    path.write_text("{")
    with Grader(os.fsdecode(b"m\xfcller \x1b[2J.ipynb"), path) as grader:
        rows = list(grader.rows())
    assert "ller" in rows[0].submission and "\x1b" not in rows[0].submission
    (to_json(rows) + to_csv(rows)).encode()


def test_checkpoints_are_nobodys_submission(tmp_path):
    (tmp_path / "ann" / ".ipynb_checkpoints").mkdir(parents=True)
    write_notebook(tmp_path / "ann" / "b.ipynb", RIGHT_RETURN)
    write_notebook(tmp_path / "ann" / ".ipynb_checkpoints" / "b-checkpoint.ipynb", RIGHT_RETURN)
    assert [name for name, _ in find_submissions(tmp_path)] == [os.path.join("ann", "b.ipynb")]
    assert find_submissions(tmp_path / "ann" / "b.ipynb") == [("b.ipynb", tmp_path / "ann" / "b.ipynb")]


@pytest.mark.parametrize(
    "cell", [RIGHT_RETURN, ("markdown", RIGHT_RETURN), "def discounted_return(:", "discounted_return = 1 +"]
)
def test_a_session_is_graded_whole_if_any_of_it_is_there(cell, tmp_path):
    submission = read(write_notebook(tmp_path / "it.ipynb", "print(1)", cell))
    assert [exercise.name for exercise in submission.exercises()] == SESSION_1
