"""Answers are found by name in whatever order, cell and form they stand, with what they need and nothing else.

The oracle: a notebook is run as it stands, top to bottom; then what the collected definitions give is compared with
what the notebook's own function gives.
"""

import __future__

import textwrap

import pytest

from tests.exercises.collecting import answer, finds
from workshop.exercises.answers import definitions, find_answer, is_borrowed
from workshop.exercises.cells import parse_cell

NEVER = "raise AssertionError('this cell was run')"


# Forms of an answer ---------------------------------------------------------------------------------------------------

FORMS = {
    "def": ["def f(x):\n    return x + 1"],
    "lambda": ["f = lambda x: x + 1"],
    "lambda, annotated": ["f: object = lambda x: x + 1"],
    "several names": ["g = f = lambda x: x + 1"],
    "alias": ["def mine(x):\n    return x + 1", "f = mine"],
    "alias of an alias": ["def mine(x):\n    return x + 1", "g = mine", "f = g"],
    "alias of an import": ["import math", "f = math.factorial"],
    "imported": ["from math import factorial as f"],
    "builtin": ["f = abs"],
    "class": [
        "class f:\n    def __init__(self, x):\n        self.x = x\n    def __eq__(self, other):\n        return True"
    ],
    "static method": ["class Mine:\n    @staticmethod\n    def add(x):\n        return x + 1", "f = Mine.add"],
    "decorated": ["import functools", "@functools.lru_cache(maxsize=None)\ndef f(x):\n    return x + 1"],
    "own decorator": ["def twice(g):\n    return lambda x: g(g(x))", "@twice\ndef f(x):\n    return x + 1"],
    "partial": ["from functools import partial", "def add(x, y):\n    return x + y", "f = partial(add, 1)"],
    "partial over a stub": [
        "def f(x):\n    raise NotImplementedError",
        "import functools",
        "f = functools.partial(lambda x, y: x + y, 1)",
    ],
    "made by a function": ["def make():\n    return lambda x: x + 1", "f = make()"],
    "under if": ["if True:\n    def f(x):\n        return x + 1\nelse:\n    f = None"],
    "under else": ["if False:\n    f = 1\nelse:\n    def f(x):\n        return x + 1"],
    "under try": ["try:\n    import no_such_module\nexcept ImportError:\n    def f(x):\n        return x + 1"],
    "under with": ["import contextlib", "with contextlib.nullcontext():\n    def f(x):\n        return x + 1"],
    "under main": ["if __name__ == '__main__':\n    def f(x):\n        return x + 1"],
    "after a semicolon": ["import math; f = lambda x: x + math.floor(1)"],
    "recursive": ["def f(x):\n    return 1 if x == 0 else 1 + f(x - 1)"],
    "mutually recursive": ["def f(x):\n    return 1 + (g(x - 1) if x else 0)", "def g(x):\n    return f(x)"],
    "generator": ["def f(x):\n    yield x"],
    "wraps its own first version": ["def f(x):\n    return x", "first = f", "def f(x):\n    return first(x) + 1"],
    "default argument": ["STEP = 1", "def f(x, step=STEP):\n    return x + step"],
    "annotation": ["import typing", "def f(x: typing.Any) -> typing.Any:\n    return x + 1"],
    "closure": ["STEP = 1", "def f(x):\n    def inner():\n        return x + STEP\n    return inner()"],
    "comprehension": ["STEPS = [1]", "def f(x):\n    return x + sum(s for s in STEPS)"],
    "in an f-string": ["STEP = 1", "def f(x):\n    return f'{x + STEP}'"],
    "global statement": ["count = 0", "def f(x):\n    global count\n    count += 1\n    return x + 1"],
    "helper below": ["def f(x):\n    return helper(x)", "def helper(x):\n    return x + 1"],
    "helper of a helper": [
        "def f(x):\n    return one(x)",
        "def one(x):\n    return two(x)",
        "def two(x):\n    return x + 1",
    ],
    "last helper counts": ["def h(x):\n    return 0", "def f(x):\n    return h(x)", "def h(x):\n    return x + 1"],
    "star import": ["from math import *", "def f(x):\n    return floor(x) + 1"],
    "import under try": [
        "try:\n    import nothing as m\nexcept ImportError:\n    import math as m",
        "def f(x):\n    return m.floor(x) + 1",
    ],
    "import of a submodule": ["import os.path", "def f(x):\n    return os.path.join('a', str(x))"],
    "unpacked constants": ["(A, B), *C = (0, 1), 2, 3", "def f(x):\n    return x + B"],
    "table filled in": ["TABLE = {}", "key = 'a'", "TABLE[key] = 1", "def f(x):\n    return x + TABLE['a']"],
    "attribute set": ["class Box: pass", "Box.step = 1", "def f(x):\n    return x + Box.step"],
    "constant changed": ["STEP = 0", "STEP += 1", "def f(x):\n    return x + STEP"],
    "class that it needs": [
        "class Adder:\n    step = 1\n    def __call__(self, x):\n        return x + self.step",
        "def f(x):\n    return Adder()(x)",
    ],
    "base class": [
        "class Base:\n    pass",
        "class f(Base):\n    def __init__(self, x): pass\n    def __repr__(self): return str(isinstance(self, Base))",
    ],
    "line separators that Python does not count": [
        "TEXT = '\u2028\x0c\x85'",
        "x = 'a\x1cb'\ndef f(x):\n    return x + 1",
    ],
    "windows line ends": ["STEP = 1\r\ndef f(x):\r\n    return x + STEP\r\n"],
    "indented cell": ["    def f(x):\n        return x + 1"],
    "async cell": ["import asyncio\nawait asyncio.sleep(0)\ndef f(x):\n    return x + 1"],
    "byte order mark": ["\ufeffdef f(x):\n    return x + 1"],
    "walrus": ["(f := lambda x: x + 1)"],
    "walrus within an assignment": ["g = (f := lambda x: x + 1)"],
    "walrus in a condition": ["if (STEP := 1) > 0:\n    pass", "def f(x):\n    return x + STEP"],
    "walrus for a constant": ["g = [STEP := 1]", "def f(x):\n    return x + STEP"],
    "tuple of functions": ["f, g = lambda x: x + 1, lambda x: x"],
    "tuple of a constant and a function": ["STEP, f = 1, lambda x: x + STEP", "(STEP) = 1"],
    "nested tuple": ["a, (b, f) = 1, (2, lambda x: x + 1)"],
    "tuple that a function gives": ["def make():\n    return 1, lambda x: x + 1", "STEP, f = make()"],
    "through globals": ["globals()['f'] = lambda x: x + 1"],
    "constant through globals": ["globals()['STEP'] = 1", "def f(x):\n    return x + STEP"],
    "one of two lambdas": ["f = (lambda x: x + 1) if True else (lambda x: x)"],
    "one of two functions": ["def g(x):\n    return x + 1", "f = g if True else None"],
    "in a loop": ["for _ in range(3):\n    def f(x):\n        return x + 1"],
    "in a loop, decorated": [
        "import functools",
        """
while True:
    x = 1
    @functools.lru_cache(
        maxsize=None,
    )
    @functools.cache
    def f(x):
        '''Text
  at the left.'''
        return x + 1
    break
""",
    ],
    "import in a loop": ["for _ in range(1):\n    import math", "def f(x):\n    return math.floor(x) + 1"],
    "under match": ["match 1:\n    case 1:\n        def f(x):\n            return x + 1"],
    "under elif": ["if False:\n    pass\nelif True:\n    def f(x):\n        return x + 1"],
    "under finally": ["try:\n    pass\nfinally:\n    def f(x):\n        return x + 1"],
    "what with gives": [
        "import contextlib",
        "with contextlib.nullcontext(1) as STEP:\n    pass",
        "def f(x):\n    return x + STEP",
    ],
    "a constant beside a function under if": [
        "if True:\n    STEP = 0\n    def g(x):\n        return x",
        "STEP = 1",
        "def f(x):\n    return x + STEP",
    ],
    "list appended to": ["STEPS = []", "STEPS.append(1)", "def f(x):\n    return x + STEPS[0]"],
    "dictionary updated": ["STEPS = {}", "STEPS.update(a=1)", "def f(x):\n    return x + STEPS['a']"],
    "list within a table appended to": ["T = {1: []}", "T[1].append(1)", "def f(x):\n    return x + T[1][0]"],
    "table filled by a loop": [
        "import math",
        "T = {}",
        "for i in range(5):\n    for j, k in zip([1], [math.sqrt(4)]):\n        T[i, j] = k\n        T[i] = len(T)",
        "def f(x):\n    return x + T[2, 1] + T[0]",
    ],
    "global that a helper changes": [
        "count = 0",
        "def g():\n    global count\n    count += 1\n    return count",
        "def f(x):\n    return x + g() * 0 + (count > 0)",
    ],
    "dataclass": [
        "from dataclasses import dataclass",
        "@dataclass\nclass Pair:\n    a: int\n    b: int = 1",
        "def f(x):\n    return Pair(x).a + Pair(x).b",
    ],
    "namedtuple": [
        "from collections import namedtuple",
        "Pair = namedtuple('Pair', 'a b')",
        "def f(x):\n    return Pair(x, 1).a + 1",
    ],
    "typed namedtuple": [
        "import typing",
        "class Pair(typing.NamedTuple):\n    a: int",
        "def f(x):\n    return Pair(x).a",
    ],
    "annotations from the future": [
        "from __future__ import annotations",
        "def g(x: NoSuchType) -> 1 / 0:\n    return x",
        "def f(x: 'y' @ None):\n    return g(x) + 1",
    ],
    "import below": ["def f(x):\n    return math.floor(x) + 1", "import math"],
    "import within a helper": ["def g():\n    import math\n    return math", "def f(x):\n    return g().floor(x) + 1"],
    "stub, then made by a function": [
        "def f(x):\n    raise NotImplementedError('not yet')",
        "def make():\n    return lambda x: x + 1",
        "f = make()",
    ],
    "type parameter or not": ["from typing import TypeVar", "T = TypeVar('T')", "def f(x: T) -> T:\n    return x"],
}


