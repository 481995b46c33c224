"""Which files an answer may read: Python, its packages, the system's libraries, and the harmless part of the kit."""

import os
import site
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parents[1]

# The solutions lie beside the package and the checkers in it, so what may be read is listed, and not what may not.
_OF_THE_KIT = (
    "__init__.py",
    "__pycache__",
    "atari",
    "compat.py",
    "dqn/__init__.py",
    "dqn/faulty_curves.npz",  # and no more of the engine: much of it is what Session 3 asks for
    "dqn/faulty_curves.py",
    "envs",
    "exercises/__init__.py",
    "exercises/drivers",
    "exercises/plain.py",
    "exercises/subject.py",
    "exercises/time_limit.py",
    "nn",
    "plots",
    "registration.py",
    "transition.py",
)
_OF_THE_SYSTEM = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/nix/store", "/gnu/store"),
    *(f"/etc/{name}" for name in ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime")),
    *(f"/etc/{name}" for name in ("mime.types", "nsswitch.conf", "os-release", "passwd", "group", "timezone")),
    "/sys/devices/system/cpu",
)
_DEVICES_TO_READ = ("/dev/urandom", "/dev/random")
LISTED = (str(KIT),)  # for Python, which looks what there is before it imports
DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


def readable():
    """Paths, each with all that is below it; none lies below another. The devices of random numbers are with them."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    prefixes |= {os.path.dirname(os.path.realpath(sys.executable))} | set(site.getsitepackages())
    kit = [str(KIT / part) for part in _OF_THE_KIT]
    paths = {os.path.abspath(path) for path in (*_OF_THE_SYSTEM, *_DEVICES_TO_READ, *prefixes, *kit)}
    outermost = []
    for path in sorted(path for path in paths if os.path.exists(path) and path != "/"):
        if not outermost or not path.startswith(outermost[-1].rstrip("/") + "/"):
            outermost.append(path)
    return outermost
