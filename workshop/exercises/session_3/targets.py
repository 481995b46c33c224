"""3.6 and 3.11: what the network should have said, by DQN and by double DQN."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.values import equal_in_float32
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays, discounts, rewards

_values = st.integers(-9, 9).map(float)


def _batch(n_tables):
    """Strategy of (rewards, a table of next values or several, terminated, gamma), for up to four transitions."""

    def of_shape(shape):
        size, _ = shape
        tables = [arrays(_values, *shape, dtype=np.float32)] * n_tables
        return st.tuples(
            arrays(rewards, size, dtype=np.float32), *tables, arrays(st.booleans(), size, dtype=bool), discounts
        )

    return st.tuples(st.integers(1, 4), st.integers(1, 3)).flatmap(of_shape)


def _example(rewards, *tables_and_terminated, gamma):
    *tables, terminated = tables_and_terminated
    return (
        np.array(rewards, np.float32),
        *(np.array(table, np.float32) for table in tables),
        np.array(terminated),
        gamma,
    )


def _right_targets(rewards, next_values, terminated, gamma):
    return (rewards + gamma * np.where(terminated, 0.0, next_values)).astype(np.float32)


def _td_with(next_value):
    """td_targets with another idea of what the next state is worth."""

    def targets(rewards, next_q, terminated, gamma):
        return _right_targets(rewards, next_value(next_q), terminated, gamma)

    return targets


def _td_through_the_end(rewards, next_q, terminated, gamma):
    return (rewards + gamma * next_q.max(axis=1)).astype(np.float32)


def _td_terminal_turned_round(rewards, next_q, terminated, gamma):
    return _right_targets(rewards, next_q.max(axis=1), ~terminated, gamma)


def _td_reward_lost_at_the_end(rewards, next_q, terminated, gamma):
    return np.where(terminated, 0.0, rewards + gamma * next_q.max(axis=1)).astype(np.float32)


def _td_one_end_ends_all(rewards, next_q, terminated, gamma):
    return _right_targets(rewards, next_q.max(axis=1), np.full(len(rewards), terminated.any()), gamma)


def _td_no_discount(rewards, next_q, terminated, gamma):
    return _right_targets(rewards, next_q.max(axis=1), terminated, 1.0)


def _td_reward_discounted(rewards, next_q, terminated, gamma):
    return _right_targets(gamma * rewards, next_q.max(axis=1), terminated, gamma)


def _td_reward_missing(rewards, next_q, terminated, gamma):
    return _right_targets(0.0 * rewards, next_q.max(axis=1), terminated, gamma)


def _td_in_float64(rewards, next_q, terminated, gamma):
    return _right_targets(rewards, next_q.max(axis=1), terminated, gamma).astype(np.float64)


def _td_as_column(rewards, next_q, terminated, gamma):
    return _right_targets(rewards, next_q.max(axis=1), terminated, gamma)[:, None]


def _td_of_every_action(rewards, next_q, terminated, gamma):
    return _right_targets(rewards[:, None], next_q, terminated[:, None], gamma)


def _td_as_list(rewards, next_q, terminated, gamma):
    return _right_targets(rewards, next_q.max(axis=1), terminated, gamma).tolist()


def _td_wipes_its_argument(rewards, next_q, terminated, gamma):
    next_q[terminated] = 0.0
    return (rewards + gamma * next_q.max(axis=1)).astype(np.float32)


td_targets = Part(
    name="td_targets",
    parameters=("rewards", "next_q", "terminated", "gamma"),
    examples=(
        _example([1.0], [[0.0, 2.0]], [False], gamma=0.5),
        _example([1.0], [[0.0, 2.0]], [True], gamma=0.5),
        _example([1.0, 2.0], [[0.0, 2.0], [4.0, 1.0]], [True, False], gamma=0.5),
        _example([0.0], [[-2.0, -3.0]], [False], gamma=0.9),
        _example([1.0, 0.0, -1.0], [[3.0, 1.0], [2.0, 6.0], [1.0, 1.0]], [False, False, False], gamma=0.9),
        _example([0.5, -0.5], [[5.0], [7.0]], [False, True], gamma=1.0),  # a single action
        _example([2.0, 1.0], [[1.0, 4.0, 2.0], [3.0, 0.0, 1.0]], [False, False], gamma=0.0),
    ),
    cases=_batch(n_tables=1),
    judge=equal_in_float32,
    describe=show_named_call("rewards", "next_q", "terminated", "gamma"),
    mistakes=(
        Mistake(
            "This bootstraps through the terminal state. Where `terminated` is True, nothing follows, and the target is "
            "the reward alone.",
            _td_through_the_end,
        ),
        Mistake(
            "The two cases have changed places: the reward alone is for the steps that terminated.",
            _td_terminal_turned_round,
        ),
        Mistake(
            "Where a step terminated, the reward is dropped too. It was earned: there the target is the reward.",
            _td_reward_lost_at_the_end,
        ),
        Mistake(
            "One terminal step takes the future from the whole batch. Every transition has a `terminated` of its own.",
            _td_one_end_ends_all,
        ),
        Mistake("γ is missing: the best next value is one step away, and counts γ times.", _td_no_discount),
        Mistake("The reward is discounted here as well. γ belongs to the best next value only.", _td_reward_discounted),
        Mistake("The rewards are missing: y = r + γ · max.", _td_reward_missing),
        Mistake(
            "This takes the number of the best action (argmax). The target needs that action's value: max.",
            _td_with(lambda next_q: next_q.argmax(axis=1)),
        ),
        Mistake(
            "This takes the mean over the actions. Take the largest.", _td_with(lambda next_q: next_q.mean(axis=1))
        ),
        Mistake("This takes the smallest next value. Take the largest.", _td_with(lambda next_q: next_q.min(axis=1))),
        Mistake(
            "This takes the largest value of the whole batch. Every transition has a row of its own: `max(axis=1)`.",
            _td_with(lambda next_q: next_q.max()),
        ),
        Mistake(
            "The next value is never below 0 here. If all values of a row are negative, the largest is negative too.",
            _td_with(lambda next_q: np.maximum(next_q.max(axis=1), 0.0)),
        ),
        Mistake(
            "These are float64. A network says float32, and Chainer refuses to compare the two: `.astype(np.float32)`.",
            _td_in_float64,
        ),
        Mistake(
            "This is a column, (B, 1). Minus a row (B,) it would give a whole table of errors. Return (B,).",
            _td_as_column,
        ),
        Mistake(
            "This is a target for each action, (B, A). Take the best next value of each row first: (B,).",
            _td_of_every_action,
        ),
        Mistake("This is a list. Return a NumPy array of float32.", _td_as_list),
        Mistake(
            "This writes zeros into `next_q` itself. Multiply by `~terminated`, or take np.where, and leave it as it is.",
            _td_wipes_its_argument,
        ),
    ),
    hints=(
        "It is `q_target` of session 1 for a whole batch: one row of `next_q` for each transition.",
        (
            "`next_q.max(axis=1)` is (B,). Where `terminated` it counts as 0: `np.where(terminated, 0, …)`. Which dtype "
            "comes out?"
        ),
        "`return (rewards + gamma * np.where(terminated, 0, next_q.max(axis=1))).astype(np.float32)`",
    ),
    explanation=(
        "One line of NumPy does the whole batch. The maximum runs along the actions (axis 1), the terminal steps have no "
        "future, and the result is float32, whatever γ and the rewards were: the loss of 3.7 takes nothing else."
    ),
)


def _chosen(table, actions):
    return table[np.arange(len(table)), actions]


def _double_with(next_value):
    """double_dqn_targets with another idea of what the next state is worth."""

    def targets(rewards, online_next_q, target_next_q, terminated, gamma):
        return _right_targets(rewards, next_value(online_next_q, target_next_q), terminated, gamma)

    return targets


def _right_double(online, target):
    return _chosen(target, online.argmax(axis=1))


def _double_through_the_end(rewards, online_next_q, target_next_q, terminated, gamma):
    return (rewards + gamma * _right_double(online_next_q, target_next_q)).astype(np.float32)


def _double_no_discount(rewards, online_next_q, target_next_q, terminated, gamma):
    return _right_targets(rewards, _right_double(online_next_q, target_next_q), terminated, 1.0)


def _double_in_float64(rewards, online_next_q, target_next_q, terminated, gamma):
    targets = _double_with(_right_double)(rewards, online_next_q, target_next_q, terminated, gamma)
    return targets.astype(np.float64)


def _double_table(rewards, online_next_q, target_next_q, terminated, gamma):
    actions = online_next_q.argmax(axis=1)
    return (rewards + gamma * target_next_q[:, actions] * ~terminated).astype(np.float32)


def _double_wipes_its_argument(rewards, online_next_q, target_next_q, terminated, gamma):
    target_next_q[terminated] = 0.0
    return (rewards + gamma * _right_double(online_next_q, target_next_q)).astype(np.float32)


double_dqn_targets = Part(
    name="double_dqn_targets",
    parameters=("rewards", "online_next_q", "target_next_q", "terminated", "gamma"),
    examples=(
        _example([1.0], [[0.0, 2.0]], [[4.0, 1.0]], [False], gamma=0.5),
        _example([1.0], [[0.0, 2.0]], [[4.0, 1.0]], [True], gamma=0.5),
        _example([0.0, 1.0], [[3.0, 0.0], [1.0, 2.0]], [[1.0, 5.0], [-1.0, -2.0]], [False, False], gamma=0.9),
        _example(
            [1.0, 2.0, 0.0],
            [[3.0, 1.0, 2.0], [0.0, 7.0, 6.0], [1.0, 2.0, 8.0]],
            [[2.0, 9.0, 5.0], [4.0, -3.0, 1.0], [0.0, 2.0, 6.0]],
            [False, True, False],
            gamma=0.5,
        ),
        _example([0.5], [[5.0]], [[-7.0]], [False], gamma=1.0),  # a single action
    ),
    cases=_batch(n_tables=2),
    judge=equal_in_float32,
    describe=show_named_call("rewards", "online_next_q", "target_next_q", "terminated", "gamma"),
    mistakes=(
        Mistake(
            "This is plain DQN: the target network selects the action and says what it is worth. Let the online network "
            "select it.",
            _double_with(lambda online, target: target.max(axis=1)),
        ),
        Mistake(
            "The online network does both here. It selects the action; what that is worth, the target network says.",
            _double_with(lambda online, target: online.max(axis=1)),
        ),
        Mistake(
            "The networks have changed places: the online network selects the action, the target network evaluates it.",
            _double_with(lambda online, target: _chosen(online, target.argmax(axis=1))),
        ),
        Mistake(
            "This takes the smaller of the two networks' maxima, another remedy (clipped double Q-learning). Double DQN "
            "selects with one and evaluates with the other.",
            _double_with(lambda online, target: np.minimum(online.max(axis=1), target.max(axis=1))),
        ),
        Mistake(
            "This takes the mean of the two networks. The online network selects, the target network evaluates.",
            _double_with(lambda online, target: (online + target).max(axis=1) / 2),
        ),
        Mistake(
            "The target is built on the number of the selected action. It needs the target network's value of it.",
            _double_with(lambda online, target: online.argmax(axis=1)),
        ),
        Mistake(
            "This bootstraps through the terminal state. Where `terminated`, the target is the reward alone.",
            _double_through_the_end,
        ),
        Mistake("γ is missing: the next value is one step away, and counts γ times.", _double_no_discount),
        Mistake("These are float64. Return float32: `.astype(np.float32)`.", _double_in_float64),
        Mistake(
            "`target_next_q[:, actions]` is a table: all rows of all selected actions. Take one of each row: "
            "`target_next_q[np.arange(B), actions]`.",
            _double_table,
        ),
        Mistake(
            "This writes zeros into `target_next_q` itself. Leave it as it is, and take np.where for the terminal steps.",
            _double_wipes_its_argument,
        ),
    ),
    hints=(
        "Two questions, two networks: which action would you take next, and what is that worth?",
        (
            "`actions = online_next_q.argmax(axis=1)`. Then one value of each row of the other table: "
            "`target_next_q[np.arange(len(actions)), actions]`."
        ),
        (
            "With these next values: `return (rewards + gamma * np.where(terminated, 0, next_values))"
            ".astype(np.float32)`."
        ),
    ),
    explanation=(
        "A maximum over noisy numbers is too large on average: it picks the ones with luck. If another network says what "
        "the selected action is worth, its errors are others, and the luck does not count twice. The cost is one more "
        "forward pass."
    ),
)

EXERCISES = (
    Exercise("3.6", "Targets for a batch", 3, (td_targets,)),
    Exercise("3.11", "Double DQN", 3, (double_dqn_targets,), is_stretch=True),
)
