"""Many Atari games at once, as DQN plays them: the vector environment.

    with VectorAtari("pong", 8, seed=0, actions="three") as env:
        while True:
            frames = env.frames                       # what to act on, (8, 84, 84) uint8
            actions = agent.act(frames)
            step = env.step(actions)
            for i in range(8):
                memory.add(i, frames[i], actions[i], step.rewards[i], step.terminated[i])
                if step.terminated[i] or step.truncated[i]:
                    memory.end_episode(i, step.next_frames[i])
                    agent.forget(i)                   # the stack of frames begins anew

Where an episode ends, the next one begins at once. `step.next_frames` always belongs to the episode in which the actions
were taken: where one ended, it is its last frame. `env.frames` is always what to act on: where one ended, the first
frame of the next. No array holds both, so none can be taken for the other.

Why processes: ale-py's `ALEInterface.act` holds Python's global lock, so two threads with a game each play no more
frames than one, and a thread that learns would wait for them as well. ale-py's C++ vector environment does run in
threads, but it can neither save nor restore its games, takes the maximum of two greys instead of colours, cannot crop,
and needs gymnasium. So the games are in a few child processes, which also make the frames: what comes through the pipe is
7 kB for each game. They hold plain `Emulator`s, and with `workers=0` the same objects play in this process, bit for bit
the same.
"""

import inspect
import os
import pickle
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np

from workshop.atari import roms
from workshop.atari.emulator import ACTION_MEANINGS, EmulatorError
from workshop.atari.game import Games
from workshop.envs.vector import Step


