"""Gradescope's results.json, by its specification."""

import json

from hypothesis import given

from tests.grading.reports.samples import few, rows_of
from workshop.grading.reports.attendees import attendees
from workshop.grading.reports.gradescope import to_gradescope, write_gradescope
from workshop.grading.rows import Row

# https://gradescope-autograders.readthedocs.io/en/latest/specs/
OF_A_RESULT = {"score": float, "execution_time": (int, float), "output": str, "stdout_visibility": str, "tests": list}
OF_A_TEST = {
    "score": float,
    "max_score": float,
    "name": str,
    "number": str,
    "status": str,
    "output": str,
    "output_format": str,
    "visibility": str,
    "extra_data": dict,
}
VISIBILITIES = ("hidden", "after_due_date", "after_published", "visible")


def row(submission="ann.ipynb", exercise="q_target", verdict="pass", points=1.0, **more):
    return Row(submission, exercise, 1, verdict, points, 1.0, "Why.", "q_target(0)", 0.5, **more)


@few
@given(rows_of())
def test_it_follows_the_specification(rows):
    result = json.loads(to_gradescope(rows).encode())
    assert all(isinstance(value, OF_A_RESULT[name]) for name, value in result.items())
    assert result["tests"] or "score" in result
    assert result["stdout_visibility"] in VISIBILITIES
    assert len(result["tests"]) == len(rows)
    for test in result["tests"]:
        assert all(isinstance(value, OF_A_TEST[name]) for name, value in test.items())
        assert {"score", "max_score", "name", "output"} <= set(test)
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in ("passed", "failed")
        assert test["output_format"] == "text"
        assert test["visibility"] in VISIBILITIES


def test_the_attendee_reads_what_is_wrong_and_not_what_is_for_the_instructor():
    (test,) = json.loads(to_gradescope([row(verdict="fail", points=0.0, detail="secret", seed=7)]))["tests"]
    assert (test["number"], test["name"], test["score"], test["max_score"]) == ("1.8", "q_target", 0.0, 1.0)
    assert test["output"] == "✗ Not right yet\n\nWhy.\n\nq_target(0)"
    assert "secret" not in json.dumps(test)
    assert test["extra_data"] == {"verdict": "fail", "seed": 7, "checker": ""}


def test_an_exercise_counts_once_however_many_files_have_it():
    rows = [row("a.ipynb", verdict="fail", points=0.0), row("b.ipynb"), row("c.ipynb"), row("a.ipynb", "td_update")]
    tests = json.loads(to_gradescope(rows))["tests"]
    assert [(test["score"], test["max_score"]) for test in tests] == [(0, 0), (1, 1), (0, 0), (1, 1)]
    assert "Counted in b.ipynb." in tests[0]["output"]
    assert [test["name"] for test in tests[:2]] == ["q_target (a.ipynb)", "q_target (b.ipynb)"]


def test_a_file_that_cannot_be_read_says_why():
    unread = Row("ann.ipynb", None, None, "ungradable", 0.0, 0.0, "It is empty.", "", 0.0)
    (test,) = json.loads(to_gradescope([unread]))["tests"]
    assert (test["name"], test["score"], test["status"]) == ("notebook", 0.0, "failed")
    assert "It is empty." in test["output"]


def test_nothing_handed_in_is_a_result_too():
    result = json.loads(to_gradescope([]))
    assert result["score"] == 0.0
    assert "no notebook" in result["output"]


def test_a_room_is_a_file_for_each(tmp_path):
    rows = [row("ann/session_1.ipynb"), row("ben.ipynb", verdict="fail", points=0.0), row("ben.ipynb", "td_update")]
    write_gradescope(rows, tmp_path / "room")
    files = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in (tmp_path / "room").iterdir()}
    assert set(files) == {attendee.file_name for attendee in attendees(rows)}
    assert sorted(len(result["tests"]) for result in files.values()) == [1, 2]
