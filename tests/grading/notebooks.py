"""Small notebooks for the grader: what arrives in an instructor's inbox."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

RIGHT_RETURN = (
    "def discounted_return(rewards, gamma):\n    return float(sum(gamma**t * r for t, r in enumerate(rewards)))"
)
RIGHT_TARGET = (
    "def q_target(reward, next_q_values, terminated, gamma):\n"
    "    return float(reward) if terminated else float(reward + gamma * max(next_q_values))"
)


def write_notebook(path, *cells):
    """A notebook of these cells: strings are code, ("markdown", text) is Markdown. Returns the path."""
    made = [new_markdown_cell(cell[1]) if isinstance(cell, tuple) else new_code_cell(cell) for cell in cells]
    path.write_text(nbformat.writes(new_notebook(cells=made)), encoding="utf-8")
    return path


def version_3(*sources):
    """The text of a notebook in nbformat 3, in which a code cell's source is called `input`."""
    cells = [{"cell_type": "code", "input": source, "outputs": [], "language": "python"} for source in sources]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]})


def slow_but(fast, table):
    """The names of a table of cases, for `parametrize`: those that are not in `fast` run in `make test-all` only."""
    assert set(fast) <= set(table)
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in table]
