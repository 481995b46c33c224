"""Whatever stands in a cell, it is one: its syntax tree, or the line that is wrong. Magics are no obstacle."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exercises.collecting import answer, finds
from workshop.exercises.answers import definitions, needed
from workshop.exercises.cells import parse_cell

DEF = "def f(x):\n    return x + 1\n"
MAGICS = {
    "timed cell as nbconvert exports it": f"get_ipython().run_cell_magic('time', '', {DEF!r})\n",
    "captured cell as nbconvert exports it": f"# In[3]:\n\nget_ipython().run_cell_magic('capture', 'out', {DEF!r})\n\n",
    "magic of a cell as nbconvert exports it": "get_ipython().run_cell_magic('time', '', " + repr("!ls\n" + DEF) + ")",
    "line magic as nbconvert exports it": f"get_ipython().run_line_magic('time', 'y = 1')\n{DEF}",
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
    assert finds("f", f"get_ipython().run_cell_magic({magic!r}, '', {DEF!r})") == (None, 0)
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
    "branches": "if 1:\n    pass\n" + "elif 1:\n    f = 1\n" * 5_000,
    "choices": "f = " + "1 if 1 else " * 2_000 + "1",
    "assignments": "f = " + "(g := " * 150 + "1" + ")" * 150,
    "tuples": "(" * 90 + "f" + ",)" * 90 + " = 1",
    "lambdas": "f = " + "lambda: " * 2_000 + "1",
    "loops": "\n".join(" " * depth + "for _ in x:" for depth in range(19)) + " f[1] = 1",
    "decorators": "@f\n" * 5_000 + "def f(): pass",
    "strings": "f = " + "'x' " * 20_000,
    "powers": "f = 9**9**9**9",
    "shifts": "f = 1 << 10**10",
    "repeated text": "f = 'x' * 10**10",
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
    found = definitions([cell])
    for definition in found:
        needed(definition, found)


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


def test_warnings_of_a_cell_are_nobodys_output():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cell = parse_cell(1, "x = '\\d'\ny = x is 3\nassert (x, 'always')")
        for definition in definitions([cell]):
            assert definition.loads <= {"x"}
    assert caught == []
