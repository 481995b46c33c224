"""1.10: Q-learning, judged by what its greedy policy earns."""

import functools

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.drivers.worlds import world
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules import Demand, tables
from workshop.exercises.session_1.update_rules import RULES, Step, rule_behind


@functools.cache
def best_return(name):
    """The largest mean return from a world's starts within `HORIZON` steps, undiscounted: dynamic programming."""
    P, R = tables.model_of(name)
    V = np.zeros(len(R))
    for _ in range(tables.HORIZON):
        V = (R + P @ V).max(axis=1)
    return float(V[world(name).starts].mean())


def _earns_enough(arguments, value, expected):
    name, episodes, *_ = arguments
    return tables.earns(arguments, value, name, episodes, best_return(name))


def _demand(arguments, expected):
    name, episodes, *_ = arguments
    return Demand("earns", {"world_name": name, "episodes": episodes, "best": best_return(name)})


@functools.lru_cache(maxsize=32)
def _rule_behind(table_bytes, shape, experience_bytes, alpha, gamma):
    """`rule_behind`, once for an answer that is compared with all known mistakes."""
    experience = np.frombuffer(experience_bytes).reshape(-1, 7)
    return rule_behind(np.frombuffer(table_bytes).reshape(shape), experience, alpha, gamma)


def _behaviour(value):
    """What an answer is known by, besides its update: the kind of its table, and how it played."""
    q_table, episodes = value["q_table"], value["settings"][0]
    played = "all" if value["resets"] >= episodes else "one" if value["resets"] == 1 else "fewer"
    kind = [getattr(q_table, name, None) for name in ("dtype", "ndim")]
    return type(q_table), *kind, played, value["is_repeatable"], value["model_was_read"], value["reuses_a_seed"]


def _exploration(share_of_worse, epsilon):
    if epsilon > 0.3:
        return "none" if share_of_worse < 0.01 else "some"
    return "much" if share_of_worse > 0.3 else "little"


def _same_behaviour(value, other):
    """Whether a known mistake, `other`, played and learned as the answer did: by the same rule, if there is one."""
    if _behaviour(value) != _behaviour(other):
        return False
    q_table, (_, alpha, gamma, epsilon) = value["q_table"], value["settings"]
    is_table = isinstance(q_table, np.ndarray) and q_table.ndim == 2 and q_table.dtype == np.float64
    if not is_table or value["steps"] > len(value["experience"]):
        return True
    rule, share = _rule_behind(q_table.tobytes(), q_table.shape, value["experience"].tobytes(), alpha, gamma)
    names = (rule,) if rule else tuple(RULES)
    other_rule, other_share = rule_behind(other["q_table"], other["experience"], alpha, gamma, names)
    return rule == other_rule and (rule is None or _exploration(share, epsilon) == _exploration(other_share, epsilon))


def _describe(name, arguments):
    world_name, episodes, alpha, gamma, epsilon, _ = arguments
    call = f"{name}(env, episodes={episodes}, alpha={alpha}, gamma={gamma}, epsilon={epsilon}, rng)"
    return f"{call}\n{world(world_name).text}"


def _learner(rule="q_learning", exploring=lambda epsilon: epsilon, seed=lambda rng: int(rng.integers(2**31))):
    """Q-learning with something else in a place or two."""

    def learn(env, episodes, alpha, gamma, epsilon, rng):
        Q = np.zeros((env.observation_space.n, env.action_space.n)).tolist()

        def choose(state):
            row = Q[state]
            if rng.random() < exploring(epsilon):
                return int(rng.integers(len(row)))
            largest = max(row)
            best = [action for action, value in enumerate(row) if value == largest]
            return best[int(rng.integers(len(best)))]

        for _ in range(episodes):
            state, _ = env.reset(seed=seed(rng))
            first, action, is_over = state, choose(state), False
            while not is_over:
                if rule == "first_state_learns":
                    action = choose(first)
                next_state, reward, terminated, truncated, _ = env.step(action)
                next_action = choose(next_state)
                step = Step(state, action, reward, next_state, terminated, truncated, first, next_action)
                RULES[rule](Q, step, alpha, gamma)
                state, action, is_over = next_state, next_action, terminated or truncated
        return np.array(Q)

    learn.__name__ = rule
    return learn


_right = _learner()


def _never_resets(env, episodes, alpha, gamma, epsilon, rng):
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    state, _ = env.reset()
    for _ in range(episodes):
        is_over = False
        while not is_over:
            action = int(rng.integers(env.action_space.n)) if rng.random() < epsilon else int(Q[state].argmax())
            next_state, reward, terminated, truncated, _ = env.step(action)
            Q[state, action] += alpha * (reward + gamma * (not terminated) * Q[next_state].max() - Q[state, action])
            state, is_over = next_state, terminated or truncated
    return Q


