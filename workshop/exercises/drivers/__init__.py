"""How answers are called. A driver takes the answer and plain arguments, and returns plain data.

Drivers run beside the attendee's code, in the grader's worker too: they build what cannot travel (an environment, a
random generator, a policy) from what can (a table, a seed), and report what happened. They hold no right results.
"""

from workshop.exercises.drivers import (
    arithmetic,
    ball_finder,
    chains,
    control,
    devices,
    episodes,
    graphs,
    memories,
    networks,
    potentials,
    screens,
    training,
)
from workshop.exercises.drivers.registry import DRIVERS, driver

__all__ = [
    "DRIVERS",
    "arithmetic",
    "ball_finder",
    "chains",
    "control",
    "devices",
    "episodes",
    "graphs",
    "memories",
    "networks",
    "potentials",
    "screens",
    "training",
]


@driver
def call(answer, *arguments):
    """The answer is a function of plain arguments."""
    return answer(*arguments)
