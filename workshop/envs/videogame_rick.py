"""Videogame Rick: find a lost friend, then open the portal at the right place.

The dynamics are gym's Taxi (Dietterich 2000, "Hierarchical Reinforcement Learning with the MAXQ Value Function
Decomposition"); the names, the pictures, the arrays and the three representations of a state are ours.
"""

import functools

import numpy as np
from gym import spaces
from gym.envs.toy_text.taxi import TaxiEnv

from workshop.envs import drawing
from workshop.envs.grid import MOVE_NAMES
from workshop.envs.tabular import TabularEnv, read_only

PICK_UP, PORTAL = 4, 5
WITH_RICK = 4
STATIONS = {"A": (0, 0), "B": (0, 4), "C": (4, 0), "D": (4, 3)}

_SHAPE = (5, 5)
_VECTOR_SIZES = (5, 5, 5, 4)
_IMAGE_CELL = 16
# up, right, down, left, pick up, portal, as Taxi numbers them.
_TAXI_ACTION = (1, 2, 0, 3, 4, 5)


class VideogameRick(TabularEnv):
    """Rick starts anywhere; a friend waits at one of four stations, and the portal home opens at another one.

    Rewards are Taxi's: −1 a step, walking into a wall included; −10 for an invalid pick-up (nobody here) or an invalid
    portal (nobody with Rick, or no station here), which changes nothing; +20 for the portal at the destination with
    the friend, which is the only end. A portal at another station sets the friend down there, for −1.

    Args:
        representation: how a state is observed; it is the same state each time.
            "integer": Discrete(500), ((row · 5 + col) · 5 + passenger) · 4 + destination.
            "vector": MultiDiscrete, int64 (4,): row, col, passenger (0 to 3 a station, 4 with Rick), destination.
            "image": Box, uint8 (84, 84, 3): the picture of `render`, small.
        render_mode: None, "ansi" or "rgb_array".

    Attributes:
        terminal: bool (500,), the states with the friend at the destination.
        start_distribution: float64 (500,); uniform over the 300 states where the friend waits elsewhere.
        P, R: the model, float64 (500, 6, 500) and (500, 6), see `workshop.envs.tabular.TabularEnv`.

    Actions are Discrete(6): 0 up, 1 right, 2 down, 3 left, 4 pick up, 5 portal. `info["state"]` is the integer.

    Raises:
        ValueError: no such representation.
    """

    action_names = (*MOVE_NAMES, "pick up", "portal")

    def __init__(self, representation="integer", render_mode=None):
        super().__init__(render_mode)
        observation_spaces = {
            "integer": spaces.Discrete(int(np.prod(_VECTOR_SIZES))),
            "vector": spaces.MultiDiscrete(_VECTOR_SIZES),
            "image": spaces.Box(0, 255, _image_of(0).shape, np.uint8),
        }
        if representation not in observation_spaces:
            raise ValueError(
                f"representation is one of {', '.join(map(repr, observation_spaces))}, not {representation!r}."
            )
        self.representation = representation
        self.observation_space = observation_spaces[representation]
        self.action_space = spaces.Discrete(6)
        taxi = _taxi()
        self._taxi_transitions = taxi.P
        self.start_distribution = read_only(taxi.initial_state_distrib.copy())
        _, _, passenger, destination = np.unravel_index(np.arange(len(self.start_distribution)), _VECTOR_SIZES)
        self.terminal = read_only(passenger == destination)

    def _transitions(self, state, action):
        probability, next_state, reward, _ = self._taxi_transition(state, action)
        return [(probability, next_state, reward)]

    def _taxi_transition(self, state, action):
        (transition,) = self._taxi_transitions[state][_TAXI_ACTION[action]]
        return transition

    def _start(self, state):
        self._state = self._first_state(state)

    def _act(self, action):
        _, self._state, reward, terminated = self._taxi_transition(self._state, action)
        return float(reward), terminated

    def _observation(self):
        if self.representation == "integer":
            return self._state
        if self.representation == "vector":
            return np.array(_vector(self._state))
        return _image_of(self._state).copy()

    def _info(self):
        return {"state": self._state}

    def _text(self):
        row, col, passenger, destination = _vector(self._state)
        lines = [list(line) for line in _map_lines()]
        for name, (station_row, station_col) in STATIONS.items():
            lines[1 + station_row][1 + 2 * station_col] = name
        lines[1 + row][1 + 2 * col] = "@"
        names = tuple(STATIONS)
        where = "is with you" if passenger == WITH_RICK else f"waits at {names[passenger]}"
        status = f"@ is you, your friend {where}, the portal opens at {names[destination]}"
        return "\n".join([*map("".join, lines), status]) + "\n"

    def _picture(self):
        return _picture_of(self._state, 96)


@functools.cache
def _taxi():
    return TaxiEnv()


def _vector(state):
    return tuple(int(part) for part in np.unravel_index(state, _VECTOR_SIZES))


def _map_lines():
    """Taxi's map as lines of text, without its letters: a wall is | where a free border is :"""
    lines = ["".join(symbol.decode() for symbol in line) for line in _taxi().desc]
    return ["".join(" " if symbol.isalpha() else symbol for symbol in line) for line in lines]


@functools.cache
def _image_of(state):
    """What an agent sees; kept, because it sees the same 404 states again and again."""
    return _picture_of(state, _IMAGE_CELL)


def _picture_of(state, cell):
    row, col, passenger, destination = _vector(state)
    stations = tuple(STATIONS.items())
    canvas = drawing.Canvas(_SHAPE, cell=cell, margin=0.125)
    for place in np.ndindex(_SHAPE):
        drawing.floor(canvas, place)
    for number, (name, place) in enumerate(stations):
        drawing.station(canvas, place, name, is_open=number == destination)
    for line_number, line in enumerate(_map_lines()[1:-1]):
        for border in range(1, _SHAPE[1]):
            if line[2 * border] == "|":
                canvas.line([(line_number, border), (line_number + 1, border)], drawing.WALL, 0.12)
    drawing.agent(canvas, (row, col))
    if passenger == WITH_RICK:
        drawing.friend(canvas, (row, col), is_carried=True)
    else:
        drawing.friend(canvas, stations[passenger][1], is_carried=False)
    return canvas.array()
