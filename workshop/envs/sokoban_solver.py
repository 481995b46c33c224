"""The shortest solution of a Sokoban level: A* over (player, boxes), one move a step."""

import heapq
from collections import deque

from workshop.envs.grid import MOVES, neighbour
from workshop.envs.levels import Level, parse_level

MAX_STATES = 1_000_000


def solve(level):
    """Find a plan with as few moves as possible.

    Args:
        level: a name from `workshop.envs.levels.LEVELS`, a text, or a `Level`.

    Returns:
        list of int, actions 0 up, 1 right, 2 down, 3 left; None if nobody can solve the level.

    Raises:
        MapError, ValueError: a text that is no level, see `parse_level`.
        RuntimeError: no answer within `MAX_STATES` positions; about three boxes in a large room are the limit.

    A* (Hart, Nilsson and Raphael 1968). The estimate of what is left: for every box the pushes to its nearest goal,
    were it alone. One move pushes one box by one cell, so the estimate falls by at most one a move and the first plan
    found is a shortest one. A box on a cell from where not even a lone box gets to a goal ends that branch.
    """
    if not isinstance(level, Level):
        level = parse_level(level)
    pushes = _pushes_to_goal(level)
    if not all(box in pushes for box in level.boxes):
        return None

    start = level.player, level.boxes
    came_from = {start: None}
    distance = {start: 0}
    estimate = sum(pushes[box] for box in level.boxes)
    # Among equal promises the position that is further on goes first: it is closer to a solution.
    frontier = [(estimate, 0, 0, start, estimate)]
    pushed = 0
    while frontier:
        _, negative_moves, _, position, estimate = heapq.heappop(frontier)
        player, boxes = position
        moves = -negative_moves
        if moves > distance[position]:
            continue
        if boxes <= level.goals:
            return _path(came_from, position)
        for action in range(len(MOVES)):
            target = neighbour(player, action)
            next_boxes, next_estimate = boxes, estimate
            if target in boxes:
                beyond = neighbour(target, action)
                if beyond in boxes or beyond not in pushes:
                    continue
                next_boxes = boxes - {target} | {beyond}
                next_estimate = estimate + pushes[beyond] - pushes[target]
            elif target not in level.floor:
                continue
            following = target, next_boxes
            if moves + 1 < distance.get(following, moves + 2):
                if len(distance) >= MAX_STATES:
                    raise RuntimeError(f"No solution among {MAX_STATES:,} positions: the level is too large to solve.")
                distance[following] = moves + 1
                came_from[following] = position, action
                pushed += 1
                heapq.heappush(frontier, (moves + 1 + next_estimate, -(moves + 1), pushed, following, next_estimate))
    return None


def _pushes_to_goal(level):
    """cell -> pushes from there to the nearest goal for a lone box and a player who walks through boxes.

    Searched backwards, by pulling. A cell without an entry is dead: a box never gets from there to a goal.
    """
    pushes = {goal: 0 for goal in level.goals}
    frontier = deque(level.goals)
    while frontier:
        cell = frontier.popleft()
        for action in range(len(MOVES)):
            pulled = neighbour(cell, action)
            player = neighbour(pulled, action)
            if pulled not in pushes and pulled in level.floor and player in level.floor:
                pushes[pulled] = pushes[cell] + 1
                frontier.append(pulled)
    return pushes


def _path(came_from, position):
    actions = []
    while came_from[position] is not None:
        position, action = came_from[position]
        actions.append(action)
    return actions[::-1]
