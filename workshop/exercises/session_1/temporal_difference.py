"""1.7: learning the value of a state from one step, by its TD error."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import discounts, rewards

_values = st.integers(-9, 9).map(float)
_learning_rates = st.sampled_from([0.5, 0.1, 1.0])


def _td_rule(target_of, step_of=lambda alpha, target, old: old + alpha * (target - old)):
    """A function with td_update's arguments that moves V[state] by rules of its own."""

    def update(V, state, reward, next_state, terminated, alpha, gamma):
        new_V = V.astype(float)
        new_V[state] = step_of(alpha, target_of(reward, V[next_state], terminated, gamma), V[state])
        return new_V

    return update


def _right_target(reward, next_value, terminated, gamma):
    return reward if terminated else reward + gamma * next_value


def _td_in_place(V, state, reward, next_state, terminated, alpha, gamma):
    V[state] += alpha * (_right_target(reward, V[next_state], terminated, gamma) - V[state])
    return V


def _td_of_next_state(V, state, reward, next_state, terminated, alpha, gamma):
    new_V = V.astype(float)
    new_V[next_state] += alpha * (_right_target(reward, V[next_state], terminated, gamma) - V[state])
    return new_V


def _td_error_only(V, state, reward, next_state, terminated, alpha, gamma):
    return alpha * (_right_target(reward, V[next_state], terminated, gamma) - V[state])


def _td_new_value_only(V, state, reward, next_state, terminated, alpha, gamma):
    return V[state] + alpha * (_right_target(reward, V[next_state], terminated, gamma) - V[state])


def _td_forgets_the_others(V, state, reward, next_state, terminated, alpha, gamma):
    new_V = np.zeros(len(V))
    new_V[state] = _td_new_value_only(V, state, reward, next_state, terminated, alpha, gamma)
    return new_V


def _td_from_the_best_state(V, state, reward, next_state, terminated, alpha, gamma):
    new_V = V.astype(float)
    new_V[state] += alpha * (_right_target(reward, V.max(), terminated, gamma) - V[state])
    return new_V


def _td_nothing_at_the_end(V, state, reward, next_state, terminated, alpha, gamma):
    if terminated:
        return V.copy()
    return _td_rule(_right_target)(V, state, reward, next_state, terminated, alpha, gamma)


td_update = Part(
    name="td_update",
    parameters=("V", "state", "reward", "next_state", "terminated", "alpha", "gamma"),
    examples=(
        (np.array([0.0, 0.0]), 0, 1.0, 1, False, 0.1, 0.9),
        (np.array([0.0, 2.0]), 0, 1.0, 1, False, 0.1, 0.9),
        (np.array([0.0, 2.0]), 0, 1.0, 1, True, 0.1, 0.9),
        (np.array([3.0, 2.0, 7.0]), 1, -1.0, 0, False, 0.1, 0.5),
        (np.array([3.0, 2.0, 7.0]), 2, 0.0, 1, True, 0.1, 0.5),
        (np.array([3.0, 2.0]), 0, 1, 0, False, 0.5, 0.9),  # the step leads back to where it began; an int reward
        (np.array([-4.0]), 0, -1.0, 0, False, 0.5, 1.0),
        (np.array([3.0, 2.0, 7.0], np.float32), 1, -1.0, 2, False, 0.1, 0.9),
        (np.array([3.0, 2.0]), 0, 1.0, 1, False, 1.0, 0.0),
    ),
    cases=st.lists(_values, min_size=1, max_size=4).flatmap(
        lambda values: st.tuples(
            st.just(np.array(values)),
            st.integers(0, len(values) - 1),
            rewards,
            st.integers(0, len(values) - 1),
            st.booleans(),
            _learning_rates,
            discounts,
        )
    ),
    describe=show_named_call("V", "state", "reward", "next_state", "terminated", "alpha", "gamma"),
    mistakes=(
        Mistake(
            "This changes the array V that you were given. Make a copy first, `new_V = V.copy()`, and change that.",
            _td_in_place,
        ),
        Mistake(
            "This bootstraps through the terminal state: when `terminated`, V[next_state] counts as 0.",
            _td_rule(lambda reward, next_value, terminated, gamma: reward + gamma * next_value),
        ),
        Mistake(
            "After a terminal step nothing is learned here. There the target is the reward alone, and V[state] still "
            "moves towards it.",
            _td_nothing_at_the_end,
        ),
        Mistake(
            "After a terminal step the reward is dropped here. Only V[next_state] counts as 0; the reward was earned.",
            _td_rule(lambda reward, next_value, terminated, gamma: 0.0 if terminated else reward + gamma * next_value),
        ),
        Mistake(
            "γ is missing: what comes after the step counts γ · V[next_state].",
            _td_rule(lambda reward, next_value, terminated, gamma: reward if terminated else reward + next_value),
        ),
        Mistake(
            "The reward is discounted here as well. γ belongs to V[next_state] only: reward + γ · V[next_state].",
            _td_rule(lambda reward, next_value, terminated, gamma: gamma * (reward + (not terminated) * next_value)),
        ),
        Mistake(
            "α is not used: V[state] jumps all the way to its target. Move it by α times the TD error.",
            _td_rule(_right_target, lambda alpha, target, old: target),
        ),
        Mistake(
            "The old value is not subtracted. The TD error is the target minus V[state].",
            _td_rule(_right_target, lambda alpha, target, old: old + alpha * target),
        ),
        Mistake(
            "The sign is turned round: V[state] moves away from its target. Add α times (target − V[state]).",
            _td_rule(_right_target, lambda alpha, target, old: old - alpha * (target - old)),
        ),
        Mistake(
            "α and 1 − α have changed places: the old value has the weight 1 − α, the target has the weight α.",
            _td_rule(_right_target, lambda alpha, target, old: alpha * old + (1 - alpha) * target),
        ),
        Mistake(
            "The value of `next_state` is updated here. What the step taught you belongs to V[state].",
            _td_of_next_state,
        ),
        Mistake(
            "This looks at the best of all states. TD(0) looks at the state that came next: V[next_state].",
            _td_from_the_best_state,
        ),
        Mistake(
            "The other states have lost their values. Start from a copy of V, not from zeros.", _td_forgets_the_others
        ),
        Mistake("This returns the change alone. Return the whole new array V.", _td_error_only),
        Mistake("This returns the new value of one state. Return the whole new array V.", _td_new_value_only),
    ),
    hints=(
        "Only one entry of V changes. Which one, and towards what?",
        "The target is the reward, plus γ times V of the next state unless `terminated`. Go a part α of the way.",
        (
            "`target = reward if terminated else reward + gamma * V[next_state]`, `new_V = V.copy()`, "
            "`new_V[state] += alpha * (target - V[state])`, and return `new_V`."
        ),
    ),
    explanation=(
        "The target is what this one step says about V[state]: the reward, and what the next state seems to be worth. "
        "One step is a noisy witness, so V[state] goes only the part α of the way. After a terminal step nothing "
        "follows, and the reward is all there is. The copy leaves you the old values to compare with."
    ),
)

EXERCISES = (Exercise("1.7", "The TD update", 3, (td_update,)),)
