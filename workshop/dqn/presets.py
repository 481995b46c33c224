"""The settings of a training: the two papers', and one for a laptop. PRESETS.md says where each number comes from."""

import dataclasses
import functools

import chainer
import numpy as np

from workshop.atari.vector import VectorAtari
from workshop.dqn.agent import Agent
from workshop.dqn.device import check_device_memory, find_device
from workshop.dqn.device_replay import DevicePrioritisedReplay, DeviceReplay
from workshop.dqn.exploration import epsilon_at
from workshop.dqn.planning import check_memory
from workshop.dqn.prioritised import PrioritisedReplay
from workshop.dqn.replay import ReplayMemory
from workshop.dqn.targets import double_dqn_loss, dqn_loss
from workshop.dqn.training import Training
from workshop.nn import networks


@dataclasses.dataclass(frozen=True)
class Preset:
    """Every setting of a training but the game and the seed. Steps are agent steps: `frame_skip` frames each.

    Attributes:
        network: the name of a class in `workshop.nn.networks`.
        frame_shape, crop, contrast, frame_skip, noop_max, press_fire, repeat_action_probability, actions,
            life_loss_ends_return, max_frames: as in `VectorAtari`.
        environments: int, games played at once.
        stack: int, frames of a state.
        replay_capacity: int, frames.
        priority_alpha: float, the exponent of proportional priorities (Schaul et al. 2016); 0 for a uniform memory.
        n_step: int, length of the returns.
        gamma: float, the discount.
        double: bool, whether the online network selects the next action.
        batch_size: int.
        steps_per_update: float, agent steps for each update.
        learning_starts: int, agent steps before the first update.
        target_sync_updates: int, updates from one sync of the target network to the next.
        optimizer: "adam" or "rmsprop" (Graves's, centred, epsilon inside the root).
        adam_epsilon: float, what Adam adds to the root of the mean squared gradient: a weight whose gradients are
            smaller than it learns more slowly than the others, where Adam alone would let it learn as fast.
        learning_rate: float, of the first update.
        learning_rate_decay_updates: int, it falls to a tenth over so many updates, linearly; 0 leaves it as it is.
        loss: "mean" or "sum" over the batch.
        epsilon_start, epsilon_end: floats; epsilon_decay_steps: int, agent steps.
        steps: int, agent steps of the whole training, if nothing else ends it.
    """

    network: str
    frame_shape: tuple = (84, 84)
    crop: tuple | None = None
    contrast: int | None = None
    frame_skip: int = 4
    noop_max: int = 30
    press_fire: bool = False
    repeat_action_probability: float = 0.0
    actions: str = "minimal"
    life_loss_ends_return: bool = True
    max_frames: int = 108_000
    environments: int = 1
    stack: int = 4
    replay_capacity: int = 1_000_000
    priority_alpha: float = 0.0
    n_step: int = 1
    gamma: float = 0.99
    double: bool = False
    batch_size: int = 32
    steps_per_update: float = 4
    learning_starts: int = 50_000
    target_sync_updates: int = 10_000
    optimizer: str = "rmsprop"
    adam_epsilon: float = 1e-8
    learning_rate: float = 2.5e-4
    learning_rate_decay_updates: int = 0
    loss: str = "mean"
    epsilon_start: float = 1.0
    epsilon_end: float = 0.1
    epsilon_decay_steps: int = 1_000_000
    steps: int = 50_000_000

    def games(self):
        """The arguments of `VectorAtari` that say what an agent sees and does, a dict."""
        names = ("frame_shape", "crop", "contrast", "frame_skip", "noop_max", "press_fire", "actions",
                 "repeat_action_probability")  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclasses.dataclass(frozen=True)
class PresetWithPreprocess(Preset):
    """A preset whose frames somebody else's function makes. The function is no setting: it stands in the run's folder.

    Attributes:
        preprocess: str, its source, as in `VectorAtari`.
    """

    preprocess: str = ""

    def games(self):
        return {**super().games(), "preprocess": self.preprocess}


PRESETS = {
    "laptop": Preset(
        network="Laptop",
        frame_shape=(40, 40),
        crop=(34, 194, 0, 160),
        contrast=4,
        environments=8,
        replay_capacity=100_000,
        n_step=5,
        double=True,
        batch_size=128,
        steps_per_update=8,
        learning_starts=4_000,
        target_sync_updates=250,
        optimizer="adam",
        learning_rate=1e-3,
        learning_rate_decay_updates=60_000,
        epsilon_end=0.02,
        epsilon_decay_steps=80_000,
        steps=10_000_000,
    ),
    "nips2013": Preset(
        network="NIPS2013",
        crop=(34, 194, 0, 160),
        life_loss_ends_return=False,
        steps_per_update=1,
        target_sync_updates=1,
        steps=10_000_000,
    ),
    "nature2015": Preset(network="Nature2015", target_sync_updates=10_000, loss="sum"),
    # What the exercises ask for, 84 × 84 frames and Nature's network, with the laptop's tricks around it.
    "pieces": Preset(
        network="Nature2015",
        contrast=4,
        environments=8,
        replay_capacity=30_000,
        n_step=5,
        batch_size=32,
        steps_per_update=8,
        learning_starts=2_000,
        target_sync_updates=250,
        optimizer="adam",
        learning_rate=5e-4,
        epsilon_end=0.02,
        epsilon_decay_steps=60_000,
        steps=10_000_000,
    ),
}


