"""Find answers in source text by name, and what they need, through the syntax tree.

A notebook is read as a list of cells. An answer is the last top-level definition of its name: a `def`, a class, a
lambda, an alias, decorated or not, also under `if`, `try`, `with` or in a loop. With it comes every definition that it
depends on (imports, helpers, constants, tables and what fills them), wherever it stands. Nothing else of the notebook
is run: no training loop, no display.
"""

import ast
import builtins
import dis
import functools
import types
import warnings
from dataclasses import dataclass

from workshop.exercises.cells import TOP_LEVEL_AWAIT, Cell

# What a statement makes of the names that it defines.
FUNCTION, IMPORT, VALUE, CHANGE = "function", "import", "value", "change"
_MAKERS = ("partial", "lru_cache", "cache", "vectorize", "frompyfunc", "jit", "njit")  # given a function, they give one
_CHANGERS = ("append", "add", "clear", "discard", "extend", "fill", "insert", "pop", "remove", "reverse", "setdefault")
_CHANGERS += ("sort", "update")  # methods that change what they belong to
_READERS = ("copy", "get", "items", "keys", "values")
_EFFECTS = ("breakpoint", "exec", "eval", "input", "open", "print")
_NAMESPACES = ("globals", "locals", "vars")


@dataclass(frozen=True, eq=False)
class Definition:
    """A top-level statement that gives names their meaning.

    Attributes:
        kinds: dict, each name that it defines -> what it makes of it: FUNCTION (a `def`, class, lambda, alias of one, or
            what is made of one by `partial` and the like), IMPORT, VALUE, or CHANGE (`table[key] = …`,
            `table.append(…)`, `Box.attribute = …`, `count += …`). The name "*" is for all that a module has.
        node, cell: the statement and where it stands.
    """

    kinds: dict[str, str]
    node: ast.stmt
    cell: Cell

    @property
    def names(self):
        return self.kinds.keys()

    @functools.cached_property
    def loads(self):
        """The global names that it reads when it runs, or when what it defines is called."""
        return _loaded_names(self.node)

    @property
    def source(self):
        """The statement's own text, decorators included."""
        marks = [decorator.lineno for decorator in getattr(self.node, "decorator_list", [])]
        first = min([self.node.lineno, *marks])
        lines = self.cell.source.split("\n")[first - 1 : self.node.end_lineno]
        last = lines[-1].encode()
        if last[self.node.end_col_offset :].lstrip().startswith(b";"):  # another statement on the same line
            lines[-1] = last[: self.node.end_col_offset].decode()
        if self.node.col_offset:
            for number in {self.node.lineno, *marks}:  # what stands deeper may stay: it is a body, or in brackets
                lines[number - first] = lines[number - first].encode()[self.node.col_offset :].decode()
        return "\n".join(lines)

    @property
    def source_in_place(self):
        """The same, after as many empty lines as there are lines before it in its cell."""
        return "\n" * (self.node.end_lineno - 1 - self.source.count("\n")) + self.source


def definitions(cells):
    """Every definition of the parsed cells, top to bottom."""
    found, kinds = [], {}
    for cell in cells:
        for node in _statements(cell.tree.body if cell.tree else ()):
            defined = _defined(node, kinds)
            if defined:
                found.append(Definition(defined, node, cell))
                kinds.update((name, kind) for name, kind in defined.items() if kind != CHANGE)
    return found


def _statements(body):
    """The statements, and what loops hold of functions, classes and imports: they count although no loop is run."""
    for node in body:
        yield node
        if isinstance(node, _LOOPS):
            yield from (inner for inner in _statements([*node.body, *node.orelse]) if isinstance(inner, _DEFINING))


_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINING = (*_FUNCTIONS, ast.Import, ast.ImportFrom)
_BRANCHES = (ast.If, ast.Try, ast.With, ast.Match, getattr(ast, "TryStar", ast.Try))
_STRONGEST_FIRST = (FUNCTION, IMPORT, VALUE, CHANGE)


def _defined(node, kinds):
    """What a statement makes of the names that it defines. `kinds`: name -> kind, of what stands above."""
    if isinstance(node, _FUNCTIONS):
        return {node.name: FUNCTION}
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return {"*": IMPORT}  # it is about everything below it
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0]: IMPORT for alias in node.names}
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound = [pair for target in targets for pair in _bound(target, node.value)]
        if not bound:
            return _changed(*targets)
        return _kinds_of([*bound, *_walrus(node.value)], kinds)
    if isinstance(node, ast.AugAssign):
        return _changed(node.target)
    if isinstance(node, ast.Expr):
        is_change = isinstance(node.value, ast.Call) and _called(node.value) in _CHANGERS
        if is_change and isinstance(node.value.func, ast.Attribute):
            return _changed(node.value.func)
        return _kinds_of(_walrus(node.value), kinds) if isinstance(node.value, ast.NamedExpr) else {}
    if isinstance(node, _BRANCHES):
        own = [pair for part in _expressions(node) for pair in _walrus(part)]
        own += [pair for item in getattr(node, "items", []) for pair in _bound(item.optional_vars, None)]
        return _strongest([_kinds_of(own, kinds), *(_defined(child, kinds) for child in _children(node))])
    if isinstance(node, ast.For):
        inner = [_defined(child, kinds) for child in node.body]
        return _strongest(inner) if _only_fills_tables(node, inner, kinds) else {}
    return {}


