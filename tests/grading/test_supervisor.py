"""The grader's end of the pipe against workers that say anything but an outcome."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.exercises import plain, subject
from workshop.exercises.catalogue import part_of
from workshop.exercises.judge import Effort, judge
from workshop.grading import supervisor as supervising
from workshop.grading.confinement import IS_LINUX
from workshop.grading.supervisor import Supervisor, _checked

QUICK = Effort(examples=0.1, search_seconds=1, shrink_seconds=1, call_seconds=1, examples_seconds=5)
FORGED = [
    None,
    [],
    {},
    {"kind": "pass"},
    {"kind": np.array([], bool)},
    {"kind": np.arange(2)},
    {"kind": "returned", "arguments": 7},
    {"kind": "returned", "arguments": (), "error": 3},
    {"kind": "raised", "error": None},
    ("returned",),
]


@pytest.mark.parametrize("reply", FORGED, ids=repr)
def test_reply_that_is_no_outcome_is_a_crash(reply):
    assert _checked(reply)["kind"] == subject.CRASHED


@pytest.mark.parametrize("name", ["run_episode", "epsilon_greedy", "q_learning", "discounted_return"])
@pytest.mark.parametrize("value", [None, {}, {"returned": 1}, [1, {}], {"counts": "x"}, float("inf")], ids=repr)
def test_forged_value_is_never_a_pass_and_never_an_exception(name, value):
    def call(driver, arguments, seconds):
        return _checked({"kind": "returned", "value": value, "arguments": ()})

    assert judge(part_of(name), call, QUICK).verdict not in ("pass", "unattempted")


FORGERY = """
import gc, io, json, os, struct, time
def attack():
    time.sleep(0.3)
    data = json.dumps({"t": "tuple", "v": [2, json.loads('FORGED')]}).encode()
    for pipe in [thing for thing in gc.get_objects() if isinstance(thing, io.BufferedWriter)]:
        try: os.write(pipe.fileno(), struct.pack(">I", len(data)) + data)
        except (OSError, ValueError): pass
    return 17.0
"""
GARBAGE = "import os\nfor descriptor in range(3, 60):\n    try: os.write(descriptor, {})\n    except OSError: pass\n"


@pytest.mark.parametrize("written", ["b'\\x00\\x00\\x00\\x04null'", "b'x' * 1000", "b'\\xff' * 8", "b'\\x00' * 8"])
def test_bytes_written_on_the_pipe_are_never_a_pass(written):
    source = GARBAGE.format(written) + "def q_target(*arguments):\n    return 17.0\n"
    with Supervisor() as supervisor:
        supervisor.load("q_target", [("cell 1", source)])
        assert judge(part_of("q_target"), supervisor.call, QUICK).verdict not in ("pass", "unattempted")


def test_a_lost_worker_is_replaced():
    source = (
        "import os\ndef discounted_return(rewards, gamma):\n    os._exit(3) if gamma == 0.5 else None\n    return 0.0\n"
    )
    with Supervisor() as supervisor:
        assert supervisor.load("discounted_return", [("cell 1", source)]) == ("", "")
        lost = supervisor.call("call", plain.encode(([], 0.5)), 1.0)
        assert (lost["kind"], lost["error"]) == (subject.CRASHED, "exit status 3")
        assert supervisor.call("call", plain.encode(([], 0.9)), 1.0)["value"] == 0.0


# Many calls in one message --------------------------------------------------------------------------------------------

TELLING = """
import os, time
def q_target(number, what):
    print(number)
    if what == "raises":
        raise KeyError(number)
    if what == "dies":
        os._exit(3)
    if what == "hangs":
        time.sleep(60)
    return number
"""


@given(whats=st.lists(st.sampled_from(["returns", "raises"]), max_size=8), request_bytes=st.integers(1, 200))
@settings(max_examples=20)
def test_many_calls_give_what_one_at_a_time_gives(telling, whats, request_bytes):
    inputs = [plain.encode((number, what)) for number, what in enumerate(whats)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervising, "_REQUEST_BYTES", request_bytes)
        together = telling.calls("call", inputs, 5.0)
    alone = [telling.call("call", data, 5.0) for data in inputs]
    for outcome in (*together, *alone):
        outcome.pop("seconds", None)
    first_end = next((n for n, outcome in enumerate(alone) if outcome["kind"] != subject.RETURNED), len(alone))
    assert together == alone[: first_end + 1]


@pytest.mark.parametrize(("what", "kind"), [("dies", subject.CRASHED), ("hangs", subject.TIMEOUT)])
def test_a_list_of_calls_ends_with_the_one_that_costs_the_worker(telling, what, kind):
    inputs = [plain.encode((number, "returns" if number != 2 else what)) for number in range(9)]
    kinds = [outcome["kind"] for outcome in telling.calls("call", inputs, 0.3)]
    assert kinds == [subject.RETURNED, subject.RETURNED, kind]
    assert telling.call("call", inputs[5], 5.0)["value"] == 5  # and the next call is its own


def test_each_call_of_a_list_has_its_own_limit():
    source = "import time\ndef q_target():\n    time.sleep(0.2)\n"
    with Supervisor() as supervisor:
        supervisor.load("q_target", [("cell 1", source)])
        outcomes = supervisor.calls("call", [plain.encode(())] * 6, 0.9)
    assert [outcome["kind"] for outcome in outcomes] == [subject.RETURNED] * 6


def test_replies_of_a_list_are_bounded_together(telling, monkeypatch):
    inputs = [plain.encode((number, "returns")) for number in range(50)]
    size = len(plain.encode(telling.call("call", inputs[10], 5.0)))
    monkeypatch.setattr(supervising, "_REPLIES_BYTES", 20 * size)
    outcomes = telling.calls("call", inputs, 5.0)
    assert 10 < len(outcomes) < 40
    assert outcomes[-1]["kind"] == subject.TOO_LARGE
    assert telling.call("call", inputs[7], 5.0)["value"] == 7  # nothing of the rest is taken for a reply


@pytest.mark.skipif(not IS_LINUX, reason="elsewhere what an answer sleeps is not seen")
def test_seconds_are_those_of_the_graders_clock():
    """Sleeping counts, and what the worker says of itself only where it is more."""
    forged = '{"t": "dict", "v": [["kind", "returned"], ["value", 1], ["arguments", null], ["seconds", -9e9]]}'
    source = FORGERY.replace("FORGED", forged).replace("return 17.0", "os._exit(0)")
    with Supervisor() as supervisor:
        supervisor.load("q_target", [("cell 1", source.replace("attack", "q_target"))])
        (outcome,) = supervisor.calls("call", [plain.encode(())], 5.0)
    assert (outcome["kind"], outcome["value"]) == (subject.RETURNED, 1)
    assert outcome["seconds"] > 0.25


@pytest.fixture(scope="module")
def telling():
    with Supervisor() as supervisor:
        assert supervisor.load("q_target", [("cell 1", TELLING)]) == ("", "")
        yield supervisor
