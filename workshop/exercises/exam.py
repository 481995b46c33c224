"""The judge for a room full of answers: the same inputs are put to every one of them.

For a part and a seed, Hypothesis draws the same inputs whatever the answer, as long as nothing fails. So an `Exam` draws
them once, asks the reference once, and hands them out in batches. No clock decides here, only counts, and the time
that the answer itself took: a busy machine gives the same verdicts as an idle one.
"""

import functools
import time
from dataclasses import dataclass

from workshop.exercises import plain, subject
from workshop.exercises.compare import Difference
from workshop.exercises.judge import (
    IS_SHRUNK,
    Enough,
    Failure,
    behave_alike,
    failure_on,
    judgement_on,
    run_ours,
    smallest_generated,
    value_of,
)
from workshop.exercises.judgement import FAIL, TIMEOUT
from workshop.exercises.reference import reference

_BATCHES = 1, 4, 16, 64  # and so on with 64: most wrong answers fail early, and a right one is to cost few messages
_DRAWN_BYTES = 16 * 2**20  # inputs drawn beyond that are not kept, pictures for example
_CAME_BACK = (subject.RETURNED, subject.RAISED, subject.NOT_ATTEMPTED, subject.TOO_LARGE)


@dataclass(frozen=True)
class Rigour:
    """How much an exam asks.

    Attributes:
        examples: factor on a part's `examples_per_check`.
        call_seconds: the limit of one call.
        total_seconds: that the answer itself takes; with more for all inputs together it is too slow.
        shrink_calls: after so many calls a failing input is shown as it is.
    """

    examples: float
    call_seconds: float
    total_seconds: float
    shrink_calls: int


WHEN_GRADING = Rigour(examples=2, call_seconds=3, total_seconds=60, shrink_calls=300)


class Exam:
    """Judges answers to one part. The same answer, seed and `Rigour` give the same `Judgement`.

    Args:
        part: a `Part`.
        seed: int, of the inputs that are drawn.
        rigour: a `Rigour`.
    """

    def __init__(self, part, seed, rigour=WHEN_GRADING):
        self.part, self.seed, self.rigour = part, seed, rigour
        self.total_seconds = rigour.total_seconds + part.thorough_seconds
        self._reference = reference(part.name)

    @functools.cached_property
    def examples(self):
        """The written inputs that the notebook tries too, as `Question`s."""
        return self._questions(self.part.examples)

    @functools.cached_property
    def thorough(self):
        """The written inputs for grading only."""
        return self._questions(self.part.thorough, self.part.thorough_seconds)

    @functools.cached_property
    def drawn(self):
        """The inputs that Hypothesis draws for an answer that is right on all of them."""
        drawn, left = [], _DRAWN_BYTES

        def keep(arguments):
            nonlocal left
            (question,) = self._questions((arguments,))
            left -= len(question.encoded)
            if left < 0:
                raise Enough
            drawn.append(question)
            return False

        smallest_generated(self.part, self.seed, self._max_examples, keep)
        return tuple(drawn)

    def judge(self, calls):
        """Judge an answer.

        Args:
            calls: (driver, list of encoded arguments, seconds) -> list of outcomes as `subject.run` gives them. It may
                end after the first outcome that is not `returned`.

        Returns:
            A `Judgement`.
        """
        started = time.monotonic()
        sitting = _Sitting(self, calls)
        failure, mistake = sitting.first_failure(self.examples) or sitting.first_failure(self.thorough), ""
        if failure is None:
            failure = sitting.first_failure(self.drawn)
            if failure is not None and failure.verdict in IS_SHRUNK:
                failure = sitting.smaller_than(failure)
        elif failure.verdict in IS_SHRUNK:  # the written inputs are small already, the smallest first
            mistake = sitting.mistake()
        seconds = time.monotonic() - started
        return judgement_on(self.part, failure, mistake, examples=sitting.count, seconds=seconds)

    @functools.cached_property
    def mistakes(self):
        """(sentence, outcome on an example, by its number) of every known mistake; each outcome is made once."""

        def outcomes(mistake):
            return functools.cache(lambda number: run_ours(self.part, mistake.answer, self.examples[number].encoded))

        return [(mistake.sentence, outcomes(mistake)) for mistake in self.part.mistakes]

    @property
    def _max_examples(self):
        return max(1, int(self.part.examples_per_check * self.rigour.examples))

    def _questions(self, inputs, seconds=0.0):
        seconds = max(seconds, self.rigour.call_seconds)
        return tuple(_Question(self.part, self._reference, arguments, seconds) for arguments in inputs)


