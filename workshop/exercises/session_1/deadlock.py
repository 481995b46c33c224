"""1.12: Sokoban positions that are lost, though the game goes on."""

from hypothesis import strategies as st

from workshop.envs.grid import neighbour
from workshop.exercises.compare import Difference, compare
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.session_1.rooms import draw_room, has_goals_enough, read_room, rooms


def _deadlock_rule(is_stuck, counts=lambda box, goals: box not in goals, over=any):
    """A rule about the walls above, below, left and right of a box, for the boxes that count."""

    def rule(walls, goals, boxes):
        return over(
            is_stuck(*(neighbour(box, action) in walls for action in (0, 2, 3, 1)))
            for box in boxes
            if counts(box, goals)
        )

    return rule


def _is_corner(above, below, left, right):
    return (above or below) and (left or right)


_right_deadlock = _deadlock_rule(_is_corner)


def _deadlock_of_the_first_box(walls, goals, boxes):
    return _right_deadlock(walls, goals, list(boxes)[:1])


def _deadlock_with_boxes_as_walls(walls, goals, boxes):
    return _right_deadlock(walls | boxes, goals, boxes)


def _deadlock_if_no_box_is_safe(walls, goals, boxes):
    return bool(boxes) and all(_right_deadlock(walls, goals, {box}) for box in boxes)


def _deadlock_takes_boxes_away(walls, goals, boxes):
    boxes -= goals
    return _right_deadlock(walls, goals, boxes)


def _deadlock_or_none(walls, goals, boxes):
    return True if _right_deadlock(walls, goals, boxes) else None


def _deadlock_by_diagonal(walls, goals, boxes):
    return any(
        box not in goals and any((box[0] + down, box[1] + right) in walls for down in (-1, 1) for right in (-1, 1))
        for box in boxes
    )


_DEADLOCK_EXAMPLES = (
    "#####\n#$ .#\n#   #\n#####",  # the four corners
    "#####\n#. $#\n#   #\n#####",
    "#####\n#.  #\n#$  #\n#####",
    "#####\n#.  #\n#  $#\n#####",
    "#####\n#*  #\n#   #\n#####",  # on a goal
    "#####\n#   #\n# $ #\n#  .#\n#####",  # in the open
    "#####\n# $ #\n#   #\n#  .#\n#####",  # along a wall
    "#####\n#   #\n#  $#\n#.  #\n#####",
    "#####\n# $.#\n#####",  # a corridor: walls above and below
    "###\n# #\n#$#\n#.#\n###",
    "#####\n#$ .#\n#####",  # its end: three walls
    "######\n#$  .#\n#  $.#\n#    #\n######",  # only one of the two boxes is lost, the first or the last
    "######\n#$  .#\n# $ .#\n#    #\n######",
    "######\n#.$  #\n#. $ #\n#   $#\n######",
    "######\n#    #\n# $$ #\n# $$ #\n# ...#\n#.   #\n######",  # boxes alone make no corner of walls
    "######\n#*   #\n#  $ #\n#   .#\n######",  # one on a goal in a corner, one in the open
    "######\n#    #\n# #  #\n#  $ #\n#   .#\n######",  # a wall only on the slant
    "#####\n#*  #\n#  *#\n#####",  # solved
    "####\n#. #\n####",  # no box
)


def _deadlock_example(text, kind=frozenset):
    walls, goals, _, boxes = read_room(text)
    return walls, goals, kind(boxes)


def _describe_deadlock(name, arguments):
    return f"{name}(walls, goals, boxes) in\n{draw_room(*arguments)}"


def _judge_deadlock(arguments, value, expected):
    difference = compare(expected, value)
    if difference is None or not isinstance(value, bool):
        return difference
    walls, goals, boxes = arguments
    if value:
        return Difference(
            "should be False: no box that is on no goal stands in a corner of walls, and only corners count"
        )
    lost = min(box for box in boxes if _right_deadlock(walls, goals, {box}))
    return Difference(f"should be True: the box at {lost} is on no goal, and stands in a corner of walls")