@pytest.mark.parametrize("sources", FORMS.values(), ids=FORMS)
def test_forms(sources):
    function = answer("f", *sources)
    notebook, future = {"__name__": "__main__"}, 0
    for source in sources:
        if "await" not in source:
            code = compile(textwrap.dedent(source).lstrip("\ufeff"), "it", "exec", future, dont_inherit=True)
            future |= code.co_flags & __future__.annotations.compiler_flag
            exec(code, notebook)
    own = notebook.get("f", function)
    first, second = function(3), own(3)
    assert first == second or repr(first) == repr(second) or list(first) == list(second)


@pytest.mark.parametrize(
    "sources, count, value",
    [
        (["def f():\n    return 1", "def f():\n    return 2"], 2, 2),
        (["def f():\n    return 1", "f = lambda: 2"], 2, 2),
        (["def f():\n    return 1", "f = 17"], 1, 1),
        (["def f():\n    return 1", "total = 17", "f = total"], 1, 1),
        (["def f():\n    return 1", "f = f()"], 1, 1),
        (["def f():\n    return 1", "result = f()", "f = result"], 1, 1),
        (["def f():\n    return 1", "table = {}", "table[f] = max"], 1, 1),
        (["def f():\n    return 1", "f.name = max"], 1, 1),
        (["def f():\n    return 1", "f, x = 2, 3"], 1, 1),
        (["def f():\n    return 1", "x = [f := 2]"], 1, 1),
        (["def f():\n    return 1", "globals()['f'] = 2"], 1, 1),
        (["def f():\n    return 1", "globals()['f'] = lambda: 2"], 2, 2),
        (["def f():\n    return 1", "with open('/nowhere') as f:\n    pass"], 1, 1),
        (["def f():\n    return 1", "f.append(3)"], 1, 1),
        (["def f():\n    return 1", "for _ in []:\n    def f():\n        return 2"], 2, 2),
        (["def f():\n    return 1", "def make(): pass", "f = make()"], 1, 1),
        (["def f():\n    return 1", "for f in range(3):\n    pass"], 1, 1),
        (["if 1:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2"], 1, 1),
    ],
)
def test_the_last_function_counts(sources, count, value):
    assert finds("f", *sources)[1] == count
    assert answer("f", *sources)() == value


