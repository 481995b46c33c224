"""Decide whether an answer is right, and if not, find the smallest input that shows it.

The judge holds the reference and the known mistakes. It never calls the answer itself: it hands inputs to a `call`
(driver, encoded arguments, seconds) -> outcome, which is `workshop.exercises.subject.run` beside it in the notebook, or
a message to the worker process in the grader.
"""

import contextlib
import time
from dataclasses import dataclass

import hypothesis
from hypothesis import HealthCheck, Phase

from workshop.exercises import plain, subject
from workshop.exercises.compare import Difference, compare
from workshop.exercises.reference import reference
from workshop.exercises.show import show

PASS, FAIL, ERROR, UNATTEMPTED = "pass", "fail", "error", "unattempted"
TIMEOUT, OUT_OF_MEMORY, CRASH = "timeout", "out_of_memory", "crash"
_IS_SHRUNK = (FAIL, ERROR)  # the rest would cost its whole time again, or a worker, on every smaller input
_REPLAYED = 40  # inputs on which an answer has to agree with a known mistake to be told so


@dataclass(frozen=True)
class Effort:
    """How hard to look for a failing input.

    Attributes:
        examples: factor on a part's `examples_per_check`.
        search_seconds: after so long no new input is tried.
        shrink_seconds: after so long a failing input is shown as it is.
        call_seconds: the limit of one call.
        examples_seconds: an answer that has not got through the written examples after so long is too slow.
        thorough: whether a part's `thorough` examples are tried too.
    """

    examples: float
    search_seconds: float
    shrink_seconds: float
    call_seconds: float
    examples_seconds: float
    thorough: bool = False


IN_NOTEBOOK = Effort(examples=1, search_seconds=0.8, shrink_seconds=1.3, call_seconds=1.0, examples_seconds=10)
WHEN_GRADING = Effort(
    examples=4, search_seconds=20, shrink_seconds=25, call_seconds=10, examples_seconds=60, thorough=True
)


@dataclass(frozen=True)
class Judgement:
    """What came of checking one part.

    Attributes:
        verdict: "pass", "fail" (a wrong value), "error" (an exception), "unattempted", "timeout", "out_of_memory" or
            "crash" (the process died).
        sentence: what is wrong, for the attendee; "" when nothing is.
        call: the failing call as text, or "".
        expected, obtained: as text, or "" where there is nothing to show.
        mistake: the sentence of the known mistake that the answer agrees with, or "".
        printed: what the answer printed during the failing call.
        examples: how many inputs were tried.
        seconds: wall clock.
    """

    verdict: str
    sentence: str = ""
    call: str = ""
    expected: str = ""
    obtained: str = ""
    mistake: str = ""
    printed: str = ""
    examples: int = 0
    seconds: float = 0.0


class _Enough(BaseException):
    """Leaves Hypothesis from inside an example; it passes on what is not an Exception."""


class _Failing(Exception):
    """The answer fails on this example. One class and one line, so that Hypothesis shrinks towards one failure."""


@dataclass(frozen=True)
class _Failure:
    verdict: str
    arguments: tuple
    outcome: dict
    expected: object
    difference: Difference
    size: int


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
    if failure is None or failure.verdict in _IS_SHRUNK:
        failures = filter(None, (failure, search.smallest_generated(seed)))
        failure = min(failures, key=lambda found: (found.verdict not in _IS_SHRUNK, found.size), default=None)
    return search.judgement(failure)


