"""What hostile code tries where the kernel has less than this one: each protection that is left closes its own gaps.

The nursery runs as it would there: without namespaces, or with Landlock of 2022, or without any; and as the user who
grades, since somebody else's files and processes are out of reach in any case.
"""

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from tests.grading.test_hostile import HEAD
from workshop.exercises import plain, subject
from workshop.grading import processes
from workshop.grading.supervisor import Supervisor

if sys.platform == "linux":
    from workshop.grading import linux

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are limits and no confinement")

AS_ELSEWHERE = """
import sys
from workshop.grading import linux, nursery, view
def refuse(*arguments):
    raise PermissionError
{patch}
nursery._somebody = lambda: None
nursery.main(int(sys.argv[1]), sys.argv[2])
"""
OLD_LANDLOCK = "view.leave_the_machine = refuse; linux.landlock_version = lambda: 2"  # Docker on Linux 6.1, say
NO_LANDLOCK = "linux.landlock = refuse"


@pytest.fixture
def elsewhere(monkeypatch, request):
    """A nursery of a system like that; its `has_view`."""
    try:
        linux.landlock_version()
    except OSError:
        pytest.skip("this kernel has less than those")
    processes.close_nursery()
    monkeypatch.setattr(processes, "NURSERY", (sys.executable, "-I", "-c", AS_ELSEWHERE.format(patch=request.param)))
    yield processes.shared_nursery().has_view
    processes.close_nursery()


def attack(code, **known):
    """The value of one call; `known` are names that the code may use."""
    source = HEAD.replace("SOLUTIONS, CHECKER, KIT, HOME, GRADER, PORT", ", ".join(known))
    with Supervisor() as supervisor:
        assert supervisor.load("attack", [("cell 1", source + f"    {code}\n    return 'over'\n")]) == ("", "")
        outcome = supervisor.call("call", plain.encode(tuple(known.values())), 10.0)
    assert (outcome["kind"], outcome["value"]) == (subject.RETURNED, "over"), outcome


SIGNALS = (
    "import fcntl; mine, other = socket.socketpair()\n"
    "    for attempt in (lambda: fcntl.fcntl(mine, fcntl.F_SETOWN, VICTIM),\n"
    "                    lambda: fcntl.fcntl(mine, 15, struct.pack('ii', 1, VICTIM)),\n"
    "                    lambda: fcntl.ioctl(mine, 0x8901, struct.pack('i', VICTIM)),\n"
    "                    lambda: fcntl.ioctl(mine, 0x8902, struct.pack('i', VICTIM))):\n"
    "        try: attempt()\n        except OSError: pass\n"
    "    fcntl.fcntl(mine, 10, signal.SIGKILL)\n"
    "    fcntl.fcntl(mine, fcntl.F_SETFL, os.O_ASYNC); other.send(b'x'); time.sleep(0.1)"
)


@pytest.mark.parametrize("elsewhere", [OLD_LANDLOCK], indirect=True)
def test_a_descriptor_sends_no_signal_to_others(elsewhere):
    """The owner of a descriptor gets a signal of one's choice whenever something arrives there."""
    with subprocess.Popen(["sleep", "60"]) as victim:
        attack(SIGNALS, VICTIM=victim.pid)
        assert victim.poll() is None, signal.Signals(-victim.returncode).name
        victim.kill()


@pytest.mark.parametrize("elsewhere", [OLD_LANDLOCK], indirect=True)
@pytest.mark.parametrize(
    "code",
    [
        "refused(os.truncate, LETTER, 0)",
        "refused(os.open, READABLE, os.O_RDONLY | os.O_TRUNC)",
        "refused(os.open, LETTER, 3 | os.O_TRUNC)",
        # openat2, of which a filter does not see the flags
        "refused_by_c(libc.syscall(437, -100, READABLE.encode(), struct.pack('QQQ', os.O_TRUNC, 0, 0), 24))",
    ],
)
def test_files_keep_their_length(elsewhere, code, tmp_path):
    """Landlock before Linux 6.2 does not know that to cut a file off is to write it."""
    letter = tmp_path / "letter.txt"
    letter.write_text("private")
    if not os.access(sys.prefix, os.W_OK):
        pytest.skip("whoever runs this could not do it either")
    with tempfile.NamedTemporaryFile("w", dir=sys.prefix, delete=False) as file:
        file.write("private")
    readable = file.name
    try:
        attack(code, LETTER=str(letter), READABLE=readable)
        assert os.path.getsize(readable) == letter.stat().st_size == len("private")
    finally:
        os.unlink(readable)


@pytest.mark.parametrize("elsewhere", [OLD_LANDLOCK], indirect=True)
def test_an_honest_answer_writes_and_overwrites_its_own_files(elsewhere):
    attack(
        "open('mine', 'w').write('long'); open('mine', 'w').write('x'); file = open('mine', 'r+'); file.truncate(0)\n"
        "    assert os.path.getsize('mine') == 0"
    )


@pytest.mark.parametrize("elsewhere", [NO_LANDLOCK], indirect=True)
def test_the_settings_of_the_kernel_cannot_be_opened_for_writing(elsewhere):
    """Root's id is enough for some of them, without a right of root's: one names the program that takes core dumps."""
    if not elsewhere:
        pytest.skip("this system grants no namespaces")
    names = ("sys/kernel/core_pattern", "sys/kernel/hostname", "sys/kernel/ns_last_pid", "self/oom_score_adj")
    attack("for name in NAMES: refused(os.open, '/proc/' + name, os.O_WRONLY)", NAMES=names)


@pytest.mark.parametrize("elsewhere", [OLD_LANDLOCK], indirect=True)
def test_nobody_is_watched(elsewhere, tmp_path):
    """What is made and opened in a folder is told to whoever asks, whatever may be read there."""
    attack(
        "watch = libc.inotify_init1(0); refused_by_c(libc.inotify_add_watch(watch, HOME.encode(), 0xfff))\n"
        "    refused_by_c(libc.fanotify_init(0x200, 0))",
        HOME=str(tmp_path),
    )
