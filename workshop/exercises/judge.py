"""Decide whether an answer is right, and if not, find the smallest input that shows it.

The judge holds the reference and the known mistakes. It never calls the answer itself: it hands inputs to a `call`
(driver, encoded arguments, seconds) -> outcome, which is `workshop.exercises.subject.run` beside it in the notebook.
How a room full of answers is judged stands in `workshop.exercises.exam`.
"""

import contextlib
import time
from dataclasses import dataclass

import hypothesis
from hypothesis import HealthCheck, Phase

from workshop.compat import draws_of_the_seed_alone
from workshop.exercises import plain, subject
from workshop.exercises.compare import Difference, compare
from workshop.exercises.judgement import ERROR, FAIL, PASS, TIMEOUT, UNATTEMPTED, Judgement, fault_of
from workshop.exercises.reference import reference
from workshop.exercises.show import show

IS_SHRUNK = (FAIL, ERROR)  # the rest would cost its whole time again, or a worker, on every smaller input
_REPLAYED = 40  # inputs on which an answer has to agree with a known mistake to be told so
_OUR_SECONDS = 60  # for the reference and the known mistakes: no answer of ours takes so long on any machine


@dataclass(frozen=True)
class Effort:
    """How hard to look for a failing input in the notebook, where somebody waits.

    Attributes:
        examples: factor on a part's `examples_per_check`.
        search_seconds: after so long no new input is tried.
        shrink_seconds: after so long a failing input is shown as it is.
        call_seconds: the limit of one call.
        examples_seconds: an answer that has not got through the written examples after so long is too slow.
    """

    examples: float
    search_seconds: float
    shrink_seconds: float
    call_seconds: float
    examples_seconds: float


IN_NOTEBOOK = Effort(examples=1, search_seconds=0.8, shrink_seconds=1.3, call_seconds=1.0, examples_seconds=10)


@dataclass(frozen=True)
class Failure:
    """An input on which an answer fails.

    Attributes:
        verdict: one of a `Judgement`, not "pass".
        arguments: the input.
        outcome: what `call` gave.
        expected: what the reference gave, where values were compared, else None.
        difference: what is wrong.
        size: of the input, to find the smallest.
    """

    verdict: str
    arguments: tuple
    outcome: dict
    expected: object
    difference: Difference
    size: int


def failure_on(part, arguments, encoded, outcome, expected, is_first, call_seconds):
    """What is wrong with an outcome: a `Failure`, or None.

    Args:
        part: a `Part`.
        arguments, encoded: the input, and the same as bytes.
        outcome: as `subject.run` gives it.
        expected: a function without arguments that gives the reference's value. It is called where values are compared.
        is_first: whether this is the first input that the answer was called on.
        call_seconds: the limit that the call had.
    """

    def failure(verdict, sentence, expected=None, where=""):
        return Failure(verdict, arguments, outcome, expected, Difference(sentence, where), len(encoded))

    fault = fault_of(outcome, part.parameters, arguments, is_first, call_seconds)
    if fault:
        return failure(*fault)
    right = expected() if part.needs_reference else None
    try:
        difference = part.judge(arguments, outcome["value"], right)
    except Exception as error:  # a value that no answer gives and only a forger thinks of
        difference = Difference(f"what it returns cannot be judged ({type(error).__name__}: {error})")
    return failure(FAIL, difference.sentence, right, difference.where) if difference else None


def with_our_companions(part, answer):
    """An answer of ours, the reference or a mistake, with the references that its part is judged together with."""
    return subject.accompanied(answer, {name: reference(name) for name in part.companions})


def run_ours(part, answer, encoded, seconds=_OUR_SECONDS):
    """The outcome of an answer of ours, the reference or a known mistake."""
    return subject.run(with_our_companions(part, answer), part.driver, encoded, seconds)


def value_of(outcome):
    """The value of the reference's outcome; where it has none, a label that says so, which is equal to nothing."""
    return outcome.get("value", plain.Opaque("", outcome.get("error", outcome["kind"])))


def behave_alike(part, outcome, own):
    """Whether an answer did on an input what a known mistake does on it, whose outcome is `own`."""
    if own["kind"] != outcome["kind"]:
        return False
    if own["kind"] == subject.RETURNED:
        if (own["arguments"] is None) != (outcome["arguments"] is None):
            return False
        with contextlib.suppress(Exception):  # forged values again
            is_changed_alike = compare(own["arguments"], outcome["arguments"]) is None
            return is_changed_alike and part.agrees(outcome["value"], own["value"])
        return False
    return own.get("error", "") == outcome.get("error", "")  # the same words too: ValueError says little by itself


def smallest_generated(part, seed, max_examples, fails):
    """Let Hypothesis draw inputs, and make one that fails as small as it can.

    Args:
        part: a `Part`.
        seed: int; the same seed draws the same inputs.
        max_examples: int.
        fails: (arguments) -> bool. It may raise `Enough` to end it.
    """

    def example(arguments):
        if fails(arguments):
            raise _Failing

    settings = hypothesis.settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    search = hypothesis.seed(seed)(settings(hypothesis.given(part.cases)(example)))
    with contextlib.suppress(_Failing, Enough, hypothesis.errors.Flaky), draws_of_the_seed_alone():
        search()


