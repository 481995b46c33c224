"""Find somebody's pieces in a notebook: the one that is open, or a file."""

import functools
from pathlib import Path
from typing import NamedTuple

from workshop.dqn.pieces import PIECES, PieceError, Pieces
from workshop.exercises.answers import definitions, find_answer, is_borrowed, is_stub, needed
from workshop.exercises.catalogue import BY_NAME
from workshop.exercises.cells import parse_cell
from workshop.exercises.reference import ReferenceMissing, reference_steps

THERE, UNATTEMPTED, BORROWED, ABSENT = "yours", "not written yet", "borrowed", "not run yet"


class Collected(NamedTuple):
    """What was found.

    Attributes:
        sources: dict, the name of each piece that is somebody's own -> Python that defines it and all that it needs.
        states: dict, each name of `PIECES` -> "yours", "not written yet", "borrowed" or "not run yet".
    """

    sources: dict
    states: dict


def from_cells(sources):
    """The pieces in cells of code.

    A piece is the last definition of its name, as when a notebook is graded. With it comes what it needs, wherever that
    stands. Where it calls an answer that is not written yet, or is borrowed, it gets the kit's.

    Args:
        sources: list of str, from top to bottom, or in the order in which they were run.

    Returns:
        Collected.
    """
    found = definitions([parse_cell(number, source) for number, source in enumerate(sources, 1)])
    collected = Collected({}, {})
    for name in PIECES:
        definition, _ = find_answer(name, found)
        collected.states[name] = state = _state(name, definition)
        if state == THERE:
            collected.sources[name] = "\n\n\n".join(map(_source, needed(definition, found)))
    return collected


def _state(name, definition):
    if definition is None:
        return ABSENT
    if is_borrowed(name, definition):
        return BORROWED
    return UNATTEMPTED if _is_open(definition) else THERE


def _is_open(definition):
    return is_stub(definition) or "raise NotImplementedError(" in definition.source


def _source(definition):
    """The text of a definition; the kit's for an answer of the catalogue that is borrowed or not written."""
    for name in definition.names:
        if name in BY_NAME and (is_borrowed(name, definition) or _is_open(definition)):
            try:
                return _of_ours(name)
            except ReferenceMissing:
                pass
    return definition.source


@functools.cache
def _of_ours(name):
    return reference_steps(name)


def from_notebook():
    """The pieces of the notebook that is open: what its cells said when they were run, the last word counting.

    Raises:
        PieceError: this is no notebook.
    """
    history = _history()
    if history is None:
        raise PieceError("there is no notebook open here. In a terminal: workshop train pong --pieces NOTEBOOK")
    return from_cells(history)


def _history():
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return None if shell is None else [source for source in shell.user_ns.get("In", ()) if source.strip()]


def from_file(path):
    """The pieces in a saved notebook, a file of Python, or a folder that `Pieces.save` wrote.

    Raises:
        PieceError: it cannot be read.
    """
    from workshop.grading.formats import Unreadable, read_cells
    from workshop.grading.reading import defines

    path = Path(path)
    if path.is_dir():
        sources = Pieces.load(path).sources
        return Collected(sources, {name: THERE if name in sources else ABSENT for name in PIECES})
    try:
        cells, _ = read_cells(path.read_bytes(), path.suffix == ".ipynb")
    except OSError as error:
        raise PieceError(f"{path} cannot be read: {error.strerror}") from None
    except Unreadable as error:
        raise PieceError(f"{path} cannot be read: {error}") from None
    sources = [cell.source for cell in cells if cell.is_code]
    collected = from_cells(sources)
    for cell in map(parse_cell, range(1, len(sources) + 1), sources):
        for name in PIECES:
            if cell.error and collected.states[name] == ABSENT and defines(name, cell.source):
                raise PieceError(f"the cell with {name} in {path} cannot be read by Python: {cell.error}")
    return collected
