"""Stop code that never ends, in the process that it runs in.

A notebook's kernel has to survive `while True: pass` in an attendee's function with all its variables. An exception
raised from a timer ends most loops. One that catches every exception (`except:` around the body) swallows it and goes
on. So the timer fires again, and this time each exception is raised together with the request for the next one: it
comes the next time that Python looks for signals, which is in the code that caught the last one, outside its `try`.
Level by level that leads out of whatever is nested.

A single call into C that never returns (`sum(iter(int, 1))`) cannot be stopped this way, nor, on Python 3.10, a loop
that is all `try` and calls nothing: Python 3.10 looks for signals nowhere in it. The grader, which has a process to
kill, is the one that resists everything.
"""

import _thread
import contextlib
import functools
import signal
import sys
import threading
import time

_FIRE_AGAIN_SECONDS = 0.05  # the first exception comes alone, and code that cleans up behind itself has so long for it
_PATIENCE = 10  # limits by the wall's clock, for code that hardly gets to run at all


class TimeLimitExceeded(BaseException):
    """The time is up. Not an `Exception`, so that `except Exception` in the stopped code does not catch it."""


def call_within(seconds, function, *arguments):
    """Call `function(*arguments)` and give back its value, or raise `TimeLimitExceeded` once it has run for `seconds`.

    What the wall's clock says counts, without the time in which the process was ready to run and others had the
    processor: a training in the background takes none of it. Linux tells that time; elsewhere all of it counts.

    In the main thread it runs at full speed. In another thread no signal arrives: there every step of it looks at the
    clock, and code that catches every exception goes on.

    Args:
        seconds: float.
    """
    is_main_thread = threading.current_thread() is threading.main_thread()
    return (_call_with_signals if is_main_thread else _call_traced)(seconds, function, arguments)


def call_within_processor_time(seconds, function, *arguments):
    """As `call_within` does, but what is limited is the time that this process computes, on however busy a machine.

    For the main thread only. Code that sleeps is not stopped: that takes a clock outside of its process.
    """
    return _call_with_signals(seconds, function, arguments, signal.ITIMER_PROF, signal.SIGPROF)


def _call_with_signals(seconds, function, arguments, timer=signal.ITIMER_REAL, alarm=signal.SIGALRM):
    here = sys._getframe()
    expired, last_place = False, None
    by_the_wall = timer == signal.ITIMER_REAL
    waited = _seconds_in_the_queue() if by_the_wall else 0.0

    def body():
        return function(*arguments)

    def is_in_body(frame):
        while frame is not None and frame.f_back is not here:
            frame = frame.f_back
        return frame is not None and frame.f_code is body.__code__

    def still_left():
        passed = time.monotonic() - started
        own = passed - (_seconds_in_the_queue() - waited)
        return max(seconds - own, 0.01) if own < seconds and passed < _PATIENCE * seconds else 0

    def stop(signal_number, frame):
        nonlocal expired, last_place
        if not is_in_body(frame):
            return  # not any more, or not yet
        if not expired:
            left = still_left() if by_the_wall else 0
            if left:
                signal.setitimer(timer, left, _FIRE_AGAIN_SECONDS)
                return
            expired = True
            raise TimeLimitExceeded
        place = (frame, frame.f_lasti)
        if place != last_place:
            last_place = place
            _raise_again_and_again(alarm)
        # Python 3.12 takes a jump out of an `except:` for a part of its `try`. One line further it is not.
        frame.f_trace = raise_at_next_line
        sys.settrace(raise_at_next_line)

    def raise_at_next_line(frame, event, argument):
        if frame.f_code.co_filename == __file__:
            return None
        if event == "line":
            _raise_again_and_again(alarm)  # Python drops a trace function that raises
        return raise_at_next_line

    tracer = sys.gettrace()
    handler = signal.signal(alarm, stop)
    started = time.monotonic()
    delay, interval = signal.setitimer(timer, seconds, _FIRE_AGAIN_SECONDS)
    try:
        value = body()
    finally:
        sys.settrace(tracer)  # a debugger's, too, Python drops when an exception comes out of it
        signal.setitimer(timer, 0)
        signal.signal(alarm, handler)
        if delay:  # somebody else's timer, a limit around this one for example: it goes on
            signal.setitimer(timer, max(delay - (time.monotonic() - started), 1e-6), interval)
        here = last_place = None  # frames hold what they worked with
    if expired:
        raise TimeLimitExceeded  # the body caught the last one and ended all the same
    return value


def _seconds_in_the_queue():
    """Seconds that this process was ready to run and did not, since it began; 0.0 where the system does not tell."""
    with contextlib.suppress(OSError, IndexError), open("/proc/self/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9
    return 0.0


def _raise_again_and_again(alarm):
    """Make Python call the signal's handler once more, and raise, with no step of Python's own between the two."""
    request = functools.partial(_thread.interrupt_main, alarm)
    raising = functools.partial((_ for _ in ()).throw, TimeLimitExceeded)
    list(map(functools.partial.__call__, (request, raising)))


def _call_traced(seconds, function, arguments):
    deadline = time.monotonic() + seconds

    def look_at_the_clock(frame, event, argument):
        if frame.f_code.co_filename == __file__:
            return None
        if time.monotonic() > deadline:
            raise TimeLimitExceeded
        frame.f_trace_opcodes = True  # a loop on one line has no line events on Python 3.10 and 3.11
        return look_at_the_clock

    tracer = sys.gettrace()
    sys.settrace(look_at_the_clock)
    try:
        value = function(*arguments)
    finally:
        sys.settrace(tracer)
    if time.monotonic() > deadline:
        raise TimeLimitExceeded  # the body caught the last one and ended all the same
    return value
