"""Every whole file of the table is read, or is one row with the reason; in a moment, and in little memory."""

import subprocess
import sys

import pytest

from tests.grading.arrivals import READ, UNGRADABLE, notebook
from tests.grading.notebooks import RIGHT_RETURN, slow_but
from workshop.exercises.answers import find_answer, needed
from workshop.exercises.catalogue import exercise_of
from workshop.grading.formats import Unreadable
from workshop.grading.grader import Grader
from workshop.grading.reading import submission_of


@pytest.mark.parametrize("case", READ)
def test_what_can_be_read(case):
    name, data, words = READ[case]
    submission = submission_of(name, data)
    definition, _ = find_answer("discounted_return", submission.found)
    namespace = {}
    for step in needed(definition, submission.found):
        exec(step.source, namespace)
    assert namespace["discounted_return"]([1.0, 2.0, 4.0], 0.5) == 3.0
    assert words in " ".join(submission.remarks)
    assert bool(words) == bool(submission.remarks)


@pytest.mark.parametrize("case", UNGRADABLE)
def test_what_cannot_be_read(case):
    name, data, words = UNGRADABLE[case]
    with pytest.raises(Unreadable) as raised:
        submission_of(name, data)
    assert words in str(raised.value)
    assert len(str(raised.value)) < 250


SAMPLE = ["UTF-16 with a mark", "GB 18030", "nbformat 3", "lines without their ends", "exported by nbconvert"]


@pytest.mark.parametrize("case", slow_but(SAMPLE[:1], SAMPLE))
def test_what_can_be_read_is_graded(case, tmp_path):
    name, data, words = READ[case]
    path = tmp_path / name
    path.write_bytes(data)
    with Grader(name, path) as grader:
        row = grader.row(exercise_of("discounted_return"))
    assert row.verdict == "pass", row
    assert words in row.detail


def test_an_import_from_the_future_is_for_all_cells_below_it(tmp_path):
    answer = RIGHT_RETURN.replace("rewards,", "rewards: NoSuchType,")
    path = tmp_path / "s.ipynb"
    path.write_text(notebook("from __future__ import annotations", answer))
    with Grader("s.ipynb", path) as grader:
        assert grader.row(exercise_of("discounted_return")).verdict == "pass"


@pytest.mark.parametrize("case", UNGRADABLE)
def test_what_cannot_be_read_is_one_row(case, tmp_path):
    name, data, words = UNGRADABLE[case]
    path = tmp_path / name
    path.write_bytes(data)
    with Grader(name, path) as grader:
        (row,) = grader.rows()
    assert (row.exercise, row.verdict, row.points) == (None, "ungradable", 0.0)
    assert words in row.message


# Each as large as a file may be; `size` bytes of it.
BOMBS = {
    "one line": """b'{"x": "' + b'x' * size + b'"}'""",
    "one line of code": """b'{"cells": [{"cell_type": "code", "source": "' + b'x' * size + b'"}]}'""",
    "one line of another encoding": """b'{"x": "\\xe9' + b'x' * size + b'"}'""",
    "empty lists": "b'[' + b'[],' * (size // 3) + b'[]]'",
    "empty cells": """b'{"cells": [' + b'{},' * (size // 3) + b'{}]}'""",
    "brackets": "b'[' * size",
    "in UTF-16": "b'\\xff\\xfe' + b'[\\0' * (size // 2)",
}


@pytest.mark.slow
def test_the_largest_files_take_seconds_and_half_a_gigabyte():
    script = f"""
import resource, time
from workshop.grading.reading import MAX_FILE_BYTES, Unreadable, submission_of
size = MAX_FILE_BYTES - 200
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for make in ({", ".join(f"lambda: {bomb}" for bomb in BOMBS.values())}):
    data = make()
    assert size - 10 < len(data) <= MAX_FILE_BYTES
    started = time.process_time()
    try:
        submission_of("s.ipynb", data)
    except Unreadable as error:
        print(error)
    assert time.process_time() - started < 10
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    *reasons, peak = run.stdout.splitlines()
    assert len(reasons) == len(BOMBS)
    assert int(peak) * (1 if sys.platform == "darwin" else 1024) < 2**29, run.stdout


@pytest.mark.slow
def test_the_longest_code_that_is_read_takes_seconds():
    cells = ["x=1\n" * 49_000, "%a\n" * 60_000, "(" * 100_000]
    submission_of("s.ipynb", notebook(RIGHT_RETURN, *cells).encode())
