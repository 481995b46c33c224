"""1.2: the rules of Sokoban, one move."""

import numpy as np
from hypothesis import strategies as st

from workshop.envs.grid import MOVE_NAMES, MOVES, neighbour
from workshop.exercises.compare import Difference, compare
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.session_1.rooms import draw_room, playable_rooms, read_room
from workshop.exercises.show import show


def _rules(
    moves=MOVES,
    is_blocked=lambda walls, boxes, ahead, behind: (
        ahead in walls or (ahead in boxes and (behind in walls or behind in boxes))
    ),
    push=lambda boxes, ahead, behind: boxes - {ahead} | {behind},
    is_solved=lambda goals, boxes, pushed_to: boxes <= goals,
    reward=lambda goals, old, new, solved: float(solved),
    when_blocked=lambda player, boxes, ahead: (player, boxes, 0.0, False),
):
    """The rules of the game, of which a mistake changes one."""

    def step(walls, goals, player, boxes, action):
        (row, col), (down, right) = player, moves[action]
        ahead, behind = (row + down, col + right), (row + 2 * down, col + 2 * right)
        if is_blocked(walls, boxes, ahead, behind):
            return when_blocked(player, boxes, ahead)
        is_push = ahead in boxes
        moved = push(boxes, ahead, behind) if is_push else boxes
        solved = is_solved(goals, moved, behind if is_push else None)
        return ahead, moved, reward(goals, boxes, moved, solved), solved

    return step


_right_rules = _rules()


def _pushes_two_boxes(walls, goals, player, boxes, action):
    ahead = neighbour(player, action)
    behind = neighbour(ahead, action)
    beyond = neighbour(behind, action)
    if ahead in boxes and behind in boxes and not {behind, beyond} & walls and beyond not in boxes:
        boxes = boxes - {ahead} | {beyond}
        return ahead, boxes, float(boxes <= goals), boxes <= goals
    return _right_rules(walls, goals, player, boxes, action)


def _boxes_as_a_set(walls, goals, player, boxes, action):
    player, boxes, reward, terminated = _right_rules(walls, goals, player, boxes, action)
    return player, set(boxes), reward, terminated


def _takes_goals_away(walls, goals, player, boxes, action):
    player, moved, _, _ = _right_rules(walls, goals, player, boxes, action)
    for box in moved:
        goals.discard(box)
    terminated = not goals
    return player, moved, float(terminated), terminated


def _gain(goals, old, new, solved):
    return float(max(0, len(new & goals) - len(old & goals)))


_STEP_EXAMPLES = (
    ("#####\n#@$.#\n#####", 1),  # solved
    ("#####\n#.$@#\n#####", 3),
    ("###\n#@#\n#$#\n#.#\n###", 2),
    ("###\n#.#\n#$#\n#@#\n###", 0),
    ("######\n#@ $.#\n######", 1),  # a walk
    ("######\n#.$ @#\n######", 3),
    ("####\n#@ #\n#$.#\n#  #\n####", 1),
    ("####\n# .#\n#$@#\n#  #\n####", 2),
    ("#####\n#@$.#\n#####", 0),  # into a wall
    ("#####\n#@$.#\n#####", 3),
    ("#####\n#.@$#\n#####", 1),  # a box into a wall
    ("###\n#.#\n#@#\n#$#\n###", 2),
    ("#######\n#@$$..#\n#######", 1),  # a box into a box
    ("######\n#@$*.#\n######", 1),
    ("#######\n#@$$..#\n#######", 3),
    ("######\n#@$ .#\n######", 1),  # not solved yet
    ("######\n#@$..#\n######", 1),  # solved, with a goal to spare
    ("######\n#*@$.#\n######", 1),  # the last of two boxes
    ("#######\n#.$@$.#\n#######", 1),  # the first of two boxes
    ("#######\n#*@ $.#\n#######", 1),
    ("#######\n#@* $.#\n#######", 1),  # pushed off a goal
    ("########\n#@*. $.#\n########", 1),  # from goal to goal
    ("#####\n#+$ #\n#####", 1),  # the player stands on a goal
    ("######\n#@.$.#\n######", 1),
    ("#####\n# . #\n#.$@#\n# $ #\n#####", 3),
)


def _step_example(text, action):
    walls, goals, player, boxes = read_room(text)
    return walls, goals, player, boxes, action


def _describe_step(name, arguments):
    walls, goals, player, boxes, action = arguments
    call = f"{name}(walls, goals, {player}, {show(boxes)}, {action})"
    return f"{call}, a move {MOVE_NAMES[action]} in\n{draw_room(walls, goals, boxes, player)}"


def _judge_step(arguments, value, expected):
    difference = compare(expected, value)
    if difference is None or not isinstance(value, tuple) or len(value) != len(expected):
        return difference
    for name, wanted, found in zip(("player", "boxes", "reward", "terminated"), expected, value):
        difference = compare(wanted, found)
        if difference:
            break
    sentence = difference.sentence
    if name == "player" and _is_cell(found):
        sentence = f"should be {show(wanted)}; it is {show(found)}"
    if name == "boxes" and isinstance(found, frozenset):
        sentence = f"should be at {show(set(wanted))}; they are at {show(set(found))}"
    return Difference(sentence + _two_pictures(arguments, expected, value), name)


def _is_cell(value):
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, (int, np.integer)) for part in value)


def _two_pictures(arguments, expected, value):
    """The room after the move, as it should be and as it is, side by side; "" where both look alike."""
    walls, goals = arguments[:2]
    if not (_is_cell(value[0]) and isinstance(value[1], (set, frozenset))):
        return ""
    right, wrong = (draw_room(walls, goals, boxes, player) for player, boxes, _, _ in (expected, value))
    if right == wrong:
        return ""
    rows = [("should be", "is"), *zip(right.splitlines(), wrong.splitlines())]
    width = max(len(left) for left, _ in rows) + 3
    return "".join(f"\n{left:<{width}}{right}" for left, right in rows)


