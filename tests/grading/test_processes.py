"""Warm workers, the clock and the scratch directory; and what there is where none of that is to be had."""

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.exercises import plain, subject
from workshop.grading import clock as clocks
from workshop.grading import family, processes, protections, scratch
from workshop.grading import supervisor as supervising
from workshop.grading.supervisor import Supervisor

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a nursery")
FINE = [("cell 1", "def fine(x=0):\n    return x")]


def call(supervisor, *arguments, seconds=5.0):
    return supervisor.call("call", plain.encode(arguments), seconds)


# The nursery ----------------------------------------------------------------------------------------------------------


@linux_only
def test_a_nursery_that_was_killed_is_replaced():
    with Supervisor() as supervisor:
        assert supervisor.load("fine", FINE) == ("", "")
        for process in family.below(processes.shared_nursery()._process.pid):
            os.kill(process, signal.SIGKILL)
        assert call(supervisor, 1)["kind"] == subject.CRASHED
        assert call(supervisor, 2)["value"] == 2
        processes.shared_nursery()._process.kill()
        assert supervisor.load("fine", FINE) == ("", "")
        assert call(supervisor, 3)["value"] == 3


@linux_only
@pytest.mark.slow
@pytest.mark.alone
def test_a_nursery_that_hangs_costs_one_answer_and_leaves_nothing():
    sleeping = "subprocess.Popen(['sleep', '600'], start_new_session=True)"
    source = f"import subprocess\ndef fine(x=0):\n    {sleeping}\n    return x"
    with Supervisor() as supervisor:
        assert supervisor.load("fine", [("cell 1", source)]) == ("", "")
        assert call(supervisor, 1)["value"] == 1
        nursery = processes.shared_nursery()
        below = [psutil.Process(pid) for pid in family.below(nursery._process.pid)]
        nursery._control.settimeout(0.5)
        below[0].suspend()
        assert supervisor.load("fine", FINE) == ("", "")
        assert call(supervisor, 2)["value"] == 2
        assert psutil.wait_procs(below, timeout=20)[1] == []


@linux_only
def test_two_supervisors_do_not_disturb_each_other():
    with Supervisor() as one, Supervisor() as other:
        one.load("fine", FINE)
        other.load("fine", [("cell 1", "import os\ndef fine(x):\n    os.kill(-1, 9)")])
        assert call(one, 1)["value"] == 1
        assert call(other, 1)["kind"] in (subject.RAISED, subject.CRASHED)
        assert call(one, 2)["value"] == 2


@linux_only
def test_a_forked_grader_has_a_nursery_of_its_own():
    with Supervisor() as supervisor:
        supervisor.load("fine", FINE)
        child = os.fork()
        if child == 0:
            with Supervisor() as own:
                own.load("fine", FINE)
                status = 0 if call(own, 5)["value"] == 5 else 1
            processes.close_nursery()
            os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert call(supervisor, 1)["value"] == 1


@linux_only
def test_a_nursery_goes_with_its_grader():
    script = (
        "from workshop.grading.supervisor import Supervisor\n"
        "supervisor = Supervisor()\n"
        "supervisor.load('fine', [('cell 1', 'def fine():\\n    return 1')])\n"
        "print('loaded', flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as grader:
        assert grader.stdout.readline() == b"loaded\n"
        below = [psutil.Process(pid) for pid in family.below(grader.pid)]
        grader.kill()
    assert len(below) >= 2
    assert psutil.wait_procs(below, timeout=20)[1] == []


@linux_only
def test_where_memory_is_short_it_is_an_answer_that_the_kernel_ends():
    """Each of its processes may take its own 1.5 GiB: together they can fill the machine."""
    with Supervisor() as supervisor:
        source = "def fine():\n    return open('/proc/self/oom_score_adj').read()"
        assert supervisor.load("fine", [("cell 1", source)]) == ("", "")
        assert call(supervisor)["value"] == "1000\n"


# Where there is no nursery --------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """Workers as macOS has them."""
    monkeypatch.setattr(processes, "IS_LINUX", False)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return x", subject.RETURNED),
        ("import time; time.sleep(60)", subject.TIMEOUT),
        ("while True: pass", subject.TIMEOUT),
        pytest.param("import os; os._exit(3)", subject.CRASHED, marks=pytest.mark.slow),
        pytest.param("return bytearray(2**50)", subject.OUT_OF_MEMORY, marks=pytest.mark.slow),
        pytest.param("raise KeyError(x)", subject.RAISED, marks=pytest.mark.slow),
    ],
)
def test_a_fresh_process_does_it_too(body, kind, fresh):
    with Supervisor() as supervisor:
        assert supervisor.load("answer", [("cell 1", f"def answer(x):\n    {body}")]) == ("", "")
        assert isinstance(supervisor._worker, processes.FreshWorker)
        assert call(supervisor, 1, seconds=0.5)["kind"] == kind
        assert supervisor.load("fine", FINE) == ("", "")
        assert call(supervisor, 7)["value"] == 7


