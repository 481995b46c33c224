"""Files and workers that nobody thought of: one row an exercise, never a `pass`, no fault of the grader's, and an end."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.grading.fuzzed_files import files, unsolved_files
from tests.grading.fuzzing import check_file, check_replies, raising_worker, scripts

A_FEW, MANY = 20, pytest.param(200, marks=pytest.mark.slow)


def for_all(strategy, examples, check):
    """Let Hypothesis look for an input that `check` does not hold for."""
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(given(strategy)(check))()


@pytest.mark.parametrize("examples", [A_FEW, MANY])
def test_any_file(examples, tmp_path):
    def check(file):
        check_file(tmp_path, file, raising_worker)

    for_all(files, examples, check)


@pytest.mark.parametrize("examples", [A_FEW, MANY])
def test_any_reply(examples, tmp_path):
    def check(script):
        check_replies(tmp_path, script)

    for_all(scripts, examples, check)


@pytest.mark.parametrize("examples", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_any_file_whose_code_is_run(examples, tmp_path):
    def check(file):
        check_file(tmp_path, file)

    for_all(unsolved_files, examples, check)
