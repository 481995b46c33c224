"""Session 3: DQN. Fifteen exercises."""

from workshop.exercises.session_3 import (
    acting,
    dueling,
    faults,
    frame_stack,
    losses,
    n_step,
    preprocessing,
    prioritised,
    q_network,
    replay,
    schedules,
    target_network,
    targets,
    training,
)

_MODULES = (
    acting,
    dueling,
    faults,
    frame_stack,
    losses,
    n_step,
    preprocessing,
    prioritised,
    q_network,
    replay,
    schedules,
    target_network,
    targets,
    training,
)
EXERCISES = tuple(
    sorted(
        (exercise for module in _MODULES for exercise in module.EXERCISES),
        key=lambda exercise: int(exercise.number.split(".")[1]),
    )
)
