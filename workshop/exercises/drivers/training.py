"""A driver for answers that train a network: small worlds, in which everything that the answer does is written down."""

from itertools import pairwise
from typing import ClassVar

import gym
import numpy as np
from gym.error import ResetNeeded

from workshop.envs.catch import Catch
from workshop.envs.probes import BLACK, PROBES, WHITE, ConstantReward
from workshop.exercises.drivers.registry import driver
from workshop.transition import Transition

_GREEDY_EPISODES = 50


class CutShort(ConstantReward):
    """Reward 1 in every step, and the clock runs out after each: does the value go on where only the clock has ended?"""

    values: ClassVar = {BLACK: [2.0]}

    def step(self, action):
        observation, reward, _, _, info = super().step(action)
        return observation, reward, False, True, info


# Name -> (what makes the world, hidden units of the network that is trained in it; 0: it is linear).
WORLDS = {probe.__name__: (probe, 0) for probe in (CutShort, *PROBES)}
WORLDS["Catch"] = (lambda: Catch(rows=5, columns=5), 48)


class Diary(gym.Wrapper):
    """An environment that writes down what is done in it.

    Attributes:
        transitions: list of Transition, one for each step.
        returns: list of floats, the undiscounted return of each episode that was over.
        unfinished: float, that of the one that is going on.
        resets: int.
    """

    def __init__(self, env):
        super().__init__(env)
        self.transitions, self.returns, self.unfinished, self.resets, self.state = [], [], 0.0, 0, None

    def reset(self, *, seed=None, options=None):
        self.resets, self.unfinished = self.resets + 1, 0.0
        self.state, info = self.env.reset(seed=seed, options=options)
        return self.state.copy(), info

    def step(self, action):
        if self.state is None:
            raise ResetNeeded(
                "step() is called on an episode that has not begun or is over; reset() begins the next one"
            )
        next_state, reward, terminated, truncated, info = self.env.step(action)
        self.transitions.append(Transition(self.state, action, reward, next_state.copy(), terminated))
        self.unfinished += reward
        self.state = next_state
        if truncated or terminated:
            self.returns.append(self.unfinished)
            self.state, self.unfinished = None, 0.0
        return next_state.copy(), reward, terminated, truncated, info


class ListMemory:
    """A replay memory that forgets nothing, and writes down the sizes of the batches that it was asked for."""

    def __init__(self):
        self.transitions, self.batch_sizes = [], []

    def __len__(self):
        n_added = len(self.transitions)
        return n_added

    def add(self, transition):
        self.transitions.append(Transition(*transition))

    def sample(self, batch_size, rng):
        if len(self) < batch_size:
            raise ValueError(
                f"the memory holds {len(self)} transitions, and not {batch_size}: does learning begin too early?"
            )
        self.batch_sizes.append(batch_size)
        chosen = [self.transitions[number] for number in rng.integers(len(self), size=batch_size)]
        return Transition._make(np.array([step[field] for step in chosen]) for field in range(len(Transition._fields)))


@driver
def train_in_a_world(answer, world, steps, settings, seed):
    """3.10: what the answer did in `steps` steps of a world, and what its network has learned.

    Returns:
        A dict: learned, {pixel: Q-values} of a probe or the greedy returns in Catch; returned, what the answer returned;
        returns, unfinished, resets and steps of the environment; stored, the first transition that was not stored as it
        happened, as (number, right, found), or None; batch_sizes, a set; asked, how often the network was asked about a
        single state; versions, for each batch that the network learned from the version of its parameters and that of
        the target network (None before there is one), numbered as they were first seen; is_shared, whether the target
        network shares arrays with the one that learns; settings, as they were.
    """
    import chainer

    from workshop.exercises.drivers.small_networks import SmallQ

    make, hidden = WORLDS[world]
    env = Diary(make())
    env.env.reset(seed=seed)
    n_inputs, n_actions = int(np.prod(env.observation_space.shape)), int(env.action_space.n)
    asked, target, versions, known = 0, None, [], {}

    def version_of(a_network):
        return known.setdefault(b"".join(p.array.tobytes() for _, p in sorted(a_network.namedparams())), len(known))

    class Watched(SmallQ):
        def forward(self, states):
            nonlocal asked, target
            if self is not network:
                target = self
            elif chainer.config.enable_backprop and len(states) > 1:
                versions.append((version_of(self), target and version_of(target)))
            elif len(states) == 1:
                asked += 1
            return super().forward(states)

    network = Watched(_first_layers(n_inputs, hidden, n_actions))
    memory = ListMemory()
    returned = answer(env, steps, network, memory, np.random.default_rng(seed), **settings)
    asked_in_training = asked  # what it has learned is looked at below, and not counted
    shared = zip(network.params(), target.params()) if target else ()
    return {
        "learned": _greedy_returns(network, make()) if world == "Catch" else _values(network),
        "returned": returned,
        "returns": env.returns,
        "unfinished": env.unfinished,
        "resets": env.resets,
        "steps": len(env.transitions),
        "stored": _first_difference(env.transitions, memory.transitions),
        "batch_sizes": set(memory.batch_sizes),
        "asked": asked_in_training,
        "versions": versions,
        "has_target": target is not None,
        "is_shared": any(np.shares_memory(one.array, other.array) for one, other in shared),
        "settings": settings,
    }


def _first_layers(n_inputs, hidden, n_actions):
    """The layers of an untrained network: zeros where it is linear, else as LeCun draws them."""
    if not hidden:
        return [(np.zeros((n_actions, n_inputs), np.float32), np.zeros(n_actions, np.float32))]
    rng, sizes = np.random.default_rng(0), [n_inputs, hidden, n_actions]
    return [
        ((rng.standard_normal((outputs, inputs)) / np.sqrt(inputs)).astype(np.float32), np.zeros(outputs, np.float32))
        for inputs, outputs in pairwise(sizes)
    ]


def _values(network):
    """{pixel: Q-values} of the states of a probe."""
    return {pixel: network(np.full((1, 1, 1), pixel, np.uint8)).array[0].tolist() for pixel in (BLACK, WHITE)}


def _greedy_returns(network, env):
    returns = []
    for episode in range(_GREEDY_EPISODES):
        state, _ = env.reset(seed=episode)
        is_over = False
        while not is_over:
            state, reward, terminated, truncated, _ = env.step(int(network(state[None]).array[0].argmax()))
            is_over = terminated or truncated
        returns.append(reward)
    return returns


def _first_difference(happened, stored):
    """(number, transition as it happened, as it was stored) of the first that differ, None if all are alike."""
    for number, (right, found) in enumerate(zip(happened, stored)):
        if not all(np.array_equal(one, other) for one, other in zip(right, found)):
            return number, right, found
    if len(happened) != len(stored):
        return min(len(happened), len(stored)), None, None
    return None
