"""Rows on their way out: to JSON, to a spreadsheet, to a terminal."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.grading.rows import Row, to_csv, to_json

_texts = st.text(st.characters(exclude_categories=()), max_size=20)
_rows = st.builds(
    Row,
    submission=_texts,
    exercise=st.none() | st.sampled_from(["q_target"]),
    session=st.none() | st.integers(1, 4),
    verdict=st.just("fail"),
    points=st.sampled_from([0.0, 0.5, 1.0]),
    max_points=st.just(1.0),
    message=_texts,
    counterexample=_texts,
    seconds=st.floats(0, 100),
)


@given(st.lists(_rows, max_size=3))
def test_json_gives_back_what_was_written(rows):
    assert [Row(**item) for item in json.loads(to_json(rows).encode())] == rows


@given(st.lists(_rows, max_size=3))
def test_csv_holds_one_line_a_row_and_no_formula(rows):
    text = to_csv(rows).encode().decode()
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        assert line["submission"].removeprefix("'") == row.submission.removeprefix("'")
        assert float(line["points"]) == row.points
        for cell in line.values():
            assert not cell.strip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\n=1", "＝1＋1"])
def test_formulas_are_texts(text):
    row = Row("a", "x", 1, "fail", 0.0, 1.0, text, "", 0.0)
    assert next(csv.reader(to_csv([row]).splitlines()[1:]))[6].startswith("'")


def test_a_text_stays_in_one_cell_where_semicolons_separate():
    row = Row("a", "x", 1, "fail", 0.0, 1.0, "see;=cmd", "", 0.0)
    assert '"see;=cmd"' in to_csv([row])


@given(_texts)
def test_texts_steer_no_terminal(text):
    row = Row(text, None, None, "ungradable", 0.0, 0.0, text, text, 0.0)
    for own in (row.submission, row.message, row.counterexample):
        assert len(own) == len(text)
        assert all(character.isprintable() or character == "\n" for character in own)