class VectorAtari:
    """N games of the same kind, each with random numbers of its own, stepped together.

    What environment i does depends on the seed, on i and on its actions alone: neither on how many others there are nor
    on how many processes play them.

    Args:
        game: as in `roms.games()`, "pong".
        environments: int, N.
        seed: int >= 0.
        frame_skip: int, for how many of the emulator's frames an action is held.
        frame_shape: (H, W) of the frames.
        crop: (top, bottom, left, right) of the screen to keep, both ends excluded, or None for all.
        contrast: int, for frames that show the difference from their background, times this
            (`preprocessing.from_background`), or None for frames as they are.
        noop_max: int; an episode begins with 1 to so many frames in which nothing is done (0: with none).
        press_fire: bool, whether each life begins with a step of FIRE, in games that know it (not DeepMind's: name it
            beside results). What that step scores counts in the game's score, and is no reward of any action.
        clip_rewards: bool, whether rewards are +1, 0 or -1 (Mnih et al. 2015).
        life_loss_ends_return: bool, whether `terminated` also says that a life was lost.
        repeat_action_probability: float in [0, 1], for "sticky actions": the chance, each frame, that the console still
            sees the action of the frame before (Machado et al. 2018, section 5). Here 0, in ALE 0.25 unless told.
        actions: "minimal", what does something in this game; "full", all 18; "three", NOOP, RIGHT and LEFT, enough for
            Pong. Name the set beside results.
        max_frames: int, the longest episode in frames of the emulator, no-ops included; 108,000 are 30 minutes.
        preprocess: str, Python source that defines `preprocess(frame, previous_frame)`, two screens (210, 160, 3) uint8 to
            (H, W) uint8, in place of the kit's own; None for that one. It is source because the processes that play run it.
        workers: int, processes that play; 0 plays in this one. None for as many as cores, at most N, and 0 for one game.

    Attributes:
        frames: (N, H, W) uint8, what to act on now; a new array for each step.
        action_meanings: tuple of str, what each action does, "NOOP" and so on.

    Raises:
        ValueError: an argument out of its range.
        workshop.atari.roms.RomError, workshop.atari.emulator.EmulatorError: no such game, or a process that ended.
    """

    def __init__(
        self,
        game,
        environments,
        *,
        seed,
        frame_skip=4,
        frame_shape=(84, 84),
        crop=None,
        contrast=None,
        noop_max=30,
        press_fire=False,
        clip_rewards=True,
        life_loss_ends_return=False,
        repeat_action_probability=0.0,
        actions="minimal",
        max_frames=108_000,
        preprocess=None,
        workers=None,
    ):
        self.environments = environments
        self._settings = {
            "frame_skip": frame_skip,
            "frame_shape": tuple(frame_shape),
            "crop": None if crop is None else tuple(crop),
            "contrast": contrast,
            "noop_max": noop_max,
            "press_fire": press_fire,
            "clip_rewards": clip_rewards,
            "life_loss_ends_return": life_loss_ends_return,
            "repeat_action_probability": repeat_action_probability,
            "actions": actions,
            "max_frames": max_frames,
            "preprocess": preprocess,
        }
        _check(environments, workers, self._settings)
        roms.rom_path(game)  # says what is wrong with it before any process starts
        self._game = game
        self._awaited = None  # the method whose results are on their way
        if workers is None:
            workers = _cores() if environments > 1 else 0
        new = _Process if workers else _Here
        shares = np.array_split(np.arange(environments), max(1, min(workers, environments)))
        self._shares = [share.tolist() for share in shares]
        self._players = [new(game, seed, share, self._settings) for share in self._shares]
        self._close = weakref.finalize(self, _close_all, self._players)
        try:
            self._gather()
            self.action_meanings = tuple(ACTION_MEANINGS[action] for action in self._ask("actions")[0])
            self.frames = np.concatenate(self._ask("frames"))
        except BaseException:
            self.close()
            raise

    def step(self, actions):
        """Play `actions`, (N,) ints, indices into `action_meanings`; returns a `Step`.

        Raises:
            ValueError: not N such numbers.
        """
        self.send(actions)
        return self.receive()

    def send(self, actions):
        """Begin a step, and return while the processes play it: the first half of `step`."""
        actions = np.asarray(actions)
        count = len(self.action_meanings)
        if actions.shape != (self.environments,) or actions.dtype.kind not in "iu":
            raise ValueError(
                f"actions are {self.environments} whole numbers, not {actions.dtype} of shape {actions.shape}"
            )
        if not ((actions >= 0) & (actions < count)).all():
            raise ValueError(f"actions are from 0 to {count - 1} ({', '.join(self.action_meanings)}), not {actions}")
        self._tell("step", [(actions[share].tolist(),) for share in self._shares])

    def receive(self):
        """The second half of `step`: wait for the processes, set `frames` and return the `Step`."""
        if self._awaited != "step":
            raise RuntimeError("receive() comes after send(actions)")
        results, frames = zip(*self._gather(), strict=True)
        next_frames, rewards, terminated, truncated, *infos = map(np.concatenate, zip(*results, strict=True))
        self.frames = np.concatenate(frames)
        infos = dict(zip(("episode_ended", "score", "lives", "frames"), infos, strict=True))
        return Step(next_frames, rewards.astype(np.float32), terminated, truncated, infos)

    def get_state(self):
        """Everything that the rest of the run depends on: {"game": str, "settings": dict, "environments": one dict each
        of bytes, ints, uint8 arrays and the random numbers' state}. Not between `send` and `receive`."""
        return {
            "game": self._game,
            "settings": dict(self._settings),
            "environments": [state for states in self._ask("get_state") for state in states],
        }

    def set_state(self, state):
        """Go on from what `get_state` gave, here or in another process, with as many `workers` as one likes.

        Raises:
            ValueError: the state belongs to another game, other settings, or another number of environments.
        """
        ours = {"game": self._game, "environments": self.environments, **self._settings}
        theirs = {"game": state["game"], "environments": len(state["environments"]), **state["settings"]}
        for name, value in ours.items():
            saved = theirs.get(name, DEFAULTS.get(name))  # an older state does not know all settings
            if saved != value:
                raise ValueError(f"this state was saved with {name} {saved!r}, and here it is {value!r}")
        self._ask("set_state", [([state["environments"][i] for i in share],) for share in self._shares])
        self.frames = np.concatenate(self._ask("frames"))

    def close(self):
        """End the processes. They also end with this object, and with this process."""
        self._close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _ask(self, method, arguments=None):
        """Call a method of all `Games`; returns [the result of each]."""
        self._tell(method, arguments or [()] * len(self._players))
        return self._gather()

    def _tell(self, method, arguments):
        if not self._close.alive:
            raise RuntimeError("this VectorAtari is closed; make a new one")
        if self._awaited:
            raise RuntimeError(f"the results of {self._awaited} were not received; call receive() first")
        self._awaited = method
        for player, its_arguments in zip(self._players, arguments, strict=True):
            player.tell(method, its_arguments)

    def _gather(self):
        """[The result of each]; raises what one of them raised, after all have answered."""
        results, problems = zip(*[player.answer() for player in self._players], strict=True)
        self._awaited = None
        for problem in filter(None, problems):
            raise problem
        return results


