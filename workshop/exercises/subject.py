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
from workshop.exercises.time_limit import TimeLimitExceeded, time_limit

RETURNED, RAISED, NOT_ATTEMPTED, TIMEOUT = "returned", "raised", "not_attempted", "timeout"
TOO_LARGE, OUT_OF_MEMORY, CRASHED = "too_large", "out_of_memory", "crashed"
_PRINTED_CHARACTERS = 2000


def run(answer, driver, encoded_arguments, seconds):
    """Call an answer once.

    Args:
        answer: the attendee's function or class.
        driver: a name in `workshop.exercises.drivers.DRIVERS`.
        encoded_arguments: bytes, a tuple encoded by `plain.encode`.
        seconds: float, the wall-clock limit.

    Returns:
        A dict of plain data: `kind` (one of those above; only a supervisor sees `CRASHED`), `value` and `arguments` (as they are after the call) where
        it returned; `error` and `line` where it raised; `printed`, the first 2,000 characters of its output.
    """
    arguments = plain.decode(encoded_arguments)
    printed = _CappedText(_PRINTED_CHARACTERS)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with time_limit(seconds):
                value = DRIVERS[driver](answer, *arguments)
                # Inside the limits: an answer's object may have a `__repr__` of its own.
                outcome = {"kind": RETURNED, "value": plain.copy(value), "arguments": plain.copy(arguments)}
    except NotImplementedError as error:
        outcome = {"kind": NOT_ATTEMPTED, "error": str(error)[:_PRINTED_CHARACTERS]}
    except TimeLimitExceeded:
        outcome = {"kind": TIMEOUT}
    except plain.TooLarge:
        outcome = {"kind": TOO_LARGE}
    except MemoryError:
        outcome = {"kind": OUT_OF_MEMORY}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit from the answer too: it ends nothing but this call
        outcome = {"kind": RAISED, "error": _describe(error), "line": _answers_line(error)}
    return {**outcome, "printed": printed.getvalue()}


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
        return "".join(self._parts)


def _describe(error):
    with contextlib.suppress(Exception):
        return "".join(traceback.format_exception_only(type(error), error)).strip()[-_PRINTED_CHARACTERS:]
    return type(error).__name__


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
    return filename.startswith("<") or "ipykernel" in filename or "ipython-input" in filename