def test_what_a_fresh_process_started_ends_with_it(fresh):
    source = (
        "import subprocess\ndef answer():\n    return subprocess.Popen(['sleep', '600'], start_new_session=True).pid"
    )
    with Supervisor() as supervisor:
        supervisor.load("answer", [("cell 1", source)])
        child = call(supervisor)["value"]
        assert family.is_alive(child)
        supervisor.stop()
        psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=10)
        assert not family.is_alive(child)


# The clock ------------------------------------------------------------------------------------------------------------


@given(
    limit=st.floats(0.1, 20),
    steps=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), min_size=1, max_size=60),
)
def test_the_clock_counts_the_time_that_a_process_had(limit, steps):
    """`steps` are (seconds that pass, the share of them in which others had the processor)."""
    wall, waited = 1000.0, 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clocks.time, "monotonic", lambda: wall)
        patch.setattr(clocks.Clock, "_look", lambda self: waited)
        patch.setattr(clocks, "processor_seconds", lambda pid: 0.0)
        clock = clocks.Clock(pid=0, head=0)
        clock.start(limit)
        for seconds, share in steps:
            wall, waited = wall + seconds, waited + seconds * share
            passed, had = wall - 1000.0, wall - 1000.0 - waited
            if abs(had - limit) < 1e-6 or abs(passed - clocks._PATIENCE * limit) < 1e-6:
                continue
            assert (clock.left() == 0.0) == (had > limit or passed > clocks._PATIENCE * limit)


@given(limit=st.floats(0.1, 5), greed=st.floats(0.2, 4))
def test_a_family_that_takes_every_processor_pays_for_it(limit, greed):
    """The process itself never gets one: it waits all the time, for its own children."""
    wall = 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clocks.time, "monotonic", lambda: wall)
        patch.setattr(clocks.Clock, "_look", lambda self: wall)
        patch.setattr(clocks, "processor_seconds", lambda pid: greed * wall)
        clock = clocks.Clock(pid=0, head=0)
        clock.start(limit)
        while clock.left():
            wall += 0.05
    assert wall <= limit + limit / greed + 0.2


BUSY = """
import os, time
def answer(seconds):
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return seconds
"""


@linux_only
@pytest.mark.slow
@pytest.mark.alone
def test_a_busy_machine_changes_no_verdict():
    """On a processor that is shared with four others, 0.6 s take three, and the limit is one."""
    core = min(os.sched_getaffinity(0))
    rival = f"import os; os.sched_setaffinity(0, [{core}])\nwhile True: pass"
    with Supervisor() as supervisor:
        supervisor.load("answer", [("cell 1", BUSY)])
        rivals = [subprocess.Popen([sys.executable, "-c", rival]) for _ in range(4)]
        try:
            assert call(supervisor, 0.6, seconds=1.0)["kind"] == subject.RETURNED
            assert call(supervisor, 9.0, seconds=1.0)["kind"] == subject.TIMEOUT
        finally:
            for process in rivals:
                process.kill()
                process.wait()


# The pipe -------------------------------------------------------------------------------------------------------------


class Impostor:
    """A worker that says what the test wants it to say, and then hangs up."""

    pid = head = 0

    def __init__(self, said):
        self.channel, self._theirs = socket.socketpair()
        ready = plain.encode((0, ("ready", supervising.PROTOCOL)))
        self._said = struct.pack(">I", len(ready)) + ready + said
        self._talking = threading.Thread(target=self._talk)
        self._talking.start()

    def _talk(self):
        try:
            self._theirs.sendall(self._said)
            self._theirs.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # nobody listens any more

    def how_it_ended(self):
        return None

    def stop(self):
        self.channel.close()
        self._talking.join()
        self._theirs.close()


