"""What attendees call in their notebook: check, hint, solution, borrow, progress.

Each of them takes an answer or its name. They talk to the attendee and return nothing (`borrow` returns the answer);
a mistake in calling them is answered with a sentence, not with a traceback.
"""

import functools
import inspect
import os
import time

from workshop.exercises import records, subject
from workshop.exercises.catalogue import BY_NAME, EXERCISES, UnknownExercise, exercise_of, part_of
from workshop.exercises.judge import judge
from workshop.exercises.judgement import PASS, TIMEOUT, UNATTEMPTED
from workshop.exercises.message import Message
from workshop.exercises.reference import IS_HERE, ReferenceMissing, reference, reference_source


class _Misuse(Exception):
    """The attendee called one of the five with something that it cannot take; the text says what to do."""


def _explains_misuse(function):
    shown = [p for p in inspect.signature(function).parameters.values() if p.name != "namespace"]
    signature = inspect.Signature(shown)

    @functools.wraps(function)
    def explaining(*arguments, **options):
        try:
            try:
                bound = signature.bind(*arguments, **options)
            except TypeError:
                wanted = "an answer: check(discounted_return)".replace("check", function.__name__)
                raise _Misuse(f"it takes {wanted if shown else 'nothing: progress()'}.") from None
            return function(*bound.args, namespace=inspect.currentframe().f_back.f_globals)
        except (_Misuse, UnknownExercise, ReferenceMissing) as error:
            message = Message("open", f"… {function.__name__}: {error}")
            _show_failure(message) if function.__name__ == "check" else message.show()

    explaining.__signature__ = signature
    return explaining


@_explains_misuse
def check(answer, *, namespace):
    """Check an answer at once: ✓, or the smallest failing input and what it shows.

    Args:
        answer: your function or class, or its name as a string.
    """
    name = _name_of(answer, namespace)
    if isinstance(answer, str):
        if name not in namespace:
            raise _Misuse(f"{name} is not defined yet. Run the cell that defines it first.")
        answer = namespace[name]
    if not callable(answer):
        raise _Misuse(f"{name} is {_a(type(answer).__name__)}, not a function. Run the cell that defines it again.")
    exercise, part = exercise_of(name), part_of(name)
    title = f"{exercise.number} {name}"
    if "borrowed_from_workshop" in getattr(answer, "__dict__", {}):  # its own: a subclass of ours is the attendee's
        _show_failure(
            Message("open", f"↺ {title} is borrowed: it works, and it is ours. Yours is still to be written.")
        )
        return
    companions = {companion: _companion(companion, name, namespace) for companion in part.companions}
    judgement = judge(part, functools.partial(subject.run, subject.accompanied(answer, companions)))
    if judgement.verdict != UNATTEMPTED:
        passed = judgement.verdict == PASS
        records.update(
            name,
            status=lambda old: records.PASSED if passed or old == records.PASSED else records.FAILED,
            checks=lambda old: old + 1,
        )
    message = message_about(title, name, judgement)
    message.show() if judgement.verdict == PASS else _show_failure(message)


def _show_failure(message):
    """Show it. `nbgrader validate` says that all is well where no cell raises, so there it is raised as well."""
    message.show()
    if os.environ.get("NBGRADER_EXECUTION") == "validate":
        raise AssertionError(message.text())


def _companion(companion, name, namespace):
    """What the attendee has under the name of a companion of `name`."""
    if callable(namespace.get(companion)):
        return namespace[companion]
    raise _Misuse(f"{name} is checked together with your {companion}. Run the cell that defines {companion} first.")


def message_about(title, name, judgement):
    """The `Message` for a judgement. `title` is "1.3 discounted_return"."""
    if judgement.verdict == PASS:
        return Message("good", f"✓ {title} ({judgement.examples} inputs tried)")
    if judgement.verdict == UNATTEMPTED:
        todo = f"Write your answer in place of the `raise` line, run the cell, then check again. Stuck? hint({name})"
        for other in BY_NAME:
            if other != name and f", {other}, is not attempted" in judgement.sentence:  # what the stub of it says
                why = "It is checked together with" if other in part_of(name).companions else "It calls"
                borrow_it = f", or go on with: {other} = borrow({other!r})" if IS_HERE else "."
                todo = f"{why} {other}, which is not written yet. Write that first{borrow_it}"
        return Message("open", f"… {title} is not attempted yet.", (("text", todo),))
    if judgement.verdict == TIMEOUT:
        heading = f"✗ {title} does not come back."
    else:
        heading = f"✗ {title} is not right yet."
    blocks = []
    if judgement.mistake:
        blocks.append(("text", judgement.mistake))
    rows = [("", ""), ("smallest failing input", judgement.call)]
    if judgement.expected:
        rows += [("expected", judgement.expected), ("obtained", judgement.obtained)]
    if judgement.printed:
        rows.append(("it printed", judgement.printed))
    blocks.append(("table", rows))
    blocks.append(("text", f"What is wrong: {judgement.sentence}"))
    blocks.append(("text", f"Stuck? hint({name})"))
    return Message("bad", heading, tuple(blocks))


