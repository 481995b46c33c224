"""What every grid of the kit shares: the four moves, and how a text becomes a grid or a message with line and column."""

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


def check_symbols(first, lines, meanings):
    """Refuse a character that stands for nothing.

    Args:
        first: number of the first line.
        lines: list of str.
        meanings: dict, character -> what it stands for.

    Raises:
        MapError: naming the first unknown character and all known ones.
    """
    for number, line in enumerate(lines, first):
        for column, symbol in enumerate(line, 1):
            if symbol not in meanings:
                known = ", ".join(f"{symbol!r} {meaning}" for symbol, meaning in meanings.items())
                raise MapError(number, column, f"{symbol!r} means nothing here. Known: {known}.")
