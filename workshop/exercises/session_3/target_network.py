"""3.8: the target network, a copy of the online network that stands still, and when to make it anew."""

import copy
import itertools

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, compare
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.show import show, show_named_call
from workshop.exercises.strategies import arrays

_numbers = st.integers(-9, 9).map(float)


def _arrays_copied(arguments, value, expected):
    online = arguments[0]
    if compare(online, value["online"]):
        return Difference("the online network has changed: copy from it into the target network")
    for number, (layer, copied) in enumerate(zip(online, value["target"])):
        for which, right, found in zip(("weights", "bias"), layer, copied):
            difference = compare(right, found)
            if difference:
                return Difference(difference.sentence, f"{which}{difference.where} of layer {number}, target network,")
    if compare(online, value["target_after_an_update"]):
        return Difference(
            "the networks share their arrays: when the online network learned on, the target network changed with it"
        )
    return None


def _two_networks(layers):
    shapes = [(outputs, inputs) for inputs, outputs in itertools.pairwise(layers)]
    network = st.tuples(*(st.tuples(_array(*shape), _array(shape[0])) for shape in shapes)).map(list)
    return st.tuples(network, network)


def _array(*shape):
    return arrays(_numbers, *shape, dtype=np.float32)


def _layer(weights, bias):
    return np.array(weights, np.float32), np.array(bias, np.float32)


def _pairs(online_network, target_network):
    return zip(online_network.params(), target_network.params())


def _wrong_direction(online_network, target_network):
    online_network.copyparams(target_network)


def _a_new_name_only(online_network, target_network):
    target_network = copy.deepcopy(online_network)
    return target_network


def _shares_arrays(online_network, target_network):
    for online, target in _pairs(online_network, target_network):
        target.array = online.array


def _weights_only(online_network, target_network):
    for online, target in zip(online_network.children(), target_network.children()):
        target.W.copydata(online.W)


def _first_layer_only(online_network, target_network):
    online, target = next(online_network.children()), next(target_network.children())
    target.copyparams(online)


def _soft(online_network, target_network):
    for online, target in _pairs(online_network, target_network):
        target.array[...] = 0.995 * target.array + 0.005 * online.array


def _adds_up(online_network, target_network):
    for online, target in _pairs(online_network, target_network):
        target.array += online.array


def _swaps(online_network, target_network):
    for online, target in _pairs(online_network, target_network):
        online.array, target.array = target.array, online.array


sync_target = Part(
    name="sync_target",
    parameters=("online", "target"),
    driver="copy_parameters",
    judge=_arrays_copied,
    demand=demand_equal,
    describe=lambda name, arguments: (
        f"{name}(online_network, target_network), whose layers (weights, bias) are\n"
        f"online {show(arguments[0])}\ntarget {show(arguments[1])}"
    ),
    examples=(
        ([_layer([[1.0]], [2.0])], [_layer([[0.0]], [0.0])]),
        (
            [_layer([[1.0, 2.0]], [3.0]), _layer([[4.0], [5.0]], [6.0, 7.0])],
            [_layer([[0.0, -1.0]], [-2.0]), _layer([[-3.0], [0.0]], [8.0, 9.0])],
        ),
    ),
    cases=st.sampled_from([(1, 1), (2, 1, 3)]).flatmap(_two_networks),
    examples_per_check=5,
    mistakes=(
        Mistake(
            "The copy goes the wrong way: the online network has learned, the target network takes over.",
            _wrong_direction,
        ),
        Mistake(
            "This gives a new object the name `target_network`, inside your function only. The network that you were "
            "given has to change: `target_network.copyparams(online_network)`.",
            _a_new_name_only,
        ),
        Mistake(
            "The arrays are shared now, not copied. The optimizer changes them in place, and the target network would "
            "move with every update.",
            _shares_arrays,
        ),
        Mistake("Only the weights are copied. Each layer has a bias, too.", _weights_only),
        Mistake("Only the first layer is copied. Copy every parameter.", _first_layer_only),
        Mistake(
            "This moves the target network a small part of the way (a soft update, as DDPG does). In DQN it takes over "
            "all at once.",
            _soft,
        ),
        Mistake("This adds the online network's numbers to the target's. Replace them.", _adds_up),
        Mistake("The two networks have exchanged their numbers. Only the target network is to change.", _swaps),
    ),
    hints=(
        "Afterwards both say the same about every state, and yet one can learn on without the other.",
        "A Chain can take over the parameters of another one that is built alike. Look through what a Chain can do.",
        "`target_network.copyparams(online_network)`",
    ),
    explanation=(
        "copyparams copies the numbers of every parameter into the arrays that the target network has already. Nothing is "
        "shared: until the next time, the target network stands still, and the targets with it."
    ),
)


def _first_update_too(update, period):
    return (update - 1) % period == 0


def _from_then_on(update, period):
    return update >= period


def _once(update, period):
    return update == period


def _one_late(update, period):
    return update > period and update % period == 1 % period


def _one_early(update, period):
    return (update + 1) % period == 0


def _remainder(update, period):
    return bool(update % period)


def _number(update, period):
    return update % period


def _turned_round(update, period):
    return period % update == 0


def _twice_as_rarely(update, period):
    return update % (2 * period) == 0


def _quotient(update, period):
    return update // period == 1


should_sync = Part(
    name="should_sync",
    parameters=("update", "period"),
    examples=((1, 3), (2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (1, 1), (2, 1), (999, 1000), (1000, 1000), (2000, 1000)),
    cases=st.tuples(st.integers(1, 40), st.sampled_from([5, 1, 2, 10])),
    describe=show_named_call("update", "period"),
    mistakes=(
        Mistake(
            "This syncs at the very first update. Updates are counted from 1, and the first sync comes at `period`.",
            _first_update_too,
        ),
        Mistake(
            "From `period` on this is always True: the target network would never stand still again.", _from_then_on
        ),
        Mistake("This syncs once and never again. It should, at every multiple of `period`.", _once),
        Mistake("This comes one update late. Sync at `period` itself, at twice `period` and so on.", _one_late),
        Mistake("This comes one update early.", _one_early),
        Mistake(
            "This is True whenever it should be False: a remainder of 0 is the sign to sync. Compare it: `== 0`.",
            _remainder,
        ),
        Mistake("This is a number. Return True or False: compare the remainder with 0.", _number),
        Mistake("`period % update` is the wrong way round: `update % period`.", _turned_round),
        Mistake("This leaves out every other sync.", _twice_as_rarely),
        Mistake("`//` is a division. The remainder, `%`, tells whether it comes out even.", _quotient),
    ),
    hints=(
        "With period 3 it is True for the updates 3, 6, 9. What do these have in common?",
        "They leave no remainder when you divide by `period`.",
        "`return update % period == 0`",
    ),
    explanation=(
        "Counted from 1, every multiple of the period is a sync. What is counted are updates of the online network, as in "
        "the paper. DeepMind's own program counts steps of the agent instead, four to an update: say which one you mean."
    ),
)

EXERCISES = (Exercise("3.8", "A target that stands still", 3, (sync_target, should_sync)),)
