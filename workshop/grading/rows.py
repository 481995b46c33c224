"""One exercise of one submission gives one row. Rows, and the files that they are written to."""

import csv
import io
import json
import re
import unicodedata
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
        mistake: the sentence of the known mistake that the answer behaves like; "" where it is none of them.
        detail: what an instructor wants to know besides and an attendee need not read, as text; "" for nothing.
        seed: int, of the inputs that were tried; None where nothing was judged.
        checker: a hash of what decides, so that the verdict can be repeated with the same version; "" for none.

    The first nine are the grading contract, in its order; whatever comes to them is added at the end. Its texts hold
    nothing that steers a terminal or that a file cannot take (see `printable`), wherever they came from.
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
    mistake: str = ""
    detail: str = ""
    seed: int | None = None
    checker: str = ""

    def __post_init__(self):
        for name in ("submission", "message", "counterexample", "mistake", "detail", "checker"):
            object.__setattr__(self, name, printable(getattr(self, name)))


def to_json(rows):
    """JSON text: a list with an object for each row."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def to_csv(rows):
    """CSV text, safe to open in a spreadsheet: what would be a formula there starts with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([field.name for field in fields(Row)])
    for row in rows:
        writer.writerow([_not_a_formula(value) for value in asdict(row).values()])
    return buffer.getvalue()


# Where a cell can begin: at the start of a text, and after a line break or a semicolon in it, because a spreadsheet that
# separates at semicolons (as in Germany or France) takes all quotes after the first cell for text, and splits there.
# The wide signs count in Japan.
_FORMULA = re.compile(r'(?:^|(?<=[\n;]))(?=(?:[^\S\n]|")*[=+@＝＋－＠-])')


def _not_a_formula(value):
    return _FORMULA.sub("'", value) if isinstance(value, str) else value


_SAFE_ALTHOUGH_UNPRINTABLE = "\n\u200c\u200d"  # the joiners are part of emoji, and of names in Persian or Hindi


def printable(text):
    """`text` with � for every character that is none to look at: controls, surrogates, marks that turn the line around."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _SAFE_ALTHOUGH_UNPRINTABLE or _is_space(c) else "�" for c in text)


def _is_space(character):
    return unicodedata.category(character) == "Zs"  # of all widths, such as the one between names in Japanese
