"""Somebody's own pieces of DQN inside the fast loop: adapters from the exercises' signatures to the engine's.

Session 3 asks for pieces that are plain: one state at a time, whole transitions, one-step targets. The engine has eight
games at once, a frame a slot and n-step returns. Each adapter here lets one plain piece do its part of the engine's work,
and changes nothing of what it computes:

| theirs | the engine's part |
|---|---|
| `preprocess(frame, previous_frame)` | runs in the processes that play, on whole screens |
| `ReplayMemory(capacity)` | gets every n-step transition as soon as it is complete, and gives the batches |
| `QNetwork(n_actions)` | both networks |
| `epsilon_at(step, start, end, decay_steps)` | the schedule |
| `act(online_network, stack, epsilon, rng)` | is asked once for each game |
| `td_targets(rewards, next_q, terminated, gamma)` | the targets, with gamma to the power of n |
| `dqn_loss(online_network, target_network, batch, gamma)` | the loss, the same |
| `sync_target(online_network, target_network)` | the sync |

An n-step return is a one-step return in disguise: let the reward be the sum of n discounted rewards, the next state the one
n steps on, and gamma its own n-th power. So functions that know of one step learn n steps at once.
"""

import dataclasses
import functools
import math
from pathlib import Path

import chainer
import numpy as np

from workshop.dqn.agent import Agent
from workshop.dqn.planning import RESERVE, available_memory, check_memory, gigabytes, largest_capacity
from workshop.dqn.presets import PresetWithPreprocess, make_agent
from workshop.dqn.replay import ReplayMemory, Sample
from workshop.dqn.targets import huber_loss
from workshop.transition import Transition

PIECES = ("preprocess", "ReplayMemory", "QNetwork", "epsilon_at", "td_targets", "dqn_loss", "sync_target", "act")
FRAME_SHAPE, STACK = (84, 84), 4  # what the exercises ask for
LEAST_CAPACITY = 5_000  # transitions; with fewer, a network forgets faster than it learns


class PieceError(Exception):
    """A piece that cannot take part in the loop; the sentence says what is wrong with it."""


class Pieces:
    """Pieces of one author.

    Args:
        sources: dict, a name of `PIECES` -> Python source that defines it and everything that it needs. A name that is
            missing is the engine's own.

    Attributes:
        sources: the same.

    Raises:
        PieceError: a name that is none, or a source that does not define it.
    """

    def __init__(self, sources=()):
        self.sources = {name: dict(sources)[name] for name in PIECES if name in dict(sources)}
        for name in dict(sources):
            if name not in PIECES:
                raise PieceError(f"{name} is no piece of the loop. There are: {', '.join(PIECES)}")
        self._objects = {name: _defined(name, source) for name, source in self.sources.items()}

    def __contains__(self, name):
        return name in self._objects

    def __getitem__(self, name):
        """The function or class."""
        return self._objects[name]

    def __bool__(self):
        return bool(self._objects)

    @classmethod
    def load(cls, folder):
        """The pieces that `save` wrote; none where there is no such folder."""
        files = {path.stem: path for path in sorted(Path(folder).glob("*.py"))}
        return cls({name: path.read_text(encoding="utf-8") for name, path in files.items()})

    def save(self, folder):
        """Write each into a file of its own, folder/NAME.py, that runs alone."""
        if self:
            Path(folder).mkdir(parents=True, exist_ok=True)
        for name, source in self.sources.items():
            (Path(folder) / f"{name}.py").write_text(source.rstrip() + "\n", encoding="utf-8")

    def preset(self, preset):
        """The preset, for games whose frames the author's `preprocess` makes."""
        if "preprocess" not in self:
            return preset
        return PresetWithPreprocess(**vars(preset), preprocess=self.sources["preprocess"])

    def schedule(self, ours):
        """`epsilon_at`, theirs or `ours`."""
        return self._objects.get("epsilon_at", ours)

    def make_memory(self, preset):
        """The author's memory as the training loop has it; MemoryError before it is taken if it does not fit."""
        check_memory(preset.replay_capacity, preset.environments, preset.frame_shape, TheirMemory)
        return TheirMemory(
            self["ReplayMemory"],
            preset.replay_capacity,
            preset.environments,
            preset.frame_shape,
            stack=preset.stack,
            n_step=preset.n_step,
            gamma=preset.gamma,
        )

    def fitted(self, preset):
        """The preset with as large a memory as fits into this machine, at most its own.

        Whole transitions take eight times the memory of frames that are kept once, so this is asked beforehand.

        Raises:
            MemoryError: fewer than `LEAST_CAPACITY` transitions fit.
        """
        if "ReplayMemory" not in self:
            return preset
        available = available_memory()
        room = max(available.bytes - RESERVE, 0)
        fits = largest_capacity(room, preset.environments, preset.frame_shape, TheirMemory)
        if fits < min(LEAST_CAPACITY, preset.replay_capacity):
            raise MemoryError(
                f"Your ReplayMemory keeps whole transitions, {2 * STACK * math.prod(FRAME_SHAPE):,} bytes each, and "
                f"{available.limit} has {gigabytes(available.bytes)} free: too little for {LEAST_CAPACITY:,} of them. Take "
                "the engine's own for this piece, which keeps each frame once, or close other programs."
            )
        return dataclasses.replace(preset, replay_capacity=min(preset.replay_capacity, fits))

    def loss(self, preset, ours):
        """`loss(online_network, target_network, sample)` as `Agent` takes it: theirs, with their targets, or `ours`."""
        gamma = float(preset.gamma**preset.n_step)
        if "dqn_loss" in self:
            return functools.partial(_their_loss, self["dqn_loss"], gamma)
        if "td_targets" in self:
            return functools.partial(_our_loss_of_their_targets, self["td_targets"], gamma, preset.loss)
        return ours

    def make_agent(self, network, optimizer, state_shape, **options):
        """An `Agent` that acts and syncs as the author does."""
        if "sync_target" in self:
            options["sync"] = self["sync_target"]
        if "act" in self:
            return _TheirAgent(self["act"], network, optimizer, state_shape, **options)
        return Agent(network, optimizer, state_shape, **options)


