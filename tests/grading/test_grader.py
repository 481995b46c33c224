"""The rows of the grader: what they say to an attendee and to the instructor, and that they can be repeated."""

import dataclasses

import pytest

from tests.grading.notebooks import RIGHT_TARGET, write_notebook
from workshop.exercises.catalogue import exercise_of, part_of
from workshop.exercises.reference import reference_source
from workshop.grading.grader import SEED, Grader

HEAD = "def q_target(reward, next_q_values, terminated, gamma):\n    "
BOOTSTRAPS = HEAD + "return reward + gamma * max(next_q_values)"
NEXT = f" Next: {part_of('q_target').hints[0]}"


def row_of(tmp_path, *cells, name="q_target", seed=SEED):
    path = write_notebook(tmp_path / "case.ipynb", *cells)
    with Grader("case.ipynb", path, seed=seed) as grader:
        return grader.row(exercise_of(name))


def test_a_wrong_answer_is_told_what_is_wrong_where_and_what_next(tmp_path):
    row = row_of(tmp_path, BOOTSTRAPS)
    call = "q_target(reward=1.0, next_q_values=np.array([0.0, 2.0]), terminated=True, gamma=0.5)"
    assert row.mistake.startswith("This bootstraps through the terminal state")
    assert row.message == f"{row.mistake} {call} should be 1.0; it is 2.0.{NEXT}"
    assert row.counterexample == f"{call}\nexpected 1.0\nobtained float64(2.0)"


def test_a_wrong_answer_that_nobody_knows(tmp_path):
    row = row_of(tmp_path, HEAD + "return 7.5")
    assert row.mistake == ""
    assert row.message.startswith("q_target(reward=")
    assert "; it is 7.5." in row.message
    assert row.message.endswith(NEXT)


def test_an_exception_is_told_with_its_line_and_its_input(tmp_path):
    row = row_of(tmp_path, "import numpy as np", HEAD + "print('here')\n    return next_q_values[99]")
    assert row.verdict == "error"
    assert "It raises IndexError: " in row.message
    assert "(cell 2, line 3: `return next_q_values[99]`)" in row.message
    assert row.message.endswith(NEXT)
    detail = row.detail.splitlines()
    assert "it raised IndexError: " in detail[0]
    assert detail[0].startswith("8 inputs tried; ")
    assert detail[1:] == ["it printed: here", "loaded: q_target (cell 2)"]


def test_the_instructor_sees_what_was_loaded(tmp_path):
    helper = "import numpy as np\ndef best(values):\n    return np.max(values)"
    row = row_of(tmp_path, HEAD + "return 0.0", helper, RIGHT_TARGET.replace("max(", "best("))
    assert row.verdict == "pass"
    assert row.message == "(q_target is defined 2 times; the last one counts.)"
    assert row.detail.splitlines()[1:] == [
        "loaded: np (cell 2), best (cell 2), q_target (cell 3)",
        "defined 2 times; the last one counts",
    ]


def test_an_input_that_is_too_long_for_a_sentence_stands_in_the_counterexample_only(tmp_path):
    stays = "def sokoban_step(walls, goals, player, boxes, action):\n    return player, boxes, 0.0, False"
    row = row_of(tmp_path, stays, name="sokoban_step")
    assert "\n" not in row.message
    assert row.message.startswith("Player should be (1, 2); it is (1, 1). Next: ")
    assert "#@$.#" in row.counterexample
    assert row.counterexample.endswith("should be   is\n#####       #####\n# @*#       #@$.#\n#####       #####")


@pytest.mark.parametrize(
    "cells, was_judged",
    [([BOOTSTRAPS], True), ([RIGHT_TARGET], True), ([HEAD + "raise NotImplementedError"], False), (["x = 1"], False)],
)
def test_what_was_judged_names_its_seed(tmp_path, cells, was_judged):
    row = row_of(tmp_path, *cells, "def discounted_return(rewards, gamma):\n    return 0.0", seed=7)
    assert row.seed == (7 if was_judged else None)
    assert len(row.checker) == 12


# Wrong where nobody wrote an example: the inputs that are drawn decide, and which they are is the seed's choice.
SELDOM_WRONG = HEAD + (
    "if len(next_q_values) == 3 and next_q_values[1] == 4 and gamma == 0.9:\n        return 0.0\n    "
    "return float(reward) if terminated else float(reward + gamma * max(next_q_values))"
)


@pytest.mark.parametrize("source", [RIGHT_TARGET, SELDOM_WRONG, BOOTSTRAPS])
def test_a_row_can_be_repeated(tmp_path, source):
    rows = [dataclasses.replace(row_of(tmp_path, source, seed=seed), seconds=0.0) for seed in (1, 2, 1)]
    assert rows[0] == rows[2]
    assert (rows[0].seed, rows[1].seed) == (1, 2)
    assert rows[0].checker == rows[1].checker


def test_no_message_gives_the_reference_away(tmp_path):
    row = row_of(tmp_path, BOOTSTRAPS)
    for line in filter(None, reference_source("q_target").splitlines()[1:]):
        assert line.strip() not in f"{row.message}{row.counterexample}{row.detail}"
