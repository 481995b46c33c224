"""What hostile code tries, and gets: nothing. Each case is one call of an answer in a process that is confined.

Afterwards no process is left, and not a file outside of the scratch directories was made, changed or removed.
"""

import ast
import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

from tests.grading.notebooks import slow_but
from workshop.exercises import plain, subject
from workshop.exercises.catalogue import BY_NAME
from workshop.grading import family, processes
from workshop.grading.readable import KIT, readable
from workshop.grading.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are limits and no confinement")

# The nursery as it is where the kernel, or a container, grants no namespaces.
WITHOUT_NAMESPACES = """
import runpy, sys
from workshop.grading import view
def refuse():
    raise PermissionError
view.leave_the_machine = refuse
runpy.run_module("workshop.grading.nursery", run_name="__main__", alter_sys=True)
"""

HEAD = """
import ctypes, gc, os, resource, signal, socket, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def refused(attempt, *arguments):
    try:
        got = attempt(*arguments)
    except (OSError, ImportError, ValueError):
        return True
    raise RuntimeError(f"it got through: {got!r}"[:300])

def refused_by_c(result):
    if result != -1:
        raise RuntimeError(f"it got through: {result}")

def attack(SOLUTIONS, CHECKER, KIT, HOME, GRADER, PORT):
"""

# What has to raise, line by line.
REFUSED = {
    "reads the solutions": "refused(open, SOLUTIONS)",
    "reads a checker": "refused(open, CHECKER)",
    "imports a checker": "refused(__import__, 'workshop.exercises.session_1')",
    "imports the judge": "refused(__import__, 'workshop.exercises.judge')",
    "reads the compiled checker": "refused(open, os.path.dirname(CHECKER) + '/__pycache__/returns.'\n"
    "            + sys.implementation.cache_tag + '.pyc')",
    "reads a home folder": "refused(open, HOME + '/letter.txt'); refused(os.listdir, HOME)",
    "reads through a link": "os.symlink(SOLUTIONS, 'link'); refused(open, 'link')",
    "reads the shadow passwords": "refused(open, '/etc/shadow')",
    "writes into the solutions": "refused(open, SOLUTIONS, 'a')",
    "writes among the packages": "refused(open, os.path.dirname(os.__file__) + '/evil.py', 'w')\n"
    "    refused(open, sys.prefix + '/evil.py', 'w')",
    "writes into /tmp and HOME": "refused(open, '/tmp/evil', 'w'); refused(open, HOME + '/evil', 'w')\n"
    "    refused(open, '/var/tmp/evil', 'w')",
    "removes and renames": "refused(os.unlink, HOME + '/letter.txt')\n"
    "    refused(os.rename, HOME + '/letter.txt', 'mine')\n"
    "    refused(os.link, SOLUTIONS, 'mine'); refused(os.rmdir, HOME); refused(os.truncate, HOME + '/letter.txt', 0)",
    "looks into other processes": "for pid in (1, os.getppid(), GRADER):\n"
    "        for name in ('environ', 'mem', 'maps', 'fd/3', 'root/etc/shadow', 'cwd/x'):\n"
    "            refused(open, f'/proc/{pid}/{name}')",
    "traces its parent": "refused_by_c(libc.ptrace(16, os.getppid(), 0, 0))\n"
    "    refused_by_c(libc.ptrace(16, GRADER, 0, 0))",
    "reads the memory of its parent": "held = ctypes.create_string_buffer(8)\n"
    "    local = (ctypes.c_void_p * 2)(ctypes.addressof(held), 8)\n"
    "    for pid in (os.getppid(), GRADER):\n"
    "        refused_by_c(libc.process_vm_readv(pid, local, 1, local, 1, 0))",
    "kills everybody": "refused(os.kill, -1, signal.SIGKILL); refused(os.kill, GRADER, signal.SIGKILL)\n"
    "    refused(os.kill, -GRADER, signal.SIGKILL); refused(os.kill, GRADER, 0)",
    "limits the grader": "refused(resource.prlimit, GRADER, resource.RLIMIT_CPU, (1, 1))\n"
    "    refused(os.setpriority, os.PRIO_PROCESS, GRADER, 19); refused(os.sched_setaffinity, GRADER, [0])",
    "raises its own limits": "[refused(resource.setrlimit, which, (-1, -1)) for which in\n"
    "     (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)]",
    "goes first": "refused(os.nice, -20)",
    "becomes root": "os.getuid() == 0 or refused(os.setuid, 0)\n    refused(os.setgroups, [0])",
    "mounts": "refused_by_c(libc.mount(b'none', b'.', b'tmpfs', 0, None)); refused_by_c(libc.umount2(b'/', 2))\n"
    "    refused(os.chroot, '.')",
    "makes namespaces": "refused_by_c(libc.unshare(0x10000000)); refused_by_c(libc.unshare(0x20000000))\n"
    "    refused_by_c(libc.syscall({'x86_64': 56, 'aarch64': 220}[os.uname().machine], 0x10000011, 0, 0, 0, 0))",
    "opens sockets": "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):\n"
    "        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):\n"
    "            refused(socket.socket, family, kind)",
    "calls a server on this machine": "refused(socket.create_connection, ('127.0.0.1', PORT), 2)",
    "calls another machine": "refused(socket.create_connection, ('192.0.2.1', 80), 2)\n"
    "    refused(socket.getaddrinfo, 'example.org', 80)",
    "leaves shared memory behind": "refused_by_c(libc.shmget(0x5EED, 4096, 0o1666))\n"
    "    refused_by_c(libc.msgget(0x5EED, 0o1666))\n"
    "    refused_by_c(libc.semget(0x5EED, 1, 0o1666)); refused(os.memfd_create, 'hoard')",
    "sets the clock": "refused(time.clock_settime, time.CLOCK_REALTIME, 0.0)",
    "renames the machine": "refused(socket.sethostname, 'evil')",
    "types into a terminal": "refused(open, '/dev/tty', 'w'); refused(os.listdir, '/dev/pts')",
    "fills the disk": "def fill():\n"
    "        for number in range(64):\n"
    "            with open(f'{number}', 'wb') as file: file.write(bytes(2**26 + 1))\n"
    "    refused(fill)",
    "dumps core": "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)",
}

