"""What `workshop grade` does: every submission, a progress bar, a table, the files that were asked for."""

from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from workshop.grading.grader import SEED, Grader
from workshop.grading.reading import find_submissions
from workshop.grading.rows import to_csv, to_json

_SIGNS = {"pass": "✓", "unattempted": "…", "borrowed": "↺"}


def grade(path, json_file=None, csv_file=None):
    """Grade what is at `path` and show it. Returns the exit status: 0 if every row is there.

    Args:
        path: a notebook, or a folder of them.
        json_file, csv_file: paths to write the rows to, or None. They are written after every submission.
    """
    console = Console(highlight=False)
    submissions = find_submissions(path)
    if not submissions:
        console.print(f"There is no notebook (*.ipynb) in {path}.", soft_wrap=True)
        return 2
    for target in filter(None, (json_file, csv_file)):
        try:
            target.open("a").close()
        except OSError as error:
            console.print(
                f"The rows cannot be written to {target}: {error.strerror}. Nothing was graded.", soft_wrap=True
            )
            return 2
    rows, expected = [], 0
    try:
        with tqdm(submissions, unit="notebook", disable=None) as bar:
            for name, file in bar:
                bar.set_postfix_str(name[-40:])
                with Grader(name, file) as grader:
                    expected += max(1, len(grader.exercises))
                    rows.extend(grader.rows())
                _write(rows, json_file, csv_file)  # already now: whoever ends the grader costs one submission
    finally:
        _write(rows, json_file, csv_file)
    console.print(_table(rows))
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    console.print(f"{len(rows)} rows, {points:g} of {most:g} points, seed {SEED}.")
    if len(rows) != expected:
        console.print(f"{expected - len(rows)} rows are missing: this is a fault of the grader, please report it.")
        return 1
    return 0


def _write(rows, json_file, csv_file):
    for target, as_text in ((json_file, to_json), (csv_file, to_csv)):
        if target:
            target.write_text(as_text(rows), encoding="utf-8")


def _table(rows):
    table = Table(box=None, pad_edge=False)
    for heading in ("submission", "exercise", "", "verdict", "message"):
        table.add_column(heading)
    for row in rows:
        sign = _SIGNS.get(row.verdict, "✗")
        cells = (row.submission, row.exercise or "-", sign, row.verdict, row.message)
        table.add_row(*(Text(cell.replace("\n", " ")) for cell in cells))
    return table
