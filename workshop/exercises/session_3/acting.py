"""3.9: ε-greedy with a network inside, judged by how often each action comes, and what was computed for it."""

import chainer
import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.session_1.exploration import divergence

_DRAWS = 300

# As in 1.9: a count k of n draws with probability p is refused when n · KL(k / n ‖ p) > 20, which by Chernoff's bound
# happens to a right answer with probability 2e-9 at most on each side. A check compares the passes, and each of at most
# 4 random actions, on 5 + 6 inputs, the grader's on 5 + 24: 29 · 5 · 2 comparisons, 6e-7 in all.
_LIMIT = 20


def _acts_right(arguments, value, expected):
    q_values, size, epsilon, _, draws = arguments
    if value["with_a_pass"] is None:
        action = value["no_action"]
        if isinstance(action, (int, np.integer)) and not isinstance(action, bool):
            return Difference(f"there is no action {action}: they are numbered from 0 to {len(q_values) - 1}")
        return Difference(f"the action should be an int; it is {kind_of(action)}")
    if value["stack_changed"]:
        return Difference("it changes its argument `stack`")
    if value["first_pass"]:
        shape, _, is_the_stack, _ = value["first_pass"]
        batch = (1, size, 84, 84)
        if tuple(shape) != batch:
            return Difference(f"the network takes a batch, here of shape {batch}; it is given the shape {tuple(shape)}")
        if not is_the_stack:
            return Difference("the network should be given the stack as it is, uint8; it is given other numbers")
    if value["builds_a_graph"]:
        return Difference("the forward pass builds a graph, which nobody needs: call it in chainer.no_backprop_mode()")
    if value["most_passes"] > 1:
        return Difference(f"one action took {value['most_passes']} forward passes; one is enough")
    if not value["is_repeatable"]:
        return Difference("two runs with the same rng give different actions: take all randomness from `rng`")
    with_a_pass, without = value["with_a_pass"], value["without_a_pass"]
    n_passes, n_random = sum(with_a_pass), sum(without)
    if draws * divergence(n_random / draws, epsilon) > _LIMIT:
        return Difference(
            f"there was no forward pass in {n_random} of {draws} calls; a random action needs none, and with ε = "
            f"{epsilon} that is about {draws * epsilon:.0f} calls"
        )
    best = int(np.argmax(q_values))
    if with_a_pass[best] != n_passes:
        other = next(action for action, count in enumerate(with_a_pass) if count and action != best)
        return Difference(f"the best action is {best}; after a forward pass it took action {other}")
    for action, count in enumerate(without):
        if n_random and n_random * divergence(count / n_random, 1 / len(q_values)) > _LIMIT:
            return Difference(
                f"of {n_random} random actions {count} were action {action}; all {len(q_values)} should come alike"
            )
    return None


def _same_behaviour(value, other):
    """Shares that differ by less than 0.16, four times their standard deviation or more; all else alike."""
    if (value["with_a_pass"] is None) != (other["with_a_pass"] is None):
        return False
    if value["with_a_pass"] is None:
        return kind_of(value["no_action"]) == kind_of(other["no_action"])
    exact = ("most_passes", "first_pass", "builds_a_graph", "is_repeatable", "stack_changed")
    mine, theirs = (np.array([value_of["with_a_pass"], value_of["without_a_pass"]]) for value_of in (value, other))
    return all(value[key] == other[key] for key in exact) and np.abs(mine - theirs).max() < 0.16 * _DRAWS


def _describe(name, arguments):
    q_values, size, epsilon, _, draws = arguments
    return f"{name}(online_network, stack ({size}, 84, 84), {epsilon}, rng), {draws} times; Q is {q_values}"


def _shown(value):
    if value["with_a_pass"] is None:
        return value["no_action"]
    return {"times of each action": np.add(value["with_a_pass"], value["without_a_pass"]).tolist()}


def _q(network, stack):
    with chainer.no_backprop_mode():
        return network(stack[None]).array[0]


def _actor(
    explores=lambda epsilon, rng: rng.random() < epsilon,
    at_random=lambda n_actions, rng: int(rng.integers(n_actions)),
    greedy=lambda network, stack, rng: int(_q(network, stack).argmax()),
):
    """ε-greedy, of which a mistake changes one thing."""

    def act(online_network, stack, epsilon, rng):
        if explores(epsilon, rng):
            return at_random(online_network.n_actions, rng)
        return greedy(online_network, stack, rng)

    return act


def _always_a_pass(online_network, stack, epsilon, rng):
    q = _q(online_network, stack)
    return int(rng.integers(len(q))) if rng.random() < epsilon else int(q.argmax())


def _with_a_graph(network, stack, rng):
    return int(network(stack[None]).array[0].argmax())


def _two_passes(network, stack, rng):
    return max(range(len(_q(network, stack))), key=lambda action: _q(network, stack)[action])


def _without_a_batch(network, stack, rng):
    with chainer.no_backprop_mode():
        return int(network(stack).array[0].argmax())


