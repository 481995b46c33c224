"""What kind of machine this is, and which words help its owner."""

import functools
import os
import platform
import subprocess
import sys
from pathlib import Path


@functools.cache
def system():
    """Which advice fits this machine: "macos", "wsl", "debian", "fedora", "arch", "suse", "linux" or "windows"."""
    name = platform.system()
    if name != "Linux":
        return {"Darwin": "macos", "Windows": "windows"}.get(name, "linux")
    if "microsoft" in platform.release().lower():
        return "wsl"
    release = linux_release()
    kin = f"{release.get('ID', '')} {release.get('ID_LIKE', '')}"
    families = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "arch": "arch"}
    return next((families[word] for word in kin.split() if word in families), "suse" if "suse" in kin else "linux")


def linux_release():
    """What /etc/os-release says, a dict; empty where there is no such file."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def by_system(otherwise, **advice):
    """The advice for this machine's system, or `otherwise`. WSL is an Ubuntu unless something else is said for it."""
    return advice.get(system()) or (advice.get("debian") if system() == "wsl" else None) or otherwise


def reinstall(extra=""):
    """The command that installs all packages anew, or with an extra of pyproject.toml adds it to what is there."""
    if os.environ.get("CONDA_PREFIX") == sys.prefix:
        return "conda env update --file environment.yml"
    return f"sh workshop/install/setup.sh {extra}" if extra else "make clean setup"


def short(text):
    """The path, or the sentence with a path in it, with the home folder as ~: shorter, and nobody's name in a mail."""
    return str(text).replace(f"{Path.home()}/", "~/")


def in_own_process(script, *arguments, timeout=60):
    """Run Python code in a new process of this interpreter; returns (exit status, stdout, stderr), texts stripped."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return 124, "", f"no answer within {timeout} seconds"
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def reason(status, stderr):
    """Why a process failed: the last line it wrote, or the signal that ended it."""
    if status < 0:
        return f"the process was ended by signal {-status}"
    return (stderr or "no message").splitlines()[-1].replace("ModuleNotFoundError: ", "")
