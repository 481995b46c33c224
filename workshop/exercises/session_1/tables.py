"""1.11: the policy in a table, and how large a table would have to be."""

import math

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.values import exact_python_int
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_numbers = st.integers(-3, 3).map(float)  # few values, so that ties are common
_tables = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(lambda shape: arrays(_numbers, *shape))


def _policy_of_values(q_table):
    return q_table.max(axis=1)


def _policy_over_states(q_table):
    return q_table.argmax(axis=0)


def _policy_of_the_whole_table(q_table):
    return int(q_table.argmax())


def _policy_last_on_a_tie(q_table):
    return q_table.shape[1] - 1 - q_table[:, ::-1].argmax(axis=1)


def _policy_worst(q_table):
    return q_table.argmin(axis=1)


def _policy_without_sign(q_table):
    return np.abs(q_table).argmax(axis=1)


def _policy_not_below_zero(q_table):
    policy = np.zeros(len(q_table), dtype=int)
    for state, row in enumerate(q_table):
        best = 0.0
        for action, value in enumerate(row):
            if value > best:
                policy[state], best = action, value
    return policy


def _policy_counted_from_one(q_table):
    return q_table.argmax(axis=1) + 1


def _policy_as_floats(q_table):
    policy = np.zeros(len(q_table))
    policy[:] = q_table.argmax(axis=1)
    return policy


def _policy_as_list(q_table):
    return q_table.argmax(axis=1).tolist()


def _policy_as_probabilities(q_table):
    return np.eye(q_table.shape[1])[q_table.argmax(axis=1)]


def _policy_as_column(q_table):
    return q_table.argmax(axis=1)[:, None]


def _policy_sorts_its_argument(q_table):
    policy = q_table.argmax(axis=1)
    q_table.sort(axis=1)
    return policy


greedy_policy = Part(
    name="greedy_policy",
    parameters=("q_table",),
    examples=(
        (np.array([[0.0, 1.0]]),),
        (np.array([[1.0, 1.0]]),),
        (np.array([[-2.0, -1.0]]),),
        (np.array([[0.0, 1.0], [3.0, 2.0], [5.0, 5.0]]),),
        (np.array([[0.0, 2.0, 2.0], [-3.0, 1.0, -1.0]]),),
        (np.array([[4.0], [-1.0]]),),  # a single action
        (np.zeros((3, 2)),),
        (np.array([[0.0, 1e-9], [-1.0, -9.0]], dtype=np.float32),),
    ),
    cases=st.tuples(_tables),
    describe=show_named_call("q_table"),
    mistakes=(
        Mistake(
            "These are the best values. Asked for is which action has them: argmax instead of max.", _policy_of_values
        ),
        Mistake(
            "This goes down the columns and finds the best state for each action. Go along the rows: `axis=1`.",
            _policy_over_states,
        ),
        Mistake(
            "This is one number for the whole table. Every state has an action of its own: `axis=1`.",
            _policy_of_the_whole_table,
        ),
        Mistake("On a tie this takes the last of the best actions. The first one counts.", _policy_last_on_a_tie),
        Mistake("This takes the action with the smallest value. Greedy is the largest.", _policy_worst),
        Mistake("This takes the value that is largest without its sign. −3 is less than 2.", _policy_without_sign),
        Mistake(
            "A value below 0 never wins here. If all of a row are negative, the largest of them is still the best: do "
            "not start your search at 0.",
            _policy_not_below_zero,
        ),
        Mistake("Your actions are counted from 1. The first action is 0.", _policy_counted_from_one),
        Mistake("These are floats. Actions are ints, since they are used as an index.", _policy_as_floats),
        Mistake("This is a list. Return a NumPy array of ints, (S,).", _policy_as_list),
        Mistake(
            "This is a row of zeros and a one for each state. Return the number of the action instead: (S,) ints.",
            _policy_as_probabilities,
        ),
        Mistake("This is a column, (S, 1). Return one number for each state: (S,).", _policy_as_column),
        Mistake(
            "This sorts the table itself, and the agent has forgotten which action is which. Leave `q_table` as it is.",
            _policy_sorts_its_argument,
        ),
    ),
    hints=(
        "One row for each state, one column for each action. Where in its row does the largest value stand?",
        "NumPy's argmax gives the place of a maximum, the first one on a tie. It takes an axis.",
        "`return q_table.argmax(axis=1)`",
    ),
    explanation=(
        "A row of the table holds the values of all actions in one state, so the place of its maximum is the action to "
        "take. argmax takes the first place on a tie, which makes the policy the same every time."
    ),
)


