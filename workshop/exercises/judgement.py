"""What a judge says: a verdict, and what is wrong with a call before anybody looks at its value."""

from dataclasses import dataclass

from workshop.exercises import subject
from workshop.exercises.compare import compare
from workshop.exercises.show import show

PASS, FAIL, ERROR, UNATTEMPTED = "pass", "fail", "error", "unattempted"
TIMEOUT, OUT_OF_MEMORY, CRASH = "timeout", "out_of_memory", "crash"


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
        kind: of the failing call's outcome, see `workshop.exercises.subject`; "" where no call failed.
        error: what it raised and where, "" where it raised nothing.
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
    kind: str = ""
    error: str = ""


def fault_of(outcome, parameters, arguments, is_first, call_seconds):
    """What is wrong with a call, whatever the right value: it did not come back with one, or changed its arguments.

    Args:
        outcome: as `subject.run` gives it.
        parameters: what the arguments are called.
        arguments: as they were before the call.
        is_first: whether no other call came before; an answer that is not attempted says so at once.
        call_seconds: the limit that the call had.

    Returns:
        (verdict, sentence), or None where there is a value to look at.
    """
    kind = outcome["kind"]
    if kind == subject.NOT_ATTEMPTED:
        if is_first:
            return UNATTEMPTED, ""
        return FAIL, "it raises NotImplementedError here: this case is not written yet"
    if kind == subject.TIMEOUT:
        return TIMEOUT, f"no result after {call_seconds:g} s: is there a loop that never ends?"
    if kind == subject.TOO_LARGE:
        return FAIL, f"what it returns cannot be looked at: {outcome['error']}"
    if kind == subject.OUT_OF_MEMORY:
        return OUT_OF_MEMORY, "it needs more memory than there is: does an array or a list grow without end?"
    if kind == subject.CRASHED:
        return CRASH, f"it ends the whole process ({outcome['error']})"
    if kind == subject.RAISED:
        where = f" ({outcome['line']})" if outcome["line"] else ""
        return ERROR, f"it raises {outcome['error']}{where}"
    if outcome["arguments"] is not None:
        for name, before, after in zip(parameters, arguments, outcome["arguments"]):
            if compare(before, after):
                return FAIL, f"it changes its argument `{name}`, which was {show(before)}, to {show(after)}"
    return None
