"""Where figures come from: the kit's version and commit, the libraries, the machine; nothing that tells whose it is."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import psutil

import workshop
from workshop.nn import kernels

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("numpy", "chainer", "ale-py")


def provenance():
    """What a run's or an agent's card says about its origin: a dict of dicts, texts and numbers."""
    versions = {"python": platform.python_version(), **{name: _version(name) for name in LIBRARIES}}
    versions["products"] = "C" if kernels.library() else "NumPy"  # they differ in the last bits
    return {
        "kit": workshop.__version__,
        "commit": commit(),
        "versions": versions,
        "machine": {
            "cpu": cpu_model(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }


def commit():
    """The commit of the kit's repository, with "-dirty" behind it if files differ; None without a repository or git."""
    if not (ROOT / ".git").exists():  # the repository that the kit was copied into is not the kit's
        return None
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude", "*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def cpu_model():
    """The name of the processor, or its architecture where the system does not tell."""
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(distribution):
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:  # installed without its metadata
        return None