sokoban_step = Part(
    name="sokoban_step",
    parameters=("walls", "goals", "player", "boxes", "action"),
    examples=tuple(_step_example(text, action) for text, action in _STEP_EXAMPLES),
    cases=st.builds(_step_example, playable_rooms, st.integers(0, 3)),
    judge=_judge_step,
    demand=demand_equal,
    describe=_describe_step,
    mistakes=(
        Mistake(
            "Up and down have changed places. Row 0 is on top: up takes 1 from the row.",
            _rules(moves=((1, 0), (0, 1), (-1, 0), (0, -1))),
        ),
        Mistake(
            "Left and right have changed places: action 1 is right, and adds 1 to the column.",
            _rules(moves=((-1, 0), (0, -1), (1, 0), (0, 1))),
        ),
        Mistake(
            "Rows and columns have changed places: a cell is (row, col), so up and down change its first number.",
            _rules(moves=((0, -1), (1, 0), (0, 1), (-1, 0))),
        ),
        Mistake(
            "The actions are numbered differently: they go clockwise, 0 up, 1 right, 2 down, 3 left.",
            _rules(moves=((-1, 0), (1, 0), (0, -1), (0, 1))),
        ),
        Mistake(
            "The player walks through walls here. A wall ahead blocks the move.",
            _rules(
                is_blocked=lambda walls, boxes, ahead, behind: ahead in boxes and (behind in walls or behind in boxes)
            ),
        ),
        Mistake(
            "A box is pushed into the wall here. Look at the cell behind the box too.",
            _rules(is_blocked=lambda walls, boxes, ahead, behind: ahead in walls or {ahead, behind} <= boxes),
        ),
        Mistake(
            "A box is pushed onto another box here, and the two become one. A box behind the box blocks the move.",
            _rules(
                is_blocked=lambda walls, boxes, ahead, behind: ahead in walls or (ahead in boxes and behind in walls)
            ),
        ),
        Mistake("Two boxes are pushed at a time here. A box behind the box blocks the move.", _pushes_two_boxes),
        Mistake(
            "The player steps onto a box that cannot move. Where the push is blocked, the player stays too.",
            _rules(when_blocked=lambda player, boxes, ahead: (ahead if ahead in boxes else player, boxes, 0.0, False)),
        ),
        Mistake(
            "The player walks onto the box, and the box stays where it was. Put it one cell further, in a new "
            "frozenset.",
            _rules(push=lambda boxes, ahead, behind: boxes),
        ),
        Mistake(
            "After the push the box is there twice. Take it away from its old cell: `(boxes - {old}) | {new}`.",
            _rules(push=lambda boxes, ahead, behind: boxes | {behind}),
        ),
        Mistake(
            "A box that stands on a goal cannot be pushed here. It can: the game goes on until all boxes are on goals.",
            lambda walls, goals, player, boxes, action: _right_rules(
                walls | (boxes & goals), goals, player, boxes, action
            ),
        ),
        Mistake(
            "The game ends here as soon as one box stands on a goal. All of them have to.",
            _rules(is_solved=lambda goals, boxes, pushed_to: bool(boxes & goals)),
        ),
        Mistake(
            "The game ends here when the box you push comes onto a goal. What about the other boxes?",
            _rules(is_solved=lambda goals, boxes, pushed_to: pushed_to in goals),
        ),
        Mistake(
            "This asks whether every goal has its box. There may be more goals than boxes: every box needs a goal.",
            _rules(is_solved=lambda goals, boxes, pushed_to: goals <= boxes),
        ),
        Mistake(
            "A reward is paid for every box that comes onto a goal here. Only the last one earns it, and then all are "
            "there.",
            _rules(reward=_gain),
        ),
        Mistake(
            "The reward counts the boxes on goals here. It is 1.0 for the move that solves the level, and else 0.0.",
            _rules(reward=lambda goals, old, new, solved: float(len(new & goals))),
        ),
        Mistake(
            "No move is ever rewarded here. The one that brings the last box onto a goal earns 1.0.",
            _rules(reward=lambda goals, old, new, solved: 0.0),
        ),
        Mistake(
            "A blocked move returns None here: a return is missing. Give back player and boxes as they were, 0.0 and "
            "False.",
            _rules(when_blocked=lambda player, boxes, ahead: None),
        ),
        Mistake("The boxes come back as a set here. Make them a frozenset: `frozenset(boxes)`.", _boxes_as_a_set),
        Mistake(
            "This takes cells out of `goals`, the set that you were given. It belongs to the level: leave it as it is.",
            _takes_goals_away,
        ),
    ),
    hints=(
        "Name two cells: the one ahead of the player, and the one behind it. Which of them have to be free, and when?",
        (
            "A wall ahead blocks the move. So does a box ahead with a wall or a box behind it. Otherwise the player "
            "goes ahead, and a box that was there goes to the cell behind."
        ),
        (
            "Blocked: `return player, boxes, 0.0, False`. A push: `boxes = (boxes - {ahead}) | {behind}`. At the end: "
            "`solved = all(box in goals for box in boxes)`, and `return ahead, boxes, float(solved), solved`."
        ),
    ),
    explanation=(
        "Two cells decide about a move: the one ahead and, if a box stands there, the one behind it. The reward is "
        "for the move that solves the level, and the game is over with it, so the two go together. Goals may be left "
        "over: the question is whether each box has one. A frozenset cannot be changed, so that old states stay as "
        "they were."
    ),
)

EXERCISES = (Exercise("1.2", "The rules of Sokoban", 6, (sokoban_step,)),)
