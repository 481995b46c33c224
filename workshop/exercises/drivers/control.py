"""Drivers for answers that choose actions: the dice of ε-greedy, and Q-learning in a closed world."""

import numpy as np

from workshop.envs.base import is_index
from workshop.exercises.drivers.registry import driver
from workshop.exercises.drivers.worlds import ClosedWorld, world

_REPEATED_DRAWS = 100
_REPEATED_EPISODES = 5


@driver
def draw_actions(answer, q_values, epsilon, seed, draws):
    """1.9: how often each action came, or the first thing that came and is no action.

    A second, shorter run with the same seed tells whether all randomness comes from `rng`.
    """

    def drawn(count):
        rng = np.random.default_rng(seed)
        return [answer(q_values, epsilon, rng) for _ in range(count)]

    actions = drawn(draws)
    for action in actions:
        if not is_index(action, len(q_values)):
            return {"counts": None, "no_action": action, "is_repeatable": True}
    counts = np.bincount(np.array(actions, dtype=int), minlength=len(q_values))
    is_repeatable = drawn(_REPEATED_DRAWS) == actions[:_REPEATED_DRAWS]
    return {"counts": counts.tolist(), "no_action": None, "is_repeatable": is_repeatable}


@driver
def learn_in_a_closed_world(answer, world_name, episodes, alpha, gamma, epsilon, seed):
    """1.10: the table that the answer learned, and what it did to learn it.

    Two short runs with the same seed tell whether all randomness comes from `rng` and the environment.
    """

    def learn(episodes):
        env = ClosedWorld(world(world_name), episodes, seed)
        q_table = answer(env, episodes, alpha, gamma, epsilon, np.random.default_rng(seed))
        return q_table, env

    q_table, env = learn(episodes)
    first, second = (learn(min(episodes, _REPEATED_EPISODES))[1].experience for _ in range(2))
    return {
        "q_table": q_table,
        "resets": env.resets,
        "steps": env.steps,
        "experience": np.array(env.experience, dtype=float).reshape(-1, 7),
        "settings": (episodes, alpha, gamma, epsilon),
        "is_repeatable": first == second,
        "model_was_read": env.model_was_read,
    }
