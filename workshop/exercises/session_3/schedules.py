"""3.5: how often to act at random, now and later."""

import math

from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call


def _schedule(share_done):
    """epsilon_at with another idea of which share of the way from `start` to `end` is done."""

    def epsilon(step, start, end, decay_steps):
        return start + (end - start) * share_done(step, decay_steps)

    return epsilon


def _clipped(share):
    return min(max(share, 0.0), 1.0)


def _slope_forgets_the_end(step, start, end, decay_steps):
    return min(start, max(end, start * (1 - step / decay_steps)))


def _slope_of_one(step, start, end, decay_steps):
    return min(start, max(end, start - step / decay_steps))


def _exponential(step, start, end, decay_steps):
    return end + (start - end) * math.exp(-max(step, 0) / decay_steps)


def _ends_at_zero(step, start, end, decay_steps):
    return start + (end - start) * _clipped(step / decay_steps) if step < decay_steps else 0.0


def _grows(step, start, end, decay_steps):
    return end + (start - end) * _clipped(step / decay_steps)


def _start_forgotten(step, start, end, decay_steps):
    return 1.0 + (end - 1.0) * _clipped(step / decay_steps)


_shares = st.integers(0, 10).map(lambda tenths: tenths / 10)

epsilon_at = Part(
    name="epsilon_at",
    parameters=("step", "start", "end", "decay_steps"),
    examples=(
        (0, 1.0, 0.1, 100),
        (50, 1.0, 0.0, 100),
        (50, 1.0, 0.1, 100),
        (50, 0.8, 0.0, 100),  # a beginning below 1
        (100, 1.0, 0.1, 100),
        (101, 1.0, 0.1, 100),
        (100_000, 1.0, 0.1, 100),
        (-1, 1.0, 0.1, 100),  # before the beginning
        (3, 0.5, 0.2, 4),
        (7, 0.3, 0.3, 10),
        (1, 1.0, 0.0, 1),
    ),
    cases=st.tuples(
        st.integers(-10, 60), st.lists(_shares, min_size=2, max_size=2).map(sorted), st.sampled_from([10, 1, 4, 50])
    ).map(lambda case: (case[0], case[1][1], case[1][0], case[2])),
    describe=show_named_call("step", "start", "end", "decay_steps"),
    mistakes=(
        Mistake(
            "ε goes on falling below `end`, and at last below 0. After `decay_steps` it stays at `end`.",
            _schedule(lambda step, decay_steps: max(step / decay_steps, 0.0)),
        ),
        Mistake(
            "Before step 0 this is more than `start`. Hold it at `start` there.",
            _schedule(lambda step, decay_steps: min(step / decay_steps, 1.0)),
        ),
        Mistake(
            "Outside of the decay this goes on along the line. Hold ε at `start` before it and at `end` after it.",
            _schedule(lambda step, decay_steps: step / decay_steps),
        ),
        Mistake(
            "This falls towards 0 and stops when it meets `end`, too early. The line goes from `start` to `end`, and is "
            "there exactly at `decay_steps`.",
            _slope_forgets_the_end,
        ),
        Mistake(
            "This falls by 1 in `decay_steps` steps, whatever `start` and `end` are. It should fall by start − end.",
            _slope_of_one,
        ),
        Mistake("This is an exponential decay. Asked for is a straight line.", _exponential),
        Mistake(
            "This is `start` until `decay_steps` and then jumps. It should come down in a straight line. (Do you divide with "
            "`//`? That gives whole numbers; take `/`.)",
            _schedule(lambda step, decay_steps: float(step >= decay_steps)),
        ),
        Mistake(
            "After `decay_steps` this is 0. It should stay at `end`: the agent never stops exploring.", _ends_at_zero
        ),
        Mistake("`start` and `end` have changed places: ε begins at `start` and falls.", _grows),
        Mistake("This always begins at 1. It should begin at `start`.", _start_forgotten),
        Mistake(
            "This is one step ahead: at step 0 it should still be `start`.",
            _schedule(lambda step, decay_steps: _clipped((step + 1) / decay_steps)),
        ),
    ),
    hints=(
        "Which share of the way is done at `step`? What may that share never be more than, and never less than?",
        "`share = min(max(step / decay_steps, 0), 1)`. At share 0 you are at `start`, at share 1 at `end`.",
        "`return start + (end - start) * share`",
    ),
    explanation=(
        "First the share of the way, kept between 0 and 1, then the point on the line. The decay is a number of steps "
        "and not a part of the whole run: who trains longer explores no differently."
    ),
)

EXERCISES = (Exercise("3.5", "How much to explore", 2, (epsilon_at,)),)
