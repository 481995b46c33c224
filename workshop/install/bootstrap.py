"""Creates and repairs `.venv`: what stands behind `make setup`, `make lab` and `make test`.

setup.sh found the Python that runs this file, so the standard library is all there is. A set-up that succeeded leaves a
stamp: what it was made from (files, interpreter, folder, extras) and what it put in place. While both still hold there
is nothing to do, and that takes a fraction of a second. When only the wish changed (newer pins, one more extra) pip
brings the environment up to date. When the environment itself cannot be trusted (interrupted half-way, Python gone or
changed, files removed, folder moved) it is made anew.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
STAMP = VENV / "workshop-stamp.json"
UNFINISHED = VENV / "workshop-unfinished"
CONSTRAINTS = HERE / "constraints.txt"
BUILD_CONSTRAINTS = HERE / "build_constraints.txt"
INPUTS = (ROOT / "pyproject.toml", CONSTRAINTS, BUILD_CONSTRAINTS, HERE / "build_backend.py", HERE / "bootstrap.py")

# JupyterLab asks whether it may fetch news, in a box over the first notebook; an attendee has other things to read.
LAB_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}

ENVIRONMENT = {
    "PIP_USER": "0",  # a person's setting to install into their home folder would make every installation here fail
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONUNBUFFERED": "1",
    "CMAKE_POLICY_VERSION_MINIMUM": "3.5",  # atari-py asks for CMake 2.6, which CMake 4 refuses to be
    "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count()),
}

COMPILER_ADVICE = """\
    sudo apt install cmake g++ zlib1g-dev             Debian, Ubuntu, and both inside WSL
    sudo dnf install cmake gcc-c++ zlib-devel         Fedora
    xcode-select --install && brew install cmake      macOS"""

# What a failed installation says in its log, and what to try then. The first that fits is shown.
ADVICE = (
    (
        ("No space left on device", "Disk quota exceeded"),
        "The disk is full: the environment takes about 1 GB. `rm -rf ~/.cache/pip` is a safe start.",
    ),
    (
        ("ProxyError", "SSLError", "CERTIFICATE_VERIFY_FAILED", "Timeout", "timed out", "NewConnectionError")
        + ("Name or service not known", "name resolution", "Connection refused", "nodename nor servname"),
        """\
The package index cannot be reached. Is there a network? Behind a company's proxy:
    export HTTPS_PROXY=http://your-proxy:port
    export PIP_CERT=/path/to/the-company's-certificate.pem      if the proxy has one of its own""",
    ),
    (
        ("No matching distribution found", "Could not find a version"),
        """\
The package index in use lacks a version that the workshop pins, or there is no network.
`.venv/bin/python -m pip config list` shows whether it is a mirror.""",
    ),
    (
        ("cmake", "CMake", "command 'gcc'", "command 'g++'", "zlib.h", "clang: error"),
        f"A package could not be compiled. The tools for that:\n{COMPILER_ADVICE}",
    ),
    (("Permission denied",), f"Something could not be written. Does this folder belong to you?  {ROOT}"),
)


class SetupFailed(Exception):
    """Ends the set-up; its text is for the person in front of it."""


def main(extras):
    """Make `.venv` hold the kit with these extras of pyproject.toml. Returns the exit status."""
    try:
        with one_at_a_time():
            stamp = read_stamp()
            whole = is_whole(stamp)
            if not whole or stamp["inputs"] != fingerprint() or not extras <= set(stamp["extras"]):
                # One person's `make test` must not take away what their `make test-all` brought.
                set_up(extras.union(stamp["extras"] if whole else ()), anew=not whole)
    except SetupFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\nCannot write {error.filename}. Does this folder belong to you?  {ROOT}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again whenever you like.", file=sys.stderr)
        return 130
    return 0


@contextmanager
def one_at_a_time():
    """Hold the lock of this folder. The kernel frees it when the last process that has it ends, however it ends."""
    with open(ROOT / ".venv.lock", "a") as lock:
        # pip inherits it: where this process is killed and pip lives on, nobody else starts beside it.
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it to finish.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            pass  # a network file system without locks: rare, and no reason to refuse
        yield


def read_stamp():
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def is_whole(stamp):
    """Whether all that the last successful set-up left is still here, and was made for this folder and this Python."""
    return (
        bool(stamp)
        and not UNFINISHED.exists()
        and PYTHON.exists()
        and stamp["python"] == describe_python()
        and stamp["folder"] == str(ROOT)
        and set(stamp["installed"]) <= set(installed())
    )


