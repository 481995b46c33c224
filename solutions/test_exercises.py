"""The pytest entry point: `pytest solutions/` before class, `pytest solutions/ --submission PATH` after it."""

import pytest


def test_exercise(graded_row):
    if graded_row.verdict != "pass":
        lines = [f"{graded_row.verdict}: {graded_row.message}", graded_row.counterexample]
        pytest.fail("\n".join(filter(None, lines)), pytrace=False)
