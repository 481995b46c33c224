"""1.12, written by other hands."""

import numpy as np


def four_corners(walls, goals, boxes):
    for row, col in boxes - goals:
        for d_row, d_col in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            if (row + d_row, col) in walls and (row, col + d_col) in walls:
                return True
    return False


def by_any(walls, goals, boxes):
    return any(
        box not in goals
        and not walls.isdisjoint({(r - 1, c), (r + 1, c)})
        and not walls.isdisjoint({(r, c - 1), (r, c + 1)})
        for box in boxes
        for r, c in [box]
    )


def around_the_box(walls, goals, boxes):
    around = [(-1, 0), (0, 1), (1, 0), (0, -1)]
    lost = []
    for row, col in boxes:
        held = [(row + d_row, col + d_col) in walls for d_row, d_col in around]
        lost.append((row, col) not in goals and any(held[k] and held[(k + 1) % 4] for k in range(4)))
    return np.any(lost)


RIGHT_ANSWERS = {"is_deadlock": [four_corners, by_any, around_the_box]}
