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

    Its texts hold no character that steers a terminal or that a file cannot take, wherever they came from.
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

    def __post_init__(self):
        for name in ("submission", "message", "counterexample"):
            object.__setattr__(self, name, _printable(getattr(self, name)))


def to_json(rows):
    """JSON text: a list with an object for each row."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def to_csv(rows):
    """CSV text, safe to open in a spreadsheet: a text that would be a formula there starts with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC)  # where ; separates, too, a text stays in one cell
    writer.writerow([field.name for field in fields(Row)])
    for row in rows:
        writer.writerow([_not_a_formula(value) for value in asdict(row).values()])
    return buffer.getvalue()


def _not_a_formula(value):
    if isinstance(value, str) and value.strip()[:1] in tuple("=+-@＝＋－＠"):  # the wide ones count in Japan
        return "'" + value
    return value


def _printable(text):
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
