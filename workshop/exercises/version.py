"""Which version of the checker was it? A hash of all that decides, so that a verdict can be repeated a year later."""

import ast
import functools
import hashlib
import platform
import sys
from pathlib import Path

import gym
import hypothesis
import numpy as np

from workshop.exercises.catalogue import exercise_of
from workshop.exercises.reference import reference_steps

_JUDGE = "workshop.exercises.exam"  # with what it imports: the comparison, the drivers
_KIT = Path(__file__).resolve().parents[1]
_ENVIRONMENTS = _KIT / "envs"  # drivers make these by name, which no import shows


@functools.cache
def checker_version(name):
    """A short hash of what decides the verdicts on an exercise.

    It covers the module that declares the exercise and every module of the kit that this one and the judge import, the
    environments, the reference's source, and the versions of Python, NumPy, Hypothesis and gym.

    Args:
        name: of the exercise.

    Returns:
        Twelve hexadecimal digits.
    """
    exercise = exercise_of(name)
    versions = (platform.python_version(), np.__version__, hypothesis.__version__, gym.__version__)
    modules = sorted(_with_imports({_declared_in(exercise), _JUDGE}))
    sources = [_file_of(module).read_text(encoding="utf-8") for module in modules]
    sources += [path.read_text(encoding="utf-8") for path in sorted(_ENVIRONMENTS.glob("*.py"))]
    sources += [reference_steps(name) for name in exercise.names]
    return hashlib.sha256("\0".join((*versions, *modules, *sources)).encode()).hexdigest()[:12]


def _declared_in(exercise):
    """The module whose `EXERCISES` holds it: one in the folder of a session, not the folder's own."""
    return next(
        name
        for name, module in sorted(sys.modules.items())
        if name.startswith("workshop.exercises.session_")
        and not hasattr(module, "__path__")
        and any(own is exercise for own in getattr(module, "EXERCISES", ()))
    )


def _with_imports(names):
    """The modules of the kit with these names, and those that they import, directly or not."""
    found, left = set(), set(names)
    while left:
        name = left.pop()
        found.add(name)
        left |= _imported_by(name) - found
    return found


@functools.cache
def _imported_by(module):
    """Names of modules of the kit. What a package offers stands in its modules, so these count where one is named."""
    names = set()
    for node in ast.walk(ast.parse(_file_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if _file_of(alias.name)}
        elif isinstance(node, ast.ImportFrom) and _file_of(node.module):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name for name in inside if _file_of(name)} or {node.module}
    return names


def _file_of(module):
    """The source of a module of the kit, None where the name is not that of one."""
    path = _KIT.parent.joinpath(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if module.startswith("workshop.") and file.is_file()), None)
