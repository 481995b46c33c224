"""The grader's end of the pipe against workers that say anything but an outcome."""

import pytest

from workshop.exercises import subject
from workshop.exercises.catalogue import part_of
from workshop.exercises.judge import Effort, judge
from workshop.grading.supervisor import Supervisor, _checked

QUICK = Effort(examples=0.1, search_seconds=1, shrink_seconds=1, call_seconds=1, examples_seconds=5)
FORGED = [
    None,
    [],
    {},
    {"kind": "pass"},
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
        from workshop.exercises import plain

        lost = supervisor.call("call", plain.encode(([], 0.5)), 1.0)
        assert (lost["kind"], lost["error"]) == (subject.CRASHED, "exit status 3")
        assert supervisor.call("call", plain.encode(([], 0.9)), 1.0)["value"] == 0.0