def _plays_on_when_truncated(env, episodes, alpha, gamma, epsilon, rng):
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        (state, _), terminated = env.reset(), False
        while not terminated:
            action = int(rng.integers(env.action_space.n)) if rng.random() < epsilon else int(Q[state].argmax())
            next_state, reward, terminated, _, _ = env.step(action)
            Q[state, action] += alpha * (reward + gamma * (not terminated) * Q[next_state].max() - Q[state, action])
            state = next_state
    return Q


def _one_episode(env, episodes, *settings):
    return _right(env, 1, *settings)


def _dice_of_its_own(env, episodes, alpha, gamma, epsilon, rng):
    return _right(env, episodes, alpha, gamma, epsilon, np.random.default_rng())


def _plans_with_the_model(env, episodes, alpha, gamma, epsilon, rng):
    Q = np.zeros(env.R.shape)
    for _ in range(episodes):
        Q = env.R + gamma * env.P @ Q.max(axis=1)
    return Q


def _in_float32(*arguments):
    return _right(*arguments).astype(np.float32)


def _in_integers(*arguments):
    return _right(*arguments).astype(int)


def _values_of_states(*arguments):
    return _right(*arguments).max(axis=1)


def _as_lists(*arguments):
    return _right(*arguments).tolist()


# World, episodes, alpha, gamma, epsilon. A right answer fails on one of these less than once in a million checks. In
# simulations its failures die out geometrically with the number of episodes, or faster: two doors 7e-3 after 100 and 8e-5
# after 120; one-step days 1e-4 after 40 and none of 180,000 after 60; corridor none of 60,000 after 10; ledge 2e-3 after
# 40 and none of 8,700 after 50; maze 0.15 after 40, 1e-3 after 50 and none of 4,000 after 60; tiny 0.06 after 20, 2e-3
# after 30 and none of 4,000 after 40. On the slot machines Hoeffding's inequality bounds them: after n pulls of a lever
# the estimate is 5 · (1 − 0.975ⁿ) on average, a sum of terms whose squared widths add up to less than 100 · 0.025 / 1.975.
# For n ≥ 90 (fewer of 250 has probability 5e-6) it ends below 1 on one of the eight with probability 4e-8 at most.
# In the taxi they die out slowly (0.45 after 50 episodes, 0.016 after 100, 4 of 1,000 after 150, 1 after 300), so there
# are four tries at it, with other dice: that all of them fail has probability 0.016 ** 4, which is 7e-8.
_TWO_DOORS = ("two doors", 200, 0.1, 0.9, 1.0)
_ONE_STEP_DAYS = ("one-step days", 200, 0.5, 0.9, 1.0)
_CORRIDOR = ("corridor", 40, 1.0, 0.9, 0.5)
_SLOT_MACHINES = ("slot machines", 250, 0.025, 0.0, 1.0)
_LEDGE = ("ledge", 80, 0.5, 0.9, 0.05)

_LAST_TRY = 23  # the seed of it


def _another_try(arguments):
    name, *settings, seed = arguments
    return (name, *settings, seed + 1) if name == "taxi" and seed < _LAST_TRY else None


