"""The rule about a table that was learned, by what its greedy policy earns."""

import functools

import numpy as np

from workshop.exercises.compare import Difference, compare
from workshop.exercises.drivers.worlds import world
from workshop.exercises.rules.registry import rule

HORIZON = 200  # a policy that walks in circles is stopped after so many steps


def shown_table(value):
    """The table as it is shown: three places are enough to compare it with another."""
    q_table = value["q_table"]
    return q_table.round(3) if isinstance(q_table, np.ndarray) and q_table.dtype.kind == "f" else q_table


@functools.cache
def model_of(name):
    """The model of a world: P (S, A, S), in which a terminated step leads nowhere, and R (S, A)."""
    table = world(name).transitions
    P, R = np.zeros((len(table), len(table[0]), len(table))), np.zeros((len(table), len(table[0])))
    for state, actions in enumerate(table):
        for action, outcomes in enumerate(actions):
            for probability, next_state, reward, terminated in outcomes:
                P[state, action, next_state] += probability * (not terminated)
                R[state, action] += probability * reward
    return P, R


def greedy_return(name, q_table):
    """What the greedy policy of a table earns, exactly: (mean return from the starts, probability never to end)."""
    P, R = model_of(name)
    states, policy = np.arange(len(R)), q_table.argmax(axis=1)
    P, R = P[states, policy], R[states, policy]
    crowd, earned = np.zeros(len(R)), 0.0
    np.add.at(crowd, world(name).starts, 1 / len(world(name).starts))
    for _ in range(HORIZON):
        earned, crowd = earned + crowd @ R, crowd @ P
    return float(earned), float(crowd.sum())


@rule("what the greedy policy of your table earns, and that it was learned without the model", shown=shown_table)
def earns(arguments, value, world_name, episodes, best):
    """1.10: a table learned without the model, whose greedy policy earns 95 % of the best return."""
    q_table, shape = value["q_table"], model_of(world_name)[1].shape
    if value["model_was_read"]:
        return Difference("it reads the model of the environment (P or R): learn from env.reset and env.step alone")
    if not isinstance(q_table, np.ndarray) or q_table.shape != shape or q_table.dtype != np.float64:
        return compare(np.zeros(shape), q_table, dtype="float64")
    if not np.isfinite(q_table).all():
        return Difference("the table holds NaN or infinity: do your values grow from update to update?")
    if not value["is_repeatable"]:
        return Difference(
            "two runs with the same rng differ: take all randomness from `rng`, none from np.random, random or "
            "env.action_space.sample()"
        )
    earned, never_ends = greedy_return(world_name, q_table)
    if earned >= best - 0.05 * abs(best):
        return None
    circles = ", since it walks in circles" if never_ends > 0.01 else ""
    fewer = f" (it was learned from {value['resets']} episodes, not {episodes})" if value["resets"] < episodes else ""
    return Difference(
        f"the greedy policy of this table earns {earned:.4g} per episode{circles}; the best policy earns {best:.4g}{fewer}"
    )