DEFAULTS = {name: parameter.default for name, parameter in inspect.signature(VectorAtari).parameters.items()}


class _Here:
    """Games that this process plays: `tell` and `answer` as `_Process` has them."""

    def __init__(self, *arguments):
        self._games, self._answer = Games(*arguments), None

    def tell(self, method, arguments):
        self._answer = getattr(self._games, method)(*arguments)

    def answer(self):
        return self._answer, None

    def close(self):
        self._games = None


class _Process:
    """Games that a child process plays. What the two say to each other is in `game.serve`."""

    def __init__(self, *arguments):
        # A child makes its frames on one core; the others' children have the other cores.
        libraries = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._child = subprocess.Popen(
            [sys.executable, "-m", "workshop.atari.game"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **dict.fromkeys(libraries, "1"), "PYTHONPATH": os.pathsep.join(paths)},
        )
        self.tell("__init__", arguments)

    def tell(self, method, arguments):
        try:
            pickle.dump((method, arguments), self._child.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._child.stdin.flush()
        except BrokenPipeError:
            self._ended()

    def answer(self):
        try:
            return pickle.load(self._child.stdout)
        except (EOFError, pickle.UnpicklingError):
            self._ended()

    def _ended(self):
        status = self._child.wait()
        raise EmulatorError(
            f"A process that plays has ended (exit status {status}); it may have been killed for want of memory. "
            "Make a new VectorAtari, with the last state if there is one."
        ) from None

    def close(self):
        for pipe in (self._child.stdin, self._child.stdout):
            try:
                pipe.close()
            except BrokenPipeError:  # it ended before it was told all
                pass
        self._child.wait()


def _close_all(players):
    for player in players:
        player.close()


def _cores():
    """The cores that this process may use; macOS cannot say, and has them all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _check(environments, workers, settings):
    """Raise ValueError with a sentence for the first argument that is out of its range."""
    for name, value, least in (
        ("environments", environments, 1),
        ("workers", 0 if workers is None else workers, 0),
        ("frame_skip", settings["frame_skip"], 1),
        ("noop_max", settings["noop_max"], 0),
        ("max_frames", settings["max_frames"], settings["noop_max"] + 1),
    ):
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} is a whole number from {least} on, not {value!r}")
    if settings["contrast"] is not None and settings["contrast"] not in range(1, 256):
        raise ValueError(f"contrast is a whole number from 1 to 255, or None, not {settings['contrast']!r}")
    if not 0 <= settings["repeat_action_probability"] <= 1:
        raise ValueError(f"repeat_action_probability is from 0 to 1, not {settings['repeat_action_probability']!r}")
    if settings["actions"] not in ("minimal", "full", "three"):
        raise ValueError(f'actions is "minimal", "full" or "three", not {settings["actions"]!r}')
