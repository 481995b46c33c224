"""Right answers that are written differently from the reference: the checker must accept every one of them.

`RIGHT_ANSWERS` maps a name of the catalogue to at least two functions or classes.
"""

from tests.exercises.right_answers import (
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

RIGHT_ANSWERS = {
    name: answers
    for module in (
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
    for name, answers in module.RIGHT_ANSWERS.items()
}
