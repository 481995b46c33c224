"""Memory is planned before it is taken.

`np.zeros` takes nothing: the system hands out each page when it is first written to. A replay memory that is too large
therefore seems to fit, trains for hours, and is killed when the ring is nearly full. So its bytes are compared with what
the machine, the container and the shell's limits leave, before it is made.
"""

import bisect
import sys
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import psutil

from workshop.dqn.replay import ReplayMemory

RESERVE = 10**9  # bytes that stay free: for the network and its optimizer, the games, evaluation, and the system


class Available(NamedTuple):
    """How many more bytes this process can take, and what leaves it no more, as the subject of a sentence."""

    bytes: int
    limit: str


def check_memory(capacity, environments=1, frame_shape=(84, 84), kind=ReplayMemory, reserve=RESERVE):
    """The bytes that a replay memory will hold; refuses more than there is room for.

    Args:
        capacity, environments, frame_shape: as for `kind`.
        kind: class, `ReplayMemory` or `PrioritisedReplay`.
        reserve: int, bytes that must stay free beside it.

    Raises:
        MemoryError: they do not fit; its sentence names the largest capacity that does.
    """
    needed = kind.bytes_for(capacity, environments, frame_shape)
    available = available_memory()
    if needed + reserve <= available.bytes:
        return needed
    largest = largest_capacity(available.bytes - reserve, environments, frame_shape, kind)
    height, width = frame_shape
    advice = (
        f"Ask for a capacity of {largest:,} or less (workshop train: --set replay_capacity={largest})."
        if largest
        else "Not even one frame fits: close other programs first."
    )
    raise MemoryError(
        f"A replay memory of {capacity:,} frames of {height} × {width} takes {gigabytes(needed)}, but {available.limit} "
        f"has only {gigabytes(available.bytes)} free, and {gigabytes(reserve)} of that are kept for the network, the games "
        f"and the system. {advice}"
    )


def largest_capacity(room, environments=1, frame_shape=(84, 84), kind=ReplayMemory):
    """The greatest multiple of `environments` whose memory takes at most `room` bytes; 0 where there is none."""
    multiples = range(environments, room, environments)  # a slot takes more than a byte
    return environments * bisect.bisect_right(
        multiples, room, key=lambda capacity: kind.bytes_for(capacity, environments, frame_shape)
    )


def gigabytes(count):
    """1234567890 -> "1.2 GB"."""
    return f"{count / 1e9:.1f} GB"


def available_memory():
    """The least of what the machine, the container and `ulimit -v` leave to this process, as an `Available`."""
    limits = [Available(psutil.virtual_memory().available, "this machine"), *control_group_limits()]
    if sys.platform == "linux":  # macOS has the limit and does not keep it
        limits += _address_space_limit()
    return min(limits)


def _address_space_limit():
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return []
    return [Available(max(0, limit - psutil.Process().memory_info().vms), "the limit that `ulimit -v` set")]


def control_group_limits(root=Path("/")):
    """What the control groups of this process leave, one `Available` a group with a limit: how containers are bounded.

    Version 1 (https://docs.kernel.org/admin-guide/cgroup-v1/memory.html) and version 2
    (https://docs.kernel.org/admin-guide/cgroup-v2.html); elsewhere than on Linux there are none. What a group uses
    contains the cache of files that were read; its inactive part is given back when memory gets short.

    Args:
        root: Path, where the `proc` and `sys` file systems are.
    """
    try:
        groups = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    limits = []
    for group in groups:
        _, controllers, path = group.split(":", 2)
        if not controllers:
            mount, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            mount = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        # A group is bounded by those above it too. In a container the path may be the host's, and only its end be there.
        inner = PurePosixPath(path.lstrip("/"))
        for folder in (inner, *inner.parents):
            limits += _group_limit(mount / folder, *names)
    return limits


def _group_limit(folder, limit, usage, inactive):
    try:
        bound = (folder / limit).read_text(encoding="utf-8").strip()
        used = int((folder / usage).read_text(encoding="utf-8"))
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="utf-8").splitlines())
    except OSError:
        return []  # no limit is kept here, as in the topmost group
    if bound == "max":
        return []
    return [Available(max(0, int(bound) - used + int(statistics.get(inactive, 0))), "this container")]
