"""Drivers for answers that choose actions: the dice of ε-greedy, and Q-learning in a closed world."""

import contextlib

import numpy as np

from workshop.envs.base import is_index
from workshop.exercises.drivers.registry import driver
from workshop.exercises.drivers.worlds import ClosedWorld, Enough, world

_REPEATED_DRAWS = 100
_REPEATED_STEPS = 60


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

    def learn(env):
        return answer(env, episodes, alpha, gamma, epsilon, np.random.default_rng(seed))

    def first_steps():
        env = ClosedWorld(world(world_name), episodes, seed, max_steps=_REPEATED_STEPS)
        with contextlib.suppress(Enough):
            learn(env)
        return env.experience

    env = ClosedWorld(world(world_name), episodes, seed)
    return {
        "q_table": learn(env),
        "resets": len(env.seeds),
        "steps": env.steps,
        "experience": np.array(env.experience, dtype=float).reshape(-1, 7),
        "settings": (episodes, alpha, gamma, epsilon),
        "is_repeatable": first_steps() == first_steps(),
        "model_was_read": env.model_was_read,
        "reuses_a_seed": len(env.seeds) > 1 and env.seeds[0] is not None and len(set(env.seeds)) == 1,
    }
