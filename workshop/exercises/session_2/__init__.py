"""Session 2: deep networks and Chainer. Thirteen exercises."""

from workshop.exercises.session_2 import (
    adam,
    backward,
    ball_finder,
    chains,
    convolution,
    im2col,
    maxout,
    nodes,
    quadratic,
    regression,
    standardise,
)

_MODULES = (adam, backward, ball_finder, chains, convolution, im2col, maxout, nodes, quadratic, regression, standardise)
EXERCISES = tuple(
    sorted(
        (exercise for module in _MODULES for exercise in module.EXERCISES),
        key=lambda exercise: int(exercise.number.split(".")[1]),
    )
)
