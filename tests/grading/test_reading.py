"""Whatever arrives is a submission or one sentence; it is read in a moment."""

import json
import os
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, version_3, write_notebook
from workshop.exercises.catalogue import EXERCISES
from workshop.grading import reading
from workshop.grading.formats import Unreadable, read_cells
from workshop.grading.reading import defines, read_submission
from workshop.notebooks import NOTEBOOKS, masters

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


@settings(max_examples=60)
@given(_notebooks)
def test_any_json_is_cells_or_one_sentence(value):
    try:
        found, remarks = read_cells(json.dumps(value).encode())
    except Unreadable as error:
        assert str(error)
    else:
        assert remarks == []
        for cell in found:
            assert [type(part) for part in (cell.number, cell.is_code, cell.source, cell.exercise)] == [
                int,
                bool,
                str,
                str,
            ]
            cell.source.encode()


@settings(max_examples=60)
@given(st.binary(max_size=100))
def test_any_bytes_are_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_bytes(data)
    assert reason(path)


def test_a_source_may_be_lines_or_text(tmp_path):
    lines = RIGHT_RETURN.splitlines(keepends=True)
    for source in (lines, RIGHT_RETURN, [lines], [lines[:1], [[], [lines[1:]]], 5, None]):
        path = tmp_path / "it.ipynb"
        path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}))
        assert read(path).cells[0].source == RIGHT_RETURN


def test_old_format(tmp_path):
    path = tmp_path / "it.ipynb"
    path.write_text(version_3(RIGHT_TARGET, RIGHT_RETURN))
    assert [cell.source for cell in read(path).cells] == [RIGHT_TARGET, RIGHT_RETURN]


def test_huge_outputs_are_no_obstacle_and_a_huge_file_is(tmp_path):
    path = write_notebook(tmp_path / "it.ipynb", RIGHT_RETURN)
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 10**7}]
    path.write_text(json.dumps(notebook))
    assert read(path).mentions("discounted_return")
    with open(path, "r+b") as file:
        file.truncate(500 * 2**20)
    assert "larger than 64 MB" in reason(path)


def test_an_answer_in_a_cell_that_is_too_long_is_said_to_be_there(tmp_path):
    """A picture was pasted into it, say."""
    path = write_notebook(tmp_path / "it.ipynb", f"{RIGHT_RETURN}\npicture = '{'A' * 200_000}'", RIGHT_TARGET)
    broken = read(path).broken_cell("discounted_return")
    assert (broken.number, broken.error) == (1, "it has more than 200,000 characters")
    assert read(path).broken_cell("q_target") is None


def test_what_is_nested_too_deeply_for_python_is_said(tmp_path):
    path = write_notebook(tmp_path / "it.ipynb", f"def q_target(*a):\n    return {'-' * 100_000}1")
    assert "nested too deeply" in read(path).cells[0].error


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


def test_a_name_that_is_no_text_can_be_graded_and_written(tmp_path):
    from workshop.grading.grader import Grader
    from workshop.grading.rows import to_csv, to_json

    path = tmp_path / "it.ipynb"
    path.write_text("{")
    with Grader(os.fsdecode(b"m\xfcller \x1b[2J.ipynb"), path) as grader:
        rows = list(grader.rows())
    assert "ller" in rows[0].submission and "\x1b" not in rows[0].submission
    (to_json(rows) + to_csv(rows)).encode()


@pytest.mark.parametrize(
    "cell", [RIGHT_RETURN, ("markdown", RIGHT_RETURN), "def discounted_return(:", "discounted_return = 1 +"]
)
def test_a_session_is_graded_whole_if_any_of_it_is_there(cell, tmp_path):
    submission = read(write_notebook(tmp_path / "it.ipynb", "print(1)", cell))
    assert [exercise.name for exercise in submission.exercises()] == SESSION_1


# Sessions -------------------------------------------------------------------------------------------------------------


def _exercise(number, *names):
    return SimpleNamespace(session=number, names=names)


CATALOGUE = [
    *(_exercise(1, name) for name in ("discounted_return", "q_target", "td_update", "q_learning")),
    _exercise(2, "quadratic", "quadratic_gradient"),
    *(_exercise(3, name) for name in ("train", "act", "preprocess", "td_targets", "dqn_loss", "sync_target")),
]


def _stubs(*names):
    return [f"def {name}(*arguments):\n    raise NotImplementedError" for name in names]


ALL_OF_1 = _stubs("discounted_return", "q_target", "td_update", "q_learning")


@pytest.mark.parametrize(
    "cells, marked, sessions",
    [
        (ALL_OF_1, [], {1}),
        ([*ALL_OF_1, *_stubs("train", "act")], [], {1}),  # helpers that happen to be called like exercises
        ([*ALL_OF_1, *_stubs("train", "act", "preprocess", "td_targets")], [], {1, 3}),  # all sessions in one notebook
        (_stubs("q_target"), [], {1}),
        (_stubs("train"), [], {3}),
        (_stubs("train"), ["q_target"], {1}),
        (_stubs("quadratic", "quadratic_gradient", "train"), [], {2}),
        (_stubs("train", "act", "preprocess", "td_targets"), ["q_target"], {1, 3}),
        (["print(1)"], ["q_target", "act"], {1, 3}),  # every answer deleted, two cells of two notebooks left
        ([("markdown", source) for source in ALL_OF_1], [], {1}),
        (_stubs("q_target", "train"), [], {1, 3}),  # too little to tell: a row too many costs nobody a point
    ],
)
def test_the_sessions_of_a_notebook(cells, marked, sessions, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "EXERCISES", CATALOGUE)
    monkeypatch.setattr(reading, "BY_NAME", {name: it for it in CATALOGUE for name in it.names})
    path = write_notebook(tmp_path / "it.ipynb", *cells)
    notebook = json.loads(path.read_text())
    for name in marked:
        notebook["cells"].append(
            {"cell_type": "code", "source": "", "metadata": {"workshop": {"exercise": name}}, "outputs": []}
        )
    path.write_text(json.dumps(notebook))
    found = read(path).exercises()
    assert {exercise.session for exercise in found} == sessions
    assert found == [exercise for exercise in CATALOGUE if exercise.session in sessions]


@pytest.mark.parametrize("metadata", [{"workshop": {"exercise": "q_target"}}, {"workshop": {"check": "q_target"}}])
def test_a_notebook_whose_answers_are_all_deleted_is_still_one_of_its_session(metadata, tmp_path):
    path = tmp_path / "it.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "", "metadata": metadata}]}))
    assert [exercise.name for exercise in read(path).exercises()] == SESSION_1


def test_the_masters_and_what_is_built_of_them_are_of_their_own_session():
    for path in [*masters(), *NOTEBOOKS.glob("*.ipynb")]:
        number = int(path.name.split("_")[1])
        assert {exercise.session for exercise in read_submission(path.name, path).exercises()} == {number}
