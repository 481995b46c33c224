"""A process's own view of the machine: few files, none of which it can change, no other process, no network.

All of it is made of Linux namespaces. Root may make them; others may where the kernel lets every user do so, inside of
a user namespace, which gives no right over anything outside of it.
"""

import contextlib
import os

from workshop.grading import linux
from workshop.grading.readable import DEVICES, readable

SCRATCH = "/scratch"  # where each answer finds its own


def leave_the_machine():
    """Let the next child be the first process of a space of its own, without a network.

    Raises:
        OSError: this system does not allow it.
    """
    if os.geteuid() != 0:
        _become_root_of_nothing(os.geteuid(), os.getegid())
    linux.unshare(linux.NEW_NAMES | linux.NEW_PIDS)
    with contextlib.suppress(OSError):
        linux.unshare(linux.NEW_NETWORK)


def _become_root_of_nothing(user, group):
    """A user namespace in which this user has every right, over what belongs to it: nothing yet."""
    linux.unshare(linux.NEW_USER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def make_view(place):
    """Go into a root directory with what may be read and nothing else; /scratch there is empty and may be written.

    Args:
        place: path of an empty directory, which is only needed until this returns.
    """
    linux.mount(None, "/", None, linux.RECURSIVE | linux.PRIVATE)
    linux.mount("tmpfs", place, "tmpfs", linux.NO_SUID, "mode=755,size=4m")
    for path in (*readable(), *DEVICES):
        _show(path, place + path)
    for folder in ("/proc", SCRATCH, "/before"):
        os.mkdir(place + folder)
    os.symlink("/proc/self/fd", f"{place}/dev/fd")
    os.symlink(SCRATCH, f"{place}/dev/shm")  # the locks of `multiprocessing` are files there
    mount_processes(f"{place}/proc")  # while the old one is in sight: without it nobody but root may have one
    linux.mount("tmpfs", place + SCRATCH, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, "mode=700,size=64m")
    linux.pivot_root(place, f"{place}/before")
    os.chdir("/")
    linux.unmount("/before")
    os.rmdir("/before")
    linux.make_read_only("/", recursive=False)


def _show(path, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path) and os.readlink(path).lstrip("/").startswith("usr/"):  # /lib, on most systems
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT))
    linux.mount(path, target, None, linux.BIND | linux.RECURSIVE)
    linux.make_read_only(target, recursive=True)


def mount_processes(target):
    """Read-only: the kernel's settings are there too, and for some of them root's id is right enough."""
    flags = linux.READ_ONLY | linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXECUTION
    linux.mount("proc", target, "proc", flags)


def refresh(user, max_bytes, max_files):
    """What each answer has for itself in a view: an empty scratch directory, and its own processes."""
    linux.unshare(linux.NEW_NAMES)
    owner = os.geteuid() if user is None else user
    size = (
        f"mode=700,uid={owner},gid={owner if user is not None else os.getegid()},size={max_bytes},nr_inodes={max_files}"
    )
    linux.mount("tmpfs", SCRATCH, "tmpfs", linux.NO_SUID | linux.NO_DEVICES, size)
    mount_processes("/proc")
