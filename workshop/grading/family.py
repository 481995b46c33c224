"""Processes by descent: who was started by whom, and what that takes."""

import contextlib
from pathlib import Path

import psutil


def children(pid):
    """Numbers of a process's children. Where the kernel keeps no list, psutil looks at every process there is."""
    threads = Path(f"/proc/{pid}/task")
    with contextlib.suppress(OSError):
        if (threads / str(pid) / "children").exists():
            return [int(child) for thread in threads.iterdir() for child in (thread / "children").read_text().split()]
    with contextlib.suppress(psutil.Error):
        return [process.pid for process in psutil.Process(pid).children()]
    return []


def below(pid, spared=frozenset()):
    """Every process below one, except for those of `spared` and what is below them."""
    for child in children(pid):
        if child not in spared:
            yield child
            yield from below(child, spared)


def is_alive(pid):
    """Whether there is such a process, and it has not ended and only waits for its parent to ask how."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def processor_seconds(pid):
    """What a process and all below it, those included that have ended, spent on processors; 0.0 for nobody."""
    with contextlib.suppress(psutil.Error):
        return sum(psutil.Process(pid).cpu_times()[:4]) + sum(map(processor_seconds, children(pid)))
    return 0.0