# What may happen inside of the scratch directory and the process, and ends with them: (code, kinds of outcome).
HARMLESS = {
    "ten thousand files": (
        "try: [open(f'{n}', 'w').close() for n in range(12_000)]\n    except OSError: pass",
        "returned timeout",
    ),
    "a tree that is too deep for a path": (
        "for _ in range(2000):\n        os.mkdir('a' * 200); os.chdir('a' * 200)",
        "returned",
    ),
    "directories that nobody may read": (
        "os.makedirs('a/b/c'); open('a/b/c/d', 'w').close(); os.chmod('a/b', 0); os.chmod('a', 0); os.chmod('.', 0)",
        "returned",
    ),
    "names that are no text, links to nowhere and out": (
        (
            "open(b'\\xff\\n\\x1b[2J', 'w').close(); os.symlink(HOME, 'home'); os.symlink('nowhere', 'x')\n"
            "    os.mkfifo('pipe'); os.symlink('.', 'self')"
        ),
        "returned",
    ),
    "times and modes of others' files": (
        (
            "for path in (SOLUTIONS, HOME + '/letter.txt', sys.executable):\n"
            "        for change in (lambda: os.utime(path, (0, 0)), lambda: os.chmod(path, 0o777),\n"
            "                       lambda: os.setxattr(path, 'user.evil', b'1'), lambda: os.chown(path, -1, -1)):\n"
            "            try: change()\n            except OSError: pass"
        ),
        "returned",
    ),
    "a daemon": (
        (
            "if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
            "            os.execvp('sleep', ['sleep', 'MARK'])\n        os._exit(0)\n    os.wait()"
        ),
        "returned",
    ),
    "a daemon in a process group of its own, which ignores what it can": (
        (
            "for number in range(1, 32):\n"
            "        try: signal.signal(number, signal.SIG_IGN)\n        except OSError: pass\n"
            "    subprocess.Popen(['sleep', 'MARK'], start_new_session=True, restore_signals=False)"
        ),
        "returned",
    ),
    "a fork bomb": (
        "while True:\n        try: os.fork()\n        except OSError: pass",
        "timeout crashed raised",
    ),
    "a fork bomb that goes to sleep": (
        (
            "for _ in range(200):\n        try:\n            if os.fork() == 0: time.sleep(1000); os._exit(0)\n"
            "        except OSError: pass"
        ),
        "returned timeout",
    ),
    "stops itself and its parent": (
        (
            "try: os.kill(os.getppid(), signal.SIGSTOP)\n    except OSError: pass\n"
            "    os.kill(os.getpid(), signal.SIGSTOP)"
        ),
        "timeout",
    ),
    "kills its parent": ("try: os.kill(os.getppid(), signal.SIGKILL)\n    except OSError: pass", "returned crashed"),
    "a call into C that never ends": ("import re; re.match('(a+)+$', 'a' * 60 + 'b')", "timeout"),
    "a thread that never lets go": (
        "def hold(): sum(iter(int, 1))\n    threading.Thread(target=hold).start()\n    time.sleep(0.1)",
        "returned timeout",
    ),
    "something to do at the end": (
        (
            "import atexit; atexit.register(time.sleep, 1000); atexit.register(open, HOME + '/evil', 'w')\n"
            "    threading.Thread(target=time.sleep, args=(1000,)).start()"
        ),
        "returned",
    ),
    "a destructor that never ends": (
        "class Grave:\n        def __del__(self):\n            Grave()\n            while True: pass\n    Grave()",
        "timeout raised crashed returned",
    ),
    "a trace function": ("sys.settrace(lambda *a: 1 / 0); sys.setprofile(lambda *a: time.sleep(1000))", "*"),
    "json and struct of its own": ("import json; json.dumps = struct.pack = lambda *a, **k: b'\\x00' * 4", "*"),
    "too much recursion in C": (
        "sys.setrecursionlimit(10**8)\n    x = []\n    for _ in range(10**6): x = [x]\n    repr(x)",
        "*",
    ),
    "a heap that is full": ("import numpy; hoard = [numpy.zeros(10**8) for _ in iter(int, 1)]", "out_of_memory"),
    "its own descriptors closed": ("os.closerange(0, 300)", "crashed"),
    "a core": ("os.abort()", "crashed"),
}


