"""What every grid of the kit shares: the four moves, and how a text becomes a grid or a message with line and column."""

import difflib
import re

UP, RIGHT, DOWN, LEFT = range(4)
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
MOVE_NAMES = ("up", "right", "down", "left")


def neighbour(cell, action):
    """The cell next to `cell`, both (row, col) with row 0 on top, in the direction of `action` (0 up, clockwise)."""
    (row, col), (down, right) = cell, MOVES[action]
    return row + down, col + right


class MapError(ValueError):
    """A text that is no map. The message starts with the place.

    Attributes:
        line, column: where, counted from 1 as an editor does.
    """

    def __init__(self, line, column, message):
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


def named_text(name_or_text, texts, kind):
    """The text itself, or the text of that name.

    Args:
        name_or_text: str; a single word with a lower-case letter in it is a name.
        texts: dict, name -> text.
        kind: "map" or "level", for the message.

    Raises:
        TypeError: not a str.
        ValueError: no such name; the message suggests the nearest.
    """
    if not isinstance(name_or_text, str):
        raise TypeError(f"A {kind} is a text or the name of one, not {described(name_or_text)}.")
    if name_or_text in texts:
        return texts[name_or_text]
    if re.fullmatch(r"[\w-]*[a-z][\w-]*", name_or_text):
        near = difflib.get_close_matches(name_or_text, texts, n=3)
        hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise ValueError(f"There is no {kind} named {name_or_text!r}. {hint}There are: {', '.join(texts)}.")
    return name_or_text


def described(value):
    """A value as a message shows what somebody passed: 1.0 (float)."""
    return f"{value!r} ({type(value).__name__})"


def text_lines(text):
    """Split a text into lines, without the empty lines before and after the map.

    Args:
        text: str; lines end with LF, CRLF or CR.

    Returns:
        (first, lines): number of the first line kept, counted from 1, and the lines kept.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [number for number, line in enumerate(lines) if line]
    if not filled:
        raise MapError(1, 1, "the map is empty.")
    return filled[0] + 1, lines[filled[0] : filled[-1] + 1]


def check_symbols(first, lines, symbols, legend):
    """Refuse a character that stands for nothing.

    Args:
        first: number of the first line.
        lines: list of str.
        symbols: str, all characters that mean something.
        legend: str, what they mean.

    Raises:
        MapError: naming the first unknown character, and the legend.
    """
    for number, line in enumerate(lines, first):
        for column, symbol in enumerate(line, 1):
            if symbol not in symbols:
                raise MapError(number, column, f"{symbol!r} means nothing here. Known: {legend}.")
