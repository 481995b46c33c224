"""What the grader does with the cells of a notebook: it finds an answer, and runs it with what it needs and no more."""

import __future__

import textwrap

from workshop.exercises.answers import definitions, find_answer, needed
from workshop.exercises.cells import parse_cell


def collected(name, *sources):
    """Run what the answer needs, as the grader's worker does, and return the namespace."""
    found = definitions([parse_cell(number, textwrap.dedent(source)) for number, source in enumerate(sources, start=1)])
    definition, _ = find_answer(name, found)
    assert definition is not None, f"{name} is not found"
    namespace, future = {"__name__": "__main__"}, 0
    for step in needed(definition, found):
        code = compile(step.source_in_place, f"<cell {step.cell.number}>", "exec", future, dont_inherit=True)
        future |= code.co_flags & __future__.annotations.compiler_flag
        exec(code, namespace)
    return namespace


def answer(name, *sources):
    return collected(name, *sources)[name]


def finds(name, *sources):
    found = definitions([parse_cell(number, source) for number, source in enumerate(sources, start=1)])
    return find_answer(name, found)
