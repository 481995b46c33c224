"""Find answers in source text by name, and what they need, through the syntax tree.

A notebook is read as a list of cells. An answer is the last top-level definition of its name: a `def`, a class, a
lambda, an alias, decorated or not, also under `if` or `try`. With it comes every definition that it depends on
(imports, helpers, constants), wherever it stands. Nothing else of the notebook is run: no training loop, no display.
"""

import ast
import builtins
import dis
import re
import textwrap
import types
from dataclasses import dataclass

MAX_CHARACTERS = 200_000  # of a cell; the longest that people write has a tenth of it

_PYTHON_CELL_MAGICS = ("time", "capture", "prun")  # the rest hands its cell to somebody else
_CELL_MAGIC = re.compile(r"\s*%%(\S*)")
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.*%\[\]()'\"]+\?{1,2}\s*$)")
_ASSIGNED_MAGIC = re.compile(r"(\s*\w[\w, ]*=\s*)[%!]")
_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_MOST_MAGICS = 100

# What a statement makes of the names that it defines.
FUNCTION, IMPORT, VALUE, CHANGE = "function", "import", "value", "change"
_MAKERS = ("partial", "lru_cache", "cache", "vectorize", "frompyfunc", "jit", "njit")  # given a function, they give one


@dataclass(frozen=True)
class Cell:
    """One code cell: its position among all cells (from 1), its source, and the error if it cannot be parsed."""

    number: int
    source: str
    tree: ast.Module | None
    error: str = ""


@dataclass(frozen=True)
class Definition:
    """A top-level statement that gives names their meaning.

    Attributes:
        names: those that it defines; "*" for all that a module has.
        node, cell: the statement and where it stands.
        kind: FUNCTION (a `def`, class, lambda, alias of one, or what is made of one by `partial` and the like), IMPORT,
            VALUE, or CHANGE (`table[key] = …`, `Box.attribute = …`, `count += …`).
    """

    names: frozenset[str]
    node: ast.stmt
    cell: Cell
    kind: str

    @property
    def source(self):
        """The statement's own text, decorators included."""
        first = min([self.node.lineno, *(d.lineno for d in getattr(self.node, "decorator_list", []))])
        lines = self.cell.source.split("\n")[first - 1 : self.node.end_lineno]
        last = lines[-1].encode()
        if last[self.node.end_col_offset :].lstrip().startswith(b";"):  # another statement on the same line
            lines[-1] = last[: self.node.end_col_offset].decode()
        if first == self.node.lineno and self.node.col_offset:
            lines[0] = lines[0].encode()[self.node.col_offset :].decode()
        return "\n".join(lines)

    @property
    def source_in_place(self):
        """The same, after as many empty lines as there are lines before it in its cell."""
        return "\n" * (self.node.end_lineno - 1 - self.source.count("\n")) + self.source


def parse_cell(number, source):
    """A `Cell`. IPython's magics (`%time`, `!pip`, `help?`) are blanked, line numbers stay as they were."""
    if len(source) > MAX_CHARACTERS:
        return Cell(number, "", None, f"it has more than {MAX_CHARACTERS:,} characters")
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
    for _ in range(_MOST_MAGICS):
        try:
            tree = ast.parse(text)
            compile(tree, "<cell>", "exec", flags=_TOP_LEVEL_AWAIT, dont_inherit=True)
            return Cell(number, text, tree)
        except SyntaxError as problem:
            error = f"{problem.msg} (line {problem.lineno})"
            without = _without_magic(text, problem.lineno)
            if without is None:
                break
            text = without
        except (ValueError, RecursionError, MemoryError) as problem:
            error = f"it cannot be parsed: {problem}"
            break
    return Cell(number, text, None, error)


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


def definitions(cells):
    """Every definition of the parsed cells, top to bottom."""
    found, kinds = [], {}
    for cell in cells:
        for node in cell.tree.body if cell.tree else ():
            names, kind = _defined(node, kinds)
            if names:
                found.append(Definition(frozenset(names), node, cell, kind))
                if kind != CHANGE:
                    kinds.update(dict.fromkeys(names, kind))
    return found