q_learning = Part(
    name="q_learning",
    parameters=("env", "episodes", "alpha", "gamma", "epsilon", "rng"),
    driver="learn_in_a_closed_world",
    judge=_earns_enough,
    agrees=_same_behaviour,
    describe=_describe,
    shown=tables.shown_table,
    demand=_demand,
    examples=((*_TWO_DOORS, 1), (*_ONE_STEP_DAYS, 2), (*_CORRIDOR, 3), (*_LEDGE, 4), (*_SLOT_MACHINES, 5)),
    thorough=(("maze", 80, 0.5, 0.9, 0.1, 6), ("tiny", 60, 1.0, 0.9, 0.5, 7), ("taxi", 100, 1.0, 0.9, 0.3, 20)),
    another_try=_another_try,
    cases=st.tuples(st.sampled_from([_TWO_DOORS, _ONE_STEP_DAYS, _CORRIDOR]), st.integers(10, 19)).map(
        lambda case: (*case[0], case[1])
    ),
    examples_per_check=2,
    mistakes=(
        Mistake(
            "This bootstraps through the terminal state. After a step that terminated nothing follows, whatever "
            "`next_state` says: its target is the reward alone.",
            _learner("through_the_end"),
        ),
        Mistake(
            "A truncated step is treated as the end. Only the clock ran out, so its target goes on: reward + γ · max. "
            "Only `terminated` cuts it off.",
            _learner("ends_when_truncated"),
        ),
        Mistake(
            "`terminated` and `truncated` have changed places in the target: a terminated step has no future, a "
            "truncated one has.",
            _learner("only_truncation_ends"),
        ),
        Mistake(
            "A step can terminate in the moment in which the clock runs out. Then it has terminated: the target is the "
            "reward, even if `truncated` is True as well.",
            _learner("truncation_hides_the_end"),
        ),
        Mistake("γ is missing: with it, a reward is worth less the further away it is.", _learner("no_discount")),
        Mistake("The table never changes: it is zeros to the end.", _learner("nothing")),
        Mistake(
            "The target is the reward alone. Add γ times the best value of the next state, unless the step terminated.",
            _learner("reward_only"),
        ),
        Mistake(
            "This is SARSA: the target takes the action that is played next, dice included. Q-learning takes the best "
            "one: the maximum over the next state's row.",
            _learner("sarsa"),
        ),
        Mistake("The target takes the mean of the next state's row. Q-learning takes the maximum.", _learner("mean")),
        Mistake("The target takes the smallest next value. Q-learning takes the largest.", _learner("smallest")),
        Mistake(
            "The target takes Q[next_state, action], the same action once more. It should be the best one: "
            "Q[next_state].max().",
            _learner("same_action"),
        ),
        Mistake(
            "The target takes the number of the best next action (argmax). It needs that action's value: max.",
            _learner("number_of_best"),
        ),
        Mistake(
            "The target takes the largest number of the whole table. The future is in one row of it: Q[next_state].max().",
            _learner("whole_table"),
        ),
        Mistake(
            "The target looks at the row of `state`. The future is in the row of `next_state`.", _learner("own_state")
        ),
        Mistake(
            "`alpha` is not used: every update replaces the old value. With luck in the rewards this only remembers the "
            "last one. Move by alpha times the difference.",
            _learner("alpha_is_one"),
        ),
        Mistake(
            "alpha and 1 − alpha have changed places: the new value is (1 − alpha) · old + alpha · target.",
            _learner("alpha_swapped"),
        ),
        Mistake(
            "This adds alpha · target on top of the old value, and values grow with every visit. Add "
            "alpha · (target − old value).",
            _learner("adds_up"),
        ),
        Mistake(
            "The new value is alpha · target, and the old one is forgotten. Add alpha · (target − old value) to it.",
            _learner("forgets_the_old"),
        ),
        Mistake(
            "The row of `next_state` is updated. Learn about where the action was taken, Q[state, action], and only "
            "then set `state = next_state`.",
            _learner("next_state_learns"),
        ),
        Mistake(
            "`state = next_state` is missing: all that happens is written down for the first state.",
            _learner("first_state_learns"),
        ),
        Mistake(
            "This never explores, and stays with the first thing that pays. Act with ε-greedy (exercise 1.9).",
            _learner(exploring=lambda epsilon: 0.0),
        ),
        Mistake(
            "This always acts at random, so it never gets far. With probability 1 − ε take the best action.",
            _learner(exploring=lambda epsilon: 1.0),
        ),
        Mistake(
            "ε and 1 − ε have changed places: a random action is taken when `rng.random() < epsilon`.",
            _learner(exploring=lambda epsilon: 1.0 - epsilon),
        ),
        Mistake(
            "Every episode is reset with the same seed, so all of them begin and go on in the same way. Draw a new "
            "seed from `rng`, or give none.",
            _learner(seed=lambda rng: 7),
        ),
        Mistake("Each episode begins with env.reset(). Here only the first one does.", _never_resets),
        Mistake(
            "Your episode goes on after it was truncated. It is over on `terminated` or on `truncated`.",
            _plays_on_when_truncated,
        ),
        Mistake(
            "This plays one episode only. Is your `return` inside the loop over the episodes?",
            _one_episode,
        ),
        Mistake(
            "Your dice are not `rng`. Draw from `rng` alone, so that the same seed gives the same run.",
            _dice_of_its_own,
        ),
        Mistake(
            "This reads the model and plans. Nobody will give you `P` of Pong: learn from env.reset and env.step.",
            _plans_with_the_model,
        ),
        Mistake("The table is float32. Asked for is float64, NumPy's usual one: np.zeros((S, A)).", _in_float32),
        Mistake("The table holds integers, which cut off every small update. Make it np.zeros((S, A)).", _in_integers),
        Mistake("This returns the best value of each state. Return the whole table: (S, A).", _values_of_states),
        Mistake("This is a list of lists. Return a NumPy array of float64.", _as_lists),
    ),
    hints=(
        "Two loops: over the episodes, and over the steps of one until it is terminated or truncated. What happens in a step?",
        "In a step: choose with epsilon_greedy, do it, take the target of q_target, move Q[state, action] towards it.",
        "`Q[state, action] += alpha * (q_target(reward, Q[next_state], terminated, gamma) - Q[state, action])` is the heart.",
    ),
    explanation=(
        "Every step pulls one number of the table towards what the step has shown. The target takes the best next "
        "action, though the agent may play another one: so the table learns what the best policy is worth, while dice "
        "see to it that everything is tried. Only `terminated` cuts the future off; after `truncated` a new episode "
        "begins, but the target still looks ahead."
    ),
)

EXERCISES = (Exercise("1.10", "Q-learning", 7, (q_learning,)),)
