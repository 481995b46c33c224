"""The process that grading processes' workers are forked from: it has imported what they need, and knows nothing else.

It speaks with the grader over one socket, which no worker inherits: a JSON object a message, and an answer to each.
{"start": scratch directory or null, "with": names in `LAZY`} comes with two descriptors, the worker's `channel` and
`status`; the answer is {"keeper": number}. {"stop": that number} ends all that was started there, and is answered with
{} when nothing of it is left. When the grader goes, so does the nursery, with everything below it.

Each worker has a keeper, its parent. Where namespaces are to be had, the keeper is process 1 of a space of its own, and
whatever is in it dies with the keeper. Elsewhere it adopts the orphans, so that they are found below it.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time

from workshop.grading import confinement, family, linux, view, worker

# What only some answers need, and takes long to import: word in their source -> module
LAZY = {"chainer": "chainer", "matplotlib": "matplotlib.pyplot"}
_FIRST_USER, _USERS = 61_184, 4_000  # ids that systems keep for services made up on the spot; no file is theirs


def main(descriptor, place):
    control = socket.socket(fileno=descriptor)
    linux.adopt_orphans()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where the machine's memory is all used, the kernel ends an answer, and not a grader
    others = confinement.threads_of_user()
    for name in ("workshop.exercises.subject", "numpy", "gym"):
        importlib.import_module(name)
    importlib.import_module("workshop.exercises.drivers.worlds").build_all()
    has_view = _works(lambda: _enter_view(place))
    if has_view:
        view.leave_the_machine()
        _go_on_in_a_child(control)
        view.make_view(place)
        os.environ.update(HOME=view.SCRATCH, TMPDIR=view.SCRATCH)
    linux.set_dumpable(False)
    user = _somebody() if os.geteuid() == 0 else None
    _serve(_Nursery(control, has_view, user, 0 if user is not None else others))


def _works(function):
    """Whether `function` raises nothing in a process that is gone afterwards."""
    child = os.fork()
    if child == 0:
        try:
            function()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _enter_view(place):
    view.leave_the_machine()
    if not _works(lambda: view.make_view(place)):
        raise OSError("namespaces are to be had, and of no use")


def _go_on_in_a_child(control):
    """Only a child of this process is inside of the new space; this one waits for it."""
    child = os.fork()
    if child == 0:
        linux.die_with_parent(signal.SIGKILL)
        return
    control.close()
    os.waitpid(child, 0)
    os._exit(0)


def _somebody():
    """A user to become instead of root: nobody's, and able to read what Python needs. None if there is no such user."""
    user = _FIRST_USER + int.from_bytes(os.urandom(4), "big") % _USERS

    def read():
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        for name in ("os", "numpy", "workshop"):
            with open(sys.modules[name].__file__, "rb"):
                pass

    return user if _works(read) else None


class _Nursery:
    """What the nursery knows.

    Attributes:
        control: the socket to the grader.
        has_view: whether it and its workers see few files and no other process.
        user: what a worker becomes, an id or None.
        others: threads that count against a worker's limit of processes.
        keepers: numbers of the processes that keep a worker.
    """

    def __init__(self, control, has_view, user, others):
        self.control, self.has_view, self.user, self.others = control, has_view, user, others
        self.keepers, self.rules = set(), confinement.open_rules()
        self.own_space = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if has_view else None

    def start(self, scratch, modules, channel, status):
        for word in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(LAZY[word])
        gc.collect()
        gc.freeze()  # what is there already is not written to, and shared by all
        if self.has_view:
            linux.unshare(linux.NEW_PIDS)
        keeper = os.fork()
        if keeper == 0:
            try:
                self.control.close()
                self.keep(scratch, channel, status)
            finally:
                os._exit(1)
        if self.has_view:
            linux.enter(self.own_space, linux.NEW_PIDS)
        self.keepers.add(keeper)
        return {"keeper": keeper}

    def keep(self, scratch, channel, status):
        """The keeper's life."""
        linux.die_with_parent(signal.SIGKILL)
        linux.adopt_orphans()
        with contextlib.suppress(OSError):
            linux.unshare(linux.NEW_IPC)
        if self.has_view:
            os.close(self.own_space)
            scratch = view.SCRATCH
            view.refresh(self.user, confinement.SCRATCH_BYTES, confinement.SCRATCH_FILES)
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                confinement.confine(scratch, self.rules, self.user, self.has_view, self.others)
                status.send(b"ready")
                status.close()
                worker.serve(channel)
            finally:
                os._exit(70)
        channel.close()
        code = None
        while code is None:
            ended, how = os.waitpid(-1, 0)
            code = os.waitstatus_to_exitcode(how) if ended == child else None
        with contextlib.suppress(OSError):
            status.send(str(code).encode())
        if not self.has_view:
            end_all_below(os.getpid())
        os._exit(0)

    def stop(self, keeper):
        if not self.has_view:
            end_all_below(keeper, self.keepers)
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(keeper, 0)
        self.keepers.discard(keeper)
        if not self.has_view:
            end_all_below(os.getpid(), self.keepers)
        return {}


def _serve(nursery):
    control = nursery.control
    control.send(json.dumps({"user": nursery.user, "has_view": nursery.has_view}).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
        if not message:
            break
        request = json.loads(message)
        if "start" in request:
            sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
            reply = nursery.start(request["start"], request["with"], *sockets)
            for own in sockets:
                own.close()
        else:
            reply = nursery.stop(request["stop"])
        control.send(json.dumps(reply).encode())
    for keeper in [*nursery.keepers]:
        nursery.stop(keeper)


def end_all_below(pid, spared=frozenset()):
    """Kill every process below one, again and again until there is none: some may be starting others.

    Args:
        pid: of this process, or of one of its children.
        spared: processes that live on, with all that is below them.
    """
    ended = set()
    while alive := [process for process in family.below(pid, spared) if family.is_alive(process)]:
        for process in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        ended.update(alive)
        time.sleep(0.001)
    for child in family.children(os.getpid()):
        if child not in spared and (child in ended or not family.is_alive(child)):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