def judgement_on(part, failure, mistake="", **cost):
    """The `Judgement` that a `Failure` leads to, or None to a pass.

    Args:
        part: a `Part`.
        failure: a `Failure` or None.
        mistake: the sentence of the known mistake that the answer agrees with, or "".
        cost: `examples` and `seconds`.
    """
    if failure is None:
        return Judgement(PASS, **cost)
    outcome = failure.outcome
    if failure.verdict == UNATTEMPTED:
        return Judgement(UNATTEMPTED, outcome["error"], **cost)
    has_value = outcome["kind"] == subject.RETURNED and failure.expected is not None
    where = f"{failure.difference.where} " if failure.difference.where else ""
    return Judgement(
        failure.verdict,
        where + failure.difference.sentence,
        call=part.describe(part.name, failure.arguments),
        expected=_as_shown(part, failure.expected) if has_value else "",
        obtained=_as_shown(part, outcome["value"]) if has_value else "",
        mistake=mistake,
        printed=outcome["printed"],
        kind=outcome["kind"],
        error=", ".join(filter(None, (outcome.get("error"), outcome.get("line")))),
        **cost,
    )


def _as_shown(part, value):
    with contextlib.suppress(Exception):  # forged values have none of what `shown` looks for
        return show(part.shown(value))
    return show(value)


class Enough(BaseException):
    """Leaves Hypothesis from inside an example; it passes on what is not an Exception."""


class _Failing(Exception):
    """The answer fails on this example. One class and one line, so that Hypothesis shrinks towards one failure."""


def judge(part, call, effort=IN_NOTEBOOK, seed=0):
    """Check one part of an exercise.

    Args:
        part: a `Part`.
        call: (driver, encoded arguments, seconds) -> outcome, as `subject.run` gives it.
        effort: how long to look.
        seed: int; the same seed tries the same inputs.

    Returns:
        A `Judgement`.
    """
    search = _Search(part, call, effort)
    failure = search.first_failing_example()
    if failure is None or failure.verdict in IS_SHRUNK:
        failures = filter(None, (failure, search.smallest_generated(seed)))
        failure = min(failures, key=lambda found: (found.verdict not in IS_SHRUNK, found.size), default=None)
    mistake = search.mistake_behind(failure) if failure and failure.verdict in IS_SHRUNK else ""
    return judgement_on(part, failure, mistake, examples=len(search.tried), seconds=search.seconds())


class _Search:
    def __init__(self, part, call, effort):
        self.part, self.call, self.effort = part, call, effort
        self.answer_of_reference = reference(part.name)
        self.started = time.monotonic()
        self.tried = []  # (arguments, outcome) of every call, in order

    def seconds(self):
        return time.monotonic() - self.started

    def first_failing_example(self):
        for arguments in self.part.examples:
            failure = self.failure_on(arguments)
            if failure:
                return failure
            seconds = self.seconds()
            if seconds > self.effort.examples_seconds:
                sentence = f"it is too slow: {len(self.tried)} inputs took {seconds:.0f} s"
                return Failure(TIMEOUT, *self.tried[-1], None, Difference(sentence), 0)
        return None

    def smallest_generated(self, seed):
        """Let Hypothesis look for a failing input and make it small; None if it finds none in time."""
        found = None

        def fails(arguments):
            nonlocal found
            if self.seconds() > (self.effort.shrink_seconds if found else self.effort.search_seconds):
                raise Enough
            failure = self.failure_on(arguments)
            if failure and failure.verdict not in IS_SHRUNK:  # a call that takes its whole time is not repeated
                found = found or failure
                raise Enough
            found = failure or found  # Hypothesis only goes on to smaller ones
            return failure is not None

        max_examples = max(1, int(self.part.examples_per_check * self.effort.examples))
        smallest_generated(self.part, seed, max_examples, fails)
        return found

    def failure_on(self, arguments):
        encoded = plain.encode(arguments)
        outcome = self.call(self.part.driver, encoded, self.effort.call_seconds)
        self.tried.append((arguments, outcome))
        return failure_on(
            self.part,
            arguments,
            encoded,
            outcome,
            lambda: value_of(run_ours(self.part, self.answer_of_reference, encoded)),
            len(self.tried) == 1,
            self.effort.call_seconds,
        )

    def mistake_behind(self, failure):
        """The sentence of the first known mistake that behaves like the answer on everything tried, or ""."""
        for arguments in self.part.examples[:_REPLAYED]:  # some were not reached; they tell the mistakes apart
            if self.seconds() < self.effort.shrink_seconds:
                self.failure_on(arguments)
        # The failing input comes last: it may be one that takes long, and most mistakes are told apart before it.
        came_back = [(arguments, outcome) for arguments, outcome in self.tried if outcome["kind"] != subject.TIMEOUT]
        replayed = [*came_back[-_REPLAYED:], (failure.arguments, failure.outcome)]
        for mistake in self.part.mistakes:
            if all(self.behaves_like(mistake, arguments, outcome) for arguments, outcome in replayed):
                return mistake.sentence
        return ""

    def behaves_like(self, mistake, arguments, outcome):
        own = run_ours(self.part, mistake.answer, plain.encode(arguments), self.effort.call_seconds)
        return behave_alike(self.part, outcome, own)
