"""Checkpoints when the process is killed or the disk is full, at every point and at random ones.

What was saved before is never lost, what can be loaded was saved in full, and the next save works.
"""

import errno
import itertools
import os
import random
import subprocess
import sys
import time

import pytest

from tests.dqn.checkpoint_helpers import state_of
from tests.dqn.test_plain_state import assert_same
from workshop.dqn.checkpoints import CheckpointError, CheckpointNotSaved, Checkpoints

SIZE = 20_000  # float32: over what stands in the manifest
CHANGES = ("mkdir", "open", "write", "fsync", "link", "rename", "unlink", "rmdir")  # all that can change a disk


def crasher(folder, done):
    """For each line on stdin, (how, when), a forked process that saves step after step until it ends as the line says.

    It has no threads, so it can fork; it says on stdout how the process ended. `done` gets a line for each
    that was saved.
    """
    for line in sys.stdin:
        how, when = line.split()
        child = os.fork()
        if child == 0:
            _save_until(folder, done, how, int(when))
            os._exit(0)
        if how == "after":
            time.sleep(int(when) / 1e3)
            os.kill(child, 9)
        print(os.waitpid(child, 0)[1], flush=True)


def _save_until(folder, done, how, when):
    store = Checkpoints(folder)
    last = store.load()["step"] if store.list() else 0
    record = os.open(done, os.O_WRONLY | os.O_APPEND)
    write = os.write
    write(record, b"saved %d\n" % last)  # the process before it may have been killed before it could say so
    if how == "call":
        calls = itertools.count(1)
        for name in CHANGES:
            setattr(os, name, _killed_at(when, calls, getattr(os, name), tear=name == "write"))
    for step in range(last + 1, last + (2 if how == "call" else 10**6)):
        store.save(state_of(step, SIZE), step)
        write(record, b"saved %d\n" % step)
        store.save_best({"best": step}, step, step)
        write(record, b"best %d\n" % step)


def _killed_at(when, calls, function, tear):
    def call(*args, **kwargs):
        if next(calls) == when:
            if tear:
                function(args[0], args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), 9)
        return function(*args, **kwargs)

    return call


@pytest.fixture
def crash(tmp_path):
    """A function (how, when) that lets a process crash and returns how it ended; `store`, and `last`."""

    class Crash:
        store = Checkpoints(tmp_path / "checkpoints")

        def __call__(self, how, when):
            process.stdin.write(f"{how} {when}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        def last(self, what):
            """The last step of which the process said that it was "saved" or the "best"."""
            lines = map(str.split, done.read_text().splitlines())
            return max((int(step) for kind, step in lines if kind == what), default=0)

    done = tmp_path / "done"
    done.touch()
    code = "import sys; from tests.dqn.test_checkpoint_crashes import crasher; crasher(*sys.argv[1:])"
    command = [sys.executable, "-c", code, Crash.store.folder, done]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield Crash()


def check(crash):
    """All that is listed is whole; the newest is the last that was saved, or the next, complete but not yet said to be."""
    saved, best = crash.last("saved"), crash.last("best")
    lines = crash.store.list()
    assert [line.problem for line in lines] == [None] * len(lines)
    if lines:
        state = crash.store.load()
        assert_same(state_of(state["step"], SIZE), state)
        assert state["step"] in (saved, saved + 1)
        if state["step"] > 1:
            back = Checkpoints(crash.store.folder).load(previous=True)
            assert_same(state_of(state["step"] - 1, SIZE), back)
    else:
        assert saved == 0
    if best:
        assert best <= crash.store.load_best()["best"] <= saved


def check_nothing_is_left_over(crash):
    crash.store.save(state_of(10**6, SIZE), 10**6)
    names = sorted(path.name for path in crash.store.folder.iterdir())
    assert len(names) == 4, names  # .lock, the best and two
    crash.store.close()


def test_killed_at_every_call_that_changes_the_disk(crash):
    for when in itertools.count(1):
        if crash("call", when) == 0:
            break
        check(crash)
    assert when > 30
    check_nothing_is_left_over(crash)


def test_killed_at_random_moments(crash):
    rng = random.Random(0)
    kills = 0
    while kills < 20 or crash.last("best") < 5:
        kills += 1
        assert crash("after", rng.randrange(8 * kills)) == 9  # in the end, long enough for the slowest disk
        check(crash)
    check_nothing_is_left_over(crash)


# A full disk


@pytest.fixture
def full_at(monkeypatch):
    """A function: the disk is full from the n-th call on that needs room. Deleting works."""

    def fill(when):
        calls = itertools.count(1)

        def full(name, function):
            def call(*args, **kwargs):
                needs_room = name != "open" or args[1] & os.O_CREAT
                if needs_room and next(calls) >= when:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return function(*args, **kwargs)

            return call

        for name in ("mkdir", "open", "write", "fsync", "link"):
            monkeypatch.setattr(os, name, full(name, getattr(os, name)))
        return calls

    return fill


def test_the_disk_is_full_at_every_call_that_needs_room(tmp_path, full_at, monkeypatch):
    store = Checkpoints(tmp_path / "checkpoints")
    for step in (1, 2, 3):
        store.save(state_of(step, SIZE), step)
    step = 4
    for when in itertools.count(1):
        before = store.list()
        calls = full_at(when)
        try:
            store.save(state_of(step, SIZE), step)
        except CheckpointNotSaved as error:
            problem = error
        else:
            problem = None
        monkeypatch.undo()
        if problem is None:
            assert next(calls) == when
            break
        assert problem.errno == errno.ENOSPC
        assert str(tmp_path) in str(problem)
        assert "No space left on device" in str(problem)
        assert "the earlier ones are as they were" in str(problem)
        assert not list(store.folder.glob(".unfinished*"))
        if store.list() != before:  # complete, but the disk would not confirm its name
            step += 1
        assert store.list()[: len(before)] == before
        assert_same(state_of(step - 1, SIZE), store.load())
        step += 1
        store.save(state_of(step - 1, SIZE), step - 1)
        assert [line.step for line in store.list()][-1] == step - 1
        assert len(store.list()) == 2
    assert when > 8
    store.close()


LIMITED = """
import os, resource, sys
import numpy as np
from workshop.dqn.checkpoints import CheckpointNotSaved, Checkpoints
store = Checkpoints(sys.argv[1])
store.save({"step": 1, "replay": np.arange(300_000)}, 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
try:
    store.save({"step": 2, "replay": np.arange(300_000) + 1}, 2)
except CheckpointNotSaved as error:
    print(error.errno, error)
store.save({"step": 3, "replay": np.arange(100_000)}, 3)
print(store.load()["step"], len(os.listdir(store.folder)))
"""


def test_training_goes_on_after_a_write_that_the_system_refused(tmp_path):
    """No part of this is played: the kernel writes the first MiB of a piece and refuses the rest."""
    result = subprocess.run([sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, check=True)
    assert result.stderr == ""
    refused, went_on = result.stdout.splitlines()
    assert refused.startswith(f"{errno.EFBIG} {tmp_path}/000002-step-2 was not saved ({os.strerror(errno.EFBIG)})")
    assert went_on == "3 3"  # two checkpoints and .lock


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = Checkpoints(tmp_path / "file" / "checkpoints")
    for write in (store.lock, lambda: store.save({}, 1)):
        with pytest.raises(CheckpointNotSaved, match="cannot be written to .*: make room, or choose another folder"):
            write()
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        store.load()
