"""1.8 and 1.13: what an action value should have been, off-policy (Q-learning) and on-policy (SARSA)."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import discounts, rewards

_q_values = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=4).map(np.array)


def _q_max_over_all(reward, next_q_values, terminated, gamma):
    return float(reward + gamma * next_q_values.max())


def _q_truncates_the_wrong_way(reward, next_q_values, terminated, gamma):
    return float(reward + gamma * next_q_values.max()) if terminated else float(reward)


def _q_tilde(reward, next_q_values, terminated, gamma):
    return float(reward + gamma * next_q_values.max() * (-2 if terminated else -1))


def _q_no_discount(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + next_q_values.max())


def _q_reward_discounted(reward, next_q_values, terminated, gamma):
    return float(gamma * (reward if terminated else reward + next_q_values.max()))


def _q_mean(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_q_values.mean())


def _q_sum(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_q_values.sum())


def _q_argmax(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_q_values.argmax())


def _q_first(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_q_values[0])


def _q_never_below_zero(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + gamma * max(0.0, next_q_values.max()))


def _q_largest_size(reward, next_q_values, terminated, gamma):
    return float(reward if terminated else reward + gamma * np.abs(next_q_values).max())


def _q_zero_at_the_end(reward, next_q_values, terminated, gamma):
    return 0.0 if terminated else float(reward + gamma * next_q_values.max())


def _q_of_every_action(reward, next_q_values, terminated, gamma):
    return float(reward) if terminated else reward + gamma * next_q_values


def _q_wipes_its_argument(reward, next_q_values, terminated, gamma):
    if terminated:
        next_q_values[:] = 0.0
    return float(reward + gamma * next_q_values.max())


def _q_scales_its_argument(reward, next_q_values, terminated, gamma):
    next_q_values *= gamma
    return float(reward if terminated else reward + next_q_values.max())


q_target = Part(
    name="q_target",
    parameters=("reward", "next_q_values", "terminated", "gamma"),
    examples=(
        (1.0, np.array([0.0, 2.0]), False, 0.5),
        (1.0, np.array([0.0, 2.0]), True, 0.5),
        (1.0, np.array([3.0, 1.0, 2.0]), False, 0.5),
        (0.0, np.array([-2.0, -3.0]), False, 0.9),
        (-1, np.array([5.0]), False, 1.0),  # a single action, and a reward that is an int
        (-1, np.array([5.0]), True, 1.0),
        (1.0, np.array([1.0, 4.0], np.float32), False, 0.9),
        (2.0, np.array([1.0, 4.0]), False, 0.0),
    ),
    cases=st.tuples(rewards, _q_values, st.booleans(), discounts),
    describe=show_named_call("reward", "next_q_values", "terminated", "gamma"),
    mistakes=(
        Mistake(
            "This bootstraps through the terminal state: after a terminal step there is no next state, and the target "
            "is the reward alone.",
            _q_max_over_all,
        ),
        Mistake(
            "The two cases have changed places: the reward alone is for a step that terminated.",
            _q_truncates_the_wrong_way,
        ),
        Mistake(
            "After a terminal step the reward is dropped too. It was earned: the target is the reward.",
            _q_zero_at_the_end,
        ),
        Mistake(
            "`~` is not `not`: ~True is −2, and ~False is −1. Write `not terminated`, or `1 - terminated`.", _q_tilde
        ),
        Mistake("γ is missing: the best next value is one step away, and counts γ times.", _q_no_discount),
        Mistake("The reward is discounted here as well. γ belongs to the best next value only.", _q_reward_discounted),
        Mistake(
            "This takes the mean of the next values. Q-learning takes the largest: from there on you do the best.",
            _q_mean,
        ),
        Mistake("This takes the sum of the next values. Q-learning takes the largest.", _q_sum),
        Mistake(
            "This takes the number of the best action (argmax). The target needs the value of that action: max.",
            _q_argmax,
        ),
        Mistake("This takes the value of action 0, whatever the others are. Take the largest one.", _q_first),
        Mistake(
            "Here the best next value is never below 0. If all of them are negative, the largest is negative too: do "
            "not start your search for the maximum at 0.",
            _q_never_below_zero,
        ),
        Mistake("This takes the value that is largest without its sign. −3 is less than 2.", _q_largest_size),
        Mistake(
            "This is one target for every action. Take the largest of the next values: a single number.",
            _q_of_every_action,
        ),
        Mistake(
            "This sets the array `next_q_values` to zero, and so the caller's table. Leave it as it is: return the "
            "reward when `terminated`.",
            _q_wipes_its_argument,
        ),
        Mistake(
            "This multiplies the array `next_q_values` itself by γ (`*=`), and so the caller's table. Take the "
            "maximum first, then multiply that number.",
            _q_scales_its_argument,
        ),
    ),
    hints=(
        "There are two cases. What follows after a step that terminated?",
        "When `terminated`, the target is the reward. Otherwise add the largest of `next_q_values`, times gamma.",
        "`if terminated: return float(reward)`, and then `return float(reward + gamma * next_q_values.max())`.",
    ),
    explanation=(
        "The target says what Q(s, a) should have been: what the step earned, and the most that one can hope for from "
        "the next state on. After a terminal step there is no next state. Its row in the table means nothing, and a "
        "target that adds it learns a future that never comes. A truncated step is another matter: only the clock "
        "stopped, so it bootstraps."
    ),
)


def _sarsa_max(reward, next_q_values, next_action, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_q_values.max())


def _sarsa_never_ends(reward, next_q_values, next_action, terminated, gamma):
    return float(reward + gamma * next_q_values[next_action])


def _sarsa_masked_too_late(reward, next_q_values, next_action, terminated, gamma):
    return float(reward + gamma * next_q_values[next_action] * (1 - terminated))


def _sarsa_ends_without_action(reward, next_q_values, next_action, terminated, gamma):
    return float(reward if next_action is None else reward + gamma * next_q_values[next_action])


def _sarsa_no_discount(reward, next_q_values, next_action, terminated, gamma):
    return float(reward if terminated else reward + next_q_values[next_action])


def _sarsa_reward_discounted(reward, next_q_values, next_action, terminated, gamma):
    return float(gamma * (reward if terminated else reward + next_q_values[next_action]))


def _sarsa_mean(reward, next_q_values, next_action, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_q_values.mean())


def _sarsa_number_of_action(reward, next_q_values, next_action, terminated, gamma):
    return float(reward if terminated else reward + gamma * next_action)


def _sarsa_zero_at_the_end(reward, next_q_values, next_action, terminated, gamma):
    return 0.0 if terminated else float(reward + gamma * next_q_values[next_action])


def _sarsa_scales_its_argument(reward, next_q_values, next_action, terminated, gamma):
    next_q_values *= gamma
    return float(reward if terminated else reward + next_q_values[next_action])


_sarsa_cases = st.tuples(rewards, _q_values, st.booleans(), discounts).flatmap(
    lambda case: st.tuples(
        st.just(case[0]),
        st.just(case[1]),
        st.sampled_from([None, -1, 99]) if case[2] else st.integers(0, len(case[1]) - 1),
        st.just(case[2]),
        st.just(case[3]),
    )
)

sarsa_target = Part(
    name="sarsa_target",
    parameters=("reward", "next_q_values", "next_action", "terminated", "gamma"),
    examples=(
        (1.0, np.array([4.0, 2.0]), 1, False, 0.5),
        (1.0, np.array([4.0, 2.0]), 1, True, 0.5),
        (1.0, np.array([4.0, 2.0]), None, True, 0.5),  # the episode is over: nobody has chosen an action
        (1.0, np.array([4.0, 2.0]), 99, True, 0.5),
        (0.0, np.array([-2.0, -3.0, 1.0]), 0, False, 0.9),
        (-1, np.array([5.0, 8.0]), np.int64(0), False, 1.0),
        (1.0, np.array([1.0, 4.0, 2.0], np.float32), 2, False, 0.9),
    ),
    cases=_sarsa_cases,
    describe=show_named_call("reward", "next_q_values", "next_action", "terminated", "gamma"),
    mistakes=(
        Mistake(
            "This takes the best next action, as Q-learning does. SARSA takes the value of `next_action`, the one "
            "that is really played.",
            _sarsa_max,
        ),
        Mistake(
            "This bootstraps through the terminal state: after a terminal step the target is the reward alone.",
            _sarsa_never_ends,
        ),
        Mistake(
            "After a terminal step this still looks up `next_q_values[next_action]`, and only then multiplies it "
            "away. But `next_action` may be None there: ask for `terminated` first.",
            _sarsa_masked_too_late,
        ),
        Mistake(
            "This asks whether `next_action` is None. After a terminal step it may be anything: ask for `terminated`.",
            _sarsa_ends_without_action,
        ),
        Mistake(
            "After a terminal step the reward is dropped too. It was earned: the target is the reward.",
            _sarsa_zero_at_the_end,
        ),
        Mistake("γ is missing: the next action's value is one step away, and counts γ times.", _sarsa_no_discount),
        Mistake(
            "The reward is discounted here as well. γ belongs to the next action's value only.",
            _sarsa_reward_discounted,
        ),
        Mistake("This takes the mean over all actions. SARSA takes the value of `next_action` alone.", _sarsa_mean),
        Mistake(
            "This adds the number of the next action. The target needs its value: `next_q_values[next_action]`.",
            _sarsa_number_of_action,
        ),
        Mistake(
            "This multiplies the array `next_q_values` itself by γ (`*=`), and so the caller's table. Take the value "
            "out first, then multiply that number.",
            _sarsa_scales_its_argument,
        ),
    ),
    hints=(
        "It is the target of exercise 1.8 with one change: which of the next values does it take?",
        "When `terminated`, the reward is all. Otherwise add γ times the value of `next_action`, and of no other.",
        "`if terminated: return float(reward)`, and then `return float(reward + gamma * next_q_values[next_action])`.",
    ),
    explanation=(
        "SARSA learns what its own policy is worth, dice included: the next value is that of the action which is "
        "really taken. That is why it keeps away from the cliff, over which its own dice would throw it now and then. "
        "The end comes first: after a terminal step there is no next action to look up."
    ),
)

EXERCISES = (
    Exercise("1.8", "The target of Q-learning", 2, (q_target,)),
    Exercise("1.13", "SARSA: learning what you really do", 3, (sarsa_target,), is_stretch=True),
)