def framed(number, message):
    data = plain.encode((number, message))
    return struct.pack(">I", len(data)) + data


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
outcomes = st.fixed_dictionaries(
    {"kind": st.sampled_from([*subject.KINDS, "pass", 7])},
    optional={word: values for word in ("value", "arguments", "error", "line", "printed")},
)
noise = st.binary(max_size=40) | st.builds(framed, st.integers(0, 3), values | outcomes)


@given(loaded=st.just(framed(1, ("", ""))) | noise, replies=st.lists(noise, max_size=4))
@settings(max_examples=50)
def test_whatever_bytes_come_there_is_an_outcome(loaded, replies):
    said = loaded + b"".join(replies)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervising, "start_worker", lambda modules: Impostor(said))
        with Supervisor() as supervisor:
            verdict, words = supervisor.load("fine", FINE)
            assert verdict in ("", "error", "timeout", "out_of_memory", "crash")
            assert isinstance(words, str)
            for outcome in supervisor.calls("call", [plain.encode(())] * 2, 0.05):
                assert outcome["kind"] in subject.KINDS
                assert outcome["kind"] != subject.RETURNED or isinstance(outcome["arguments"], tuple)
                assert all(isinstance(outcome.get(word, ""), str) for word in ("error", "line", "printed"))


@pytest.mark.parametrize(
    "said",
    [
        struct.pack(">I", 2**32 - 1),
        struct.pack(">I", 9_000_000) + b"[" + b"[]," * 2_999_999 + b"0]",
        struct.pack(">I", 60_000) + b"[" * 60_000,
        struct.pack(">I", 100) + b"1",
    ],
    ids=["a length of four gigabytes", "millions of lists", "nested too deep", "less than announced"],
)
def test_a_reply_that_would_fill_the_memory_is_refused(said, monkeypatch):
    monkeypatch.setattr(supervising, "start_worker", lambda modules: Impostor(framed(1, ("", "")) + said))
    with Supervisor() as supervisor:
        supervisor.load("fine", FINE)
        assert call(supervisor)["kind"] == subject.CRASHED


# The scratch directory ------------------------------------------------------------------------------------------------

names = st.binary(min_size=1, max_size=12).filter(lambda name: not set(name) & {0, 47} and name not in (b".", b".."))
trees = st.recursive(
    st.sampled_from(["file", "link out", "link to nowhere", "pipe"]),
    lambda inner: st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def plant(folder, tree, outside):
    """Make a tree of files in a folder, both bytes, and let nobody read its directories."""
    for name, content in tree.items():
        path = os.path.join(folder, name)
        if isinstance(content, dict):
            os.mkdir(path)
            plant(path, content, outside)
            os.chmod(path, 0)
        elif content == "file":
            os.close(os.open(path, os.O_CREAT, 0))
        elif content == "pipe":
            os.mkfifo(path)
        else:
            os.symlink(outside if content == "link out" else b"nowhere", path)


@given(tree=st.dictionaries(names, trees, max_size=4))
@settings(max_examples=40)
def test_a_scratch_directory_is_removed_whatever_is_in_it(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "letter.txt").write_text("private")
    path = scratch.make()
    plant(os.fsencode(path), tree, os.fsencode(outside))
    scratch.remove(path)
    assert not os.path.lexists(path)
    assert (outside / "letter.txt").read_text() == "private"


def test_a_tree_too_deep_for_a_path_is_removed():
    path = scratch.make()
    here = os.getcwd()
    try:
        os.chdir(path)
        for _ in range(1100):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.chdir(here)
    scratch.remove(path)
    assert not os.path.lexists(path)


def test_a_scratch_directory_is_for_its_owner_alone():
    path = scratch.make()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    scratch.remove(path)


# What the doctor says -------------------------------------------------------------------------------------------------


def test_protections_are_tried_and_those_that_fail_are_said(monkeypatch):
    monkeypatch.setattr(protections, "protections", protections.protections.__wrapped__)
    monkeypatch.setattr(
        protections, "_ATTEMPTS", protections._ATTEMPTS.replace("        return True", "        return False")
    )
    held = protections.protections()
    assert not any(held[name] for name in held if name != protections.CHILDREN)
    assert "missing: limits of time and memory, a closed network" in protections.in_one_line()
