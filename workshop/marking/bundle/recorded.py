"""The exercises as they were recorded for a marked course: what they ask for, and inputs with what is demanded there."""

import functools
import json
from pathlib import Path

from hypothesis import strategies as st

from workshop.exercises import plain
from workshop.exercises.exercise import Exercise, Part

_FOLDER = Path(__file__).parent


def exercises(session):
    """The exercises of a session."""
    declared = json.loads((_FOLDER / "catalogue.json").read_text(encoding="utf-8"))
    return tuple(map(_exercise, (each for each in declared if each["number"].startswith(f"{session}."))))


def _exercise(declared):
    parts = [
        Part(
            part["name"],
            tuple(part["parameters"]),
            cases=st.nothing(),
            mistakes=(),
            hints=tuple(part["hints"]),
            explanation="",
            driver=part["driver"],
            companions=tuple(part["companions"]),
        )
        for part in declared["parts"]
    ]
    return Exercise(
        declared["number"], declared["title"], declared["minutes"], tuple(parts), is_stretch=declared["is_stretch"]
    )


@functools.cache
def inputs_of(name):
    """The recorded inputs of a name, the smallest first: dicts, see the files beside this one."""
    return plain.decode((_FOLDER / f"{name}.json").read_bytes())