def describe_python():
    """Place and version of the interpreter below the environment: the same seen from inside and from outside."""
    return [sys.base_prefix, *sys.version_info[:2]]


def installed():
    """Names in site-packages and bin: shows that a package, its metadata or a command went missing, without imports."""
    folders = [*VENV.glob("lib/python*/site-packages"), VENV / "bin"]
    return sorted({entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()})


def fingerprint():
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in INPUTS)).hexdigest()


def set_up(extras, anew):
    """Create `.venv` where it is to be made anew, install the kit with its extras, register the kernel, stamp it."""
    started = time.monotonic()
    if "atari-py" in extras:
        require_compiler()
    say(f"Setting up the workshop in {VENV} with Python {sys.version.split()[0]}; details in .venv/setup.log")
    if anew:
        create_environment()
    UNFINISHED.touch()
    pip = [PYTHON, "-m", "pip", "install", "--constraint", CONSTRAINTS]
    step("pip", [*pip, "--upgrade", "pip"])
    kit = ["--build-constraint", BUILD_CONSTRAINTS, "--editable", f".[{','.join(sorted(extras))}]" if extras else "."]
    step("packages" + (", about 1 GB: one to five minutes" if anew else ""), [*pip, *kit])
    name = ["--name=workshop", "--display-name=Deep RL workshop"]
    step("Jupyter kernel", [PYTHON, "-m", "ipykernel", "install", "--sys-prefix", *name])
    settings = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(LAB_SETTINGS), encoding="utf-8")
    UNFINISHED.unlink()
    stamp = {
        "inputs": fingerprint(),
        "python": describe_python(),
        "folder": str(ROOT),
        "extras": sorted(extras),
        "installed": installed(),
    }
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def require_compiler():
    """atari-py has no wheels. Ask for its tools before the installation starts, not after it failed.

    Raises:
        SetupFailed: naming what is missing and how to install it.
    """
    if any(name.startswith("atari_py-") for name in installed()):
        return
    missing = [] if shutil.which("cmake") else ["cmake"]
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        missing.append("a C++ compiler")
    else:
        preprocess = [*compiler.split(), "-E", "-x", "c++", "-"]
        if subprocess.run(preprocess, input=b"#include <zlib.h>\n", capture_output=True, check=False).returncode:
            missing.append("zlib's header files")
    if missing:
        raise SetupFailed(
            f"atari-py is built from source and needs {' and '.join(missing)}, not found here. To install:\n"
            f"{COMPILER_ADVICE}\n"
            "Everything else of the workshop does without: `make lab` and `make test` need no compiler."
        )


def create_environment():
    # The Python that runs this may be the environment's own, which is about to go: ask the one below it.
    command = [getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", VENV]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SetupFailed(
            f"{result.stdout}{result.stderr}\nThe environment could not be created. Another Python may do better:\n"
            "    make setup PYTHON=/path/to/python3.12"
        )


def step(title, command):
    """Run one command: its output goes to the log, its last line so far to the terminal.

    Raises:
        SetupFailed: with the end of its output and what to try.
    """
    started = time.monotonic()
    environment = {**os.environ, **ENVIRONMENT}
    lines = []
    say(f"  {title}", end="" if sys.stdout.isatty() else "\n")
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # hands down the lock
            encoding="utf-8",
            errors="replace",
        )
        for line in process.stdout:
            log.write(line)
            lines.append(line)
            show(f"  {title}: {line.strip()}")
        status = process.wait()
    show(f"  {title}: {time.monotonic() - started:.0f} s\n")
    if status:
        # Until pip starts to install, it has changed nothing, and what was there before is still good.
        if not any(line.startswith("Installing collected packages") for line in lines):
            UNFINISHED.unlink(missing_ok=True)
        raise SetupFailed("".join(lines[-25:]) + "\n" + advice("".join(lines)))


def advice(output):
    """What to try after a failed command, from what it printed."""
    fitting = (text for signs, text in ADVICE if any(sign in output for sign in signs))
    known = next(fitting, "This is not a failure that the workshop knows.")
    return f"The set-up stopped here. {known}\nThen run the same command again. The whole output is in {LOG}"


def say(text, end="\n"):
    print(text, end=end, flush=True)


def show(text):
    """Rewrite the terminal's current line; into a file or a pipe only finished lines go, and those are said already."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r\033[K" + text[:width], end="\n" if text.endswith("\n") else "", flush=True)


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
