"""Decide whether an answer is right on the recorded inputs, and if not, say on which one it is not.

This copy of the kit is for a marked course. It holds no reference answer: what is demanded on each input was written
down when the copy was made. The instructor's grader tries other inputs too.
"""

import time

from workshop.exercises.recorded import inputs_of

from workshop.exercises import plain
from workshop.exercises.compare import Difference
from workshop.exercises.judgement import FAIL, PASS, TIMEOUT, UNATTEMPTED, Judgement, fault_of
from workshop.exercises.reference import ReferenceMissing
from workshop.exercises.rules import RULES
from workshop.exercises.show import show

_CALL_SECONDS = 1.0
_SEARCH_SECONDS = 0.8  # after so long only the inputs that a person chose are tried
_WRITTEN_SECONDS = 10  # an answer that has not got through those after so long is too slow


def judge(part, call):
    """Check one part of an exercise on its recorded inputs, the smallest first.

    Args:
        part: a `Part`.
        call: (driver, encoded arguments, seconds) -> outcome, as `subject.run` gives it.

    Returns:
        A `Judgement`.

    Raises:
        ReferenceMissing: nothing could be recorded for it.
    """
    inputs = inputs_of(part.name)
    if not inputs:
        raise ReferenceMissing(
            f"only your instructor's grader can judge {part.name}. hint({part.name}) helps you here."
        )
    started, tried = time.monotonic(), 0
    for recorded in inputs:
        seconds = time.monotonic() - started
        if seconds > _SEARCH_SECONDS and not recorded["is_written"]:
            continue
        tried += 1
        outcome = call(part.driver, plain.encode(recorded["arguments"]), _CALL_SECONDS)
        found = _judged(part, recorded, outcome, is_first=tried == 1)
        if found is None and time.monotonic() - started > _WRITTEN_SECONDS:
            found = TIMEOUT, f"it is too slow: {tried} inputs took {time.monotonic() - started:.0f} s", {}
        if found:
            verdict, sentence, values = found
            cost = {"examples": tried, "seconds": time.monotonic() - started}
            if verdict == UNATTEMPTED:
                return Judgement(UNATTEMPTED, outcome["error"], **cost)
            return Judgement(verdict, sentence, recorded["call"], printed=outcome["printed"], **values, **cost)
    return Judgement(PASS, examples=tried, seconds=time.monotonic() - started)


def _judged(part, recorded, outcome, is_first):
    """(verdict, sentence, what was expected and obtained) where something is wrong, else None."""
    fault = fault_of(outcome, part.parameters, recorded["arguments"], is_first, _CALL_SECONDS)
    if fault:
        return (*fault, {})
    rule = RULES[recorded["rule"]]
    value, obtained = outcome["value"], show(outcome["value"])
    try:
        difference = rule.judge(recorded["arguments"], value, **recorded["facts"])
        obtained = show(rule.shown(value))
    except Exception as error:  # a value that no answer gives, which has none of what the rule looks at
        difference = Difference(f"what it returns cannot be judged ({type(error).__name__}: {error})")
    if difference is None:
        return None
    where = f"{difference.where} " if difference.where else ""
    return FAIL, where + difference.sentence, {"expected": recorded["expected"], "obtained": obtained}
