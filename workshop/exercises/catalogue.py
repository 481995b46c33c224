"""Every exercise of the kit, by number and by name."""

import difflib

from workshop.exercises import session_1, session_2, session_3

EXERCISES = (*session_1.EXERCISES, *session_2.EXERCISES, *session_3.EXERCISES)
BY_NAME = {name: exercise for exercise in EXERCISES for name in exercise.names}


class UnknownExercise(LookupError):
    """No exercise has this name."""


def exercise_of(name):
    """The exercise that asks for `name`. Raises `UnknownExercise`, with the nearest names."""
    if name in BY_NAME:
        return BY_NAME[name]
    near = difflib.get_close_matches(name, BY_NAME, n=3)
    names = ", ".join(near) if near else ", ".join(BY_NAME)
    raise UnknownExercise(f"there is no exercise {name!r}; {'did you mean' if near else 'there are'}: {names}?")


def part_of(name):
    """The part of its exercise that `name` is."""
    return next(part for part in exercise_of(name).parts if part.name == name)
