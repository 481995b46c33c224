"""Right answers that are written differently from the reference: the checker must accept every one of them.

`RIGHT_ANSWERS` maps a name of the catalogue to at least two functions or classes, or an `Accompanied` where it
is judged together with others.
"""

from tests.exercises.right_answers import (
    activations,
    autodiff,
    ball_finder,
    batch_targets,
    chains,
    control,
    convolution,
    deadlock,
    episodes,
    exploration,
    faults,
    im2col,
    memories,
    optimizers,
    planning,
    prioritised,
    q_networks,
    quadratic,
    regression,
    returns,
    schedules,
    screens,
    shaping,
    sokoban,
    standardise,
    tables,
    targets,
    temporal_difference,
    training,
)

RIGHT_ANSWERS = {
    name: answers
    for module in (
        activations,
        autodiff,
        batch_targets,
        ball_finder,
        chains,
        control,
        convolution,
        deadlock,
        episodes,
        memories,
        exploration,
        faults,
        im2col,
        optimizers,
        planning,
        prioritised,
        q_networks,
        quadratic,
        regression,
        returns,
        schedules,
        screens,
        shaping,
        sokoban,
        standardise,
        tables,
        targets,
        temporal_difference,
        training,
    )
    for name, answers in module.RIGHT_ANSWERS.items()
}
