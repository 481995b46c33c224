"""Run an answer on one input, and say as plain data what came of it.

This is the part of checking that stands next to the attendee's code: in the notebook's kernel, or in the grader's
worker process. It knows how to call an answer (`drivers`), and nothing of what the right result would be.
"""

import contextlib
import io
import linecache
import traceback
import warnings

from workshop.exercises import plain
from workshop.exercises.drivers import DRIVERS
from workshop.exercises.time_limit import TimeLimitExceeded, call_within

RETURNED, RAISED, NOT_ATTEMPTED, TIMEOUT = "returned", "raised", "not_attempted", "timeout"
TOO_LARGE, OUT_OF_MEMORY, CRASHED = "too_large", "out_of_memory", "crashed"
KINDS = (RETURNED, RAISED, NOT_ATTEMPTED, TIMEOUT, TOO_LARGE, OUT_OF_MEMORY, CRASHED)
_PRINTED_CHARACTERS = 2000


def run(answer, driver, encoded_arguments, seconds):
    """Call an answer once.

    Args:
        answer: the attendee's function or class.
        driver: a name in `workshop.exercises.drivers.DRIVERS`.
        encoded_arguments: bytes, a tuple encoded by `plain.encode`.
        seconds: float, the wall-clock limit.

    Returns:
        A dict of plain data: `kind` (one of those above; only a supervisor sees `CRASHED`), `value` and `arguments` (as
        they are after the call) where it returned; `error` and `line` where it raised; `error` where it is not
        attempted or too large; `printed`, the first 2,000 characters of its output.
    """
    printed = _CappedText(_PRINTED_CHARACTERS)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            outcome = call_within(seconds, _call, answer, driver, plain.decode(encoded_arguments))
        except TimeLimitExceeded:
            outcome = {"kind": TIMEOUT}
    return {**outcome, "printed": printed.getvalue()}


def _call(answer, driver, arguments):
    """The outcome, without `printed`. All of it is made within the limits: an answer's object may have a `__repr__`."""
    try:
        value = DRIVERS[driver](answer, *arguments)
        return {"kind": RETURNED, "value": plain.copy(value), "arguments": plain.copy(arguments)}
    except NotImplementedError as error:
        return {"kind": NOT_ATTEMPTED, "error": _text_of(error)}
    except plain.TooLarge as error:
        return {"kind": TOO_LARGE, "error": str(error)}
    except MemoryError:
        return {"kind": OUT_OF_MEMORY}
    except (TimeLimitExceeded, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit from the answer too: it ends nothing but this call
        return {"kind": RAISED, "error": describe(error), "line": _answers_line(error)}


class _CappedText(io.TextIOBase):
    """A stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit):
        self._parts, self._left = [], limit

    def writable(self):
        return True

    def write(self, text):
        kept = text[: self._left]
        self._left -= len(kept)
        if kept:
            self._parts.append(kept)
        return len(text)

    def getvalue(self):
        return _printable("".join(self._parts))


def describe(error):
    """An exception as Python prints it, without its traceback: "ValueError: what is wrong", capped."""
    try:
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
    except Exception:  # it may be of a class of the attendee's
        text = type(error).__name__
    return _printable(text[:_PRINTED_CHARACTERS])


def _text_of(error):
    try:
        return _printable(str(error)[:_PRINTED_CHARACTERS])
    except Exception:
        return ""


def _printable(text):
    """Without halves of surrogate pairs, which no file and no terminal takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _answers_line(error):
    """Where in the attendee's own code it happened: "line 3: `return rewards[0]`", or ""."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_attendees(frame.filename)]
    if not own:
        return ""
    filename, number = own[-1].filename, own[-1].lineno
    cell = f"{filename.strip('<>')}, " if filename.startswith("<cell") else ""
    line = linecache.getline(filename, number).strip()
    return f"{cell}line {number}" + (f": `{line}`" if line else "")


def _is_attendees(filename):
    is_typed_in = filename.startswith("<") and not filename.startswith(("<frozen", "<__array_function__"))
    return is_typed_in or "ipykernel" in filename