class _Search:
    def __init__(self, part, call, effort):
        self.part, self.call, self.effort = part, call, effort
        self.answer_of_reference = reference(part.name)
        self.started = time.monotonic()
        self.tried = []  # (arguments, outcome) of every call, in order

    def first_failing_example(self):
        thorough = self.part.thorough if self.effort.thorough else ()
        for arguments in (*self.part.examples, *thorough):
            failure = self.failure_on(arguments)
            if failure:
                return failure
            seconds = time.monotonic() - self.started
            if seconds > self.effort.examples_seconds:
                return self.failure(TIMEOUT, f"it is too slow: {len(self.tried)} inputs took {seconds:.0f} s")
        return None

    def smallest_generated(self, seed):
        """Let Hypothesis look for a failing input and make it small; None if it finds none in time."""
        found = None

        def example(arguments):
            nonlocal found
            seconds = time.monotonic() - self.started
            if seconds > (self.effort.shrink_seconds if found else self.effort.search_seconds):
                raise _Enough
            failure = self.failure_on(arguments)
            if failure:
                if failure.verdict not in _IS_SHRUNK:  # a call that takes its whole time is not repeated
                    found = found or failure
                    raise _Enough
                found = failure  # Hypothesis only goes on to smaller ones
                raise _Failing

        settings = hypothesis.settings(
            max_examples=max(1, int(self.part.examples_per_check * self.effort.examples)),
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=hypothesis.Verbosity.quiet,
        )
        search = hypothesis.seed(seed)(settings(hypothesis.given(self.part.cases)(example)))
        try:
            search()
        except (_Failing, _Enough, hypothesis.errors.Flaky):
            pass
        return found

    def failure_on(self, arguments):
        encoded = plain.encode(arguments)
        outcome = self.call(self.part.driver, encoded, self.effort.call_seconds)
        self.tried.append((arguments, outcome))
        failure = self.failure
        if outcome["kind"] == subject.NOT_ATTEMPTED:
            if len(self.tried) == 1:
                return failure(UNATTEMPTED, "")
            return failure(FAIL, "it raises NotImplementedError here: this case is not written yet")
        if outcome["kind"] == subject.TIMEOUT:
            return failure(TIMEOUT, f"no result after {self.effort.call_seconds:g} s: is there a loop that never ends?")
        if outcome["kind"] == subject.TOO_LARGE:
            return failure(FAIL, f"what it returns cannot be looked at: {outcome['error']}")
        if outcome["kind"] == subject.OUT_OF_MEMORY:
            return failure(
                OUT_OF_MEMORY, "it needs more memory than there is: does an array or a list grow without end?"
            )
        if outcome["kind"] == subject.CRASHED:
            return failure(CRASH, f"it ends the whole process ({outcome['error']})")
        if outcome["kind"] == subject.RAISED:
            where = f" ({outcome['line']})" if outcome["line"] else ""
            return failure(ERROR, f"it raises {outcome['error']}{where}")
        for name, before, after in zip(self.part.parameters, arguments, outcome["arguments"]):
            if compare(before, after):
                return failure(FAIL, f"it changes its argument `{name}`, which was {show(before)}, to {show(after)}")
        expected = self.expected_of(self.answer_of_reference, encoded)
        try:
            difference = self.part.judge(arguments, outcome["value"], expected)
        except Exception as error:  # a value that no answer gives and only a forger thinks of
            difference = Difference(f"what it returns cannot be judged ({type(error).__name__}: {error})")
        if difference:
            return failure(FAIL, difference.sentence, expected, difference.where)
        return None

    def failure(self, verdict, sentence, expected=None, where=""):
        """A failure on what was tried last."""
        arguments, outcome = self.tried[-1]
        size = len(plain.encode(arguments))
        return _Failure(verdict, arguments, outcome, expected, Difference(sentence, where), size)

    def expected_of(self, answer, encoded):
        """What an answer of ours, the reference or a mistake, gives for these arguments."""
        outcome = subject.run(answer, self.part.driver, encoded, seconds=60)
        return outcome.get("value", plain.Opaque("", outcome.get("error", outcome["kind"])))

    def judgement(self, failure):
        cost = {"examples": len(self.tried), "seconds": time.monotonic() - self.started}
        if failure is None:
            return Judgement(PASS, **cost)
        if failure.verdict == UNATTEMPTED:
            return Judgement(UNATTEMPTED, failure.outcome["error"], **cost)
        has_value = failure.outcome["kind"] == subject.RETURNED and failure.expected is not None
        where = f"{failure.difference.where} " if failure.difference.where else ""
        return Judgement(
            failure.verdict,
            where + failure.difference.sentence,
            call=self.part.describe(self.part.name, failure.arguments),
            expected=self.as_shown(failure.expected) if has_value else "",
            obtained=self.as_shown(failure.outcome["value"]) if has_value else "",
            mistake=self.mistake_behind(failure) if failure.verdict in _IS_SHRUNK else "",
            printed=failure.outcome["printed"],
            **cost,
        )

    def as_shown(self, value):
        with contextlib.suppress(Exception):  # forged values have none of what `shown` looks for
            return show(self.part.shown(value))
        return show(value)

    def mistake_behind(self, failure):
        """The sentence of the first known mistake that behaves like the answer on everything tried, or ""."""
        for arguments in self.part.examples[:_REPLAYED]:  # some were not reached; they tell the mistakes apart
            if time.monotonic() - self.started < self.effort.shrink_seconds:
                self.failure_on(arguments)
        # The failing input comes last: it may be one that takes long, and most mistakes are told apart before it.
        came_back = [(arguments, outcome) for arguments, outcome in self.tried if outcome["kind"] != subject.TIMEOUT]
        replayed = [*came_back[-_REPLAYED:], (failure.arguments, failure.outcome)]
        for mistake in self.part.mistakes:
            if all(self.behaves_like(mistake, arguments, outcome) for arguments, outcome in replayed):
                return mistake.sentence
        return ""

    def behaves_like(self, mistake, arguments, outcome):
        own = subject.run(mistake.answer, self.part.driver, plain.encode(arguments), self.effort.call_seconds)
        if own["kind"] != outcome["kind"]:
            return False
        if own["kind"] == subject.RETURNED:
            changed = compare(own["arguments"], outcome["arguments"]) is not None
            with contextlib.suppress(Exception):  # forged values again
                return not changed and self.part.agrees(outcome["value"], own["value"])
            return False
        return own.get("error", "") == outcome.get("error", "")  # the same words too: ValueError says little by itself
