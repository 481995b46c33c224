"""Which update made this table? Q-learning's rule and those that people write instead of it.

A table that began at zeros is a function of the experience behind it and of the rule. So an answer to 1.10 is known by
its deeds: replay what it went through under every rule, and see which one ends in the same table.
"""

from collections import namedtuple

import numpy as np

Step = namedtuple(
    "Step", ["state", "action", "reward", "next_state", "terminated", "truncated", "first", "next_action"]
)
Step.__doc__ = "One step; `first` is the state in which its episode began, `next_action` what was done in `next_state`."


def _towards(target):
    """The rule that moves Q(s, a) by alpha towards `target(Q, step, gamma)`."""

    def update(Q, step, alpha, gamma):
        row = Q[step.state]
        row[step.action] += alpha * (target(Q, step, gamma) - row[step.action])

    return update


def q_target(Q, step, gamma):
    """Watkins (1989): the reward, and γ times the best next value unless the step terminated."""
    return step.reward if step.terminated else step.reward + gamma * max(Q[step.next_state])


def _through_the_end(Q, step, gamma):
    return step.reward + gamma * max(Q[step.next_state])


def _ends_when_truncated(Q, step, gamma):
    return step.reward if step.truncated else q_target(Q, step, gamma)


def _only_truncation_ends(Q, step, gamma):
    return step.reward if step.truncated else _through_the_end(Q, step, gamma)


def _truncation_hides_the_end(Q, step, gamma):
    return step.reward if step.terminated and not step.truncated else _through_the_end(Q, step, gamma)


def _sarsa(Q, step, gamma):
    return step.reward if step.terminated else step.reward + gamma * Q[step.next_state][step.next_action]


def _mean(Q, step, gamma):
    row = Q[step.next_state]
    return step.reward if step.terminated else step.reward + gamma * sum(row) / len(row)


def _smallest(Q, step, gamma):
    return step.reward if step.terminated else step.reward + gamma * min(Q[step.next_state])


def _same_action(Q, step, gamma):
    return step.reward if step.terminated else step.reward + gamma * Q[step.next_state][step.action]


def _number_of_best(Q, step, gamma):
    row = Q[step.next_state]
    return step.reward if step.terminated else step.reward + gamma * row.index(max(row))


def _own_state(Q, step, gamma):
    return step.reward if step.terminated else step.reward + gamma * max(Q[step.state])


def _whole_table(Q, step, gamma):
    return step.reward if step.terminated else step.reward + gamma * max(map(max, Q))


def _reward_only(Q, step, gamma):
    return step.reward


def _nothing(Q, step, alpha, gamma):
    pass


def _no_discount(Q, step, alpha, gamma):
    q_learning(Q, step, alpha, 1.0)


def _alpha_is_one(Q, step, alpha, gamma):
    q_learning(Q, step, 1.0, gamma)


def _alpha_swapped(Q, step, alpha, gamma):
    q_learning(Q, step, 1.0 - alpha, gamma)


def _adds_up(Q, step, alpha, gamma):
    Q[step.state][step.action] += alpha * q_target(Q, step, gamma)


def _forgets_the_old(Q, step, alpha, gamma):
    Q[step.state][step.action] = alpha * q_target(Q, step, gamma)


def _next_state_learns(Q, step, alpha, gamma):
    row = Q[step.next_state]
    row[step.action] += alpha * (q_target(Q, step, gamma) - row[step.action])


def _first_state_learns(Q, step, alpha, gamma):
    q_learning(Q, step._replace(state=step.first), alpha, gamma)


q_learning = _towards(q_target)

# The right one first: where a wrong rule makes no difference, the answer is given the benefit of the doubt.
RULES = {
    "q_learning": q_learning,
    "nothing": _nothing,
    "reward_only": _towards(_reward_only),
    "through_the_end": _towards(_through_the_end),
    "ends_when_truncated": _towards(_ends_when_truncated),
    "only_truncation_ends": _towards(_only_truncation_ends),
    "truncation_hides_the_end": _towards(_truncation_hides_the_end),
    "no_discount": _no_discount,
    "sarsa": _towards(_sarsa),
    "mean": _towards(_mean),
    "smallest": _towards(_smallest),
    "same_action": _towards(_same_action),
    "number_of_best": _towards(_number_of_best),
    "whole_table": _towards(_whole_table),
    "own_state": _towards(_own_state),
    "alpha_is_one": _alpha_is_one,
    "alpha_swapped": _alpha_swapped,
    "adds_up": _adds_up,
    "forgets_the_old": _forgets_the_old,
    "next_state_learns": _next_state_learns,
    "first_state_learns": _first_state_learns,
}


def rule_behind(q_table, experience, alpha, gamma, names=tuple(RULES)):
    """The first rule that makes this table of this experience, and how the actions were chosen.

    Args:
        q_table: float64 (S, A).
        experience: float64 (T, 7), rows as in `workshop.exercises.drivers.worlds.ClosedWorld.experience`.
        alpha, gamma: floats.
        names: the rules to try, in this order.

    Returns:
        (name or None, share): `share` of the steps took an action that the table of that moment held for worse than
        the best; None without a rule.
    """
    steps = [
        Step(int(s), int(a), r, int(t), bool(terminated), bool(truncated), int(first), int(next_action))
        for (s, a, r, t, terminated, truncated, first), next_action in zip(
            experience.tolist(), [*experience[1:, 1].tolist(), 0]
        )
    ]
    for name in names:
        rule, Q, n_worse = RULES[name], np.zeros(q_table.shape).tolist(), 0
        for step in steps:
            n_worse += Q[step.state][step.action] < max(Q[step.state])
            rule(Q, step, alpha, gamma)
        if np.allclose(Q, q_table, rtol=1e-6, atol=1e-8, equal_nan=True):
            return name, n_worse / max(len(steps), 1)
    return None, None