@pytest.mark.parametrize(
    "source",
    [
        "",
        "g = 1",
        "f(1)",
        "# def f(): pass",
        '"""\ndef f():\n    return 1\n"""',
        "x.f = max",
        "def g():\n    def f():\n        pass",
        "class C:\n    def f(self):\n        pass",
        "f == 1",
        "del f",
        "def f(:\n    pass",
    ],
)
def test_what_is_no_definition(source):
    assert finds("f", source) == (None, 0)


def test_a_value_alone_is_given_back_so_that_the_grader_can_say_what_it_is():
    definition, count = finds("f", "f = 17")
    assert (definition, count) == (None, 0) or definition.names == {"f"}


# What is not run ------------------------------------------------------------------------------------------------------

UNRELATED = [
    NEVER,
    f"for episode in range(10):\n    {NEVER}",
    f"while True:\n    {NEVER}",
    f"result = {NEVER.split(' ', 1)[1]!r} and 1 / 0",
    f"if True:\n    {NEVER}",
    f"with open('/nowhere/at/all') as file:\n    {NEVER}",
    "print(1 / 0)",
    "assert False",
    "del nothing",
    "f(1 / 0)",
    "unrelated = f(1) / 0",
    "x = 1 / 0",
    "local = 1 / 0",
    "item = 1 / 0",
    "argument = 1 / 0",
    "attribute = 1 / 0",
    "keyword = 1 / 0",
    "nested = 1 / 0",
    "import no_such_module_anywhere",
    "def unrelated(x=1 / 0):\n    pass",
    "@unknown\ndef unrelated():\n    pass",
    "class Unrelated(unknown):\n    pass",
    "f = 1 / 0",
    "f = f(1) / 0",
    "if 1 / 0:\n    unrelated = 1",
    "unrelated: int = 1 / 0",
    "for x in 1 / 0: unrelated[x] = 1",
    "unrelated = []\nunrelated.append(1 / 0)",
    "(unrelated := 1 / 0)",
    "(lambda: (f := 1 / 0))",
    "print(y := 1 / 0)",
    "globals()['unrelated'] = 1 / 0",
    "a, b = 1 / 0, f",
    "for x in 1 / 0:\n    def unrelated():\n        pass",
    "match 1 / 0:\n    case unrelated:\n        pass",
]
CAREFUL = """
def f(x, argument=2):
    local = x
    def nested(item):
        return item
    items = [item for item in [local]] + [local for local in [1]]
    items += list({item for item in [2]}) + list({item: 1 for item in [3]})
    try:
        box = type("Box", (), {})()
        box.attribute = dict(keyword=nested(local))
    except ValueError as unrelated:
        pass
    return items, box.attribute["keyword"]
"""


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize("cell", UNRELATED)
def test_nothing_else_is_run(cell, position):
    sources = [cell, CAREFUL] if position == "before" else [CAREFUL, cell]
    assert answer("f", *sources)(5) == ([5, 1, 2, 3], 5)


