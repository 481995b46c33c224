"""The rule about an episode that was played."""

from itertools import zip_longest

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules.registry import rule
from workshop.exercises.show import show


def shown_episode(value):
    """What the reader sees of an episode: its calls as they are typed."""
    if isinstance(value, dict) and isinstance(value.get("calls"), list):
        return {**value, "calls": ", ".join(map(_call, value["calls"]))}
    return value


@rule("the steps that you return, and the calls that you make to get them", shown=shown_episode)
def played(arguments, value, expected):
    """1.1: the list has to be one, then the calls are looked at, which explain more than the list that comes of them."""
    if not (isinstance(value, dict) and value.keys() == expected.keys() and isinstance(value["calls"], list)):
        return compare(expected, value)
    difference = compare(expected["returned"], value["returned"])
    if difference:
        difference = Difference(difference.sentence, difference.where or "what it returns")
    if isinstance(value["returned"], list):
        return _difference_of_calls(expected["calls"], value["calls"]) or difference
    return difference


def _difference_of_calls(expected, calls):
    calls = calls[:]
    while len(calls) > len(expected) and _is_question(calls[-1]):
        calls.pop()  # who asks for the next action before looking whether there is a next step does no harm
    for number, (wanted, found) in enumerate(zip_longest(expected, calls), start=1):
        if wanted is None:
            return Difference(f"the episode is over, but then it calls {_call(found)}")
        if found is None:
            return Difference(f"it stops too early: the next call should be {_call(wanted)}")
        if compare(wanted, found):
            return Difference(f"call {number} should be {_call(wanted)}; it is {_call(found)}")
    return None


def _is_question(call):
    return isinstance(call, tuple) and call[:1] == ("policy",)


def _call(call):
    if isinstance(call, tuple) and len(call) == 2 and call[0] == "reset":
        return f"env.reset(seed={show(call[1])})"
    if isinstance(call, tuple) and len(call) == 2 and call[0] == "step":
        return f"env.step({show(call[1])})"
    return f"policy({show(call[1])})" if _is_question(call) and len(call) == 3 else show(call)
