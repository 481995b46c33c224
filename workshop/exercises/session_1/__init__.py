"""Session 1: reinforcement learning and gym. Fourteen exercises."""

from workshop.exercises.session_1 import (
    control,
    deadlock,
    episodes,
    exploration,
    planning,
    returns,
    shaping,
    sokoban,
    tables,
    targets,
    temporal_difference,
)

_MODULES = (
    control,
    deadlock,
    episodes,
    exploration,
    planning,
    returns,
    shaping,
    sokoban,
    tables,
    targets,
    temporal_difference,
)
EXERCISES = tuple(
    sorted(
        (exercise for module in _MODULES for exercise in module.EXERCISES),
        key=lambda exercise: int(exercise.number.split(".")[1]),
    )
)
