"""Small Sokoban rooms for 1.2 and 1.12, as text.

# wall, . goal, $ box, * box on a goal, @ player, + player on a goal
"""

from hypothesis import strategies as st


def read_room(text):
    """(walls, goals, player, boxes) of a text; player is None where nobody stands in the room."""
    signs = {(row, col): sign for row, line in enumerate(text.splitlines()) for col, sign in enumerate(line)}

    def cells(wanted):
        return {cell for cell, sign in signs.items() if sign in wanted}

    return cells("#"), cells(".*+"), next(iter(cells("@+")), None), frozenset(cells("$*"))


def draw_room(walls, goals, boxes, player=None):
    """The text of a room, down and right to its last wall."""

    def sign(cell):
        if cell == player:
            return "+" if cell in goals else "@"
        if cell in boxes:
            return "*" if cell in goals else "$"
        return "#" if cell in walls else "." if cell in goals else " "

    height, width = (1 + max(cell[axis] for cell in walls) for axis in (0, 1))
    return "\n".join("".join(sign((row, col)) for col in range(width)).rstrip() for row in range(height))


@st.composite
def rooms(draw):
    """Texts of small rooms within walls, with a player, of at most 3 × 5 cells."""
    height, width = draw(st.integers(1, 3)), draw(st.integers(2, 5))
    signs = draw(st.lists(st.sampled_from(" .$.#*"), min_size=height * width, max_size=height * width))
    place = draw(st.integers(0, height * width - 1))
    signs[place] = "+" if signs[place] in ".*" else "@"
    edge = "#" * (width + 2)
    lines = ["#" + "".join(signs[row * width : (row + 1) * width]) + "#" for row in range(height)]
    return "\n".join([edge, *lines, edge])


def has_goals_enough(text):
    """Whether a room could be solved at all: no more boxes than goals."""
    _, goals, _, boxes = read_room(text)
    return len(boxes) <= len(goals)


playable_rooms = rooms().filter(lambda text: "$" in text and has_goals_enough(text))  # never solved already
