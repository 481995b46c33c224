"""1.2, written by other hands."""

import numpy as np


def guard_clauses(walls, goals, player, boxes, action):
    d_row, d_col = [(-1, 0), (0, 1), (1, 0), (0, -1)][action]
    unchanged = player, boxes, 0.0, False
    target = (player[0] + d_row, player[1] + d_col)
    if target in walls:
        return unchanged
    if target in boxes:
        beyond = (target[0] + d_row, target[1] + d_col)
        if beyond in walls | boxes:
            return unchanged
        boxes = frozenset(beyond if box == target else box for box in boxes)
    done = boxes.issubset(goals)
    return target, boxes, int(done), done


def mutable_copy(walls, goals, player, boxes, action):
    moved = set(boxes)
    step = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)][action])
    ahead, behind = (tuple((np.array(player) + k * step).tolist()) for k in (1, 2))
    free = ahead not in walls and not (ahead in moved and (behind in moved or behind in walls))
    if free and ahead in moved:
        moved.remove(ahead)
        moved.add(behind)
    solved = not (moved - set(goals))
    return (ahead if free else player), frozenset(moved), 1.0 if solved else 0.0, solved


def complex_numbers(walls, goals, player, boxes, action):
    def cell(z):
        return int(z.real), int(z.imag)

    here, step = complex(*player), (-1, 1j, 1, -1j)[action]
    ahead, behind = cell(here + step), cell(here + 2 * step)
    blocked = ahead in walls or (ahead in boxes and behind in walls.union(boxes))
    if not blocked:
        player = ahead
        boxes = boxes ^ {ahead, behind} if ahead in boxes else boxes
    n_left = sum(box not in goals for box in boxes)
    return player, boxes, np.float64(n_left == 0), np.bool_(n_left == 0)


RIGHT_ANSWERS = {"sokoban_step": [guard_clauses, mutable_copy, complex_numbers]}