def test_a_statement_on_the_same_line_is_not_run():
    assert answer("f", f"f = lambda: 7; {NEVER}")() == 7
    assert answer("f", f"x = 1; {NEVER}; y = 2; z = 3  # äö", "def f():\n    return x + y")() == 3
    assert answer("f", "é = 1; g = 2; h = 1 / 0", "def f():\n    return é + g")() == 3


def test_a_failing_cell_costs_only_those_that_need_it():
    cells = ["limit = 1 / 0", "def f():\n    return limit", "def g():\n    return 1"]
    assert answer("g", *cells)() == 1
    with pytest.raises(ZeroDivisionError):
        answer("f", *cells)


TRAINING = [
    "for episode in range(3):\n    V[0] = step(episode)",
    "for episode in range(3):\n    V[0] = env.step(episode)",
    "for episode in range(3):\n    V[0] = 1\n    print(V)",
    "for episode in tqdm(range(3)):\n    V[0] = 1",
    "while V[0] < 1:\n    V[0] += 1",
    "for episode in range(3):\n    V[0] = 1\n    if episode == 2:\n        plot(V)",
    "for episode in range(3):\n    V[0] = (lambda: 1)()",
    "for episode in range(3):\n    V[0] = open('/tmp/x')",
]


@pytest.mark.parametrize("loop", TRAINING)
def test_training_does_not_run_although_it_changes_what_an_answer_reads(loop):
    cells = ["from tqdm import tqdm", "V = [0]", "env = None", "def step(n):\n    raise AssertionError", loop]
    assert answer("f", *cells, "def f():\n    return V[0]")() == 0