@_explains_misuse
def hint(answer, *, namespace):
    """One more hint each time."""
    name = _name_of(answer, namespace)
    part, exercise = part_of(name), exercise_of(name)
    count = records.record_of(name)["hints"]
    shown = min(count + 1, len(part.hints))
    records.update(name, hints=shown)
    last = f"That was the last; solution({name}) shows ours." if IS_HERE else "That was the last."
    more = f"hint({name}) again for the next one." if shown < len(part.hints) else last
    number = f"{shown} of {len(part.hints)}"
    Message(
        "open", f"Hint {number} for {exercise.number} {name}", (("text", part.hints[shown - 1]), ("text", more))
    ).show()


@_explains_misuse
def solution(answer, *, namespace):
    """The reference answer and why it is right."""
    name = _name_of(answer, namespace)
    part, exercise = part_of(name), exercise_of(name)
    blocks = (("code", reference_source(name)), ("text", part.explanation))
    records.update(name, solution_seen=True)
    Message("open", f"Our answer to {exercise.number} {name}", blocks).show()


@_explains_misuse
def borrow(name, *, namespace):
    """Take the reference answer, to go on with: `discounted_return = borrow("discounted_return")`.

    Args:
        name: the name of an exercise as a string (or your unfinished function).

    Returns:
        The reference answer, which `check` and `progress` know as borrowed.
    """
    name = _name_of(name, namespace)
    answer = reference(name)
    answer.borrowed_from_workshop = True
    records.update(name, status=lambda old: old if old == records.PASSED else records.BORROWED)
    Message("open", f"↺ {exercise_of(name).number} {name} is borrowed. progress() will say so.").show()
    return answer


@_explains_misuse
def progress(*, namespace):
    """Where am I, in exercises and minutes?"""
    known = records.load()
    rows = [("", "exercise", "minutes", "checks", "hints", "state")]
    for exercise in EXERCISES:
        own = [records.record_of(name, known) for name in exercise.names]
        sign, state = _state_of(own)
        star = " ★" if exercise.is_stretch else ""
        checks, hints = (str(sum(r[field] for r in own) or "") for field in ("checks", "hints"))
        rows.append(
            (sign, f"{exercise.number}{star} {', '.join(exercise.names)}", str(exercise.minutes), checks, hints, state)
        )
    core = [exercise for exercise in EXERCISES if not exercise.is_stretch]
    done = [e for e in core if all(records.record_of(name, known)["status"] == records.PASSED for name in e.names)]
    minutes = sum(exercise.minutes for exercise in core) - sum(exercise.minutes for exercise in done)
    started = min((r["since"] for r in known.values() if r.get("since")), default=None)
    ago = f" You began {_duration(time.time() - started)} ago." if started else ""
    heading = (
        f"{len(done)} of {len(core)} core exercises are yours; about {minutes} minutes of exercises are left.{ago}"
    )
    Message("open", heading, (("table", rows),)).show()


def _state_of(own):
    states = [r["status"] for r in own]
    if all(state == records.PASSED for state in states):
        return "✓", "yours" + (", after reading ours" if any(r["solution_seen"] for r in own) else "")
    if any(state == records.FAILED for state in states):
        return "✗", "not right yet"
    if any(state == records.BORROWED for state in states):
        return "↺", "borrowed"
    return "…", "begun" if any(states) else "to do"


def _duration(seconds):
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _name_of(answer, namespace):
    """The catalogue's name for what the attendee passed: by its own name, or by what it is called in the notebook."""
    if isinstance(answer, str):
        exercise_of(answer)  # raises for a name that nobody asks for
        return answer
    bound = [name for name in BY_NAME if name in namespace and namespace[name] is answer]
    if not callable(answer) and not bound:
        result = "This is None" if answer is None else f"This is {_a(type(answer).__name__)}"
        raise _Misuse(f"give it your function without calling it: discounted_return, or 'discounted_return'. {result}.")
    own = getattr(answer, "__name__", None)
    if isinstance(own, str) and own in BY_NAME and (own in bound or not bound):
        return own
    if len(bound) == 1:
        return bound[0]
    if len(bound) > 1:
        raise _Misuse(f"this function has several names: {', '.join(bound)}. Say which, as a string: {bound[0]!r}.")
    called = f"is called {own!r}, and that" if isinstance(own, str) else "has no name, and that"
    raise _Misuse(f"this function {called} is not the name of an exercise. There are: {', '.join(BY_NAME)}.")


def _a(noun):
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
