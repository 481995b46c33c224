"""1.9, written by other hands: other methods of the generator, in another order."""

import numpy as np


def one_draw_from_all_probabilities(q_values, epsilon, rng):
    is_best = np.isclose(q_values, np.max(q_values))
    return rng.choice(q_values.size, p=epsilon / q_values.size + (1 - epsilon) * is_best / is_best.sum())


def first_after_a_shuffle(q_values, epsilon, rng):
    order = rng.permutation(len(q_values))
    explores = rng.uniform() > 1 - epsilon
    return order[0] if explores else max(order, key=lambda action: q_values[action])


def action_before_the_coin(q_values, epsilon, rng):
    anything = int(len(q_values) * rng.random())
    best = [action for action, value in enumerate(q_values) if value == max(q_values)]
    return anything if rng.binomial(1, epsilon) else best[rng.integers(0, len(best))]


RIGHT_ANSWERS = {
    "epsilon_greedy": [one_draw_from_all_probabilities, first_after_a_shuffle, action_before_the_coin],
}