def _defined(name, source):
    namespace = {"__name__": f"pieces.{name}"}
    try:
        exec(compile(source, f"<{name}.py>", "exec"), namespace)
        return namespace[name]
    except KeyError:
        raise PieceError(f"the source of {name} does not define it") from None
    except Exception as error:
        raise PieceError(f"the source of {name} stops with {type(error).__name__}: {error}") from None


def _their_loss(dqn_loss, gamma, online_network, target_network, sample):
    loss = dqn_loss(online_network, target_network, sample.transition, gamma)
    return loss, None  # TD errors are wanted by prioritised replay alone


def _our_loss_of_their_targets(td_targets, gamma, over_batch, online_network, target_network, sample):
    batch = sample.transition
    with chainer.no_backprop_mode():
        next_q = target_network(batch.next_state).array
    targets = td_targets(batch.reward, next_q, batch.terminated, gamma)
    return huber_loss(online_network(batch.state), batch.action, targets, None, over_batch)


class _TheirAgent(Agent):
    """Asks the author's `act` for one game after the other."""

    def __init__(self, act, *arguments, **options):
        super().__init__(*arguments, **options)
        self._act = act

    def act(self, states, epsilon, rng):
        return np.array([int(self._act(self.online_network, state, epsilon, rng)) for state in states])


