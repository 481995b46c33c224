"""The published schema says what is in the rows, no less and no more."""

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from tests.grading.notebooks import RIGHT_RETURN, write_notebook
from tests.grading.reports.samples import few, rows_of
from workshop.grading import reports
from workshop.grading.grader import Grader
from workshop.grading.rows import VERDICTS, Row, to_json

SCHEMA = json.loads(Path(reports.__file__).with_name("rows.schema.json").read_text(encoding="utf-8"))
ROW = SCHEMA["$defs"]["row"]
RULES = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_is_described_in_the_order_of_the_contract():
    names = [field.name for field in fields(Row)]
    assert list(ROW["properties"]) == names
    assert ROW["required"] == names
    assert ROW["additionalProperties"] is False
    assert all(rule["description"].endswith(".") for rule in ROW["properties"].values())


def test_every_verdict_is_known_and_explained():
    rule = ROW["properties"]["verdict"]
    assert rule["enum"] == list(VERDICTS)
    assert all(f"{verdict}: " in rule["description"] for verdict in VERDICTS)


@few
@given(rows_of())
def test_all_rows_follow_it(rows):
    RULES.validate(json.loads(to_json(rows)))


def test_rows_of_a_real_submission_follow_it(tmp_path):
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    rows = list(Grader("broken.ipynb", broken).rows())
    with Grader("ann.ipynb", write_notebook(tmp_path / "ann.ipynb", RIGHT_RETURN)) as grader:
        rows += [grader.row(exercise) for exercise in grader.exercises if "discounted_return" in exercise.names]
    assert [row.verdict for row in rows] == ["ungradable", "pass"]
    RULES.validate(json.loads(to_json(rows)))


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "passed"},
        {"points": -1},
        {"points": "1"},
        {"session": None},
        {"exercise": None},
        {"seconds": None},
        {"seed": 1.5},
        {"extra": 1},
    ],
    ids=str,
)
def test_what_is_no_row_is_refused(change):
    rows = json.loads(to_json([Row("ann", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.1, seed=7)]))
    RULES.validate(rows)
    rows[0].update(change)
    with pytest.raises(jsonschema.ValidationError):
        RULES.validate(rows)