def _count_of_pixels(height, width, colours):
    return height * width * colours


def _count_upside_down(height, width, colours):
    return (height * width) ** colours


def _count_one_row_and_one_column(height, width, colours):
    return colours ** (height + width)


def _count_of_one_row(height, width, colours):
    return colours**width * height


def _count_in_floats(height, width, colours):
    return float(colours) ** (height * width)


def _count_with_math_pow(height, width, colours):
    return int(math.pow(colours, height * width))


def _count_in_int64(height, width, colours):
    with np.errstate(all="ignore"):
        return int(np.power(np.int64(colours), np.int64(height * width)))


def _count_of_digits(height, width, colours):
    return math.floor(height * width * math.log10(colours)) + 1


def _count_as_text(height, width, colours):
    return hex(colours ** (height * width))


def _same_int_or_float(value, other):
    return compare(other, value, exact_type=type(other)) is None


state_count = Part(
    name="state_count",
    parameters=("height", "width", "colours"),
    examples=(
        (1, 1, 3),
        (1, 2, 3),
        (2, 3, 2),
        (4, 4, 1),  # one colour, one picture
        (8, 8, 2),  # 2 ** 64, one more than fits into 64 bits
        (5, 7, 3),  # more than a float can count exactly
        (84, 84, 256),
        (210, 160, 128),
    ),
    cases=st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5)),
    judge=exact_python_int,
    agrees=_same_int_or_float,
    describe=show_named_call("height", "width", "colours"),
    mistakes=(
        Mistake(
            "This multiplies. Every pixel has all colours to choose from, whatever the others show: "
            "colours · colours · …, once for each pixel.",
            _count_of_pixels,
        ),
        Mistake("Base and exponent have changed places: it is colours to the power of pixels.", _count_upside_down),
        Mistake("The exponent is height + width here. There are height · width pixels.", _count_one_row_and_one_column),
        Mistake(
            "The rows are independent too: their numbers of pictures are multiplied, not added up.", _count_of_one_row
        ),
        Mistake("This is a float: it has 16 digits at most, and ends at 10^308. Stay with ints.", _count_in_floats),
        Mistake(
            "This counts in floats on the way (`math.pow`): 16 digits at most, and the end at 10^308. `**` between "
            "ints is exact.",
            _count_with_math_pow,
        ),
        Mistake(
            "This counts in NumPy's 64 bits, which run over without a word. Python's own ints have no largest one.",
            _count_in_int64,
        ),
        Mistake("This is how many digits the number has. Return the number itself.", _count_of_digits),
        Mistake("This is a text. Return the number itself, an int.", _count_as_text),
    ),
    hints=(
        "How many pictures of a single pixel are there? Of two pixels side by side?",
        "Each further pixel multiplies the number by `colours`.",
        "`return colours ** (height * width)`",
    ),
    explanation=(
        "Every pixel takes any colour whatever the others do, so the choices multiply: colours to the power of pixels. "
        "Python's ints are exact at any size. For Pong's screen this one has 70,803 digits, and a table would need a row "
        "for each picture: there are not even 10^81 atoms in the universe to write them on."
    ),
)

EXERCISES = (Exercise("1.11", "A policy from a table, and its size", 3, (greedy_policy, state_count), is_stretch=True),)
