"""Stop code that never ends, in the process that it runs in.

A notebook's kernel has to survive `while True: pass` in an attendee's function with all its variables. An exception
raised from a timer ends most loops; one that catches every exception (`except:` around the body) would swallow it and
go on. So the timer fires again and again: once to trace the lines of the running code, and once to raise, and then the
trace raises a second time at the next line, which in such a loop is the line that catches, outside its own `try`.

A single call into C that never returns (`(10**9)**(10**9)`) cannot be stopped this way: the grader, which has a process
to kill, is the one that resists everything.
"""

import contextlib
import signal
import sys
import threading
import time

_FIRE_AGAIN_SECONDS = 0.005


class TimeLimitExceeded(BaseException):
    """The time is up. Not an `Exception`, so that `except Exception` in the stopped code does not catch it."""


@contextlib.contextmanager
def time_limit(seconds):
    """Raise `TimeLimitExceeded` in the body once it has run for `seconds` (a float, wall clock).

    The body runs at full speed until then in the main thread; in another thread, where no signal arrives, every
    step of it looks at the clock.
    """
    is_main_thread = threading.current_thread() is threading.main_thread()
    with _signal_limit(seconds) if is_main_thread else _tracing_limit(seconds) as is_expired:
        yield
    if is_expired():
        raise TimeLimitExceeded  # the body caught the last one and returned all the same


@contextlib.contextmanager
def _signal_limit(seconds):
    here = sys._getframe()
    expired = is_tracing = is_raising = False

    def raise_again(frame, event, argument):
        nonlocal is_tracing
        if frame.f_code.co_filename == __file__:
            return None
        if is_raising and event == "line":
            is_tracing = False  # Python drops a trace function that raises
            raise TimeLimitExceeded
        return raise_again

    def stop(signal_number, frame):
        nonlocal expired, is_tracing, is_raising
        stack = [frame]
        while stack[-1].f_back is not None:
            stack.append(stack[-1].f_back)
        if here in stack:  # the body is over: the limit is just being taken down
            return
        expired = True
        is_raising = is_tracing
        if is_tracing:
            raise TimeLimitExceeded
        is_tracing = True
        for inner in stack[: stack.index(caller)]:
            inner.f_trace = raise_again
        sys.settrace(raise_again)

    caller = here
    while caller.f_code.co_filename in (__file__, contextlib.__file__):
        caller = caller.f_back
    tracer = sys.gettrace()
    handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, _FIRE_AGAIN_SECONDS)
    try:
        yield lambda: expired
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        sys.settrace(tracer)


@contextlib.contextmanager
def _tracing_limit(seconds):
    deadline = time.monotonic() + seconds

    def look_at_the_clock(frame, event, argument):
        if time.monotonic() > deadline:
            raise TimeLimitExceeded
        frame.f_trace_opcodes = True  # a loop on one line has no line events on Python 3.10 and 3.11
        return look_at_the_clock

    tracer = sys.gettrace()
    sys.settrace(look_at_the_clock)
    try:
        yield lambda: time.monotonic() > deadline
    finally:
        sys.settrace(tracer)
