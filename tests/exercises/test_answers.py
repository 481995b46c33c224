"""Answers are found by name in whatever order, cell and form they stand, with what they need and nothing else.

The oracle: a notebook is run as it stands, top to bottom; then what the collected definitions give is compared with
what the notebook's own function gives.
"""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.exercises.answers import definitions, find_answer, is_borrowed, needed, parse_cell

NEVER = "raise AssertionError('this cell was run')"


def collected(name, *sources):
    """Run what the answer needs, as the grader's worker does, and return the namespace."""
    found = definitions([parse_cell(number, textwrap.dedent(source)) for number, source in enumerate(sources, start=1)])
    definition, _ = find_answer(name, found)
    assert definition is not None, f"{name} is not found"
    namespace = {"__name__": "__main__"}
    for step in needed(definition, found):
        exec(compile(step.source_in_place, f"<cell {step.cell.number}>", "exec"), namespace)
    return namespace


def answer(name, *sources):
    return collected(name, *sources)[name]


def finds(name, *sources):
    found = definitions([parse_cell(number, source) for number, source in enumerate(sources, start=1)])
    return find_answer(name, found)


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
}


@pytest.mark.parametrize("sources", FORMS.values(), ids=FORMS)
def test_forms(sources):
    function = answer("f", *sources)
    notebook = {"__name__": "__main__"}
    for source in sources:
        if "await" not in source:
            exec(textwrap.dedent(source).lstrip("\ufeff"), notebook)
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


# Cells that are not all Python ----------------------------------------------------------------------------------------

DEF = "def f(x):\n    return x + 1\n"
MAGICS = {
    "line magic": "%matplotlib inline\n" + DEF,
    "with an assignment": "%time y = 1\n" + DEF,
    "shell": "!pip install 'nothing\n" + DEF,
    "shell, an apostrophe": "!echo it's\n" + DEF,
    "shell, open bracket": "!echo $(ls\n" + DEF,
    "shell, continued": "!pip install a \\\n    b c\n" + DEF,
    "help before": "?f\n" + DEF,
    "help after": DEF + "f?",
    "help twice": DEF + "math.floor??",
    "assigned": "files = !ls\n" + DEF,
    "assigned magic": "a, b = %timeit -o pass\n" + DEF,
    "double shell": "!!ls\n" + DEF,
    "inside of the function": "def f(x):\n    %time y = 1\n    !ls\n    return x + 1\n",
    "a lot of them": "%a\n!b\n?c\nd?\n%e\n" * 15 + DEF,
    "timed cell": "%%time\n" + DEF,
    "captured cell": "\n\n%%capture out --no-stderr\n" + DEF,
    "profiled cell": "%%prun -l 5\n" + DEF,
    "magic inside of a timed cell": "%%time\n%matplotlib inline\n" + DEF,
    "question in a comment": "%magic\ndef f(x):\n    y = 1  # right?\n        # really?\n    return x + y  # is it?\n",
    "question in a text": "%magic\ndef f(x):\n    '''What does it do?\n%d of them\n    !x\n    '''\n    return x + 1\n",
    "modulo on a line of its own": "%magic\ndef f(x):\n    return x + (7\n% 2)\n",
    "not on a line of its own": "%magic\ndef f(x):\n    return x + (2\n        != 3)\n",
    "magic with a comment": "%cd /tmp  # what's this?\n" + DEF,
}


@pytest.mark.parametrize("source", MAGICS.values(), ids=MAGICS)
def test_magics_are_no_obstacle(source):
    cell = parse_cell(1, source)
    assert cell.tree is not None, cell.error
    assert answer("f", source)(1) == 2


@pytest.mark.parametrize(
    "magic",
    [
        "bash",
        "html",
        "javascript",
        "writefile f.py",
        "latex",
        "script python",
        "python3",
        "timeit",
        "sh",
        "markdown",
        "file f.py",
        "!",
    ],
)
def test_cells_of_another_language_define_nothing(magic):
    assert finds("f", f"%%{magic}\n{DEF}") == (None, 0)
    cell = parse_cell(1, f"%%{magic}\n<p>it's no Python {{</p>")
    assert not cell.error


@pytest.mark.parametrize(
    "source, line",
    [
        ("x = 1\ny = = 2", 2),
        ("%magic\n\ndef f(:\n    pass", 3),
        ("f(\n\n", 1),
        ("def f():\nreturn 1", 2),
        ("!ls\nx = 'a", 2),
    ],
)
def test_errors_name_their_line(source, line):
    cell = parse_cell(3, source)
    assert cell.tree is None
    assert f"line {line}" in cell.error


HARD_TO_PARSE = {
    "brackets": "(" * 10_000,
    "minus": "x = " + "-" * 100_000 + "1",
    "sum": "x = " + "+".join(["1"] * 100_000),
    "attributes": "x = a" + ".b" * 100_000,
    "nested": "\n".join(" " * depth + "if 1:" for depth in range(150)) + " pass",
    "nulls": "x = '\0'",
    "surrogates": "x = '\ud800'",
    "digits": "x = " + "1" * 10_000,
    "long": "x = 1\n" * 400_000,
    "percents": "%a\n" * 20_000,
    "questions": "?" * 50_000 + "x",
}


@pytest.mark.parametrize("source", HARD_TO_PARSE.values(), ids=HARD_TO_PARSE)
def test_whatever_a_cell_holds_it_is_a_cell(source):
    cell = parse_cell(1, source)
    assert (cell.tree is None) == bool(cell.error)
    definitions([cell])


_lines = st.sampled_from(
    [
        "x = 1",
        "%magic",
        "!ls it's",
        "f?",
        "def f():",
        "    return 1",
        "",
        "if x:",
        "    pass",
        "(",
        ")",
        "'''",
        "\\",
        "@f",
        "%%time",
        "\x0c",
        "\0",
        "é",
    ]
)


@given(st.lists(_lines, max_size=8))
def test_any_lines_are_a_cell(lines):
    cell = parse_cell(1, "\n".join(lines))
    for definition in definitions([cell]):
        compile(definition.source_in_place, "<cell>", "exec", dont_inherit=True)


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
