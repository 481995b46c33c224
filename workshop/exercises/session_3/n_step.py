"""3.14: a target that looks n steps ahead before it asks the network."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays, discounts, rewards


def _loop(
    is_over=lambda ended: ended,
    keeps_last_reward=True,
    discounts_rewards=True,
    bootstraps_after_the_end=False,
    power_of_bootstrap=lambda n: n,
):
    """The n-step target, of which a mistake changes one thing."""

    def target(rewards, terminated, bootstrap, gamma):
        total = 0.0
        for k, (reward, ended) in enumerate(zip(rewards, terminated)):
            if keeps_last_reward or not ended:
                total += (gamma**k if discounts_rewards else 1.0) * reward
            if is_over(ended):
                future = gamma ** (k + 1) * bootstrap if bootstraps_after_the_end else 0.0
                return float(total + future)
        return float(total + gamma ** power_of_bootstrap(len(rewards)) * bootstrap)

    return target


def _end_only_in_the_last(rewards, terminated, bootstrap, gamma):
    total = sum(gamma**k * reward for k, reward in enumerate(rewards))
    return float(total + (0.0 if terminated[-1] else gamma ** len(rewards) * bootstrap))


def _adds_up_behind_the_end(rewards, terminated, bootstrap, gamma):
    total = sum(gamma**k * reward for k, reward in enumerate(rewards))
    return float(total + (0.0 if terminated.any() else gamma ** len(rewards) * bootstrap))


def _skips_the_end(rewards, terminated, bootstrap, gamma):
    total = sum(gamma**k * reward for k, (reward, ended) in enumerate(zip(rewards, terminated)) if not ended)
    return float(total + (0.0 if terminated.any() else gamma ** len(rewards) * bootstrap))


def _turned_round(rewards, terminated, bootstrap, gamma):
    target = bootstrap
    for reward, ended in zip(rewards, terminated):
        target = reward + gamma * target * (not ended)
    return float(target)


n_step_target = Part(
    name="n_step_target",
    parameters=("rewards", "terminated", "bootstrap", "gamma"),
    examples=(
        (np.array([1.0]), np.array([False]), 4.0, 0.5),
        (np.array([1.0]), np.array([True]), 4.0, 0.5),
        (np.array([1.0, 2.0]), np.array([False, False]), 4.0, 0.5),
        (np.array([1.0, 2.0]), np.array([True, False]), 4.0, 0.5),
        (np.array([1.0, 2.0, 3.0]), np.array([False, True, False]), 8.0, 0.5),
        (np.array([0.0, 0.0, 1.0]), np.array([False, False, True]), 8.0, 0.9),
        (np.array([1.0, 0.0, 0.0], np.float32), np.array([False, False, False]), -2.0, 0.9),
        (np.array([1.0, 2.0, 4.0]), np.array([True, False, True]), 8.0, 0.5),
        (np.array([3.0, 2.0]), np.array([False, False]), 5.0, 0.0),
    ),
    cases=st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            arrays(rewards, n), arrays(st.booleans(), n, dtype=bool), st.integers(-9, 9).map(float), discounts
        )
    ),
    describe=show_named_call("rewards", "terminated", "bootstrap", "gamma"),
    mistakes=(
        Mistake(
            "`terminated` is not used. At the first terminal step the episode is over: no later reward counts, and no "
            "bootstrap.",
            _loop(is_over=lambda ended: False),
        ),
        Mistake(
            "Only the last step is asked whether it terminated. The end may come earlier: then the rewards behind it "
            "belong to another episode, and the bootstrap too.",
            _end_only_in_the_last,
        ),
        Mistake(
            "The rewards behind the terminal step are added too. They belong to the next episode: stop there.",
            _adds_up_behind_the_end,
        ),
        Mistake(
            "Only the terminal step's own reward is left out, and the later ones count. It is the other way round: that "
            "reward was earned, and nothing after it belongs to this episode.",
            _skips_the_end,
        ),
        Mistake(
            "The sum stops at the terminal step, but the bootstrap is added all the same. After the end nothing is to "
            "come.",
            _loop(bootstraps_after_the_end=True),
        ),
        Mistake(
            "The reward of the terminal step is dropped. It was earned; only what follows does not count.",
            _loop(keeps_last_reward=False),
        ),
        Mistake(
            "The bootstrap is not discounted. It stands n steps away: γⁿ.",
            _loop(power_of_bootstrap=lambda n: 0),
        ),
        Mistake(
            "The bootstrap is discounted once. It stands n steps away: γⁿ.",
            _loop(power_of_bootstrap=lambda n: 1),
        ),
        Mistake(
            "The bootstrap has one γ too few. The last reward has the power n − 1, and the value after it the power n.",
            _loop(power_of_bootstrap=lambda n: n - 1),
        ),
        Mistake(
            "The rewards are not discounted: number k, counted from 0, has the factor γᵏ.",
            _loop(discounts_rewards=False),
        ),
        Mistake(
            "The rewards come in the wrong order. If you work backwards, start with the bootstrap and the last reward.",
            _turned_round,
        ),
    ),
    hints=(
        "Without an end it is r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ · bootstrap. What is left of it if step 1 terminates?",
        (
            "Backwards it is short. Begin with `target = bootstrap`. Each step, from the last to the first, makes of it "
            "its reward plus γ times the target; a terminal step has no target behind it."
        ),
        (
            "`for reward, ended in zip(rewards[::-1], terminated[::-1]):` and in it `target = reward if ended else "
            "reward + gamma * target`."
        ),
    ),
    explanation=(
        "Going backwards, a terminal step throws away whatever was collected behind it, the bootstrap and the rewards of "
        "the next episode alike. With n steps, a reward reaches the value n steps back in one update instead of n: that "
        "is why it speeds Pong up more than anything else on this list."
    ),
)

EXERCISES = (Exercise("3.14", "n steps at once", 4, (n_step_target,), is_stretch=True),)
