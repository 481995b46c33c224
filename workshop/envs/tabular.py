"""Environments whose states have numbers: a start of your choice, and the model as arrays for planning."""

import functools

import numpy as np

from workshop.envs.base import WorkshopEnv, is_index
from workshop.envs.grid import described

MAX_MODEL_STATES = 2_000


class TabularEnv(WorkshopEnv):
    """A `WorkshopEnv` with S numbered states and A actions.

    A subclass has the attributes

        terminal             bool (S,), True where everything is over
        start_distribution   float64 (S,), the probability that an episode begins in a state

    and `_transitions(state, action)` -> list of (probability, next_state, reward), never asked about terminal states.

    Attributes:
        P: float64 (S, A, S), the probability of the next state.
        R: float64 (S, A), the expected reward.

    A terminal state leads to itself and earns nothing, so that the backup Q = R + gamma · P @ V needs no mask. Both are
    read-only, and built when first asked for; ValueError beyond `MAX_MODEL_STATES` states, where P takes gigabytes.
    """

    @property
    def P(self):
        return self._model[0]

    @property
    def R(self):
        return self._model[1]

    @functools.cached_property
    def _model(self):
        n_states, n_actions = len(self.terminal), int(self.action_space.n)
        if n_states > MAX_MODEL_STATES:
            gigabytes = 8 * n_states**2 * n_actions / 1e9
            raise ValueError(
                f"With {n_states:,} states P would take {gigabytes:,.1f} GB: there is no model beyond "
                f"{MAX_MODEL_STATES:,} states. Plan in a smaller world, or learn without the model."
            )
        P = np.zeros((n_states, n_actions, n_states))
        R = np.zeros((n_states, n_actions))
        for state in range(n_states):
            if self.terminal[state]:
                P[state, :, state] = 1.0
                continue
            for action in range(n_actions):
                for probability, next_state, reward in self._transitions(state, action):
                    P[state, action, next_state] += probability
                    R[state, action] += probability * reward
        return read_only(P), read_only(R)

    def _first_state(self, state):
        """The state that an episode begins in: the one asked for, or one drawn if `state` is None."""
        if state is None:
            return int(self.np_random.choice(len(self.start_distribution), p=self.start_distribution))
        if not is_index(state, len(self.terminal)):
            raise ValueError(f"A state is an int from 0 to {len(self.terminal) - 1}, not {described(state)}.")
        if self.terminal[state]:
            raise ValueError(f"State {state} is terminal: an episode cannot start there.")
        return int(state)


def read_only(array):
    """The array, protected: what describes the environment is shared by everybody who looks at it."""
    array.setflags(write=False)
    return array
