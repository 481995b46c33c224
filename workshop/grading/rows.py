"""One exercise of one submission gives one row. Rows, and the files that they are written to."""

import csv
import io
import json
from dataclasses import asdict, dataclass, fields

VERDICTS = (
    "pass",
    "fail",
    "unattempted",
    "borrowed",
    "error",
    "timeout",
    "out_of_memory",
    "crash",
    "ungradable",
)


@dataclass(frozen=True)
class Row:
    """What came of one exercise of one submission.

    Attributes:
        submission: the name of the submission, a path relative to what was graded.
        exercise: the exercise's (first) name; None where the whole submission is `ungradable`.
        session: int, or None likewise.
        verdict: one of `VERDICTS`.
        points, max_points: floats; points only for what passed.
        message: a sentence for the attendee.
        counterexample: the smallest failing input with expected and obtained, as text; "" where there is none.
        seconds: wall clock that the verdict took.
    """

    submission: str
    exercise: str | None
    session: int | None
    verdict: str
    points: float
    max_points: float
    message: str
    counterexample: str
    seconds: float


def to_json(rows):
    """JSON text: a list with an object for each row."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def to_csv(rows):
    """CSV text, safe to open in a spreadsheet: a text that would be a formula there starts with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([field.name for field in fields(Row)])
    for row in rows:
        writer.writerow([_not_a_formula(value) for value in asdict(row).values()])
    return buffer.getvalue()


def _not_a_formula(value):
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@") or value in ("\t", "\r"):
        return "'" + value
    return value
