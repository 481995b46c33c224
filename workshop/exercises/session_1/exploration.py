"""1.9: ε-greedy, an answer with dice, judged by how often each action comes."""

import math

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules import Demand
from workshop.exercises.rules.dice import fault_of_dice, shown_dice
from workshop.exercises.strategies import arrays

_DRAWS = 500

# A count k of n draws whose probability is p is refused when n · KL(k / n ‖ p) > 20, KL being the relative entropy of
# two coins. Chernoff's bound: the counts of a right answer go so far to one side with probability exp(−20) = 2e-9 at
# most, for every n and p. A check compares at most 4 actions on 9 + 6 inputs, the grader's on 9 + 12, on two sides:
# 168 comparisons, so a right answer is refused with a probability below 168 · 2.1e-9 = 4e-7.
_LIMIT = 20


def expected_probabilities(q_values, epsilon):
    """float64 (A,): ε / A for every action, and what is left shared by the best ones."""
    best = q_values == q_values.max()
    return epsilon / len(q_values) + (1 - epsilon) * best / best.sum()


def divergence(share, probability):
    """The relative entropy KL(share ‖ probability) of two coins, in nats; infinite where the share cannot happen."""
    total = 0.0
    for observed, expected in ((share, probability), (1 - share, 1 - probability)):
        if observed > 0:
            total += observed * math.log(observed / expected) if expected > 1e-12 else math.inf
    return total


def _distributed_right(arguments, value, expected):
    q_values, epsilon, _, draws = arguments
    fault = fault_of_dice(value, len(q_values))
    if fault:
        return fault
    probabilities = expected_probabilities(q_values, epsilon)
    surprise = [draws * divergence(count / draws, p) for count, p in zip(value["counts"], probabilities)]
    action = int(np.argmax(surprise))
    if surprise[action] <= _LIMIT:
        return None
    probability = probabilities[action]
    right = (
        f"come with probability {probability:.3g}, about {draws * probability:.0f} times"
        if probability
        else "never come"
    )
    return Difference(f"action {action} came {value['counts'][action]} times in {draws} draws; it should {right}")


def _demand(arguments, expected):
    q_values, epsilon, _, draws = arguments
    allowed = [
        [count for count in range(draws + 1) if draws * divergence(count / draws, p) <= _LIMIT]
        for p in expected_probabilities(q_values, epsilon)
    ]
    return Demand(
        "counted", {"lowest": [min(counts) for counts in allowed], "highest": [max(counts) for counts in allowed]}
    )


def _same_distribution(value, other):
    """Shares that differ by less than 0.13, more than four times their standard deviation."""
    if (value["counts"] is None) != (other["counts"] is None) or value["is_repeatable"] != other["is_repeatable"]:
        return False
    if value["counts"] is None:
        return kind_of(value["no_action"]) == kind_of(other["no_action"])
    return not value["is_repeatable"] or np.abs(np.subtract(value["counts"], other["counts"])).max() < 0.13 * _DRAWS


def _describe(name, arguments):
    q_values, epsilon, _, draws = arguments
    return f"{name}(np.array({q_values.tolist()}), {epsilon}, rng), {draws} times"


def _best(q_values, rng):
    return int(rng.choice(np.flatnonzero(q_values == q_values.max())))


def _never_explores(q_values, epsilon, rng):
    return _best(q_values, rng)


def _always_explores(q_values, epsilon, rng):
    return int(rng.integers(len(q_values)))


def _epsilon_is_greed(q_values, epsilon, rng):
    return _best(q_values, rng) if rng.random() < epsilon else int(rng.integers(len(q_values)))


def _first_of_the_best(q_values, epsilon, rng):
    return int(rng.integers(len(q_values))) if rng.random() < epsilon else int(q_values.argmax())