class _Question:
    """An input, the same as bytes, what is right there, and how long a call on it may take."""

    def __init__(self, part, answer_of_reference, arguments, seconds):
        self.arguments, self.encoded, self.seconds = arguments, plain.encode(arguments), seconds
        self._right = functools.partial(run_ours, part, answer_of_reference, self.encoded)

    @functools.cached_property
    def expected(self):
        return value_of(self._right())


class _Sitting:
    """One answer at its exam."""

    def __init__(self, exam, calls):
        self.exam, self.calls = exam, calls
        self.count, self.seconds = 0, 0.0
        self.outcomes = {}  # encoded arguments -> what came of them

    def first_failure(self, questions):
        """The `Failure` on the first of these inputs that the answer fails on, or None."""
        sizes, start = iter(_BATCHES), 0
        while start < len(questions):
            batch = questions[start : start + next(sizes, _BATCHES[-1])]
            for question, outcome in zip(batch, self.called_on(batch)):
                failure = self.failure(question, outcome)
                if failure and not self.was_unlucky(failure):
                    return failure
            start += len(batch)
        return None

    def was_unlucky(self, failure):
        """Whether another try at the same comes out right."""
        arguments = failure.arguments
        while failure and failure.verdict == FAIL and (arguments := self.exam.part.another_try(arguments)):
            (question,) = self.exam._questions((arguments,))
            failure = self.failure(question, *self.called_on((question,)))
        return failure is None

    def called_on(self, questions):
        """The outcomes on these inputs, which may end after the first that did not return."""
        seconds = max(question.seconds for question in questions)
        outcomes = self.calls(self.exam.part.driver, [question.encoded for question in questions], seconds)
        for question, outcome in zip(questions, outcomes):
            self.outcomes.setdefault(question.encoded, outcome)
            self.count += 1
            self.seconds += outcome.get("seconds", 0.0)
        return outcomes

    def failure(self, question, outcome):
        is_first = len(self.outcomes) == 1
        failure = failure_on(
            self.exam.part,
            question.arguments,
            question.encoded,
            outcome,
            lambda: question.expected,
            is_first,
            question.seconds,
        )
        if failure is None and self.seconds > self.exam.total_seconds:
            sentence = f"it is too slow: {self.count} inputs took {self.seconds:.0f} s"
            return Failure(TIMEOUT, question.arguments, outcome, None, Difference(sentence), len(question.encoded))
        return failure

    def mistake(self):
        """The sentence of the first known mistake that does as the answer does on every example, or ""."""
        left = [question for question in self.exam.examples if question.encoded not in self.outcomes]
        while left and self.seconds <= self.exam.total_seconds:
            outcomes = self.called_on(left)
            if outcomes[-1]["kind"] not in _CAME_BACK:
                break  # the next one would cost as much
            left = left[len(outcomes) :]
        tried = [
            (number, self.outcomes[question.encoded])
            for number, question in enumerate(self.exam.examples)
            if self.outcomes.get(question.encoded, {}).get("kind") in _CAME_BACK
        ]
        for sentence, outcome_on in self.exam.mistakes:
            if all(behave_alike(self.exam.part, outcome, outcome_on(number)) for number, outcome in tried):
                return sentence
        return ""

    def smaller_than(self, failure):
        """The smallest input on which the answer fails that Hypothesis finds by going on from the same draws."""
        found, calls_left = failure, self.exam.rigour.shrink_calls

        def fails(arguments):
            nonlocal found, calls_left
            (question,) = self.exam._questions((arguments,))
            outcome = self.outcomes.get(question.encoded)
            if outcome is None:
                calls_left -= 1
                if calls_left < 0:
                    raise Enough
                (outcome,) = self.called_on((question,))
            other = self.failure(question, outcome)
            if other and other.verdict not in IS_SHRUNK:
                raise Enough
            if other and other.size <= found.size:
                found = other
            return other is not None

        smallest_generated(self.exam.part, self.exam.seed, self.exam._max_examples, fails)
        return found
