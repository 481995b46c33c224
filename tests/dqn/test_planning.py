"""What a replay memory will take is known before, and too much is refused with what would fit."""

import re
import resource
import subprocess
import sys

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.dqn.planning import available_memory, check_memory, control_group_limits, largest_capacity
from workshop.dqn.prioritised import PrioritisedReplay
from workshop.dqn.replay import ReplayMemory

KINDS = [ReplayMemory, PrioritisedReplay]


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**10), st.integers(1, 40), st.integers(1, 90), st.sampled_from(KINDS))
def test_the_largest_capacity_fits_and_the_next_does_not(room, environments, side, kind):
    largest = largest_capacity(room, environments, (side, side), kind)
    assert largest % environments == 0
    assert largest == 0 or kind.bytes_for(largest, environments, (side, side)) <= room
    assert kind.bytes_for(largest + environments, environments, (side, side)) > room


def test_there_is_no_capacity_for_less_than_nothing():
    assert largest_capacity(-5) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_fits_is_told_to_the_byte(kind):
    assert check_memory(2003, 2, (42, 42), kind, reserve=0) == kind(2003, 2, (42, 42)).nbytes()


@pytest.mark.parametrize("kind", KINDS)
def test_too_much_is_refused_with_a_capacity_that_fits(kind):
    reserve = available_memory().bytes - 10**9  # so that a billion bytes are left for it, on any machine
    with pytest.raises(MemoryError) as refusal:
        check_memory(10**9, 8, (2, 2), kind, reserve)
    assert f"of 1,000,000,000 frames of 2 × 2 takes {kind.bytes_for(10**9, 8, (2, 2)) / 1e9:.1f} GB" in str(
        refusal.value
    )
    assert f"and {reserve / 1e9:.1f} GB of that are kept" in str(refusal.value)
    largest = int(re.search(r"a capacity of ([\d,]+) or less", str(refusal.value))[1].replace(",", ""))
    # Other programs take and give back some megabytes between two looks.
    assert abs(kind.bytes_for(largest, 8, (2, 2)) - 10**9) < 3e8
    assert check_memory(largest, 8, (2, 2), kind, reserve - 3 * 10**8) == kind.bytes_for(largest, 8, (2, 2))


def test_no_room_at_all_is_said():
    with pytest.raises(MemoryError, match="Not even one frame fits: close other programs"):
        check_memory(1000, reserve=psutil.virtual_memory().total)


def test_available_is_what_the_system_says():
    """No limit is on the test's own process, so it is the machine's, and never more than all there is."""
    available = available_memory()
    assert 0 < available.bytes <= psutil.virtual_memory().available + 3e8


CHILD = """
import psutil, resource, sys
from workshop.dqn.planning import available_memory, check_memory
from workshop.dqn.replay import ReplayMemory
resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + 4 * 10**8,) * 2)
available = available_memory()
print(available.bytes, available.limit)
try:
    check_memory(10**6, reserve=10**8)
except MemoryError as refusal:
    words = str(refusal).split("a capacity of ")[1]
    memory = ReplayMemory(int(words.split()[0].replace(",", "")))
    memory.frames[...] = 1
    print(memory.nbytes())
ReplayMemory(10**5)
"""


def test_a_limit_of_the_shell_is_kept():
    """What is offered can then really be taken and filled, and what is refused cannot."""
    if sys.platform != "linux":
        assert resource.getrlimit(resource.RLIMIT_AS)[0] < 0 or "ulimit" not in available_memory().limit
        return
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    available, taken = child.stdout.splitlines()
    assert 3.5e8 < int(available.split()[0]) <= 4e8
    assert "`ulimit -v`" in available
    assert 2.5e8 < int(taken) <= 3e8
    assert child.returncode != 0
    assert "MemoryError" in child.stderr or "Unable to allocate" in child.stderr


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


def version_2(folder, limit, used, inactive=0):
    statistics = f"anon 5\nfile 7\ninactive_file {inactive}\nactive_file 3"
    write(folder, memory__max=str(limit), memory__current=str(used), memory__stat=statistics)


def version_1(folder, limit, used, inactive=0):
    statistics = f"cache 5\ninactive_file 1\ntotal_inactive_file {inactive}"
    write(folder, memory__limit_in_bytes=str(limit), memory__usage_in_bytes=str(used), memory__stat=statistics)


def bytes_left(root):
    return sorted(limit.bytes for limit in control_group_limits(root))


def test_limits_of_a_container_version_2(tmp_path):
    write(tmp_path / "proc/self", cgroup="0::/")
    assert bytes_left(tmp_path) == []  # the topmost group of a machine has none of the files
    version_2(tmp_path / "sys/fs/cgroup", "max", 900)
    assert bytes_left(tmp_path) == []
    version_2(tmp_path / "sys/fs/cgroup", 1000, 900, inactive=50)
    assert bytes_left(tmp_path) == [150]


def test_a_group_is_bounded_by_those_above_it(tmp_path):
    write(tmp_path / "proc/self", cgroup="0::/user.slice/session.scope")
    version_2(tmp_path / "sys/fs/cgroup/user.slice", 1000, 100)
    version_2(tmp_path / "sys/fs/cgroup/user.slice/session.scope", 5000, 100)
    assert bytes_left(tmp_path) == [900, 4900]


def test_limits_of_a_container_version_1(tmp_path):
    """With the host's path, of which the container sees only the end; and with systemd's version 2 beside it."""
    write(tmp_path / "proc/self", cgroup="4:memory:/docker/abc\n3:cpuset:/\n1:name=systemd:/docker/abc\n0::/docker/abc")
    version_1(tmp_path / "sys/fs/cgroup/memory", 1000, 600, inactive=100)
    assert bytes_left(tmp_path) == [500]
    write(tmp_path / "proc/self", cgroup="7:cpu,memory:/job")
    version_1(tmp_path / "sys/fs/cgroup/memory/job", 2**63 - 4096, 600)
    assert bytes_left(tmp_path) == [500, 2**63 - 4096 - 600]


def test_elsewhere_than_on_linux_there_are_no_groups(tmp_path):
    assert bytes_left(tmp_path) == []


def test_a_full_container_leaves_nothing(tmp_path):
    write(tmp_path / "proc/self", cgroup="0::/")
    version_2(tmp_path / "sys/fs/cgroup", 10**9, 10**9 + 5)
    assert control_group_limits(tmp_path) == [(0, "this container")]


FILL = """
import numpy as np, psutil
from workshop.dqn.replay import ReplayMemory

def resident():
    return psutil.Process().memory_info().rss

before = resident()
memory = ReplayMemory(100_000, 8)
made = resident()
everyone, frames = np.arange(8), np.full((8, 84, 84), 7, np.uint8)
for _ in range(memory.slots):
    memory.add(everyone, frames, 1, 1.0, False)
memory.sample(32, np.random.default_rng(0))
print(made - before, resident() - before, memory.nbytes())
"""


@pytest.mark.slow
def test_a_full_memory_takes_what_was_planned():
    """In a process of its own, down to the last page; while nothing is in it, it takes next to nothing."""
    child = subprocess.run([sys.executable, "-c", FILL], capture_output=True, text=True, check=True)
    made, filled, planned = map(int, child.stdout.split())
    assert planned == ReplayMemory.bytes_for(100_000, 8)
    assert made < 0.05 * planned
    assert 0.99 * planned < filled < planned + 3e7
