"""The reference answers: loaded from the masters in `solutions/` as data, by path and by name."""

import functools
import re
from pathlib import Path

from workshop.exercises.answers import FUNCTION, definitions, find_answer, needed
from workshop.exercises.cells import parse_cell

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
IS_HERE = True  # in a bundle for a marked course another module stands in this place, which has none
_CELL_START = re.compile(r"^# %%", re.MULTILINE)
_MARKER = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n", re.MULTILINE)


class ReferenceMissing(LookupError):
    """No master defines this name."""


def reference(name):
    """The reference answer: a function or class, fresh from its own namespace of the master's definitions."""
    return _namespace(_master_of(name))[name]


def reference_source(name):
    """The text of the reference answer, markers removed."""
    definition, _ = find_answer(name, _definitions(_master_of(name)))
    return _MARKER.sub("", definition.source + "\n").rstrip()


def reference_steps(name):
    """The text of the reference answer with everything that it needs, to be run in a namespace of its own."""
    return "\n\n".join(step.source for step in _needed_by(name))


def reference_names(name):
    """Every name that the reference answer brings along, its own and those of the answers that it is built on."""
    return set().union(*(step.names for step in _needed_by(name)))


def _needed_by(name):
    found = _definitions(_master_of(name))
    definition, _ = find_answer(name, found)
    return needed(definition, found)


def _master_of(name):
    for path in sorted(SOLUTIONS.glob("session_*.py")):
        if find_answer(name, _definitions(path))[0] is not None:
            return path
    raise ReferenceMissing(f"no master in {SOLUTIONS.name}/ defines {name}; is this a complete copy of the kit?")


@functools.cache
def _definitions(path):
    cells = _CELL_START.split(path.read_text(encoding="utf-8"))
    code = [(number, cell) for number, cell in enumerate(cells[1:], start=1) if not cell.startswith(" [markdown]")]
    return tuple(definitions([parse_cell(number, "# %%" + cell) for number, cell in code]))


@functools.cache
def _namespace(path):
    """All answers of a master with what they need, executed in one namespace, as in the notebook."""
    found = _definitions(path)
    wanted = {
        id(d): d for definition in found if FUNCTION in definition.kinds.values() for d in needed(definition, found)
    }
    namespace = {"__name__": path.stem}
    for definition in found:
        if id(definition) in wanted:
            exec(compile(definition.source, f"{path.name}", "exec"), namespace)
    return namespace