def test_a_class_attribute_is_not_the_global_of_the_same_name():
    assert answer("f", "step = 1 / 0", "class f:\n    step = 1\n    other = step + 1")().other == 2


def test_an_earlier_value_of_the_answers_own_name_is_not_run():
    assert answer("f", "f = 1 / 0", "def f(n):\n    return 1 if n == 0 else f(n - 1)")(3) == 1


FIRM = {
    "builtin": (["sum = 0", "sum = print", "def f():\n    return sum([1, 2])"], 3),
    "import": (["import math", "def f():\n    return math.floor(1.5)", "math = 3", "math.floor = abs"], 1),
    "function": (["def g():\n    return 1", "def f():\n    return g()", "g = g() + 1", "g = 5"], 1),
    "function that is borrowed": (
        ["def g():\n    return 0", "borrow = lambda name: lambda: 1", "g = borrow('g')", "def f():\n    return g()"],
        1,
    ),
    "function that is replaced": (
        ["def g():\n    return 0", "def h():\n    return 1", "g = h", "def f():\n    return g()"],
        1,
    ),
    "own function in place of a builtin": (["def sum(values):\n    return 7", "def f():\n    return sum([1])"], 7),
}


@pytest.mark.parametrize("case", FIRM)
def test_a_name_keeps_its_meaning_although_a_cell_gives_it_a_value(case):
    sources, value = FIRM[case]
    assert answer("f", *sources)() == value


# Line numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\n",
        "x = 1\n",
        "# a comment\n\n",
        "%time x = 1\n",
        "%%time\n",
        "\r\n",
        "'''\n\n'''\n",
        "@staticmethod\ndef g():\n    pass\n",
    ],
)
def test_lines_are_those_of_the_cell(before):
    source = before + "@(lambda g: g)\ndef f():\n    a = 1\n    return a / 0"
    function = answer("f", source)
    with pytest.raises(ZeroDivisionError) as raised:
        function()
    expected = source.replace("\r\n", "\n").split("\n").index("    return a / 0") + 1
    assert raised.traceback[-1].lineno + 1 == expected


def test_source_is_the_definitions_own_text():
    found = definitions(
        [parse_cell(1, "import math\n\n@decorated\ndef f(x):\n    # why\n    return x  # because\n\nf(1)")]
    )
    assert find_answer("f", found)[0].source == "@decorated\ndef f(x):\n    # why\n    return x  # because"


# Borrowed -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source", ["f = borrow('f')", "f = workshop.borrow('f')", "f = borrow(f)", "f: object = borrow('f')"]
)
def test_borrowed(source):
    definition, _ = finds("f", "def f():\n    raise NotImplementedError", source)
    assert is_borrowed("f", definition)


@pytest.mark.parametrize(
    "sources",
    [
        ["f = borrow('f')", "def f():\n    return 1"],
        ["f = lambda: borrow('f')"],
        ["f = other('f')"],
        ["borrow('f')", "def f(): pass"],
    ],
)
def test_not_borrowed(sources):
    definition, _ = finds("f", *sources)
    assert not is_borrowed("f", definition)
