"""Run an answer on one input, and say as plain data what came of it.

This is the part of checking that stands next to the attendee's code: in the notebook's kernel, or in the grader's
worker process. It knows how to call an answer (`drivers`), and nothing of what the right result would be.
"""

import contextlib
import io
import linecache
import traceback
import warnings
from collections import namedtuple
from time import process_time

from workshop.exercises import plain
from workshop.exercises.drivers import DRIVERS
from workshop.exercises.time_limit import TimeLimitExceeded, call_within

RETURNED, RAISED, NOT_ATTEMPTED, TIMEOUT = "returned", "raised", "not_attempted", "timeout"
TOO_LARGE, OUT_OF_MEMORY, CRASHED = "too_large", "out_of_memory", "crashed"
KINDS = (RETURNED, RAISED, NOT_ATTEMPTED, TIMEOUT, TOO_LARGE, OUT_OF_MEMORY, CRASHED)
_PRINTED_CHARACTERS = 2000
_NOTHING = plain.encode(None)


Accompanied = namedtuple("Accompanied", ["answer", "companions"])
Accompanied.__doc__ = "An answer that is judged together with others of its author: the answer, and name -> companion."


def accompanied(answer, companions):
    """The answer as `run` takes it: by itself where there are no companions (a dict, name -> function or class)."""
    return Accompanied(answer, companions) if companions else answer


def run(answer, driver, encoded_arguments, seconds, within=call_within):
    """Call an answer once.

    Args:
        answer: the attendee's function or class, or an `Accompanied`: then the driver gets the companions as its
            second argument.
        driver: a name in `workshop.exercises.drivers.DRIVERS`.
        encoded_arguments: bytes, a tuple encoded by `plain.encode`.
        seconds: float, the limit.
        within: what holds the limit, `call_within` or another function of `time_limit`.

    Returns:
        A dict of plain data: `kind` (one of those above; only a supervisor sees `CRASHED`), `value` where it returned,
        and `arguments` as they are after the call, or None where it left them as they were; `error` and `line` where it
        raised; `error` where it is not attempted or too large; `printed`, the first 2,000 characters of its output;
        `seconds` of processor time.
    """
    return plain.decode(run_encoded(answer, driver, encoded_arguments, seconds, within)[1])


def run_encoded(answer, driver, encoded_arguments, seconds, within=call_within):
    """As `run`, for sending it on: the outcome's kind, and the outcome as bytes that `plain.decode` reads."""
    printed = _CappedText(_PRINTED_CHARACTERS)
    started = process_time()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kind, parts = within(seconds, _call, answer, driver, encoded_arguments)
        except TimeLimitExceeded:
            kind, parts = TIMEOUT, {}
    words = {"kind": kind, "printed": printed.getvalue(), "seconds": process_time() - started}
    return kind, plain.encode_dict({**parts, **{name: plain.encode(word) for name, word in words.items()}})


def _call(answer, driver, encoded_arguments):
    """The kind and what goes with it, encoded within the limits too: an answer's object may have a `__repr__`."""
    try:
        arguments = plain.decode(encoded_arguments)
        parts = answer if isinstance(answer, Accompanied) else (answer,)
        value = plain.encode(DRIVERS[driver](*parts, *arguments))
        after = plain.encode(arguments)
        return RETURNED, {"value": value, "arguments": _NOTHING if after == encoded_arguments else after}
    except NotImplementedError as error:
        return NOT_ATTEMPTED, {"error": plain.encode(_text_of(error))}
    except plain.TooLarge as error:
        return TOO_LARGE, {"error": plain.encode(str(error))}
    except MemoryError:
        return OUT_OF_MEMORY, {}
    except (TimeLimitExceeded, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit from the answer too: it ends nothing but this call
        return RAISED, {"error": plain.encode(describe(error)), "line": plain.encode(_answers_line(error))}


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
