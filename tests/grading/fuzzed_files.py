"""Files that a fuzzer makes: notebooks and Python files from nothing, and damaged ones of the kit's own."""

import copy
import functools
import json

from hypothesis import strategies as st

from workshop.exercises.catalogue import EXERCISES
from workshop.notebooks import attendee_notebook, masters, solved_notebook

_NAMES = [name for exercise in EXERCISES for name in exercise.names]

_LINES = [
    "",
    "def {name}(*arguments):",
    "def {name}(x, /, y=1, *, z: int = 2, **k) -> None:",
    "class {name}:",
    "    return {name}(*arguments)",
    "    return lambda: (yield)",
    "    raise NotImplementedError",
    '    raise NotImplementedError("not yet")',
    "    pass",
    "    global {name}, x",
    "    nonlocal x",
    "    x = 1",
    "    {name} = 3",
    "async def {name}(x): return await x",
    "{name} = lambda *a: a",
    '{name} = borrow("{name}")',
    "{name} = borrow({name})",
    "{name} = x = {name}",
    "{name}, *x = 1, 2, 3",
    "({name} := 3)",
    'globals()["{name}"] = abs',
    "{name}.x[1].y = 2",
    "{name} += 1",
    "{name}: int",
    "del {name}",
    "check({name})",
    "for {name} in x: {name}[1] = 2",
    "for x in range(3):",
    "while x:",
    "if x:",
    "elif x:",
    "else:",
    "try:",
    "except* ValueError:",
    "finally:",
    "with x as ({name}, y):",
    "match x:",
    "    case {name}:",
    '    case {{"a": [*_]}} | None:',
    "import {name} as x, os.path",
    "from {name} import *",
    "from __future__ import annotations",
    "from __future__ import braces",
    "@{name}",
    "@property",
    "return 1",
    "yield",
    "await x",
    "x = [y async for y in z]",
    'x = f"{{x!r:>{{y}}}}" + rb"\\x" + "\\N{{DIGIT ONE}}"',
    "x = '''",
    '"""',
    "x = (",
    ")]}}",
    "lambda: (x := 1)",
    'print(*x, sep="")',
    "%%time",
    "%%bash",
    "%matplotlib inline",
    "!ls it's",
    "x = !ls",
    "{name}?",
    '# %% exercise="{name}"',
    "# In[3]:",
    "#!python",
    "<<<<<<< HEAD",
    "\\",
    "\t x",
    "é = ª = 𝒇 = 1",
    "\x0c",
    "\ufeff",
    "\u2028",
    "",
]
_line = st.builds(
    lambda indent, line, name: indent + line.replace("{{", "{").replace("}}", "}").replace("{name}", name),
    st.sampled_from(["", "", "", " ", "    ", "\t"]),
    st.sampled_from(_LINES),
    st.sampled_from([*_NAMES, "x", "sum", "np", "match", "_"]),
)
_source = st.one_of(
    st.lists(_line | st.text(max_size=10), max_size=12).map("\n".join),
    st.text(max_size=40),
    st.integers(1, 3000).map(lambda count: "f = " + "(" * count + "1" + ")" * count),
    st.integers(1, 3000).map(lambda count: "x = " + "-" * count + "1\n" + "elif" * count),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(exclude_categories=()), max_size=8)
)
_keys = st.sampled_from(
    [
        "cells",
        "worksheets",
        "content",
        "source",
        "input",
        "cell_type",
        "metadata",
        "workshop",
        "exercise",
        "vscode",
        "a",
    ]
)
_json = st.recursive(
    scalars | _source | st.sampled_from(["code", "markdown", *_NAMES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=8,
)


_attendees, _solved = functools.cache(attendee_notebook), functools.cache(solved_notebook)


def notebook_of(sources):
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@st.composite
def _with_wrong_fields(draw, base):
    """A notebook some of whose parts, however deep, are anything, gone, or there twice."""
    root = [copy.deepcopy(draw(base))]
    for _ in range(draw(st.integers(1, 5))):
        holder, key = root, 0
        for _ in range(draw(st.sampled_from([5, 4, 3, 6, 2, 1, 0]))):
            if not isinstance(holder[key], (dict, list)) or not holder[key]:
                break
            holder = holder[key]
            key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        change = draw(st.sampled_from(["replaced", "gone", "twice"]))
        if change == "gone" and holder is not root:
            del holder[key]
        elif change == "twice" and isinstance(holder, list) and holder is not root:
            holder.insert(key, holder[key])
        else:
            holder[key] = draw(_json)
    return json.dumps(root[0]).encode()


@st.composite
def _with_damage(draw, base):
    """Bytes of a notebook: flipped, cut out, there twice, or with others between."""
    data = draw(base)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 200)))
        data = draw(
            st.sampled_from(
                [
                    data[:start],
                    data[:start] + data[stop:],
                    data[:stop] + data[start:],
                    data[:start] + bytes(255 - byte for byte in data[start : start + 1]) + data[start + 1 :],
                    data[:start] + draw(st.binary(max_size=8)) + data[start:],
                ]
            )
        )
    return data


_BODIES = [
    "return arguments",
    "return arguments[-1]",
    "return {name}(*arguments)",
    "return {name}",
    "return 0.0",
    'return float("nan")',
    "return lambda *a: a",
    'return type("Same", (), {{"__eq__": lambda *a: True, "__float__": lambda a: 1.0}})()',
    "yield from arguments",
    "raise {name}",
    "raise NotImplementedError",
    "raise SystemExit(0)",
    "raise BaseException",
    "arguments[0].clear()",
    "globals().clear()",
    'print("x" * 10**6)',
    "import os; os._exit(0)",
    "import os; os.close(3)",
    "import sys; sys.modules.clear()",
    "import sys; sys.setrecursionlimit(5)",
    "import gc; [o.clear() for o in gc.get_objects() if type(o) in (dict, list)]",
    "import ctypes; ctypes.string_at(0)",
    'import signal; signal.pthread_kill(__import__("threading").get_ident(), 11)',
    "import threading; threading.Thread(target=iter(int, 1).__iter__).start()",
]
_answer = st.builds(
    lambda name, bodies: f"def {name}(*arguments):\n    " + "\n    ".join(bodies).format(name=name),
    st.sampled_from(_NAMES),
    st.lists(st.sampled_from(_BODIES), min_size=1, max_size=2),
)
_sources = st.builds(list.__add__, st.lists(_source, max_size=4), st.lists(_answer, max_size=3))
_generated = _sources.map(notebook_of)
_encoded = st.builds(
    lambda notebook, encoding: json.dumps(notebook, ensure_ascii=False).encode(encoding, "replace"),
    _generated,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "gb18030", "shift_jis"]),
)
_python = _sources.map(lambda sources: "\n# %%\n".join(sources).encode("utf-8", "replace"))


def _files(make):
    """(name, bytes) of files made from nothing, and from the notebooks that `make` gives for the masters."""
    real = st.sampled_from(masters()).map(make)
    contents = [
        _encoded,
        _with_wrong_fields(_generated),
        _with_wrong_fields(real.map(json.loads)),
        _with_damage(_encoded),
        _with_damage(real.map(str.encode)),
        _python,
        _json.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=300),
    ]
    return st.tuples(st.sampled_from(["s.ipynb", "s.ipynb", "s.py", "s.txt", "s"]), st.one_of(contents))


files = _files(_attendees) | _files(_solved)
unsolved_files = _files(_attendees)  # to be graded in earnest: none holds a right answer
