"""Grid world: the smallest world in which an agent has to plan, drawn as text.

    #           wall; so is everything outside the map
    . or space  free
    S           start; several are drawn from uniformly, without any every free cell is one
    T           terminal
    + and -     terminals that pay +1 and −1 on top of the step's reward; 0 to 9 pay that much
    C           cliff: the step costs 100 instead of the step's reward, and the agent is back at the start

Sources: the 4 × 4 grid is example 4.1, the cliff example 6.6 of Sutton and Barto, "Reinforcement Learning" (2018).
"""

import numbers

import numpy as np
from gym import spaces

from workshop.envs import drawing
from workshop.envs.grid import MOVE_NAMES, MapError, check_symbols, described, named_text, neighbour, text_lines
from workshop.envs.tabular import TabularEnv, read_only

DEFAULT = """\
S...#...
.##.#.#.
.#....#.
.#.##.#.
...#...T
"""
CLASSIC_4X4 = """\
T...
....
....
...T
"""
CLIFF = """\
............
............
............
SCCCCCCCCCCT
"""
TREASURE = """\
...+
.#.-
S...
"""
MAPS = {"default": DEFAULT, "classic": CLASSIC_4X4, "cliff": CLIFF, "treasure": TREASURE}

CLIFF_REWARD = -100.0
_BONUS = {"T": 0.0, "+": 1.0, "-": -1.0, **{str(digit): float(digit) for digit in range(10)}}
_SYMBOLS = "#. SC" + "".join(_BONUS)
_LEGEND = "'#' wall, '.' or ' ' free, 'S' start, 'T' terminal, '+' '-' '0' … '9' terminals that pay, 'C' cliff"


class GridWorld(TabularEnv):
    """One agent, four moves, and a reward for every step.

    A move against a wall leaves the agent where it is, and costs the step all the same.

    Args:
        text_map: a text as above, or a name from `MAPS`: "default", "classic" (4 × 4, two terminal corners),
            "cliff", "treasure".
        step_reward: reward of every step, the last one included.
        slip: probability of sliding to one of the two sides instead, half of it to each.
        render_mode: None, "ansi" or "rgb_array".

    Attributes:
        cells: list, state -> (row, col), row by row from the top left; walls and cliffs are no states.
        shape: (rows, cols) of the map.
        walls, cliffs: sets of (row, col).
        terminal: bool (S,).
        start_distribution: float64 (S,), probability that an episode begins in a state.
        P, R: the model, float64 (S, A, S) and (S, A), see `workshop.envs.tabular.TabularEnv`.

    Observations are Discrete(S), a state's number; actions Discrete(4): 0 up, 1 right, 2 down, 3 left.
    `info["cell"]` is the (row, col) of the agent.

    Raises:
        MapError: what is wrong with the map, with line and column.
        ValueError: no map of that name, or a slip outside 0 to 1.
    """

    action_names = MOVE_NAMES

    def __init__(self, text_map=DEFAULT, step_reward=-1.0, slip=0.0, render_mode=None):
        super().__init__(render_mode)
        if not isinstance(slip, numbers.Real) or not 0.0 <= slip <= 1.0:
            raise ValueError(f"slip is a probability, from 0 to 1, not {described(slip)}.")
        self.step_reward = float(step_reward)
        self.slip = float(slip)
        first, self._lines = text_lines(named_text(text_map, MAPS, "map"))
        _check_map(first, self._lines)
        self.shape = len(self._lines), len(self._lines[0])
        symbols = {(row, col): symbol for row, line in enumerate(self._lines) for col, symbol in enumerate(line)}
        self.walls = {cell for cell, symbol in symbols.items() if symbol == "#"}
        self.cliffs = {cell for cell, symbol in symbols.items() if symbol == "C"}
        self.cells = [cell for cell in symbols if cell not in self.walls | self.cliffs]
        self._states = {cell: state for state, cell in enumerate(self.cells)}
        self._bonus = {cell: _BONUS[symbol] for cell, symbol in symbols.items() if symbol in _BONUS}
        self.terminal = read_only(np.array([cell in self._bonus for cell in self.cells]))

        is_start = np.array([symbols[cell] == "S" for cell in self.cells])
        starts = is_start if is_start.any() else ~self.terminal
        self.start_distribution = read_only(starts / starts.sum())

        self.observation_space = spaces.Discrete(len(self.cells))
        self.action_space = spaces.Discrete(4)

    def state_of(self, cell):
        """The state's number of a cell (row, col); ValueError for a wall, a cliff or a cell outside."""
        try:
            return self._states[tuple(cell)]
        except KeyError:
            raise ValueError(f"{cell} is no state: a wall, a cliff, or outside of the {self.shape} map.") from None

    def _outcome(self, state, direction):
        """What a move in exactly that direction does: the next state (None: off the cliff) and the reward."""
        cell = neighbour(self.cells[state], direction)
        if cell in self.cliffs:
            return None, CLIFF_REWARD
        if cell not in self._states:
            return state, self.step_reward
        return self._states[cell], self.step_reward + self._bonus.get(cell, 0.0)

    def _transitions(self, state, action):
        sides = self.slip / 2
        transitions = []
        for probability, direction in ((1 - self.slip, action), (sides, (action + 1) % 4), (sides, (action - 1) % 4)):
            next_state, reward = self._outcome(state, direction)
            if next_state is not None:
                transitions.append((probability, next_state, reward))
            else:
                for start in np.flatnonzero(self.start_distribution):
                    transitions.append((probability * self.start_distribution[start], start, reward))
        return transitions

    def _start(self, state):
        self._state = self._first_state(state)

    def _act(self, action):
        draw = self.np_random.random()
        if draw < self.slip:
            action = (action + (1 if draw < self.slip / 2 else -1)) % 4
        next_state, reward = self._outcome(self._state, action)
        self._state = self._first_state(None) if next_state is None else next_state
        return reward, bool(self.terminal[self._state])

    def _observation(self):
        return self._state

    def _info(self):
        return {"cell": self.cells[self._state]}

    def _text(self):
        rows = [list(line) for line in self._lines]
        row, col = self.cells[self._state]
        rows[row][col] = "@"
        return "\n".join(map("".join, rows)) + "\n"

    def _picture(self):
        canvas = drawing.Canvas(self.shape, margin=0.125)
        for row, line in enumerate(self._lines):
            for col, symbol in enumerate(line):
                cell = row, col
                draw = {"#": drawing.wall, "C": drawing.cliff}.get(symbol, drawing.floor)
                draw(canvas, cell)
                if symbol == "S":
                    drawing.start(canvas, cell)
                elif cell in self._bonus:
                    drawing.terminal(canvas, cell, self._bonus[cell])
        drawing.agent(canvas, self.cells[self._state])
        return canvas.array()


def _check_map(first, lines):
    check_symbols(first, lines, _SYMBOLS, _LEGEND)
    width = len(lines[0])
    for number, line in enumerate(lines, first):
        if len(line) != width:
            message = f"this line has {len(line)} cells and the first one {width}; write a free cell as '.'."
            raise MapError(number, min(len(line), width) + 1, message)
    if not set("".join(lines)) & set("S. "):
        raise MapError(first, 1, "the map has no free cell to start from.")
