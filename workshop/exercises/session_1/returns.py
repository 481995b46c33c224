"""1.3 and 1.4: the discounted return, of an episode and from every step of it."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.strategies import discounts, rewards

_as_list_or_array = st.lists(rewards, max_size=6).flatmap(lambda values: st.sampled_from([values, np.array(values)]))


def _one_power_too_many(rewards, gamma):
    return float(sum(gamma ** (t + 1) * reward for t, reward in enumerate(rewards)))


def _not_discounted(rewards, gamma):
    return float(sum(rewards))


def _from_the_end(rewards, gamma):
    return float(sum(gamma**t * reward for t, reward in enumerate(reversed(list(rewards)))))


def _factor_times_index(rewards, gamma):
    return float(sum(gamma * t * reward for t, reward in enumerate(rewards)))


def _discounted_once(rewards, gamma):
    return float(sum(reward if t == 0 else gamma * reward for t, reward in enumerate(rewards)))


def _last_reward_missing(rewards, gamma):
    return float(sum(gamma**t * reward for t, reward in enumerate(rewards[:-1])))


def _averaged(rewards, gamma):
    return float(sum(gamma**t * reward for t, reward in enumerate(rewards)) / max(len(rewards), 1))


discounted_return = Part(
    name="discounted_return",
    parameters=("rewards", "gamma"),
    examples=(([], 0.9), ([1.0], 0.5), ([0.0, 1.0], 0.5), (np.array([1.0, 2.0, 3.0]), 0.5)),
    cases=st.tuples(_as_list_or_array, discounts),
    mistakes=(
        Mistake(
            "The first reward is not discounted: its factor is γ⁰ = 1. Your powers start at 1.", _one_power_too_many
        ),
        Mistake("This is the plain sum: γ is not used. A reward t steps away counts γᵗ.", _not_discounted),
        Mistake(
            "This discounts backwards: the last reward has the factor 1 here. The first one should.", _from_the_end
        ),
        Mistake("γ is multiplied by t here. It should be raised to the power t: `gamma ** t`.", _factor_times_index),
        Mistake(
            "Every later reward is discounted once here; one t steps away is discounted t times.", _discounted_once
        ),
        Mistake("The last reward is left out: does your loop stop one step early?", _last_reward_missing),
        Mistake("This is divided by the number of steps. A return is a sum, not a mean.", _averaged),
    ),
    hints=(
        "Write the sum out for three rewards. What is each one multiplied by?",
        "Reward number t, counted from 0, has the factor `gamma ** t`. `enumerate(rewards)` gives you t and the reward.",
        "`return sum(gamma ** t * reward for t, reward in enumerate(rewards))`, and make sure that no rewards give 0.0.",
    ),
    explanation=(
        "Each reward is worth γ times less for every step that it is away. The sum starts at t = 0, where γ⁰ = 1, and an "
        "empty episode is worth nothing. With γ < 1 the return stays finite however long the episode is."
    ),
)


def _plain_sums(rewards, gamma):
    return np.cumsum(np.asarray(rewards, dtype=float)[::-1])[::-1].copy()


def _same_return_everywhere(rewards, gamma):
    return np.full(len(rewards), sum(gamma**t * reward for t, reward in enumerate(rewards)))


def _not_restarted(rewards, gamma):
    discounted = np.asarray(rewards, dtype=float) * gamma ** np.arange(len(rewards))
    return np.cumsum(discounted[::-1])[::-1].copy()


def _forwards(rewards, gamma):
    result, running = np.zeros(len(rewards)), 0.0
    for t, reward in enumerate(rewards):
        running = reward + gamma * running
        result[t] = running
    return result


def _own_reward_missing(rewards, gamma):
    result, running = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        result[t] = running
        running = rewards[t] + gamma * running
    return result


def _reversed(rewards, gamma):
    return _right_to_go(rewards, gamma)[::-1].copy()


def _in_integers(rewards, gamma):
    return _right_to_go(rewards, gamma).astype(int)


def _as_list(rewards, gamma):
    return list(_right_to_go(rewards, gamma))


def _right_to_go(rewards, gamma):
    result, running = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + gamma * running
        result[t] = running
    return result


_LONG = (np.where(np.arange(100_000) % 1000 == 999, 1.0, 0.0), 0.99)

returns_to_go = Part(
    name="returns_to_go",
    parameters=("rewards", "gamma"),
    examples=(([], 0.9), ([1.0], 0.5), ([0.0, 1.0], 0.5), ([1.0, 0.0], 0.5), _LONG),
    cases=st.tuples(_as_list_or_array, discounts),
    describe=lambda name, arguments: (
        f"{name}(an array of 100,000 rewards, {arguments[1]})"
        if len(arguments[0]) == len(_LONG[0])
        else f"{name}({list(arguments[0])}, {arguments[1]})"
    ),
    mistakes=(
        Mistake("These are sums without γ. From every step on, a reward k steps away counts γᵏ.", _plain_sums),
        Mistake(
            "This is the return of the whole episode, repeated. Step t only sees rewards from t on.",
            _same_return_everywhere,
        ),
        Mistake(
            "The powers of γ count from the start of the episode. For step t they start again at γ⁰.", _not_restarted
        ),
        Mistake("This runs forwards: it adds up the past. Start at the last step and go back.", _forwards),
        Mistake(
            "Step t's own reward is missing: add `rewards[t]` before you store the return of step t.",
            _own_reward_missing,
        ),
        Mistake("The right numbers in the wrong order: turn the array round before you return it.", _reversed),
        Mistake("The returns were cut to integers. Make the array of floats: `np.zeros(T)`.", _in_integers),
        Mistake("This is a list. Return a NumPy array of float64.", _as_list),
    ),
    hints=(
        "The return from step t is its reward plus γ times the return from step t + 1. Which step can you do first?",
        "Walk backwards with one running number: `running = rewards[t] + gamma * running`, and store it at t.",
        "`result = np.zeros(len(rewards))`, `running = 0.0`, then `for t in reversed(range(len(rewards))):` and the two lines.",
    ),
    explanation=(
        "Returns share their tails: G_t = r_t + γ G_{t+1}. Going backwards each is one multiplication and one addition, "
        "so 100,000 steps take a fraction of a second. Summing afresh from every step would take five billion additions."
    ),
)

EXERCISES = (
    Exercise("1.3", "The discounted return", 2, (discounted_return,)),
    Exercise("1.4", "Returns to go", 3, (returns_to_go,)),
)