def _scaled(network, stack, rng):
    return int(_q(network, stack.astype(np.float32) / 255).argmax())


def _softmax(network, stack, rng):
    q = _q(network, stack).astype(float)
    weights = np.exp(q - q.max())
    return int(rng.choice(len(q), p=weights / weights.sum()))


def _never_the_best_at_random(online_network, stack, epsilon, rng):
    q = _q(online_network, stack)
    if rng.random() < epsilon and len(q) > 1:
        return int(rng.choice(np.flatnonzero(q < q.max())))
    return int(q.argmax())


# Few ε: the passes are counted exactly for 0 and 1, and by their distribution for what lies between.
act = Part(
    name="act",
    parameters=("q_values", "size", "epsilon", "seed", "draws"),
    driver="act_often",
    judge=_acts_right,
    agrees=_same_behaviour,
    describe=_describe,
    shown=_shown,
    examples=(
        ([0.0, 1.0], 4, 0.0, 1, 20),
        ([0.0, 1.0], 4, 1.0, 2, _DRAWS),
        ([0.0, 2.0, 1.0], 4, 0.5, 3, _DRAWS),
        ([-1.0, -3.0, -2.0, -4.0], 4, 0.1, 4, _DRAWS),
        ([5.0], 2, 0.5, 5, _DRAWS),
    ),
    cases=st.tuples(
        st.permutations([-1.0, 0.0, 1.5, 2.0]).flatmap(
            lambda values: st.integers(1, 4).map(lambda size: list(values[:size]))
        ),
        st.just(4),
        st.sampled_from([0.0, 1.0, 0.5]),
        st.just(9),
        st.just(_DRAWS),
    ),
    examples_per_check=6,
    mistakes=(
        Mistake(
            "The network is asked before the dice are thrown. A random action needs no forward pass, and early in "
            "training nearly all are random: throw first.",
            _always_a_pass,
        ),
        Mistake(
            "The forward pass builds a graph for a gradient that nobody asks for. Put it under "
            "`with chainer.no_backprop_mode():`.",
            _actor(greedy=_with_a_graph),
        ),
        Mistake("The network is asked again and again for one action. Keep its answer.", _actor(greedy=_two_passes)),
        Mistake(
            "The network takes a batch: give it `stack[None]`, (1, size, 84, 84), and take row 0 of its answer.",
            _actor(greedy=_without_a_batch),
        ),
        Mistake("The network scales its input itself. Give it the uint8 stack.", _actor(greedy=_scaled)),
        Mistake(
            "This never explores: with probability ε take any action.", _actor(explores=lambda epsilon, rng: False)
        ),
        Mistake("This is always random.", _actor(explores=lambda epsilon, rng: True)),
        Mistake(
            "ε and 1 − ε have changed places: explore when `rng.random() < epsilon`.",
            _actor(explores=lambda epsilon, rng: rng.random() >= epsilon),
        ),
        Mistake(
            "This takes the worst action: argmin. Take argmax.",
            _actor(greedy=lambda network, stack, rng: int(_q(network, stack).argmin())),
        ),
        Mistake(
            "The random action is never the last one: `rng.integers(n)` leaves n out already.",
            _actor(at_random=lambda n_actions, rng: int(rng.integers(max(n_actions - 1, 1)))),
        ),
        Mistake(
            "The random action is never the best one, and so needs a forward pass. It is any of them.",
            _never_the_best_at_random,
        ),
        Mistake("This draws by a softmax of the values. When it is greedy, take the best.", _actor(greedy=_softmax)),
        Mistake(
            "The dice are not `rng`. Draw with rng.random() and rng.integers().",
            _actor(
                explores=lambda epsilon, rng: np.random.random() < epsilon,
                at_random=lambda n_actions, rng: int(np.random.randint(n_actions)),
            ),
        ),
        Mistake(
            "This is an array of one action. Return an int: `int(q.argmax())` of row 0.",
            _actor(greedy=lambda network, stack, rng: _q(network, stack)[None].argmax(axis=1)),
        ),
        Mistake(
            "This is the action's value. Return its number.",
            _actor(greedy=lambda network, stack, rng: float(_q(network, stack).max())),
        ),
    ),
    hints=(
        "It is epsilon_greedy of session 1. What costs time here, and when is it not needed?",
        "Throw first: `if rng.random() < epsilon: return int(rng.integers(online_network.n_actions))`.",
        (
            "Then `with chainer.no_backprop_mode(): q = online_network(stack[None]).array[0]`, and "
            "`return int(q.argmax())`."
        ),
    ),
    explanation=(
        "The dice come first, since a random action needs no network. `stack[None]` makes a batch of one. Under "
        "no_backprop_mode Chainer keeps nothing for a backward pass, which saves memory and time: nobody learns from this "
        "pass. Ties hardly happen between floats of a network, so argmax will do."
    ),
)

EXERCISES = (Exercise("3.9", "Act", 3, (act,)),)
