"""The grader asked from inside a notebook: what nbgrader's hidden tests and Otter's test files call."""

import types

import pytest

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET
from workshop.exercises.catalogue import BY_NAME, EXERCISES
from workshop.grading import in_a_kernel
from workshop.marking.otter_tests import test_files as otters_files

WRONG_TARGET = (
    "def q_target(reward, next_q_values, terminated, gamma):\n    return float(reward + gamma * max(next_q_values))"
)


def run_so_far(monkeypatch, *sources):
    history = types.SimpleNamespace(input_hist_raw=["", *sources])
    monkeypatch.setattr(in_a_kernel, "get_ipython", lambda: types.SimpleNamespace(history_manager=history))


def test_right_answers_are_awarded_and_wrong_ones_explained(monkeypatch):
    run_so_far(
        monkeypatch, "%matplotlib inline", RIGHT_RETURN, WRONG_TARGET, "def broken(:", "check(discounted_return)"
    )
    assert in_a_kernel.award("discounted_return") is None
    with pytest.raises(in_a_kernel.NotRight, match=r"(?s)q_target: fail.*terminal.*expected"):
        in_a_kernel.award("q_target")
    with pytest.raises(in_a_kernel.NotRight, match="td_update: unattempted"):
        in_a_kernel.award("td_update")


@pytest.mark.slow
@pytest.mark.alone
def test_what_was_run_last_counts_and_nothing_in_the_kernel_helps(monkeypatch):
    run_so_far(monkeypatch, WRONG_TARGET, RIGHT_TARGET, 'discounted_return = borrow("discounted_return")')
    assert in_a_kernel.award("q_target") is None
    with pytest.raises(in_a_kernel.NotRight, match="discounted_return: borrowed"):
        in_a_kernel.award("discounted_return")
    run_so_far(monkeypatch, RIGHT_TARGET, WRONG_TARGET, "def award(name):\n    pass")
    with pytest.raises(in_a_kernel.NotRight, match="q_target: fail"):
        in_a_kernel.award("q_target")


def test_where_nothing_is_defined_that_is_a_sentence(monkeypatch):
    for sources in ([], ["x = 1"], ["%%html\n<b>"]):
        run_so_far(monkeypatch, *sources)
        with pytest.raises(in_a_kernel.NotRight, match="q_target: ungradable.*none of the workshop's exercises"):
            in_a_kernel.award("q_target")


def test_one_name_of_several_is_judged_alone(monkeypatch):
    run_so_far(monkeypatch, "def greedy_policy(q_table):\n    return q_table.argmax(axis=1)")
    assert in_a_kernel.award("greedy_policy") is None
    with pytest.raises(in_a_kernel.NotRight, match="state_count: unattempted"):
        in_a_kernel.award("state_count")


def test_otter_gets_a_test_a_name_and_an_exercise_is_worth_a_point():
    files = otters_files()
    points = dict.fromkeys((exercise.number for exercise in EXERCISES), 0.0)
    for path, content in files.items():
        known = {}
        code = compile(
            content.decode().replace("from otter.test_files import test_case", "test_case = lambda: lambda f: f"),
            path,
            "exec",
        )
        exec(code, known)
        assert (
            known["OK_FORMAT"] is False and path == f"session_{BY_NAME[known['name']].session}/tests/{known['name']}.py"
        )
        points[BY_NAME[known["name"]].number] += known["points"]
    assert points == pytest.approx(dict.fromkeys(points, 1.0))