class TheirMemory:
    """The author's memory, behind the methods that the training loop calls.

    The engine's own ring puts the stacks and the n-step returns together; each transition that is complete is given to the
    author's memory, once and in order. The ring also is what a checkpoint keeps, in the same form as the engine's: nobody can
    look into the author's class, but whoever gives it the same transitions again has the same memory again, except for the
    few whose place the ring needs for the last frames of episodes. Its batches will be others, because a ring that is filled
    anew begins at its first slot.

    Args:
        make: make(capacity) gives the author's memory, with `add`, `sample` and `len`.
        capacity: int, transitions.
        environments, frame_shape, stack, n_step, gamma: as in `ReplayMemory`.
    """

    def __init__(self, make, capacity, environments=1, frame_shape=FRAME_SHAPE, stack=STACK, n_step=1, gamma=0.99):
        self._make, self._capacity = make, capacity
        self._ring = ReplayMemory(capacity, environments, frame_shape, stack, n_step, gamma)
        self._discount = np.float32(gamma**n_step)
        self._begin()

    def _begin(self):
        self.theirs = self._make(self._capacity)
        self._given = self._ring._range()[0].copy()  # the next step of each environment that they get

    def add(self, environment, frame, action, reward, terminated):
        """As `ReplayMemory.add`."""
        self._ring.add(environment, frame, action, reward, terminated)
        self._give()

    def end_episode(self, environment, frame):
        """As `ReplayMemory.end_episode`."""
        self._ring.end_episode(environment, frame)
        self._give()

    def _give(self):
        """Give them the transitions that are complete now, of each environment in turn."""
        while True:
            end = self._ring._range()[1]
            environments = np.flatnonzero(self._given < end)
            if not len(environments):
                return
            steps = self._given[environments]
            self._given[environments] += 1
            acted = ~self._ring.is_last[environments, steps % self._ring.slots]
            if not acted.any():
                continue
            batch, discounts = self._ring.rebuild(environments[acted], steps[acted])
            # A return that the clock cut off has fewer than n rewards; with one gamma for all, it cannot be told.
            whole = batch.terminated | np.isclose(discounts, self._discount, rtol=1e-4)
            for row in np.flatnonzero(whole):
                self.theirs.add(Transition(*(field[row] for field in batch)))

    def __len__(self):
        return len(self.theirs)

    def sample(self, batch_size, rng):
        """A batch of theirs, as a `Sample`."""
        batch = self.theirs.sample(batch_size, rng)
        return Sample(Transition(*batch), np.full(batch_size, self._discount), None, None)

    @classmethod
    def bytes_for(cls, capacity, environments=1, frame_shape=FRAME_SHAPE):
        """Bytes of the ring, and of as many transitions with two stacks each."""
        transition = 2 * STACK * math.prod(frame_shape) + 600  # for Python's objects around them
        return ReplayMemory.bytes_for(capacity, environments, frame_shape) + capacity * transition

    def get_state(self):
        """As `ReplayMemory.get_state`: the ring."""
        return self._ring.get_state()

    def set_state(self, state):
        """Take over a ring, and give its transitions to a new memory of the author's, the oldest first."""
        self._ring.set_state(state)
        self._begin()
        self._give()


def matched(arrays, network):
    """Parameters of one network under the names of another with the same layers.

    Layers are found by the shape of their weights, so it does not matter what each author calls them, or in which order
    they were made.

    Args:
        arrays: dict, name -> array.
        network: a `chainer.Chain` whose parameters have shapes.

    Returns:
        dict, the names of `network` -> the same arrays.

    Raises:
        PieceError: other layers, or two that cannot be told apart.
    """
    names = _names_in(arrays, network)
    return {name: arrays[other] for name, other in names.items()}


def taken_over(state, pieces, preset, n_actions):
    """The state of a training, as `Training.get_state` gives it, for the same training with other pieces.

    Args:
        state: dict; it is changed, and returned.
        pieces: Pieces. preset: Preset, what their `preset` gave. n_actions: int.

    Raises:
        PieceError: as `matched`.
    """
    network, agent = make_agent(preset, n_actions, 0, pieces=pieces).online_network, state["agent"]
    names = _names_in(agent["online"], network)
    parameters = agent["optimizer"]["parameters"]
    for table in (agent["online"], agent["target"], parameters):
        renamed = {name: table[other] for name, other in names.items()}
        table.clear()
        table.update(renamed)
    state["env"]["settings"]["preprocess"] = pieces.sources.get("preprocess")
    return state


def _names_in(arrays, network):
    """The name of each of the network's parameters -> the name of the same one among the arrays."""
    ours = {name: parameter.shape for name, parameter in network.namedparams()}
    theirs = {name: array.shape for name, array in arrays.items()}
    if ours == theirs:
        return {name: name for name in ours}
    names, layers = {}, _layers(theirs)
    for layer, shapes in _layers(ours).items():
        same = [other for other, other_shapes in layers.items() if other_shapes == shapes]
        if len(same) != 1:
            raise PieceError(f"the layer {layer} of your QNetwork has no equal in the network that was trained so far")
        names.update({f"{layer}/{parameter}": f"{same[0]}/{parameter}" for parameter in shapes})
    if len(names) != len(theirs):
        raise PieceError("your QNetwork has fewer layers than the network that was trained so far")
    return names


def _layers(shapes):
    layers = {}
    for name, shape in shapes.items():
        layer, _, parameter = name.rpartition("/")
        layers.setdefault(layer, {})[parameter] = shape
    return layers
