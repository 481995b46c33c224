"""Rows on their way out: to JSON, to a spreadsheet, to a terminal."""

import csv
import io
import json
import unicodedata
from dataclasses import asdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workshop.grading.rows import Row, printable, to_csv, to_json

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
def test_csv_gives_back_what_was_written(rows):
    lines = list(csv.DictReader(io.StringIO(to_csv(rows).encode().decode(), newline="")))
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        for name, value in asdict(row).items():
            if isinstance(value, str):
                assert line[name] == value or line[name].replace("'", "") == value.replace("'", "")
            else:
                assert line[name] == ("" if value is None else str(value))


# Texts that are worse than those that Hypothesis thinks of.
_hostile = st.lists(
    st.sampled_from(["=", "+", "-", "@", "＝", "－", ";", ",", "\n", "\r", "\t", '"', "'", " ", "　", "1"])
)


@example(['see;"=1'], ";")
@given(st.lists(st.builds("".join, _hostile), min_size=1, max_size=4), st.sampled_from([",", ";", "\t"]))
def test_no_cell_is_a_formula_whatever_separates_the_cells(texts, delimiter):
    rows = [Row(text, "x", 1, "fail", 0.0, 1.0, text, text, 0.0, text, text) for text in texts]
    for line in csv.reader(io.StringIO(to_csv(rows), newline=""), delimiter=delimiter):
        for cell in line:
            assert not cell.strip().startswith(tuple("=+-@＝＋－＠\t\r"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\n=1", "\t=1", "\r=1", "＝1＋1", "　=1"])
def test_formulas_are_texts(text):
    row = Row("a", "x", 1, "fail", 0.0, 1.0, text, "", 0.0)
    cell = next(csv.DictReader(io.StringIO(to_csv([row]), newline="")))["message"]
    assert cell.strip()[0] in "'�"


def test_a_semicolon_starts_no_formula_where_semicolons_separate():
    row = Row("a", "x", 1, "fail", 0.0, 1.0, "see;=cmd|' /C calc'!A0;", "", 0.0)
    assert "see;'=cmd" in to_csv([row])


@given(_texts)
def test_texts_steer_no_terminal(text):
    row = Row(text, None, None, "ungradable", 0.0, 0.0, text, text, 0.0)
    for own in (row.submission, row.message, row.counterexample):
        assert len(own) == len(text)
        for character in own:
            assert (
                unicodedata.category(character)[0] not in "CZ" or character in " \n\u200c\u200d" or character.isspace()
            )
            assert character not in "\r\t\v\f\x1b\x85\u2028\u2029\u202e\u2066"


@pytest.mark.parametrize("name", ["山田　太郎", "علی‌رضا", "👩‍🔬 Ada", "Zoë\nB."])
def test_names_of_all_languages_stay_as_they_are(name):
    assert printable(name) == name