@pytest.fixture(scope="module", params=["namespaces", pytest.param("no namespaces", marks=pytest.mark.slow)])
def confined(request):
    """Both kinds of confinement that Linux has, one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        processes.close_nursery()
        if request.param == "no namespaces":
            patch.setattr(processes, "NURSERY", (sys.executable, "-I", "-c", WITHOUT_NAMESPACES))
        nursery = processes.shared_nursery()
        if request.param == "namespaces" and not nursery.has_view:
            pytest.skip("this system grants no namespaces")
        yield nursery
        processes.close_nursery()


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """What an attack is told, and what must be as it was when all of them are over."""
    home = tmp_path_factory.mktemp("home")
    (home / "letter.txt").write_text("private")
    with socket.create_server(("127.0.0.1", 0)) as server:
        before = manifest(home), leftovers()
        yield {
            "SOLUTIONS": str(ROOT / "solutions/session_1_reinforcement_learning.py"),
            "CHECKER": str(ROOT / "workshop/exercises/session_1/returns.py"),
            "KIT": str(ROOT),
            "HOME": str(home),
            "GRADER": os.getpid(),
            "PORT": server.getsockname()[1],
        }
    processes.close_nursery()
    assert manifest(home) == before[0]
    assert leftovers() == before[1]


def manifest(home):
    """Every file of the kit's sources and of the home folder, with what a write would change of it."""
    folders = [home, *(ROOT / name for name in ("solutions", "workshop", "notebooks", "tests"))]
    files = [path for folder in folders for path in (folder, *folder.rglob("*")) if "__pycache__" not in path.parts]
    found = {}
    for path in files:
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_size, status.st_uid, status.st_mtime_ns, status.st_ino)
    return found


def leftovers():
    """System V's shared memory, queues and semaphores; files in /dev/shm; scratch directories of this process."""
    shared = [Path(f"/proc/sysvipc/{name}").read_text() for name in ("shm", "msg", "sem")]
    return shared, sorted(os.listdir("/dev/shm"))


def attack(code, surroundings, seconds=1.0):
    """The outcome of one call, and whether the worker can still be asked."""
    source = HEAD + "    " + code + "\n    return 'over'\n"
    with Supervisor() as supervisor:
        assert supervisor.load("attack", [("cell 1", source)]) == ("", "")
        outcome = supervisor.call("call", plain.encode(tuple(surroundings.values())), seconds)
        supervisor.stop()
    return outcome


FAST = (
    "reads a checker",
    "writes into /tmp and HOME",
    "kills everybody",
    "opens sockets",
    "looks into other processes",
)


@pytest.mark.parametrize("case", slow_but(FAST, REFUSED))
def test_it_is_refused(case, confined, surroundings):
    outcome = attack(REFUSED[case], surroundings, seconds=10.0)
    assert (outcome["kind"], outcome["value"]) == (subject.RETURNED, "over"), outcome


FAST_HARMLESS = ("a daemon", "names that are no text, links to nowhere and out")


