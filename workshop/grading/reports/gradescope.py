"""Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/ ("Output format").

Gradescope runs the grader on one person's upload, so there all rows make one file. For a room that was graded elsewhere,
`write_gradescope` writes a file for each attendee.
"""

import json

from workshop.files import write_whole
from workshop.grading.reports.attendees import WORDS, attendees, number_of


def to_gradescope(rows):
    """The text of results.json for the rows of one person.

    An exercise counts once. Where it came in several files, the best one has the points, and the others say so.

    Args:
        rows: list of `Row`. Instructors' `detail` stays out: what is in the file, its owner may see.
    """
    counted = {}
    for row in rows:
        if row.exercise is not None and (row.exercise not in counted or row.points > counted[row.exercise].points):
            counted[row.exercise] = row
    several = len({row.submission for row in rows}) > 1
    result = {
        "execution_time": round(sum(row.seconds for row in rows), 3),
        "stdout_visibility": "hidden",
        "tests": [_test(row, counted.get(row.exercise, row), several) for row in rows],
    }
    if not rows:
        result |= {"score": 0.0, "output": "There is no notebook (*.ipynb) in what was handed in."}
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def write_gradescope(rows, directory):
    """Write a results file for each attendee into a folder, which is made if it is not there. Raises OSError.

    Args:
        rows: list of `Row`.
        directory: Path.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for attendee in attendees(rows):
        write_whole(directory / f"{attendee.file_name}.json", to_gradescope(attendee.rows).encode())


def _test(row, counted, several):
    elsewhere = f"Counted in {counted.submission}." if row is not counted else ""
    heading = f"{WORDS[row.verdict].sign} {WORDS[row.verdict].phrase.capitalize()}"
    output = "\n\n".join(filter(None, (heading, elsewhere, row.message, row.counterexample)))
    name = row.exercise or "notebook"
    test = {
        "name": f"{name} ({row.submission})" if several else name,
        "score": 0.0 if elsewhere else row.points,
        "max_score": 0.0 if elsewhere else row.max_points,
        "status": "passed" if row.verdict == "pass" else "failed",
        "output": output,
        "output_format": "text",
        "visibility": "visible",
        "extra_data": {"verdict": row.verdict, "seed": row.seed, "checker": row.checker},
    }
    if row.exercise and number_of(row.exercise):
        test["number"] = number_of(row.exercise)
    return test
