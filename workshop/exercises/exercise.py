"""What an exercise is: one small declaration that check, hint, solution, grading and the tests all read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules import Demand, rule_of
from workshop.exercises.rules.registry import itself
from workshop.exercises.rules.values import equal_to_reference
from workshop.exercises.show import show_call


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give, as a function, and the sentence that its author should read."""

    sentence: str
    answer: Callable


def demand_equal(arguments, expected):
    """The usual demand: the value that the reference gave."""
    return Demand("equal_to_reference", {"expected": expected})


def same_value(value, other):
    """The usual meaning of "agrees with a known mistake": the two values are equal by the same policy."""
    return compare(other, value) is None


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
        companions: other names of the catalogue that the driver needs beside the answer, such as the `backward` that
            goes with a `Node`. Both have to come from the same author: what stands between them is theirs to choose.
        judge: (arguments, value, expected) -> `Difference` or None. `expected` is what the reference gave.
        demand: (arguments, expected) -> `Demand`, which stands for the judge in a bundle for a marked course. None: the
            judge's own rule on `expected`; where the judge is no rule, nothing can be recorded.
        agrees: (value, value of a mistake) -> bool. Randomised answers compare distributions.
        describe: (name, arguments) -> str, the call as the reader could type it.
        shown: (value) -> what of it the reader sees as "expected" and "obtained".
        examples_per_check: how many generated inputs a check in the notebook tries.
        another_try: (arguments) -> the arguments to try when a right answer with dice may have had bad luck on these, or
            None. When grading, an answer fails on an input only if it fails on each of its tries.
        thorough: a second list of examples, for grading only: those that take too long for the notebook.
        thorough_seconds: how long a call on one of those may take, where the usual limit is too short.
        needs_reference: whether `judge` looks at `expected`. Where it does not, the reference is not run to
            judge, and `expected` is None; a `demand` is always told what the reference gives.
    """

    name: str
    parameters: tuple[str, ...]
    cases: SearchStrategy
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, str, str]
    explanation: str
    examples: tuple[tuple, ...] = ()
    driver: str = "call"
    companions: tuple[str, ...] = ()
    judge: Callable[[tuple, Any, Any], Difference | None] = equal_to_reference
    demand: Callable[[tuple, Any], Demand] | None = None
    agrees: Callable[[Any, Any], bool] = same_value
    describe: Callable[[str, tuple], str] = show_call
    shown: Callable[[Any], Any] = itself
    examples_per_check: int = 60
    another_try: Callable[[tuple], tuple | None] = lambda arguments: None
    thorough: tuple[tuple, ...] = ()
    thorough_seconds: float = 0.0
    needs_reference: bool = True

    @property
    def can_be_recorded(self):
        """Whether what is demanded can be written down: with a `demand`, or where the judge is a rule."""
        return self.demand is not None or rule_of(self.judge) is not None

    def demand_on(self, arguments, expected):
        """The `Demand` on what an answer gives for these arguments, `expected` being what the reference gave."""
        if self.demand is not None:
            return self.demand(arguments, expected)
        return Demand(rule_of(self.judge), {"expected": expected})


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