def _bound(target, value):
    """(name, what it is bound to) of an assignment; None for what cannot be told from the text."""
    bound, waiting = [], [(target, value)]
    while waiting:
        target, value = waiting.pop()
        if isinstance(target, ast.Name):
            bound.append((target.id, value))
        elif isinstance(target, ast.Starred):
            waiting.append((target.value, None))
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts, values = target.elts, getattr(value, "elts", ())
            is_by_place = len(values) == len(parts) and not any(isinstance(p, ast.Starred) for p in (*parts, *values))
            waiting += zip(parts, values if is_by_place else [None] * len(parts))
        elif isinstance(target, ast.Subscript) and _called(target.value) in _NAMESPACES:  # globals()["name"] = …
            key = getattr(target.slice, "value", None)
            bound += [(key, value)] if isinstance(key, str) else []
    return bound


def _walrus(expression):
    """The pairs of `name := value` anywhere in an expression, but for the bodies of its lambdas."""
    bound, waiting = [], [expression]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.NamedExpr):
            bound.append((part.target.id, part.value))
        if not isinstance(part, ast.Lambda):
            waiting += ast.iter_child_nodes(part)
    return bound


def _kinds_of(bound, kinds):
    return {name: FUNCTION if _is_function(value, kinds) else VALUE for name, value in bound}


def _changed(*targets):
    return {root: CHANGE for root in map(_root, targets) if root}


def _expressions(node):
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, (ast.expr, ast.withitem))]


def _children(node):
    """The statements directly under a compound one; those under each `elif` too, which the tree nests in one another."""
    children = []
    while node:
        parts = [node, *getattr(node, "handlers", []), *getattr(node, "cases", [])]
        blocks = [getattr(part, name, []) for part in parts for name in ("body", "finalbody")]
        otherwise = getattr(node, "orelse", [])
        node = otherwise[0] if len(otherwise) == 1 and isinstance(otherwise[0], ast.If) else None
        children += [child for block in (*blocks, *([] if node else [otherwise])) for child in block]
    return children


def _strongest(several):
    """One dict of several: what counts of a name is the most that one of them makes of it."""
    merged = {}
    for defined in several:
        for name, kind in defined.items():
            merged[name] = min(kind, merged.get(name, kind), key=_STRONGEST_FIRST.index)
    return merged


def _only_fills_tables(loop, inner, kinds):
    """Whether a loop is nothing but the rest of a definition: `for …: table[key] = …`, with no call to speak of."""
    is_change = all(set(defined.values()) == {CHANGE} for defined in inner)
    return is_change and all(_is_harmless(call, kinds) for call in ast.walk(loop) if isinstance(call, ast.Call))


def _is_harmless(call, kinds):
    name, root = _called(call), _root(call.func)
    if isinstance(call.func, ast.Name):
        return name not in kinds and hasattr(builtins, name) and name not in _EFFECTS
    return name in (*_CHANGERS, *_READERS) or kinds.get(root) == IMPORT


def _root(node):
    """The name that an expression like `name.attribute[key]` starts with, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_function(value, kinds):
    while isinstance(value, (ast.NamedExpr, ast.IfExp)):
        if isinstance(value, ast.IfExp) and _is_function(value.body, kinds):
            return True
        value = value.value if isinstance(value, ast.NamedExpr) else value.orelse
    if isinstance(value, ast.Call):
        return _called(value) in _MAKERS
    if isinstance(value, (ast.Name, ast.Attribute)):
        return kinds.get(_root(value), FUNCTION) in (FUNCTION, IMPORT)
    return isinstance(value, ast.Lambda)


def _called(call):
    """The last part of the name of what is called: "partial" for `functools.partial(…)`; "" for anything else."""
    function = getattr(call, "func", None)
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def find_answer(name, found):
    """The definition that counts for a name: the last one that is a function, else the last that may give one.

    Args:
        name: str.
        found: what `definitions` gave.

    Returns:
        (definition or None, how many definitions of that kind there are).
    """
    own = [definition for definition in found if name in definition.names]
    functions = [definition for definition in own if definition.kinds[name] == FUNCTION]
    borrowed = [definition for definition in own if is_borrowed(name, definition)]
    if borrowed and found.index(borrowed[-1]) > max(map(found.index, functions), default=-1):
        return borrowed[-1], len(borrowed)
    may_be = [d for d in own if isinstance(getattr(d.node, "value", None), (ast.Call, ast.Name, ast.Attribute))]
    if functions and is_stub(functions[-1]):  # below it, `f = make()` is an answer, and not a use of the name
        below = found.index(functions[-1])
        functions += [d for d in may_be if found.index(d) > below and _called(d.node.value) not in ("", name)]
    candidates = functions or may_be or [definition for definition in own if definition.kinds[name] == IMPORT]
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
        for name in ("*", *waiting.pop().loads):
            for other in _meanings(name, by_name.get(name, ())):
                is_self = bool(other.names & definition.names)
                # Of its own name, an answer may need the functions that stood there before: `old = f`, then a new `f`.
                is_older = id(other) in above and FUNCTION in other.kinds.values()
                if id(other) not in chosen and (is_older or not is_self):
                    chosen[id(other)] = other
                    waiting.append(other)
    return [other for other in found if id(other) in chosen]


def _meanings(name, own):
    """Of the definitions of one name, those that a reader of the notebook would take it by."""
    kinds = {other.kinds[name] for other in own}
    if IMPORT in kinds or hasattr(builtins, name):
        simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
        return [
            other for other in own if other.kinds[name] in (FUNCTION, IMPORT) and not isinstance(other.node, simple)
        ]
    if FUNCTION in kinds:
        return [other for other in own if other.kinds[name] != VALUE or is_borrowed(name, other)]
    return own


def _loaded_names(node):
    """The global names that a statement reads when it runs, or when what it defines is called."""
    module = ast.Module(body=[node], type_ignores=[])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        statement = compile(module, "<cell>", "exec", flags=TOP_LEVEL_AWAIT, dont_inherit=True)
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
