"""Sokoban levels: the kit's own, and how a text becomes one.

#   wall            @   player              $   box
.   goal            +   player on a goal    *   box on a goal           space   floor, or outside of the walls
"""

from dataclasses import dataclass

from workshop.envs.grid import MapError, check_symbols, named_text, neighbour, text_lines

LEVELS = {
    "corridor": """\
########
#@ $  .#
########
""",
    "tiny": """\
#####
#@  #
# $ #
#  .#
#####
""",
    "doorway": """\
#########
#   #   #
# $   . #
# @ #   #
#########
""",
    "turn": """\
#######
#  #  #
#  $  #
##@#  #
 #   .#
 ######
""",
    "corner": """\
######
#    #
# $# #
# @# #
#   .#
######
""",
    "detour": """\
########
#.   @ #
# ##$# #
# ##   #
#    ###
######
""",
    "parked": """\
#######
#  *  #
# ### #
# $@. #
#     #
#######
""",
    "zigzag": """\
########
#@  #  #
# $    #
##  ## #
 #  #  #
 #     #
 ####. #
    ####
""",
    "two-in-a-row": """\
########
#  .   #
# $@$  #
#  .   #
########
""",
    "pair": """\
#######
#     #
# $ $ #
#. @ .#
#######
""",
    "two-rooms": """\
##########
#   #    #
# $   .. #
# $ #    #
#@  ######
#####
""",
    "spare-goal": """\
########
#. #   #
#  $ @ #
## #$# #
#.    .#
########
""",
    "ring": """\
########
#   #@ #
# #.   #
# ## #.#
#     $#
# ## $ #
#      #
########
""",
    "hallway": """\
###########
#    #    #
# $@   $ .#
#    #   .#
###########
""",
    "hook": """\
 #######
 #   # #
##$#   #
#@   # #
# #. # #
#  . $ #
#   ####
#####
""",
    "triangle": """\
########
#  .   #
# $ $  #
#. $ . #
#  @   #
########
""",
    "three-in-line": """\
#########
#   #   #
# $ $ $ #
#   @   #
## ... ##
 #     #
 #######
""",
    "warehouse": """\
#########
#...#   #
#   # $ #
# $   @ #
#   # $ #
#   #   #
#########
""",
    "crossing": """\
   ####
   # @#
####.####
#       #
# $     #
# $   $ #
####.####
   #. #
   ####
""",
    "islands": """\
#########
#   . . #
# #$# # #
#   $  @#
# #$# # #
#     . #
#########
""",
}

_SYMBOLS = "#@+$*. "
_LEGEND = "'#' wall, '@' player, '+' player on a goal, '$' box, '*' box on a goal, '.' goal, ' ' floor"


@dataclass(frozen=True)
class Level:
    """Where everything is; a cell is (row, col), row 0 on top.

    Attributes:
        walls, goals: frozensets of cells.
        player: cell.
        boxes: frozenset of cells; at most as many as goals, and not all of them on goals yet.
        floor: frozenset of cells inside the walls: where the player could go if there were no boxes.
        shape: (rows, cols).
    """

    walls: frozenset
    goals: frozenset
    player: tuple
    boxes: frozenset
    floor: frozenset
    shape: tuple


def parse_level(level):
    """Read a level.

    Args:
        level: a name from `LEVELS`, or a text. Lines may differ in length; what is missing is outside of the walls.

    Returns:
        Level

    Raises:
        MapError: an unknown character, not exactly one player, no box, more boxes than goals, a level that is solved
            before it begins, a gap in the walls around the player, or a box outside of them; with line and column.
        ValueError: no level of that name.
    """
    first, lines = text_lines(named_text(level, LEVELS, "level"))
    check_symbols(first, lines, _SYMBOLS, _LEGEND)

    def cells_of(symbols):
        return [(row, col) for row, line in enumerate(lines) for col, symbol in enumerate(line) if symbol in symbols]

    def error(cell, message):
        return MapError(first + cell[0], cell[1] + 1, message)

    players, boxes, goals = cells_of("@+"), cells_of("$*"), cells_of(".+*")
    if not players:
        raise error((0, 0), "the level has no player; put one '@' (or '+' on a goal).")
    if len(players) > 1:
        raise error(players[1], f"a second player; the first one is in line {first + players[0][0]}.")
    if not boxes:
        raise error((0, 0), "the level has no box ('$').")
    if len(boxes) > len(goals):
        raise error(boxes[len(goals)], f"more boxes than goals: {len(boxes)} and {len(goals)}.")
    if set(boxes) <= set(goals):
        raise error(boxes[0], "every box stands on a goal already: there is nothing to do.")
    inside = _explore(players[0], set(cells_of("#")), set(cells_of(" @+$*.")), error)
    for box in boxes:
        if box not in inside and box not in goals:
            raise error(box, "the player can never get to this box.")
    return Level(
        walls=frozenset(cells_of("#")),
        goals=frozenset(goals),
        player=players[0],
        boxes=frozenset(boxes),
        floor=inside,
        shape=(len(lines), max(map(len, lines))),
    )


def _explore(player, walls, free, error):
    """Every cell that the player reaches where boxes stop nobody; `error` for one with nothing, no wall, beside it."""
    reached, frontier = {player}, [player]
    for cell in frontier:
        for action in range(4):
            beside = neighbour(cell, action)
            if beside in free:
                if beside not in reached:
                    reached.add(beside)
                    frontier.append(beside)
            elif beside not in walls:
                raise error(cell, "a gap in the walls: the player can walk out of the level here.")
    return frozenset(reached)
