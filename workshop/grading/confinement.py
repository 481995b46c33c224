"""Confine a process before it loads anything of an attendee's: limits, no rights, no view, no network.

Each protection is tried by itself. One that this system does not have disables no other, and never stops the grading;
SANDBOX.md says what then remains, and `workshop doctor` what is active here.
"""

import contextlib
import os
import resource
import signal
import sys

from workshop.grading.readable import DEVICES, LISTED, readable

IS_LINUX = sys.platform == "linux"
if IS_LINUX:
    from workshop.grading import linux, system_calls

MEMORY_BYTES = 3 * 2**29  # seven times what a right answer needs; filled long before the time is up
SCRATCH_BYTES = 64 * 2**20
SCRATCH_FILES = 10_000
MAX_PROCESSES = 512  # threads count too, and an answer that leaves one behind is called some hundred times
LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_CPU: 900,  # for whoever escaped the supervisor's clock
    resource.RLIMIT_FSIZE: SCRATCH_BYTES,
    resource.RLIMIT_NOFILE: 256,
}


def confine(scratch, rules, user=None, has_view=False, others=0):
    """Confine this process, for good, to its scratch directory, which becomes the current one.

    Args:
        scratch: path of an empty directory.
        rules: what `open_rules` gave; their descriptors are closed.
        user: int, the user and group id to change to, or None.
        has_view: whether it has a view of its own already, in which there is neither a file that it could change nor
            a process that it did not start.
        others: int, threads of the same user that count against its limit.
    """
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch)
    _set_limits(others + MAX_PROCESSES)
    if not IS_LINUX:
        return
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for protection in (linux.drop_capabilities, linux.give_up_new_privileges, _die_with_the_nursery):
        with contextlib.suppress(OSError):
            protection()
    own = linux.path_rules(readable=["/proc" if has_view else "/proc/self"], writable=[scratch])
    landlock = None  # its version
    with contextlib.suppress(OSError):
        linux.landlock(rules + own)
        landlock = linux.landlock_version()
    for descriptor, _ in rules + own:
        os.close(descriptor)
    if system_calls.is_known_architecture():
        with contextlib.suppress(OSError):
            is_alone = bool(landlock) and not has_view  # Landlock, with what it does not know of
            keep_lengths = is_alone and landlock < linux.KNOWS_TRUNCATION
            linux.filter_system_calls(system_calls.instructions(not has_view, is_alone, keep_lengths))


def open_rules():
    """What every confined process may read, in the form in which Landlock takes it; nothing on other systems."""
    return linux.path_rules(readable(), LISTED, devices=DEVICES) if IS_LINUX else []


def _die_with_the_nursery():
    linux.die_with_parent(signal.SIGKILL)
    linux.set_dumpable(True)  # so that it may look into /proc/self


def _set_limits(processes):
    limits = dict(LIMITS)
    if IS_LINUX:  # macOS has the limit of memory and does not keep it
        limits |= {resource.RLIMIT_AS: MEMORY_BYTES, resource.RLIMIT_NPROC: processes}
    for which, value in limits.items():
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (value, value))


def threads_of_user():
    """How many threads this user has: the limit counts them all, whoever started them."""
    count = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                with open(f"/proc/{name}/stat", "rb") as file:
                    count += int(file.read().rpartition(b")")[2].split()[17])
    return count
