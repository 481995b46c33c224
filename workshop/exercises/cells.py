"""One code cell of a notebook: its syntax tree, or what Python says is wrong with it. IPython's magics are no obstacle."""

import ast
import functools
import re
import textwrap
import warnings
from dataclasses import dataclass

MAX_CHARACTERS = 200_000  # of a cell; the longest that people write has a tenth of it

_PYTHON_CELL_MAGICS = ("time", "capture", "prun")  # the rest hands its cell to somebody else
_CELL_MAGIC = re.compile(r"\s*%%(\S*)")
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.*%\[\]()'\"]+\?{1,2}\s*$)")
_ASSIGNED_MAGIC = re.compile(r"(\s*\w[\w, ]*=\s*)[%!]")
TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_MOST_MAGICS = 100
_MOST_PARSED = 600_000  # characters of a cell, each counted as often as it is read: a long one may hold fewer magics
_REMEMBERED_CHARACTERS = 2000  # trees of longer cells would fill the memory


@dataclass(frozen=True)
class Cell:
    """One code cell: its position among all cells (from 1), its source, and the error if it cannot be parsed."""

    number: int
    source: str
    tree: ast.Module | None
    error: str = ""


def parse_cell(number, source):
    """A `Cell`. IPython's magics (`%time`, `!pip`, `help?`) are blanked, line numbers stay as they were."""
    if len(source) > MAX_CHARACTERS:
        return Cell(number, source, None, f"it has more than {MAX_CHARACTERS:,} characters")
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for position, line in enumerate(lines):
        magic = _CELL_MAGIC.match(line)
        if magic and magic[1] not in _PYTHON_CELL_MAGICS:
            return Cell(number, "", ast.Module(body=[], type_ignores=[]))
        if magic:
            lines[position] = ""
        elif line.strip():
            break
    text = "\n".join(lines)
    if re.match(r"\s*\n?[ \t]", text):  # a cell that is indented as a whole
        text = textwrap.dedent(text)
    error = ""
    for _ in range(min(_MOST_MAGICS, 1 + _MOST_PARSED // (len(text) + 1))):
        try:
            tree = _tree(text)
            inner = _exported(tree)
            return Cell(number, text, tree) if inner is None else parse_cell(number, inner)
        except SyntaxError as problem:
            error = f"{problem.msg} (line {problem.lineno})"
            without = _without_magic(text, problem.lineno)
            if without is None:
                break
            text = without
        except (ValueError, RecursionError, MemoryError) as problem:
            error = f"it cannot be parsed: {str(problem) or 'it is nested too deeply'}"
            break
    return Cell(number, text, None, error)


def _tree(text):
    return _parsed(text) if len(text) <= _REMEMBERED_CHARACTERS else _parsed.__wrapped__(text)


@functools.lru_cache(maxsize=256)  # most cells of a class are those that everybody got; a tree is never changed
def _parsed(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an invalid escape, say: it is the attendee's, and its text is not ours
        tree = ast.parse(text)
        compile(tree, "<cell>", "exec", flags=TOP_LEVEL_AWAIT, dont_inherit=True)
    return tree


def _exported(tree):
    """The cell below a magic such as `%%time`, as nbconvert writes it: `run_cell_magic("time", "", "…")`. None if none."""
    call = getattr(tree.body[0], "value", None) if len(tree.body) == 1 else None
    if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") != "run_cell_magic":
        return None
    magic, _, source = [getattr(argument, "value", None) for argument in (*call.args, *[None] * 3)][:3]
    return source if magic in _PYTHON_CELL_MAGICS and isinstance(source, str) else None


def _without_magic(text, number):
    """The text with the magic on that line (from 1) blanked, or None if there is no magic on it."""
    lines = text.split("\n")
    if number is None or not 1 <= number <= len(lines):
        return None
    line = lines[number - 1]
    assigned = _ASSIGNED_MAGIC.match(line)
    if assigned:
        lines[number - 1] = assigned[1] + "None"
    elif _MAGIC.match(line):
        lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass"
    else:
        return None
    while line.endswith("\\") and number < len(lines):
        line, lines[number] = lines[number], ""
        number += 1
    return "\n".join(lines)