is_deadlock = Part(
    name="is_deadlock",
    parameters=("walls", "goals", "boxes"),
    examples=tuple(
        _deadlock_example(text, kind)
        for kind, text in zip((frozenset, set) * len(_DEADLOCK_EXAMPLES), _DEADLOCK_EXAMPLES)
    ),
    cases=st.builds(_deadlock_example, rooms().filter(has_goals_enough), st.sampled_from([frozenset, set])),
    judge=_judge_deadlock,
    demand=demand_equal,
    describe=_describe_deadlock,
    mistakes=(
        Mistake(
            "A box on a goal counts as lost here. In a corner or not, it stands where it belongs.",
            _deadlock_rule(_is_corner, counts=lambda box, goals: True),
        ),
        Mistake(
            "One wall is enough for a deadlock here. Along a single wall the box can still slide: a corner takes a "
            "wall above or below, and one left or right.",
            _deadlock_rule(lambda above, below, left, right: above or below or left or right),
        ),
        Mistake(
            "Any two walls count here, opposite ones too. Between a wall above and a wall below, the box can still be "
            "pushed left and right.",
            _deadlock_rule(lambda *walls: sum(walls) >= 2),
        ),
        Mistake(
            "This takes exactly two walls. A corner with a third wall, at the end of a corridor, is a corner as well.",
            _deadlock_rule(lambda above, below, left, right: above + below == 1 and left + right == 1),
        ),
        Mistake(
            "This takes three walls. Two are enough: one above or below, and one left or right.",
            _deadlock_rule(lambda *walls: sum(walls) >= 3),
        ),
        Mistake(
            "This knows one of the four corners only, the one at the top left. Any of the four is a deadlock.",
            _deadlock_rule(lambda above, below, left, right: above and left),
        ),
        Mistake(
            "This looks at two of the four corners only: the top left and the bottom right. Any of the four is a "
            "deadlock.",
            _deadlock_rule(lambda above, below, left, right: (above and left) or (below and right)),
        ),
        Mistake(
            "This looks at the cells on the slant. A box is held by walls right beside it: above, below, left, right.",
            _deadlock_by_diagonal,
        ),
        Mistake(
            "Boxes count as walls here. A box in the way may be pushed aside later: that could be a false alarm.",
            _deadlock_with_boxes_as_walls,
        ),
        Mistake("Every box has to be lost here. One is enough.", _deadlock_if_no_box_is_safe),
        Mistake(
            "This decides after one box: does your loop return in its first round? Return False only after the loop.",
            _deadlock_of_the_first_box,
        ),
        Mistake("True and False have changed places.", lambda *arguments: not _right_deadlock(*arguments)),
        Mistake("When nothing is lost this returns None. Return False after the loop.", _deadlock_or_none),
        Mistake(
            "This takes boxes out of `boxes`, the set that you were given (`-=`). Make a new one: `boxes - goals`.",
            _deadlock_takes_boxes_away,
        ),
    ),
    hints=(
        "When can nobody ever push a box up or down again? A wall above is enough for that, or a wall below. Why?",
        (
            "A box is stuck if it has a wall above or below, and a wall left or right. Look for one that is stuck and "
            "on no goal."
        ),
        (
            "For each box (row, col) that is not in goals: `stuck = ((row - 1, col) in walls or (row + 1, col) in "
            "walls) and ((row, col - 1) in walls or (row, col + 1) in walls)`. One is enough for True."
        ),
    ),
    explanation=(
        "To push a box up you stand below it, and the cell above is free: a wall on either side stops both up and "
        "down. A wall on one of the other two sides stops left and right, so that the box never moves again. Walls do "
        "not move either. That is why the rule is never a false alarm, while a box beside a box may get free again."
    ),
)

EXERCISES = (Exercise("1.12", "Lost, and it does not show", 5, (is_deadlock,), is_stretch=True),)
