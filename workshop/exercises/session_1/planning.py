"""1.5 and 1.6: planning with the model, one step ahead and until nothing changes."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules import Demand
from workshop.exercises.rules.values import near
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays, discounts

_whole_numbers = st.integers(-5, 5).map(float)


def _next_state_distributions(n_states, first=0):
    """Rows of P: one certain next state, or two with tenths; no state before `first`."""
    states = st.integers(first, n_states - 1)
    certain = states.map(lambda state: np.eye(n_states)[state])
    mixed = st.tuples(certain, certain, st.sampled_from([0.5, 0.2])).map(
        lambda pair: (1 - pair[2]) * pair[0] + pair[2] * pair[1]
    )
    return st.one_of(certain, mixed)


@st.composite
def _models_with_values(draw):
    n_states, n_actions = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rows = [draw(_next_state_distributions(n_states)) for _ in range(n_states * n_actions)]
    P = np.array(rows).reshape(n_states, n_actions, n_states)
    R, V = draw(arrays(_whole_numbers, n_states, n_actions)), draw(arrays(_whole_numbers, n_states))
    return P, R, V, draw(discounts)


def _q_no_discount(P, R, V, gamma):
    return R + P @ V


def _q_no_reward(P, R, V, gamma):
    return gamma * P @ V


def _q_reward_discounted(P, R, V, gamma):
    return gamma * (R + P @ V)


def _q_backwards_in_time(P, R, V, gamma):
    return R + gamma * np.einsum("tas, t -> sa", P, V)


def _q_own_value(P, R, V, gamma):
    return R + gamma * V[:, None]


def _q_likeliest_state(P, R, V, gamma):
    return R + gamma * V[P.argmax(axis=2)]


def _q_best_state(P, R, V, gamma):
    return R + gamma * np.where(P > 0, V, -np.inf).max(axis=2)


def _q_plain_mean(P, R, V, gamma):
    return R + gamma * (P * V).mean(axis=2)


def _q_best_action_only(P, R, V, gamma):
    return (R + gamma * P @ V).max(axis=1)


def _q_transposed(P, R, V, gamma):
    return (R + gamma * P @ V).T


def _q_adds_to_reward(P, R, V, gamma):
    R += gamma * P @ V
    return R


def _q_discounts_values(P, R, V, gamma):
    V *= gamma
    return R + P @ V


_TWO_STATES = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.2, 0.8]]])
_THREE_STATES = np.array(
    [[[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]], [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]]
)

q_from_v = Part(
    name="q_from_v",
    parameters=("P", "R", "V", "gamma"),
    examples=(
        (np.ones((1, 1, 1)), np.array([[1.0]]), np.array([2.0]), 0.5),
        (_TWO_STATES[:, :1], np.array([[1.0], [0.0]]), np.array([2.0, 4.0]), 0.5),
        (_TWO_STATES, np.array([[1.0, 0.0], [-1.0, 2.0]]), np.array([2.0, 4.0]), 0.5),
        (_TWO_STATES, np.array([[1.0, 0.0], [-1.0, 2.0]]), np.array([-2.0, 4.0]), 1.0),
        (_THREE_STATES, np.array([[0.0, 1.0], [-1.0, 0.0], [2.0, 0.0]]), np.array([1.0, -3.0, 8.0]), 0.9),
    ),
    cases=_models_with_values(),
    describe=show_named_call("P", "R", "V", "gamma"),
    mistakes=(
        Mistake("γ is missing: what comes next is one step away, and counts γ times.", _q_no_discount),
        Mistake("The reward of the step is missing: add `R`.", _q_no_reward),
        Mistake(
            "The reward is discounted here as well. It is earned now: γ belongs to the next values only.",
            _q_reward_discounted,
        ),
        Mistake(
            "This sums over the first axis of `P`, the state that one comes from. `P[s, a]` lists the next states on "
            "the last axis: sum over that one.",
            _q_backwards_in_time,
        ),
        Mistake(
            "This adds the value of the state itself. Q looks one step ahead: `P` says in which state one is next.",
            _q_own_value,
        ),
        Mistake(
            "Only the likeliest next state counts here. Take all of them, each weighted by its probability.",
            _q_likeliest_state,
        ),
        Mistake(
            "This takes the best next state that is possible. The action is yours, but where it leads is not: take the "
            "mean, weighted by `P`.",
            _q_best_state,
        ),
        Mistake(
            "The probabilities are the weights already: take the sum over the next states, not the sum divided by "
            "their number.",
            _q_plain_mean,
        ),
        Mistake(
            "This keeps the best action only, which gives the next V. Q has a number for every action: (S, A).",
            _q_best_action_only,
        ),
        Mistake("The axes have changed places. Q is (S, A): a row for each state.", _q_transposed),
        Mistake(
            "This adds to the array `R` itself (`+=`), and the model is spoilt for the next call. Write "
            "`R + ...`, which makes a new array.",
            _q_adds_to_reward,
        ),
        Mistake(
            "This multiplies the array `V` itself by γ (`*=`), and the caller's values change. Write `gamma * ...`, "
            "which makes a new array.",
            _q_discounts_values,
        ),
    ),
    hints=(
        "For one state and one action: which number do you earn at once, and what do you expect of the next state?",
        "The expectation is `sum(P[s, a, t] * V[t])` over all next states t. Loops are fine; `@` does all of them at once.",
        "`P @ V` sums over the last axis of `P` and has shape (S, A). Discount it, and add `R`.",
    ),
    explanation=(
        "`P @ V` multiplies along the last axis of P, the next state, and so gives the expected next value of every "
        "state and action: shape (S, A). Discounted once, since it is one step away, and with the reward of the step "
        "added, it is the Bellman equation without its maximum."
    ),
)


def optimal_values(P, R, gamma):
    """The exact V* (S,): policy iteration, each policy's values from one linear system.

    Source: Howard, "Dynamic Programming and Markov Processes" (1960). Every round strictly improves by more than
    rounding can, so that it ends although floats are compared.
    """
    states = np.arange(len(R))
    policy = np.zeros(len(R), dtype=int)
    while True:
        V = np.linalg.solve(np.eye(len(R)) - gamma * P[states, policy], R[states, policy])
        Q = R + gamma * P @ V
        better = Q.max(axis=1) > V + 1e-10 * (1 + np.abs(V))
        if not better.any():
            return V
        policy = np.where(better, Q.argmax(axis=1), policy)


def _within_the_tolerance(arguments, value, expected):
    """Right is whatever lies within tolerance · γ / (1 − γ) of V*, and the rounding that every number is allowed."""
    P, R, gamma, tolerance = arguments
    return near(arguments, value, optimal_values(P, R, gamma), tolerance * gamma / (1 - gamma))


def _demand(arguments, expected):
    P, R, gamma, tolerance = arguments
    return Demand("near", {"exact": optimal_values(P, R, gamma), "allowed": tolerance * gamma / (1 - gamma)})


@st.composite
def _models_with_an_end(draw):
    """Models whose last state is the end, earning nothing, and whose steps only lead towards it.

    So their values stay finite even without γ, and an answer that forgets it comes back, to be told so.
    """
    n_states, n_actions = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    P, R = np.zeros((n_states, n_actions, n_states)), np.zeros((n_states, n_actions))
    for state in range(n_states - 1):
        R[state] = draw(arrays(_whole_numbers, n_actions))
        for action in range(n_actions):
            P[state, action] = draw(_next_state_distributions(n_states, first=state + 1))
    P[-1, :, -1] = 1.0
    return P, R, draw(st.sampled_from([0.5, 0.9, 0.0, 0.99])), draw(st.sampled_from([1e-6, 1e-3, 0.1, 1.0]))


def _chain(*rewards_by_state):
    """State i leads to state i + 1 and the last one to itself; `rewards_by_state[i]` are the rewards of its actions."""
    R = np.array(rewards_by_state, dtype=float)
    following = np.minimum(np.arange(len(R)) + 1, len(R) - 1)
    return np.repeat(np.eye(len(R))[following][:, None], R.shape[1], axis=1), R


def _sweeps(P, R, gamma, tolerance, backup=lambda Q: Q.max(axis=1), change=lambda step: np.abs(step).max(), most=5000):
    V = np.zeros(len(R))
    for _ in range(most):
        new_V = backup(R + gamma * P @ V)
        step, V = change(new_V - V), new_V
        if step < tolerance:
            break
    return V


def _v_not_below_zero(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, backup=lambda Q: np.maximum(0.0, Q.max(axis=1)))


def _v_no_discount(P, R, gamma, tolerance):
    return _sweeps(P, R, 1.0, tolerance)


def _v_one_sweep(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, most=1)


def _v_hundred_sweeps(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, 0.0, most=100)


def _v_signed_change(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, change=np.max)


def _v_signed_sum(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, change=lambda step: abs(step.sum()))


def _v_smallest_change(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, change=lambda step: np.abs(step).min())


def _v_mean_over_actions(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, backup=lambda Q: Q.mean(axis=1))


def _v_likeliest_state(P, R, gamma, tolerance):
    return _sweeps(np.eye(len(R))[P.argmax(axis=2)], R, gamma, tolerance)


def _v_before_the_last_sweep(P, R, gamma, tolerance):
    V = np.zeros(len(R))
    while True:
        new_V = (R + gamma * P @ V).max(axis=1)
        if np.abs(new_V - V).max() < tolerance:
            return V
        V = new_V


def _v_returns_q(P, R, gamma, tolerance):
    return R + gamma * P @ _sweeps(P, R, gamma, tolerance)


def _v_returns_policy(P, R, gamma, tolerance):
    return (R + gamma * P @ _sweeps(P, R, gamma, tolerance)).argmax(axis=1)


def _v_discounts_model(P, R, gamma, tolerance):
    P *= gamma
    return _sweeps(P, R, 1.0, tolerance)


def _v_mean_change(P, R, gamma, tolerance):
    return _sweeps(P, R, gamma, tolerance, change=lambda step: np.abs(step).mean())


# Games without an end. What they pay adds up to a finite sum even without γ, as do the generated models.
_LUCK = np.array([[[0.4, 0.6], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
_TIDES = np.array([[[0.8, 0.2]], [[0.4, 0.6]]])


def _slow_exit(reward, probability_to_stay, n_states):
    """State 0 earns `reward` until it gets out; the others are ends. The values take many sweeps."""
    P, R = np.eye(n_states)[:, None], np.zeros((n_states, 1))
    P[0, 0, 0], P[0, 0, 1], R[0, 0] = probability_to_stay, 1 - probability_to_stay, reward
    return P, R


value_iteration = Part(
    name="value_iteration",
    parameters=("P", "R", "gamma", "tolerance"),
    examples=(
        (*_chain([1.0], [0.0]), 0.5, 1e-6),
        (*_chain([-1.0], [0.0]), 0.5, 1e-6),
        (*_chain([1.0], [1.0], [0.0]), 0.5, 1e-6),
        (*_chain([-1.0], [-1.0], [0.0]), 0.5, 1e-6),
        (*_chain([0.0, 1.0], [2.0, -1.0], [0.0, 0.0]), 0.5, 1e-6),
        (*_chain([1.0], [-1.0], [0.0]), 0.5, 1e-6),  # changes of both signs, which add up to nothing
        (*_chain([1.0], [-1.0], [2.0], [0.0]), 0.5, 1e-6),  # changes of both signs, which add up to little
        (*_chain([0.0], [0.0], [0.0], [8.0], [0.0]), 0.5, 1e-6),  # the first state hears of it last
        (*_chain([0.5], [0.0]), 0.0, 1.0),  # one sweep is exact, and changes little
        (*_chain([4.0], [2.0], [1.0], [0.0]), 0.5, 0.1),
        (_LUCK, np.array([[1.0, 0.0], [-2.0, 0.0]]), 0.9, 1e-6),
        (_TIDES, np.array([[1.0], [-2.0]]), 0.9, 1e-6),  # no state rests until all do
        (*_slow_exit(3.0, 0.9, n_states=4), 0.9, 1.0),  # one large change among many states at rest
        (*_slow_exit(-1.0, 0.95, n_states=2), 0.99, 1e-6),  # takes 225 sweeps
    ),
    thorough=(
        (*_chain([4.0], [2.0], [1.0]), 0.5, 0.1),
        (_LUCK, np.array([[-1.0, -2.0], [-3.0, -1.0]]), 0.9, 1e-6),
    ),
    cases=_models_with_an_end(),
    judge=_within_the_tolerance,
    demand=_demand,
    describe=show_named_call("P", "R", "gamma", "tolerance"),
    examples_per_check=40,
    mistakes=(
        Mistake(
            "Your values never fall below 0. If every action costs something, the best value is negative too: take "
            "the maximum over the actions alone.",
            _v_not_below_zero,
        ),
        Mistake("γ is missing: what comes next is one step away, and counts γ times.", _v_no_discount),
        Mistake(
            "This ends after a single sweep. Put the new values in on the right again, until they hardly change. If you "
            "do have a loop: `old = V` is no copy, it is the same array.",
            _v_one_sweep,
        ),
        Mistake(
            "This makes a hundred sweeps, whatever the tolerance. With γ near 1 the values need many more: stop when "
            "the largest change is below `tolerance`.",
            _v_hundred_sweeps,
        ),
        Mistake(
            "The change is compared with its sign, so values that fall count as no change, and this stops too early. "
            "Take its size: `np.abs(new_V - V).max()`.",
            _v_signed_change,
        ),
        Mistake(
            "Changes up and down cancel out in your sum, so this stops too early. Take the largest size: "
            "`np.abs(new_V - V).max()`.",
            _v_signed_sum,
        ),
        Mistake(
            "This stops as soon as one state's value rests. Go on until the largest change of all is below the "
            "tolerance.",
            _v_smallest_change,
        ),
        Mistake(
            "This stops when the mean change is small. Many states at rest hide one that still moves: take the largest "
            "change, `np.abs(new_V - V).max()`.",
            _v_mean_change,
        ),
        Mistake(
            "This takes the mean over the actions, which are the values of a random walker. The best policy takes the "
            "best action: the maximum.",
            _v_mean_over_actions,
        ),
        Mistake(
            "Only the likeliest next state counts here. Take all of them, each weighted by its probability.",
            _v_likeliest_state,
        ),
        Mistake(
            "The values are those from before the last sweep. You have better ones in your hand: return the new ones.",
            _v_before_the_last_sweep,
        ),
        Mistake("These are action values, (S, A). V is the best of every row: (S,).", _v_returns_q),
        Mistake(
            "These are the best actions (argmax). Asked for are the values of the states: the maximum itself.",
            _v_returns_policy,
        ),
        Mistake(
            "This multiplies the array `P` itself by γ (`*=`), and the model is spoilt for the next call. "
            "Multiply inside the sweep instead, which makes a new array.",
            _v_discounts_model,
        ),
    ),
    hints=(
        "One sweep: from V make Q (exercise 1.5 does it), and from Q the new V. How do you know that you are done?",
        "The new V is `Q.max(axis=1)`. Keep the old one beside it, and compare: `np.abs(new_V - V).max()`.",
        "`V = np.zeros(len(R))`, and in `while True:` make `new_V`, measure the change, set `V = new_V`, return it if small.",
    ),
    explanation=(
        "Every sweep brings the values γ times nearer to V*, whatever they were before, so it does not matter that they "
        "begin at 0. If the last sweep changed no value by `tolerance`, all that later sweeps could still add up to is "
        "tolerance · (γ + γ² + …) = tolerance · γ / (1 − γ). Values may fall as well as rise: the size of the change counts."
    ),
)

EXERCISES = (
    Exercise("1.5", "From V to Q", 3, (q_from_v,)),
    Exercise("1.6", "Value iteration", 5, (value_iteration,)),
)
