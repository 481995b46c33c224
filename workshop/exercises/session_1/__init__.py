"""Session 1: reinforcement learning and gym. Fourteen exercises."""

from workshop.exercises.session_1 import returns

EXERCISES = tuple(sorted((*returns.EXERCISES,), key=lambda exercise: int(exercise.number.split(".")[1])))
