"""What an exercise is: one small declaration that check, hint, solution, grading and the tests all read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from workshop.exercises.compare import Difference, compare
from workshop.exercises.show import show_call


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give, as a function, and the sentence that its author should read."""

    sentence: str
    answer: Callable


def equal_to_reference(arguments, value, expected):
    """The usual judge: the value is compared with the reference's, by the policy of `workshop.exercises.compare`."""
    return compare(expected, value)


def same_value(value, other):
    """The usual meaning of "agrees with a known mistake": the two values are equal by the same policy."""
    return compare(other, value) is None


def itself(value):
    """The usual thing to show of a value."""
    return value


@dataclass(frozen=True)
class Part:
    """One name that the attendee has to define.

    Attributes:
        name: of the function or class; its reference stands in `solutions/`, in the cell with `exercise="<name>"`.
        parameters: what the arguments of the driver are called, in order; used in messages.
        cases: a Hypothesis strategy of tuples of plain arguments.
        examples: tuples of arguments tried before the generated ones; the smallest first, each with a reason to be here.
        mistakes: at least five wrong answers.
        hints: three of them, from a nudge to nearly the answer.
        explanation: shown below the reference by `solution`: why it is right.
        driver: the name of the function in `workshop.exercises.drivers` that calls the answer.
        judge: (arguments, value, expected) -> `Difference` or None. `expected` is what the reference gave.
        agrees: (value, value of a mistake) -> bool. Randomised answers compare distributions.
        describe: (name, arguments) -> str, the call as the reader could type it.
        shown: (value) -> what of it the reader sees as "expected" and "obtained".
        examples_per_check: how many generated inputs a check in the notebook tries.
        thorough: a second list of examples, for grading only: those that take too long for the notebook.
    """

    name: str
    parameters: tuple[str, ...]
    cases: SearchStrategy
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, str, str]
    explanation: str
    examples: tuple[tuple, ...] = ()
    driver: str = "call"
    judge: Callable[[tuple, Any, Any], Difference | None] = equal_to_reference
    agrees: Callable[[Any, Any], bool] = same_value
    describe: Callable[[str, tuple], str] = show_call
    shown: Callable[[Any], Any] = itself
    examples_per_check: int = 60
    thorough: tuple[tuple, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """A numbered exercise of the catalogue: one part, or several that are checked name by name."""

    number: str
    title: str
    minutes: int
    parts: tuple[Part, ...]
    is_stretch: bool = False
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "names", tuple(part.name for part in self.parts))

    @property
    def name(self):
        """The first of its names, under which it is graded."""
        return self.names[0]

    @property
    def session(self):
        return int(self.number.split(".")[0])
