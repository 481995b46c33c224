"""What an instructor sees in the terminal when everything is graded."""

import codecs
import contextlib
import sys
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workshop.exercises.catalogue import BY_NAME, EXERCISES
from workshop.grading.outputs import place_of
from workshop.grading.rows import VERDICTS

_SIGNS = {"pass": "✓", "unattempted": "…", "borrowed": "↺"}
_HANDFUL = 4  # submissions of which every row is shown
_UNREADABLE = 10  # of which the reason is shown


def _as_it_is(error):
    """What goes out for characters that an encoding lacks: a byte of a name as it came, a question mark for a sign."""
    characters = error.object[error.start : error.end]
    return b"".join(
        bytes([ord(character) - 0xDC00]) if "\udc80" <= character <= "\udcff" else b"?" for character in characters
    ), error.end


_AS_IT_IS = "workshop.as_it_is"
codecs.register_error(_AS_IT_IS, _as_it_is)


def console():
    """Where words for the instructor go: as they are, since a path may have brackets, or bytes that are no text."""
    with contextlib.suppress(AttributeError):  # a stream that somebody else put there
        sys.stdout.reconfigure(errors=_AS_IT_IS)
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def show(console, rows, seed, places):
    """Print a table, the points, what could not be read, and where the reports are.

    Args:
        console: rich's Console.
        rows: list of Row, at their order.
        seed: int, with which the verdicts can be repeated.
        places: dict, kind of output, or "resume" for the journal -> Path.
    """
    submissions = list(dict.fromkeys(row.submission for row in rows))
    unreadable = [row for row in rows if row.exercise is None]
    if len(submissions) <= _HANDFUL:
        console.print(_every_row(rows))
    else:
        console.print(_by_exercise(rows))
        _tell_unreadable(console, unreadable)
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    count = f"{len(submissions)} submission{'' if len(submissions) == 1 else 's'}"
    verdicts = counted(Counter(row.verdict for row in rows))
    console.print(f"{count}, {len(rows)} rows, {points:g} of {most:g} points, seed {seed}: {verdicts}.")
    for kind, path in places.items():
        console.print(Text(f"  {kind:10} {place_of(kind, path)}"))


def counted(verdicts):
    """A Counter of verdicts in words, the most frequent one first: "12 pass, 3 fail"."""
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())


def _every_row(rows):
    table = Table(box=None, pad_edge=False)
    for heading in ("submission", "exercise", "", "verdict", "message"):
        table.add_column(heading)
    for row in rows:
        sign = _SIGNS.get(row.verdict, "✗")
        cells = (row.submission, row.exercise or "-", sign, row.verdict, row.message)
        table.add_row(*(Text(cell.replace("\n", " ")) for cell in cells))
    return table


def _by_exercise(rows):
    """A line for each exercise, a column for each verdict that somebody got."""
    verdicts = [verdict for verdict in VERDICTS if any(row.verdict == verdict and row.exercise for row in rows)]
    counts = Counter((row.exercise, row.verdict) for row in rows)
    table = Table(box=None, pad_edge=False)
    table.add_column("exercise")
    for verdict in verdicts:
        table.add_column(verdict, justify="right")
    graded = {row.exercise for row in rows if row.exercise}
    for exercise in (exercise for exercise in EXERCISES if exercise.name in graded):
        numbers = [counts[exercise.name, verdict] for verdict in verdicts]
        table.add_row(f"{BY_NAME[exercise.name].number} {exercise.name}", *(str(number or "·") for number in numbers))
    return table


def _tell_unreadable(console, rows):
    if not rows:
        return
    console.print(f"\nCould not be read ({len(rows)}):")
    for row in rows[:_UNREADABLE]:
        console.print(Text(f"  {row.submission}: {row.message}".replace("\n", " ")))
    if len(rows) > _UNREADABLE:
        console.print(f"  and {len(rows) - _UNREADABLE} more")
