"""3.10: the whole loop, judged by what it does in each step and by what its network has learned in the end."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from workshop.envs.probes import BLACK
from workshop.exercises.compare import Difference, compare, kind_of
from workshop.exercises.drivers.training import WORLDS
from workshop.exercises.exercise import Exercise, Part
from workshop.exercises.session_3.training_mistakes import MISTAKES, epsilon_of
from workshop.exercises.show import show

_TOLERANCE = 0.35  # of a Q-value in a probe; the errors that teach nothing else are 0.5 and more
_CAUGHT = 0.8  # mean greedy return in Catch; a paddle that never moves earns −0.6 there


def _judge(arguments, value, expected):
    world, steps, settings, _ = arguments
    for find in (_about_playing, _about_exploring, _about_updates, _about_target):
        difference = find(value, steps, settings)
        if difference:
            return difference
    return _about_learning(world, value["learned"]) or _about_returns(value)


def _about_playing(value, steps, settings):
    if value["steps"] != steps:
        return Difference(f"it plays {value['steps']} steps of the environment; it should play {steps}")
    n_episodes = len(value["returns"])
    if not n_episodes <= value["resets"] <= n_episodes + 1:
        return Difference(f"it resets the environment {value['resets']} times, and {n_episodes} episodes were over")
    if value["stored"] is None:
        return None
    number, right, found = value["stored"]
    if found is None:
        return Difference(f"only {number} of {steps} transitions are as they should be in the memory: store one a step")
    for field, wanted, stored in zip(right.fields, right.values, found.values):
        difference = compare(wanted, stored)
        if difference:
            return Difference(f"{difference.sentence}", f"{field}{difference.where} of the stored step {number}")
    return Difference(f"the stored step {number} is not what happened")


def _about_exploring(value, steps, settings):
    """Of steps with probabilities ε_t, more or less than expected are random by 3.17 √steps with probability 4e-9.

    That is Hoeffding's inequality: 2 exp(−2 · 3.17²).
    """
    shares = [epsilon_of(step, settings) for step in range(steps)]
    n_random, right = steps - value["asked"], sum(shares)
    if abs(n_random - right) > 3.17 * np.sqrt(steps):
        return Difference(
            f"{n_random} of {steps} actions were random (the network was not asked); with ε from "
            f"{settings['epsilon_start']} to {settings['epsilon_end']} in {settings['epsilon_decay_steps']} steps it should "
            f"be about {right:.0f}"
        )
    return None


def _about_updates(value, steps, settings):
    updates, right = len(value["versions"]), _right_updates(steps, settings)
    if abs(updates - right) > 2:
        return Difference(
            f"it learns {updates} times in {steps} steps; from step {settings['learning_starts']} on, every "
            f"{settings['steps_per_update']} steps, it should be about {right} times"
        )
    if value["batch_sizes"] != {settings["batch_size"]}:
        return Difference(
            f"batches of {show(value['batch_sizes'])} are sampled; batch_size is {settings['batch_size']}"
        )
    return None


def _right_updates(steps, settings):
    return (steps - settings["learning_starts"]) // settings["steps_per_update"]


def _about_target(value, steps, settings):
    if not value["has_target"]:
        return Difference("there is no target network: no other network than the one that learns is ever asked")
    if value["is_shared"]:
        return Difference(
            "the target network shares its arrays with the one that learns, and moves with it: make it by copy.deepcopy"
        )
    online, target = zip(*value["versions"])
    period = settings["target_sync_updates"]
    if len(set(online)) == 1:
        return Difference(f"in {len(online)} updates no parameter of the network has changed")
    if any(_is_synced(online, target, period, late) for late in (0, -1, 1)):
        return None
    changes = sum(one != other for one, other in pairwise(target[1:]))
    return Difference(
        f"after every {period} updates the target network should become a copy of the network, and stand still between; "
        f"in {len(online)} updates it changed {changes} times"
    )


def _is_synced(online, target, period, late):
    """Whether the target network always was what the network had been after the last multiple of `period` updates.

    Who syncs before an update instead of after it is an update late, or early.
    """
    known = [(update, version) for update, version in enumerate(target) if version is not None]
    return all(version == online[max((update - late) // period * period + late, 0)] for update, version in known)


def _about_learning(world, learned):
    if world == "Catch":
        if np.mean(learned) >= _CAUGHT:
            return None
        return Difference(
            f"acting greedily in Catch, the network earns {np.mean(learned):.2f}; it should be {_CAUGHT} or more"
        )
    for pixel, right in WORLDS[world][0].values.items():
        error = np.abs(np.subtract(learned[pixel], right))
        if not error.max() <= _TOLERANCE:  # NaN neither
            found = np.round(learned[pixel], 2).tolist()
            return Difference(f"after training, Q({_named(pixel)}) should be near {right}; it is {found}")
    return None


def _about_returns(value):
    """The episode that was not over may stand at the end, or not."""
    returned = value["returned"]
    difference = compare(value["returns"], returned)
    if difference and compare([*value["returns"], value["unfinished"]], returned):
        return Difference(f"{difference.sentence}", f"the list of returns{difference.where}")
    return None


def _named(pixel):
    return "black" if pixel == BLACK else "white"


def _symptoms(value):
    """What an answer is known by, besides what it learned."""
    online, target = zip(*value["versions"]) if value["versions"] else ((), ())
    returned, stored = value["returned"], value["stored"] and value["stored"][2]
    return (
        _about_returns(value) is None,
        kind_of(returned),
        value["steps"],
        value["resets"] - len(value["returns"]) > 1,
        stored is not None and [np.array_equal(*pair) for pair in zip(value["stored"][1].values, stored.values)],
        round(value["asked"] / (3.17 * 2 * np.sqrt(max(value["steps"], 1)))),
        round(len(online) / 10),
        len(set(online)) > 1,
        value["has_target"],
        value["is_shared"],
        round(len(set(target)) / 3),
        value["batch_sizes"],
    )


def _same_behaviour(value, other):
    if _symptoms(value) != _symptoms(other):
        return False
    mine, theirs = value["learned"], other["learned"]
    if isinstance(mine, list):
        return abs(np.mean(mine) - np.mean(theirs)) < 0.5
    return all(np.allclose(mine[pixel], theirs[pixel], atol=_TOLERANCE, rtol=0.2, equal_nan=True) for pixel in mine)


def _describe(name, arguments):
    world, steps, settings, _ = arguments
    listed = ", ".join(f"{key}={value}" for key, value in settings.items())
    story = (WORLDS[world][0].__doc__ or "").strip() if world != "Catch" else "Catch in 5 rows and 5 columns."
    return f"{name}(env, {steps}, network, memory, rng, {listed})\nenv is {world}: {story}"


def _shown(value):
    learned = value["learned"]
    if isinstance(learned, list):
        return {"mean greedy return": round(float(np.mean(learned)), 2)}
    return {f"Q({_named(pixel)})": np.round(q, 2).tolist() for pixel, q in learned.items()}


_SETTINGS = {
    "gamma": 0.5,
    "batch_size": 8,
    "learning_rate": 0.1,
    "learning_starts": 20,
    "steps_per_update": 2,
    "target_sync_updates": 6,
    "epsilon_start": 1.0,
    "epsilon_end": 0.0,
    "epsilon_decay_steps": 100,
}
_STEPS = 120
_IN_CATCH = {
    **_SETTINGS,
    "gamma": 0.9,
    "batch_size": 32,
    "learning_rate": 0.01,
    "learning_starts": 100,
    "target_sync_updates": 50,
    "epsilon_end": 0.1,
    "epsilon_decay_steps": 1000,
}

train = Part(
    name="train",
    parameters=("world", "steps", "settings", "seed"),
    driver="train_in_a_world",
    judge=_judge,
    agrees=_same_behaviour,
    describe=_describe,
    shown=_shown,
    examples=tuple((world, _STEPS, _SETTINGS, 1) for world in WORLDS if world != "Catch"),
    thorough=(("Catch", 3000, _IN_CATCH, 1), ("DelayedReward", 400, {**_SETTINGS, "target_sync_updates": 9}, 2)),
    cases=st.just(("DelayedReward", _STEPS, {**_SETTINGS, "steps_per_update": 3}, 3)),
    needs_reference=False,
    thorough_seconds=40,
    examples_per_check=1,
    mistakes=MISTAKES,
    hints=(
        "Write the six lines of Algorithm 1 as comments first: act, step, store, sample, learn, sync. Which exist already?",
        (
            "Before the loop: the first state, a deep copy of the network, `chainer.optimizers.Adam(learning_rate)"
            ".setup(network)`, an update counter. In it: epsilon_at, act, env.step, memory.add with `terminated` alone."
        ),
        (
            "An update: `loss = dqn_loss(network, target_network, memory.sample(batch_size, rng), gamma)`, "
            "`network.cleargrads()`, `loss.backward()`, `optimizer.update()`, count it, and if should_sync says so, "
            "sync_target."
        ),
    ),
    explanation=(
        "The loop does nothing new: it calls what you wrote, in the order of the paper. What goes wrong in it is order: "
        "storing after the state has moved on, clearing gradients too late, counting steps where updates are meant. The "
        "episode ends when it is terminated or truncated, and only `terminated` is stored."
    ),
)

EXERCISES = (Exercise("3.10", "The whole loop", 5, (train,)),)
