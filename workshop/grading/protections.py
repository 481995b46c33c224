"""Which protections hold on this machine: found out by an answer that tries to get around each of them."""

import functools
import os
import shutil
import socket
import tempfile
import uuid
from pathlib import Path

import psutil

from workshop.exercises import plain
from workshop.grading.readable import KIT
from workshop.grading.supervisor import Supervisor

LIMITS, NETWORK, READING = "limits of time and memory", "a closed network", "answers and checkers out of sight"
WRITING, PROCESSES = "files that cannot be changed", "other processes out of reach"
CHILDREN = "an end of whatever is left running"
ALL = (LIMITS, NETWORK, READING, WRITING, PROCESSES, CHILDREN)
ADVICE = "workshop/grading/SANDBOX.md says what that means, and how to use a container."

_ATTEMPTS = """
import os, resource, socket

def is_refused(attempt, *arguments):
    try:
        attempt(*arguments)
    except (OSError, MemoryError, ValueError):
        return True
    return False

def send(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", port))

def attempts(port, checker, folder, grader, mark):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", mark])
        os._exit(0)
    os.wait()
    return {
        "memory": is_refused(bytearray, 2**44),
        "connect": is_refused(socket.create_connection, ("127.0.0.1", port), 5),
        "send": is_refused(send, port),
        "read": is_refused(open, checker),
        "write": is_refused(open, folder + "/evil", "w"),
        "see": is_refused(os.kill, grader, 0),
    }
"""


@functools.cache
def protections():
    """Which of `ALL` hold here, as a dict, name -> bool. Takes a second or two, the first time."""
    folder = tempfile.mkdtemp(prefix="workshop-grading-")
    mark = f"600.{uuid.uuid4().int % 10**12}"  # a number of seconds that nobody else sleeps
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, Supervisor() as supervisor:
            supervisor.load("attempts", [("cell 1", _ATTEMPTS)])
            checker = str(KIT / "exercises" / "judge.py")
            arguments = (server.getsockname()[1], checker, folder, os.getpid(), mark)
            outcome = supervisor.call("call", plain.encode(arguments), 20.0)
        refused = outcome["value"] if isinstance(outcome["value"], dict) else {}
        held = {
            LIMITS: refused.get("memory"),
            NETWORK: refused.get("connect") and refused.get("send"),
            READING: refused.get("read"),
            WRITING: refused.get("write") and not list(Path(folder).iterdir()),
            PROCESSES: refused.get("see"),
            CHILDREN: bool(refused) and not _sleeping(mark),
        }
    finally:
        shutil.rmtree(folder)
        for process in _sleeping(mark):
            process.kill()
    return {name: bool(held[name]) for name in ALL}


def _sleeping(mark):
    return [process for process in psutil.process_iter(["cmdline"]) if mark in (process.info["cmdline"] or ())]


def in_one_line():
    """The protections of this machine, as a sentence for whoever grades."""
    held = protections()
    missing = [name for name in ALL if not held[name]]
    if not missing:
        return f"Answers run with all {len(ALL)} protections; `workshop doctor` names them."
    return f"Answers run with less protection here than elsewhere; missing: {', '.join(missing)}. {ADVICE}"