def make_training(game, preset, seed, workers=None, device="cpu", pieces=None):
    """A `Training` of this game with the parts that the preset says, before its first step.

    Args:
        game: str, as in `roms.games()`.
        preset: Preset.
        seed: int >= 0. Everything random in the training follows from it.
        workers: int or None, processes that play, as in `VectorAtari`.
        device: "cpu" or "gpu", where the networks compute and the frames lie (GPU.md).
        pieces: `workshop.dqn.pieces.Pieces` that take the place of the engine's own, or None. The preset is then what
            their `preset` gave.

    Raises:
        MemoryError: the replay memory does not fit into this machine, or its GPU; its text names the largest that does.
        NoGPU: no GPU can be used; its text says what is missing.
    """
    for_weights, for_training = np.random.SeedSequence(seed).spawn(2)
    memory = make_memory(preset, device, pieces)
    env = VectorAtari(
        game,
        preset.environments,
        seed=seed,
        life_loss_ends_return=preset.life_loss_ends_return,
        max_frames=preset.max_frames,
        workers=workers,
        **preset.games(),
    )
    agent = make_agent(preset, len(env.action_meanings), for_weights, device, pieces)
    epsilon = pieces.schedule(epsilon_at) if pieces else epsilon_at
    schedule = {"start": preset.epsilon_start, "end": preset.epsilon_end, "decay_steps": preset.epsilon_decay_steps}
    rate, decay_updates = preset.learning_rate, preset.learning_rate_decay_updates
    falling = {"start": rate, "end": rate / 10, "decay_steps": decay_updates}
    importance = {"start": 0.4, "end": 1.0, "decay_steps": preset.steps}  # Schaul et al. 2016, Table 3
    return Training(
        env,
        agent,
        memory,
        np.random.default_rng(for_training),
        epsilon=functools.partial(epsilon, **schedule),
        beta=functools.partial(epsilon_at, **importance) if preset.priority_alpha else None,
        learning_rate=functools.partial(epsilon_at, **falling) if decay_updates else None,
        stack=preset.stack,
        batch_size=preset.batch_size,
        steps_per_update=preset.steps_per_update,
        learning_starts=preset.learning_starts,
        target_sync_updates=preset.target_sync_updates,
    )


def make_memory(preset, device="cpu", pieces=None):
    """The replay memory of a preset, empty; MemoryError before it is taken if it does not fit where it belongs."""
    if pieces and "ReplayMemory" in pieces:
        return pieces.make_memory(preset)
    if device == "cpu":
        kind = PrioritisedReplay if preset.priority_alpha else ReplayMemory
        check_memory(preset.replay_capacity, preset.environments, preset.frame_shape, kind)
    else:
        device = find_device(device)
        check_device_memory(device, preset.replay_capacity, preset.environments, preset.frame_shape)
        kind = functools.partial(DevicePrioritisedReplay if preset.priority_alpha else DeviceReplay, device=device)
    shape = {"environments": preset.environments, "frame_shape": preset.frame_shape, "stack": preset.stack}
    returns = {"n_step": preset.n_step, "gamma": preset.gamma}
    priorities = {"alpha": preset.priority_alpha} if preset.priority_alpha else {}
    return kind(preset.replay_capacity, **shape, **returns, **priorities)


def make_agent(preset, n_actions, seed, device="cpu", pieces=None):
    """The agent of a preset, untrained.

    Args:
        preset: Preset.
        n_actions: int.
        seed: int or `numpy.random.SeedSequence`, for the first weights: the same ones on every device.
        device: "cpu" or "gpu".
        pieces: as in `make_training`.
    """
    optimizers = {
        "adam": lambda: chainer.optimizers.Adam(preset.learning_rate, eps=preset.adam_epsilon),
        # Nature 2015, Extended Data Table 1: gradient momenta 0.95, minimum squared gradient 0.01, no other momentum.
        "rmsprop": lambda: chainer.optimizers.RMSpropGraves(preset.learning_rate, alpha=0.95, momentum=0, eps=0.01),
    }
    loss = functools.partial(double_dqn_loss if preset.double else dqn_loss, over_batch=preset.loss)
    state = np.random.get_state()  # Chainer's initializers draw from the global generator
    try:
        np.random.seed(np.random.MT19937(seed).state["state"]["key"])
        network = (pieces["QNetwork"] if pieces and "QNetwork" in pieces else getattr(networks, preset.network))(
            n_actions
        )
        state_shape, place = (preset.stack, *preset.frame_shape), find_device(device)
        make = pieces.make_agent if pieces else Agent
        loss = pieces.loss(preset, loss) if pieces else loss
        return make(network, optimizers[preset.optimizer](), state_shape, loss=loss, device=place)
    finally:
        np.random.set_state(state)
