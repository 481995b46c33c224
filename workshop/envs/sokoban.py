"""Sokoban: a player pushes boxes onto goals and cannot pull; one wrong push may end all hope.

Levels are in `workshop.envs.levels`, the shortest solution of one in `workshop.envs.sokoban_solver`.
"""

import functools
from dataclasses import replace

import numpy as np
from gym import spaces

from workshop.envs import drawing
from workshop.envs.grid import MOVE_NAMES, neighbour
from workshop.envs.levels import parse_level
from workshop.envs.sokoban_solver import solve
from workshop.envs.tabular import TabularEnv, read_only

MAX_STATES = 50_000

FLOOR, WALL, GOAL, BOX, BOX_ON_GOAL, PLAYER, PLAYER_ON_GOAL = range(7)
SYMBOLS = " #.$*@+"


def step(walls, goals, player, boxes, action):
    """The rules: one move.

    Args:
        walls, goals: sets of (row, col).
        player: (row, col).
        boxes: frozenset of (row, col).
        action: 0 up, 1 right, 2 down, 3 left.

    Returns:
        (player, boxes, reward, terminated): a box moves only into a free cell, one box at a time, and a blocked move
        changes nothing. reward is 1.0 when this move put the last box on a goal, else 0.0; terminated when every box
        stands on a goal.
    """
    target = neighbour(player, action)
    if target in walls:
        return player, boxes, 0.0, False
    if target in boxes:
        beyond = neighbour(target, action)
        if beyond in walls or beyond in boxes:
            return player, boxes, 0.0, False
        boxes = boxes - {target} | {beyond}
    solved = boxes <= goals
    return target, boxes, float(solved), solved


class Sokoban(TabularEnv):
    """One level of Sokoban. The only reward is 1, for the move that solves it.

    Args:
        level: a name from `workshop.envs.levels.LEVELS`, or a text in the usual format.
        observation: "index" or "grid", see below.
        render_mode: None, "ansi" or "rgb_array".

    Observations:
        "index": Discrete(S), the number of a state. States are those that can be reached from the start, in the order
            of a breadth-first search, so 0 is the start. Levels of more than `MAX_STATES` states need "grid".
        "grid": MultiDiscrete, (rows, cols) uint8 of 0 floor, 1 wall, 2 goal, 3 box, 4 box on goal, 5 player,
            6 player on goal.
    Actions are Discrete(4): 0 up, 1 right, 2 down, 3 left. `info` has "player" and "boxes".

    Attributes:
        level: the `Level` at the start; walls, goals: its frozensets of (row, col).
        player: (row, col) now; boxes: frozenset of (row, col) now.
        states: list, state -> (player, boxes).
        terminal: bool (S,).
        start_distribution: float64 (S,).
        P, R: the model, float64 (S, A, S) and (S, A), see `workshop.envs.tabular.TabularEnv`.

    Raises:
        MapError: what is wrong with the level, with line and column.
        ValueError: no level of that name, or too many states for "index".
    """

    action_names = MOVE_NAMES

    def __init__(self, level="corridor", observation="index", render_mode=None):
        super().__init__(render_mode)
        self.level = parse_level(level)
        self.walls, self.goals = self.level.walls, self.level.goals
        self.player, self.boxes = self.level.player, self.level.boxes
        self.action_space = spaces.Discrete(4)
        if observation == "index":
            self.observation_space = spaces.Discrete(len(self.states))
        elif observation == "grid":
            self.observation_space = spaces.MultiDiscrete(np.full(self.level.shape, len(SYMBOLS)), dtype=np.uint8)
        else:
            raise ValueError(f"observation is 'index' or 'grid', not {observation!r}.")
        self._observes_index = observation == "index"

    @functools.cached_property
    def states(self):
        """Every (player, boxes) that can be reached, breadth first. A solved one leads nowhere."""
        return list(self._numbers)

    @functools.cached_property
    def _numbers(self):
        """(player, boxes) -> number of the state; its keys are in the order of the numbers."""
        numbers = {(self.level.player, self.level.boxes): 0}
        frontier = list(numbers)
        for player, boxes in frontier:
            if boxes <= self.goals:
                continue
            for action in range(4):
                position = step(self.walls, self.goals, player, boxes, action)[:2]
                if position not in numbers:
                    if len(numbers) >= MAX_STATES:
                        raise ValueError(
                            f"This level has more than {MAX_STATES:,} states, too many to number: "
                            'make it with observation="grid".'
                        )
                    numbers[position] = len(numbers)
                    frontier.append(position)
        return numbers

    @functools.cached_property
    def terminal(self):
        return read_only(np.array([boxes <= self.goals for _, boxes in self.states]))

    @functools.cached_property
    def start_distribution(self):
        return read_only(np.eye(1, len(self.states))[0])

    def _transitions(self, state, action):
        player, boxes, reward, _ = step(self.walls, self.goals, *self.states[state], action)
        return [(1.0, self._numbers[player, boxes], reward)]

    def best_plan(self):
        """The shortest plan from here: list of actions, [] when solved, None when it is too late."""
        return solve(replace(self.level, player=self.player, boxes=self.boxes))

    def _start(self, state):
        if state is None:
            self.player, self.boxes = self.level.player, self.level.boxes
        else:
            self.player, self.boxes = self.states[self._first_state(state)]

    def _act(self, action):
        self.player, self.boxes, reward, terminated = step(self.walls, self.goals, self.player, self.boxes, action)
        return reward, terminated

    def _observation(self):
        return self._numbers[self.player, self.boxes] if self._observes_index else self._grid()

    def _info(self):
        return {"player": self.player, "boxes": self.boxes}

    def _grid(self):
        grid = np.zeros(self.level.shape, np.uint8)
        for cells, code in ((self.walls, WALL), (self.goals, GOAL), (self.boxes, BOX), ({self.player}, PLAYER)):
            for cell in cells:
                grid[cell] = code + (code in (BOX, PLAYER) and cell in self.goals)
        return grid

    def _text(self):
        return "\n".join("".join(SYMBOLS[code] for code in row).rstrip() for row in self._grid()) + "\n"

    def _picture(self):
        canvas = drawing.Canvas(self.level.shape, background=drawing.WHITE)
        for cell in self.walls:
            drawing.wall(canvas, cell)
        for cell in self.level.floor:
            drawing.floor(canvas, cell)
        for cell in self.goals - self.boxes:
            drawing.goal(canvas, cell)
        for cell in self.boxes:
            drawing.crate(canvas, cell, cell in self.goals)
        drawing.agent(canvas, self.player)
        return canvas.array()