def _last_of_the_best(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    return int(np.flatnonzero(q_values == q_values.max())[-1])


def _never_the_best_by_chance(q_values, epsilon, rng):
    others = np.flatnonzero(q_values < q_values.max())
    return int(rng.choice(others)) if len(others) and rng.random() < epsilon else _best(q_values, rng)


def _never_the_last_by_chance(q_values, epsilon, rng):
    return int(rng.integers(max(1, len(q_values) - 1))) if rng.random() < epsilon else _best(q_values, rng)


def _worst(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    return int(rng.choice(np.flatnonzero(q_values == q_values.min())))


def _boltzmann(q_values, epsilon, rng):
    weights = np.exp(q_values - q_values.max())
    return int(rng.choice(len(q_values), p=weights / weights.sum()))


def _dice_of_its_own(q_values, epsilon, rng):
    if np.random.random() < epsilon:
        return int(np.random.randint(len(q_values)))
    return int(np.random.choice(np.flatnonzero(q_values == q_values.max())))


def _new_dice_every_time(q_values, epsilon, rng):
    rng = np.random.default_rng(0)
    return int(rng.integers(len(q_values))) if rng.random() < epsilon else _best(q_values, rng)


def _best_value(q_values, epsilon, rng):
    return float(rng.choice(q_values)) if rng.random() < epsilon else float(q_values.max())


def _array_of_the_best(q_values, epsilon, rng):
    return rng.integers(len(q_values), size=1) if rng.random() < epsilon else np.flatnonzero(q_values == q_values.max())


def _noise_in_its_argument(q_values, epsilon, rng):
    q_values += 1e-9 * rng.random(len(q_values))
    return int(rng.integers(len(q_values))) if rng.random() < epsilon else int(q_values.argmax())


epsilon_greedy = Part(
    name="epsilon_greedy",
    parameters=("q_values", "epsilon", "seed", "draws"),
    driver="draw_actions",
    judge=_distributed_right,
    agrees=_same_distribution,
    describe=_describe,
    shown=shown_dice,
    demand=_demand,
    examples=(
        (np.array([0.0, 1.0]), 0.0, 1, _DRAWS),
        (np.array([0.0, 1.0]), 1.0, 2, _DRAWS),
        (np.array([0.0, 0.0]), 0.0, 3, _DRAWS),
        (np.array([0.0, 1.0]), 0.5, 4, _DRAWS),
        (np.array([1.0, 0.0]), 0.5, 10, _DRAWS),  # the best is not the last
        (np.array([-1.0, -2.0, -1.0]), 0.0, 5, _DRAWS),
        (np.array([3.0]), 0.5, 6, _DRAWS),  # a single action
        (np.array([1.0, 3.0, 3.0, 0.0], dtype=np.float32), 0.2, 7, _DRAWS),
        (np.array([2.0, 0.0, 2.0, 2.0]), 0.1, 8, _DRAWS),
    ),
    cases=st.tuples(
        st.integers(1, 4).flatmap(lambda size: arrays(st.integers(-2, 2).map(float), size)),
        st.sampled_from([0.0, 1.0, 0.5, 0.1]),
        st.just(9),
        st.just(_DRAWS),
    ),
    examples_per_check=4,
    mistakes=(
        Mistake("This never explores: ε is not used. With probability ε take any action at random.", _never_explores),
        Mistake(
            "This is always random: with probability 1 − ε take an action with the largest value.", _always_explores
        ),
        Mistake(
            "ε and 1 − ε have changed places: a random action is taken when `rng.random() < epsilon`.",
            _epsilon_is_greed,
        ),
        Mistake(
            "Of several best actions this always takes the first (as argmax does). All of them should be equally likely: "
            "choose among `np.flatnonzero(q_values == q_values.max())`.",
            _first_of_the_best,
        ),
        Mistake(
            "Of several best actions this always takes the last. All of them should be equally likely.",
            _last_of_the_best,
        ),
        Mistake(
            "Your random action is never the best one. It is any of the A actions, and may be the best by chance.",
            _never_the_best_by_chance,
        ),
        Mistake(
            "Your random action is never the last one. `rng.integers(n)` leaves n itself out already: give it the "
            "number of actions.",
            _never_the_last_by_chance,
        ),
        Mistake("This takes the smallest value when it is greedy. Take the largest.", _worst),
        Mistake(
            "This draws actions by their values (softmax). ε-greedy draws all alike with probability ε, and takes the "
            "best otherwise.",
            _boltzmann,
        ),
        Mistake(
            "Your dice are not `rng`. Draw with rng.random(), rng.integers() and rng.choice(), so that the same seed "
            "gives the same run.",
            _dice_of_its_own,
        ),
        Mistake(
            "This makes a new generator in every call, which throws the same number every time. Use the `rng` that you "
            "are given.",
            _new_dice_every_time,
        ),
        Mistake("This is a float. Return the number of an action, an int, and not its value.", _best_value),
        Mistake("This returns an array. Return one action, an int.", _array_of_the_best),
        Mistake(
            "This adds noise to `q_values` itself (`+=`), and so to the agent's table. Choose among the best actions "
            "instead.",
            _noise_in_its_argument,
        ),
    ),
    hints=(
        "Throw one number first, to decide which of the two it is: any action, or one of the best.",
        "`rng.random() < epsilon` has probability ε. The best ones are `np.flatnonzero(q_values == q_values.max())`.",
        "If `rng.random() < epsilon`: `return int(rng.integers(len(q_values)))`. Otherwise `rng.choice` of the best ones.",
    ),
    explanation=(
        "One throw decides whether to explore. A random action may be the best one by chance, so the best is taken with "
        "probability 1 − ε + ε / A. Ties are common at the start, when all values are 0: an agent that always takes the "
        "first would walk into the same wall for ever."
    ),
)

EXERCISES = (Exercise("1.9", "ε-greedy", 3, (epsilon_greedy,)),)
