"""3.13: prioritised replay. Which transitions to learn from, and how to make up for the choice."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call


def _normalised(priorities):
    return priorities / priorities.sum()


def _by_priority(priority):
    """priority_probabilities with another idea of how important an error is."""

    def probabilities(td_errors, alpha, epsilon):
        return _normalised(priority(td_errors, alpha, epsilon))

    return probabilities


def _right_priority(td_errors, alpha, epsilon):
    return (np.abs(td_errors) + epsilon) ** alpha


def _softmax(td_errors, alpha, epsilon):
    weights = np.exp(alpha * (np.abs(td_errors) - np.abs(td_errors).max()))
    return _normalised(weights)


def _by_rank(td_errors, alpha, epsilon):
    rank = 1 + np.argsort(np.argsort(-np.abs(td_errors)))
    return _normalised((1 / rank) ** alpha)


def _divided_by_the_largest(td_errors, alpha, epsilon):
    priorities = _right_priority(td_errors, alpha, epsilon)
    return priorities / priorities.max()


def _normalised_too_early(td_errors, alpha, epsilon):
    return _normalised(np.abs(td_errors) + epsilon) ** alpha


def _magnitude_in_place(td_errors, alpha, epsilon):
    np.abs(td_errors, out=td_errors)
    return _normalised(_right_priority(td_errors, alpha, epsilon))


_errors = st.lists(st.integers(-30, 30).map(lambda tenths: tenths / 10), min_size=1, max_size=5).map(np.array)

priority_probabilities = Part(
    name="priority_probabilities",
    parameters=("td_errors", "alpha", "epsilon"),
    examples=(
        (np.array([1.0, 3.0]), 1.0, 0.01),
        (np.array([1.0, -3.0]), 1.0, 0.01),
        (np.array([1.0, 3.0]), 0.5, 0.01),
        (np.array([0.0, 0.0]), 0.6, 0.01),
        (np.array([0.0, 2.0]), 0.6, 0.5),
        (np.array([5.0, 1.0, -2.0]), 0.0, 0.1),  # α = 0 is uniform
        (np.array([-4.0]), 0.7, 0.01),
        (np.array([0.1, -0.2, 1.5, 0.0], np.float32), 0.6, 1e-3),
    ),
    cases=st.tuples(_errors, st.sampled_from([1.0, 0.5, 0.0, 0.6]), st.sampled_from([0.01, 0.1, 1.0])),
    describe=show_named_call("td_errors", "alpha", "epsilon"),
    mistakes=(
        Mistake(
            "These do not add up to 1. Divide by the sum of all priorities.",
            _right_priority,
        ),
        Mistake("The priorities are divided by the largest. Divide by their sum.", _divided_by_the_largest),
        Mistake(
            "The errors keep their sign here. An error of −3 is as surprising as one of 3: take the absolute value.",
            _by_priority(lambda td_errors, alpha, epsilon: (td_errors + epsilon) ** alpha),
        ),
        Mistake(
            "ε is missing. A transition whose error is 0 today would never be drawn again.",
            _by_priority(lambda td_errors, alpha, epsilon: (np.abs(td_errors) + 1e-12) ** alpha),
        ),
        Mistake(
            "ε is added after the power. It belongs inside: (|δ| + ε) ** α.",
            _by_priority(lambda td_errors, alpha, epsilon: np.abs(td_errors) ** alpha + epsilon),
        ),
        Mistake(
            "α is not used: the priorities are to be raised to the power α.",
            _by_priority(lambda td_errors, alpha, epsilon: np.abs(td_errors) + epsilon),
        ),
        Mistake(
            "α multiplies here, and the normalisation takes it out again. It is a power: `** alpha`.",
            _by_priority(lambda td_errors, alpha, epsilon: alpha * np.abs(td_errors) + epsilon),
        ),
        Mistake(
            "The power comes after the division, and the results do not add up to 1. First the power, then divide by "
            "the sum.",
            _normalised_too_early,
        ),
        Mistake(
            "This squares the errors: |δ|, not δ².",
            _by_priority(lambda td_errors, alpha, epsilon: (td_errors**2 + epsilon) ** alpha),
        ),
        Mistake("This is a softmax. Proportional priorities are (|δ| + ε) ** α, without exp.", _softmax),
        Mistake("These priorities go by rank, the paper's other variant. Asked for is the proportional one.", _by_rank),
        Mistake(
            "This takes the absolute value of `td_errors` in place. Leave the argument as it is: `np.abs(td_errors)`.",
            _magnitude_in_place,
        ),
    ),
    hints=(
        "How surprising was each transition? Say it as a positive number, then make probabilities of these numbers.",
        "The priority is |δ| + ε, to the power α. Divide by the sum of all of them.",
        "`priorities = (np.abs(td_errors) + epsilon) ** alpha`, then `return priorities / priorities.sum()`.",
    ),
    explanation=(
        "The size of a TD error says how much there was to learn. α goes between uniform (0) and proportional (1), and ε "
        "keeps a chance for those that seem learned already."
    ),
)


def _weights_scaled(scale):
    """importance_weights divided by something else than their maximum."""

    def weights(probabilities, beta):
        raw = (len(probabilities) * probabilities) ** -beta
        return raw / scale(raw)

    return weights


def _weights_of_rare_are_small(probabilities, beta):
    return _divided(probabilities**beta)


def _weights_without_beta(probabilities, beta):
    return _divided(1 / probabilities)


def _weights_times_beta(probabilities, beta):
    return _divided(1 + beta * (1 / (len(probabilities) * probabilities) - 1))


def _weights_one_minus(probabilities, beta):
    return _divided((1 - probabilities + 1e-12) ** beta)


def _weights_beta_turned_round(probabilities, beta):
    return _divided(probabilities ** -(1 - beta))


def _weights_divided_before_the_power(probabilities, beta):
    raw = 1 / (len(probabilities) * probabilities)
    return raw**beta / raw.max()


def _weights_as_list(probabilities, beta):
    return _divided(probabilities**-beta).tolist()


def _divided(raw):
    return raw / raw.max()


_distributions = st.lists(st.integers(1, 20), min_size=2, max_size=5).map(lambda counts: _normalised(np.array(counts)))

importance_weights = Part(
    name="importance_weights",
    parameters=("probabilities", "beta"),
    examples=(
        (np.array([0.2, 0.8]), 1.0),
        (np.array([0.2, 0.8]), 0.5),
        (np.array([0.2, 0.8]), 0.0),  # β = 0 corrects nothing
        (np.array([0.25, 0.25, 0.25, 0.25]), 0.4),
        (np.array([0.5, 0.3, 0.2]), 0.4),
        (np.array([1.0]), 0.6),
        (np.array([0.1, 0.6, 0.3], np.float32), 0.7),
        (np.array([0.01, 0.02]), 0.5),  # those of a batch: they need not add up to 1
    ),
    cases=st.tuples(_distributions, st.sampled_from([1.0, 0.5, 0.0, 0.4])),
    describe=show_named_call("probabilities", "beta"),
    mistakes=(
        Mistake(
            "The weights are not divided by the largest of them, and some are above 1. Only scale down: divide by the "
            "maximum.",
            _weights_scaled(lambda raw: 1.0),
        ),
        Mistake("The weights are divided by their sum. Divide by their maximum.", _weights_scaled(np.sum)),
        Mistake("The weights are divided by their mean. Divide by their maximum.", _weights_scaled(np.mean)),
        Mistake("The weights are divided by the smallest. Divide by their maximum.", _weights_scaled(np.min)),
        Mistake(
            "What is drawn often gets the large weight here. It is seen too often already: the power is −β.",
            _weights_of_rare_are_small,
        ),
        Mistake("β is not used: (N p) to the power −β.", _weights_without_beta),
        Mistake("β multiplies here. It is a power: (N p) ** −β.", _weights_times_beta),
        Mistake("This goes by 1 − p. The weight is 1 / p, to the power β.", _weights_one_minus),
        Mistake("β and 1 − β have changed places: with β = 0 all weights are 1.", _weights_beta_turned_round),
        Mistake(
            "The division by the maximum comes from before the power. Raise first, then divide by the maximum of what "
            "came out.",
            _weights_divided_before_the_power,
        ),
        Mistake("This is a list. Return a NumPy array.", _weights_as_list),
    ),
    hints=(
        "A transition that is drawn twice as often as the others should count half as much. And with β = 0, as much.",
        "`weights = (N * probabilities) ** -beta`, N being how many there are. What is the largest weight to be?",
        "`return weights / weights.max()`",
    ),
    explanation=(
        "Drawing by priority changes the mean that the loss stands for; the weight takes that back, wholly for β = 1. "
        "Divided by the largest, the weights only ever make a step smaller. N cancels out in that division: leave it in "
        "or leave it away."
    ),
)

EXERCISES = (Exercise("3.13", "Prioritised replay", 5, (priority_probabilities, importance_weights), is_stretch=True),)