def _defined(node, kinds):
    """The names that a statement defines, and what it makes of them. `kinds`: name -> kind, of what stands above."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}, FUNCTION
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}, IMPORT
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        stored = {name for target in targets for name in _stored(target)}
        if stored:
            return stored, FUNCTION if _is_function(node.value, kinds) else VALUE
        return {_root(target) for target in targets} - {None}, CHANGE
    if isinstance(node, ast.AugAssign):
        return {_root(node.target)} - {None}, CHANGE
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        blocks = [node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])]
        blocks += [handler.body for handler in getattr(node, "handlers", [])]
        inner = [_defined(child, kinds) for block in blocks for child in block]
        kind = min((kind for _, kind in inner), key=(FUNCTION, IMPORT, VALUE, CHANGE).index, default=VALUE)
        return set().union(*(names for names, _ in inner)), kind
    return set(), VALUE


def _stored(target):
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def _root(node):
    """The name that an expression like `name.attribute[key]` starts with, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_function(value, kinds):
    if isinstance(value, ast.Call):
        return _called(value) in _MAKERS
    if isinstance(value, (ast.Name, ast.Attribute)):
        return kinds.get(_root(value), FUNCTION) in (FUNCTION, IMPORT)
    return isinstance(value, ast.Lambda)


def _called(call):
    """The last part of the name of what is called: "partial" for `functools.partial(…)`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def find_answer(name, found):
    """The definition that counts for a name: the last one that is a function, else the last that may give one.

    Args:
        name: str.
        found: what `definitions` gave.

    Returns:
        (definition or None, how many definitions of that kind there are).
    """
    own = [definition for definition in found if name in definition.names]
    functions = [definition for definition in own if definition.kind == FUNCTION]
    borrowed = [definition for definition in own if is_borrowed(name, definition)]
    if borrowed and found.index(borrowed[-1]) > max(map(found.index, functions), default=-1):
        return borrowed[-1], len(borrowed)
    may_be = [d for d in own if isinstance(getattr(d.node, "value", None), (ast.Call, ast.Name, ast.Attribute))]
    candidates = functions or may_be or [definition for definition in own if definition.kind == IMPORT]
    return (candidates[-1] if candidates else None), len(candidates)


def is_borrowed(name, definition):
    """Whether the definition is `name = borrow("name")`."""
    value = getattr(definition.node, "value", None)
    return isinstance(value, ast.Call) and _called(value) == "borrow"


def is_stub(definition):
    """Whether the definition is a function that does nothing but raise `NotImplementedError`: not attempted yet."""
    node = definition.node
    if not isinstance(node, ast.FunctionDef):
        return False
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    raised = body[0].exc if len(body) == 1 and isinstance(body[0], ast.Raise) else None
    return getattr(raised.func if isinstance(raised, ast.Call) else raised, "id", "") == "NotImplementedError"


def borrowings(definition):
    """The names that a definition takes by `borrow("name")`, or `borrow(name)`, anywhere in it."""
    calls = (node for node in ast.walk(definition.node) if isinstance(node, ast.Call) and _called(node) == "borrow")
    arguments = [call.args[0] for call in calls if call.args]
    named = {argument.id for argument in arguments if isinstance(argument, ast.Name)}
    quoted = {argument.value for argument in arguments if isinstance(argument, ast.Constant)}
    return named | {name for name in quoted if isinstance(name, str)}


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
    above = {id(other) for other in found[: found.index(definition)]}
    while waiting:
        for name in ("*", *_loaded_names(waiting.pop().node)):
            for other in _meanings(name, by_name.get(name, ())):
                is_self = bool(other.names & definition.names)
                # Of its own name, an answer may need the functions that stood there before: `old = f`, then a new `f`.
                if id(other) not in chosen and (not is_self or (id(other) in above and other.kind == FUNCTION)):
                    chosen[id(other)] = other
                    waiting.append(other)
    return [other for other in found if id(other) in chosen]


def _meanings(name, own):
    """Of the definitions of one name, those that a reader of the notebook would take it by."""
    kinds = {other.kind for other in own}
    if IMPORT in kinds or hasattr(builtins, name):
        return [other for other in own if not isinstance(other.node, (ast.Assign, ast.AnnAssign, ast.AugAssign))]
    if FUNCTION in kinds:
        return [other for other in own if other.kind != VALUE or is_borrowed(name, other)]
    return own


def _loaded_names(node):
    """The global names that a statement reads when it runs, or when what it defines is called."""
    module = ast.Module(body=[node], type_ignores=[])
    statement = compile(module, "<cell>", "exec", flags=_TOP_LEVEL_AWAIT, dont_inherit=True)
    names, waiting = set(), [statement]
    while waiting:
        code = waiting.pop()
        instructions = list(dis.get_instructions(code))
        # The body of a class reads its own names before it asks for a global one.
        of_class = {i.argval for i in instructions if i.opname == "STORE_NAME" and code is not statement}
        loaded = {i.argval for i in instructions if i.opname in _LOADS}
        names |= loaded - of_class
        waiting.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return names


_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