@pytest.mark.parametrize("case", slow_but(FAST_HARMLESS, HARMLESS))
def test_it_ends_with_its_process(case, confined, surroundings):
    code, kinds = HARMLESS[case]
    mark = f"8{os.getpid()}.{sorted(HARMLESS).index(case)}"
    before = set(psutil.pids())
    outcome = attack(code.replace("MARK", mark), surroundings)
    assert kinds == "*" or outcome["kind"] in kinds.split(), outcome
    for process in psutil.process_iter(["cmdline", "uids", "status"]):
        if process.pid not in before and process.info["status"] != psutil.STATUS_ZOMBIE:
            assert mark not in (process.info["cmdline"] or ())
            assert process.info["uids"].real != confined.user
    with Supervisor() as supervisor:  # and the next one is as well off as if nothing had been
        assert supervisor.load("fine", [("cell 1", "def fine():\n    return 1")]) == ("", "")
        assert supervisor.call("call", plain.encode(()), 5.0)["value"] == 1


HONEST = """
import os, sys, tempfile
def attack(*arguments):
    import chainer, gym, multiprocessing, PIL.Image, subprocess, threading, zoneinfo
    import matplotlib.pyplot as plt
    import workshop.nn.networks, workshop.dqn.faulty_curves, workshop.plots.charts
    plt.plot([1, 2])
    plt.title("α")
    plt.savefig("plot.png")
    pong, cart = gym.make("PongNoFrameskip-v4"), gym.make("CartPole-v1", render_mode="rgb_array")
    pong.reset(seed=0), cart.reset(seed=0)
    thread = threading.Thread(target=print)
    thread.start()
    thread.join()
    child = subprocess.run([sys.executable, "-c", "print(1 + 1)"], capture_output=True)
    with tempfile.TemporaryDirectory() as folder:
        open(folder + "/note", "w").close()
        os.chmod(folder + "/note", 0o600)
    assert os.path.expanduser("~") == os.getcwd() == tempfile.gettempdir()
    image = PIL.Image.open("plot.png").size
    return pong.step(0)[0].shape, cart.render().shape, child.stdout, image, str(zoneinfo.ZoneInfo("Asia/Tokyo"))
"""


def test_nothing_that_an_answer_may_read_of_the_kit_is_an_answer():
    """The engine has an `epsilon_at` too: `from workshop.dqn.exploration import epsilon_at` is nobody's own work."""
    inside = [Path(path) for path in readable() if Path(path).is_relative_to(KIT)]
    files = [file for path in inside for file in ([path] if path.is_file() else path.rglob("*.py"))]
    sources = [file for file in files if file.suffix == ".py"]
    assert KIT / "envs" / "catch.py" in sources
    found = {
        f"{file.relative_to(KIT)}: {node.name}"
        for file in sources
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in BY_NAME
    }
    assert found == set()


def test_what_an_honest_answer_may_do_works(confined, surroundings):
    with Supervisor() as supervisor:
        assert supervisor.load("attack", [("cell 1", HONEST)]) == ("", "")
        outcome = supervisor.call("call", plain.encode(()), 60.0)
    assert outcome["kind"] == subject.RETURNED, outcome
    assert outcome["value"] == ((210, 160, 3), (400, 600, 3), b"2\n", (640, 480), "Asia/Tokyo")
    for pid in (confined._process.pid, *family.below(confined._process.pid)):
        assert psutil.Process(pid).num_threads() == 1  # forking is safe from a single thread only


FORGERY = """
import gc, io, json, os, struct, sys
def attack():
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    forged = {"t": "tuple", "v": [frame.f_locals["number"], FORGED]}
    data = json.dumps(forged).encode()
    for pipe in [thing for thing in gc.get_objects() if isinstance(thing, io.BufferedWriter)]:
        try: os.write(pipe.fileno(), (struct.pack(">I", len(data)) + data) * TIMES)
        except (OSError, ValueError): pass
    return 17.0
"""


@pytest.mark.parametrize("times", [1, 2, 100])
def test_a_forged_reply_is_a_value_like_any_other_and_a_second_one_ends_it(times):
    """Whoever shares a process with the worker can say what the worker could: a value, which then has to be right."""
    forged = '{"t": "dict", "v": [["kind", "returned"], ["value", 3.5], ["arguments", {"t": "tuple", "v": []}]]}'
    with Supervisor() as supervisor:
        source = FORGERY.replace("FORGED", forged).replace("TIMES", str(times))
        assert supervisor.load("attack", [("cell 1", source)]) == ("", "")
        first = supervisor.call("call", plain.encode(()), 5.0)
        second = supervisor.call("call", plain.encode(()), 5.0)
    assert (first["kind"], first["value"]) == (subject.RETURNED, 3.5)
    assert second["kind"] == subject.CRASHED, second  # a reply too many is no reply to the next question
