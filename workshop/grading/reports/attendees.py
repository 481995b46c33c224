"""What a room's rows say together: who is who, where people are stuck, which mistakes they make."""

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from workshop.exercises.catalogue import BY_NAME
from workshop.grading.finding import person_of
from workshop.grading.rows import Row


class Words(NamedTuple):
    """How a verdict is shown: a sign, a short word for a table, a phrase for the attendee, a group for counting."""

    sign: str
    short: str
    phrase: str
    group: str


WORDS = {
    "pass": Words("✓", "pass", "right", "right"),
    "fail": Words("✗", "fail", "not right yet", "wrong"),
    "unattempted": Words("…", "to do", "not attempted yet", "todo"),
    "borrowed": Words("↺", "borrowed", "borrowed from us", "borrowed"),
    "error": Words("✗", "error", "stops with an error", "wrong"),
    "timeout": Words("✗", "timeout", "does not come back in time", "wrong"),
    "out_of_memory": Words("✗", "memory", "needs too much memory", "wrong"),
    "crash": Words("✗", "crash", "ends the whole process", "wrong"),
    "ungradable": Words("?", "unread", "could not be graded", "wrong"),
}
GROUPS = ("right", "wrong", "borrowed", "todo")
_BY_NUMBER = {exercise.name: place for place, exercise in enumerate(BY_NAME.values())}


@dataclass(frozen=True)
class Attendee:
    """One line of the class page.

    Attributes:
        name: of the person; of the file, where the same exercise came in several files of one person.
        rows: tuple of `Row`, in the order of the catalogue.
    """

    name: str
    rows: tuple[Row, ...]

    @property
    def file_name(self):
        """Of the attendee's page and results, without an ending; no two names share it, on any file system."""
        words = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        words = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:40]
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:12]
        return f"{words}-{digest}" if words else digest

    @property
    def points(self):
        return sum(row.points for row in self.rows)

    @property
    def max_points(self):
        return sum(row.max_points for row in self.rows)

    @property
    def seconds(self):
        return sum(row.seconds for row in self.rows)

    @property
    def groups(self):
        """{group: how many of the exercises}, for each of `GROUPS`."""
        counts = Counter(WORDS[row.verdict].group for row in self.rows if row.exercise is not None)
        return {group: counts[group] for group in GROUPS}

    @property
    def unread(self):
        """The rows of files that could not be read at all."""
        return tuple(row for row in self.rows if row.exercise is None)

    def row_of(self, exercise):
        """The row of an exercise by its name, or None."""
        return next((row for row in self.rows if row.exercise == exercise), None)

    def next_row(self):
        """The row to go on with: what is not right yet, then what is to do, then what is borrowed; None at the end."""
        for group in ("wrong", "todo", "borrowed"):
            for row in self.rows:
                if WORDS[row.verdict].group == group:
                    return row
        return None


@dataclass
class Tally:
    """What the room made of one exercise.

    Attributes:
        exercise: its name.
        session: int.
        groups: Counter over `GROUPS`.
        mistakes: {sentence of a known mistake: its `KnownMistake`}.
        checkers: the hashes of what decided; more than one where the kit changed between two gradings.
    """

    exercise: str
    session: int
    groups: Counter = field(default_factory=Counter)
    mistakes: dict = field(default_factory=dict)
    checkers: set = field(default_factory=set)


@dataclass
class KnownMistake:
    """A known mistake of one exercise, and the list of `Attendee`s who make it."""

    exercise: str
    sentence: str
    who: list = field(default_factory=list)

    @property
    def is_common(self):
        """Whether it is worth a word to the whole room."""
        return len(self.who) > 1


def attendees(rows):
    """The `Attendee`s of a list of rows, by name. A person's files are one, unless they answer the same exercise."""
    people = {}
    for row in rows:
        files = people.setdefault(person_of(row.submission), {})
        files.setdefault(row.submission, []).append(row)
    found = []
    for person, files in people.items():
        together = [row for own in files.values() for row in own]
        answered = [row.exercise for row in together if row.exercise is not None]
        if len(set(answered)) == len(answered):
            found.append(Attendee(person, _in_order(together)))
        else:
            found.extend(Attendee(name, _in_order(own)) for name, own in files.items())
    return sorted(found, key=lambda attendee: (attendee.name.casefold(), attendee.name))


def tallies(room):
    """The `Tally` of every exercise that a list of `Attendee`s has a row of, in the order of the catalogue."""
    found = {}
    for attendee in room:
        for row in attendee.rows:
            if row.exercise is None:
                continue
            tally = found.setdefault(row.exercise, Tally(row.exercise, row.session))
            tally.groups[WORDS[row.verdict].group] += 1
            if row.mistake:
                mistake = tally.mistakes.setdefault(row.mistake, KnownMistake(row.exercise, row.mistake))
                mistake.who.append(attendee)
            if row.checker:
                tally.checkers.add(row.checker)
    return sorted(found.values(), key=lambda tally: _place(tally.exercise, tally.session))


def number_of(exercise):
    """ "1.3" of an exercise by its name; "" where this version of the kit has no such exercise."""
    return BY_NAME[exercise].number if exercise in BY_NAME else ""


def is_stretch(exercise):
    """Whether it is one of those beyond the session's time."""
    return exercise in BY_NAME and BY_NAME[exercise].is_stretch


def title_of(row):
    """What a row is about, in words: "1.3 discounted_return", or the file's name where nothing of it could be read."""
    return f"{number_of(row.exercise)} {row.exercise}".strip() if row.exercise else row.submission


def _in_order(rows):
    return tuple(sorted(rows, key=lambda row: (_place(row.exercise, row.session), row.submission)))


def _place(exercise, session):
    """Unread files first, then the catalogue's order, then what this version does not know."""
    if exercise is None:
        return -1, 0, ""
    return _BY_NUMBER.get(exercise, len(_BY_NUMBER)), session or 0, exercise
