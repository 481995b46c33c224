"""Find answers in source text by name, and what they need, through the syntax tree.

A notebook is read as a list of cells. An answer is the last top-level definition of its name: a `def`, a class, a
lambda, an alias, decorated or not, also under `if` or `try`. With it comes every definition that it depends on
(imports, helpers, constants), wherever it stands. Nothing else of the notebook is run: no training loop, no display.
"""

import ast
import builtins
import dis
import re
import types
from dataclasses import dataclass

_MAGIC = re.compile(r"^\s*(?:[%!?]|.*\?{1,2}\s*$)")
_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_ASSIGNED_MAGIC = re.compile(r"^(\s*)(\w[\w, ]*=\s*)[%!].*$")


@dataclass(frozen=True)
class Cell:
    """One code cell: its position among all cells (from 1), its source, and the error if it cannot be parsed."""

    number: int
    source: str
    tree: ast.Module | None
    error: str = ""


@dataclass(frozen=True)
class Definition:
    """A top-level statement that gives names their meaning."""

    names: frozenset[str]
    node: ast.stmt
    cell: Cell
    is_answer: bool  # a function, class, lambda or alias, rather than a value

    @property
    def source(self):
        """The statement's own text, decorators included."""
        first = min([self.node.lineno, *(d.lineno for d in getattr(self.node, "decorator_list", []))])
        return "\n".join(self.cell.source.splitlines()[first - 1 : self.node.end_lineno])

    @property
    def source_in_place(self):
        """The same, after as many empty lines as there are lines before it in its cell."""
        return "\n" * (self.node.end_lineno - 1 - self.source.count("\n")) + self.source


def parse_cell(number, source):
    """A `Cell`. IPython's magics (`%time`, `!pip`, `help?`) are blanked, line numbers stay as they were."""
    lines = source.splitlines()
    is_cell_magic = bool(lines) and lines[0].lstrip().startswith("%%")
    if is_cell_magic:
        lines[0] = ""
    plain_text = "\n".join(lines)
    for text in (plain_text, "\n".join(_without_magic(line) for line in lines)):
        try:
            tree = ast.parse(text)
            compile(tree, "<cell>", "exec", flags=_TOP_LEVEL_AWAIT, dont_inherit=True)
            return Cell(number, text, tree)
        except SyntaxError as problem:
            error = f"{problem.msg} (line {problem.lineno})"
        except (ValueError, RecursionError, MemoryError) as problem:
            error = f"it cannot be parsed: {problem}"
    return Cell(number, plain_text, None, error)


def _without_magic(line):
    assigned = _ASSIGNED_MAGIC.match(line)
    if assigned:
        return f"{assigned[1]}{assigned[2]}None"
    if _MAGIC.match(line):
        return re.match(r"\s*", line)[0] + "pass"
    return line


def definitions(cells):
    """Every definition of the parsed cells, top to bottom."""
    found = []
    for cell in cells:
        for node in cell.tree.body if cell.tree else ():
            names, is_answer = _defined(node)
            if names:
                found.append(Definition(frozenset(names), node, cell, is_answer))
    return found


def _defined(node):
    """The names that a statement defines, and whether one of them may be an answer."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}, True
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}, False
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        is_answer = isinstance(node.value, (ast.Lambda, ast.Name, ast.Attribute))
        return (names if node.value is not None else set()), is_answer
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        blocks = [node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])]
        blocks += [handler.body for handler in getattr(node, "handlers", [])]
        inner = [_defined(child) for block in blocks for child in block]
        return set().union(*(names for names, _ in inner)), any(is_answer for _, is_answer in inner)
    return set(), False


def find_answer(name, found):
    """The definition that counts for a name: the last one that is a function, else the last that may give one.

    Args:
        name: str.
        found: what `definitions` gave.

    Returns:
        (definition or None, how many definitions of that kind there are).
    """
    own = [definition for definition in found if name in definition.names]
    answers = [definition for definition in own if definition.is_answer]
    calls = [definition for definition in own if isinstance(getattr(definition.node, "value", None), ast.Call)]
    candidates = answers or calls
    borrowed = [definition for definition in calls if is_borrowed(name, definition)]
    if borrowed and found.index(borrowed[-1]) > max((found.index(answer) for answer in answers), default=-1):
        candidates = borrowed
    return (candidates[-1] if candidates else None), len(candidates)


def is_borrowed(name, definition):
    """Whether the definition is `name = borrow("name")`."""
    value = getattr(definition.node, "value", None)
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == "borrow"


def needed(definition, found):
    """The definitions that `definition` depends on, directly or not, and itself, top to bottom.

    A name that is imported, or defined as a function or class, keeps that meaning although a cell somewhere gives it a
    value (`sum = 0`, `np = 3`); so does a name of Python's own.
    """
    by_name = {}
    for other in found:
        for name in other.names:
            by_name.setdefault(name, []).append(other)
    chosen, waiting = {id(definition): definition}, [definition]
    while waiting:
        for name in _loaded_names(waiting.pop().node):
            meanings = by_name.get(name, ())
            is_firm = hasattr(builtins, name) or not all(_is_assignment(other) for other in meanings)
            for other in meanings:
                is_earlier_self = other.names & definition.names and other is not definition
                if id(other) not in chosen and not is_earlier_self and not (is_firm and _is_assignment(other)):
                    chosen[id(other)] = other
                    waiting.append(other)
    return [other for other in found if id(other) in chosen]


def _is_assignment(definition):
    return isinstance(definition.node, (ast.Assign, ast.AnnAssign))


def _loaded_names(node):
    """The global names that a statement reads when it runs, or when what it defines is called."""
    module = ast.Module(body=[node], type_ignores=[])
    names, waiting = set(), [compile(module, "<cell>", "exec", flags=_TOP_LEVEL_AWAIT, dont_inherit=True)]
    while waiting:
        code = waiting.pop()
        names.update(i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
        waiting.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return names
