"""Trained agents: the one of a run, and those that come with the kit.

An agent in a file is `NAME.npz`, the parameters of its online network (NumPy's format, read without pickle), and beside it
`NAME.json`, its card: game, settings, the command and the commit that made it, the machine, the minutes, its scores. `NAME.png`
is the curve of its training.
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workshop.atari.roms import RomError
from workshop.atari.vector import VectorAtari
from workshop.dqn import settings
from workshop.dqn.agent import Agent, set_parameters
from workshop.dqn.checkpoints import CheckpointError
from workshop.dqn.curve import draw_curve
from workshop.dqn.evaluation import FIVE_MINUTES
from workshop.dqn.pieces import PieceError, matched
from workshop.dqn.presets import Preset, make_agent
from workshop.files import write_whole

FOLDER = Path(__file__).with_name("trained")
MOST_BYTES = 4_000_000  # of a file that goes into the repository


class AgentError(Exception):
    """An agent that is not there or cannot be read; the sentence says what there is."""


class Trained(NamedTuple):
    """An agent that can play.

    Attributes:
        agent: Agent.
        game: str. preset: Preset.
        actions: tuple of str, what its actions do.
        name: str, to show.
    """

    agent: Agent
    game: str
    preset: Preset
    actions: tuple
    name: str

    @property
    def rules(self):
        """What it plays by: `rules` of its preset."""
        return rules(self.preset)

    def q_values(self, states):
        """Q(s, ·) of each state: (B, stack, H, W) uint8 to (B, A) float32."""
        return self.agent.q_values(states)


def rules(preset):
    """What an agent of this preset plays by, apart from training, for `evaluate`: a dict. Games last five minutes at most."""
    return {"stack": preset.stack, "max_frames": min(FIVE_MINUTES, preset.max_frames), **preset.games()}


def from_run(run, which=None):
    """The agent of a run.

    Args:
        run: Run.
        which: "best", "last", or None for the best where there is one already, and the last otherwise.

    Raises:
        CheckpointError: there is none yet, or it cannot be read.
    """
    checkpoints = run.checkpoints.list()
    if not checkpoints:
        raise CheckpointError(
            f"{run.folder} holds no checkpoint yet: the first is saved after some minutes of training, and when Ctrl-C "
            "stops it"
        )
    if which is None:
        which = "best" if any(checkpoint.best for checkpoint in checkpoints) else "last"
    if which == "best":
        parameters = run.checkpoints.load_best()["agent"]
    else:
        parameters = run.checkpoints.load(part=("training", "agent", "online"))
    try:
        return _made(run.game, run.preset, parameters, f"{run.folder.name}, {which}", run.pieces)
    except (PieceError, ValueError) as error:
        raise CheckpointError(f"the checkpoint in {run.checkpoints.folder} belongs to another run: {error}") from None


def export(run, file):
    """Write the best agent of a run as `file` (.npz), with its card (.json) and its curve (.png) beside it.

    Returns the agent's size in bytes.

    Args:
        run: Run.
        file: Path that ends in .npz.

    Raises:
        CheckpointError, OSError; AgentError: it is too large for the repository, or plays with somebody's own pieces.
    """
    if {"preprocess", "QNetwork"} & set(run.pieces.sources):
        raise AgentError(
            f"The agent in {run.folder} sees and computes with pieces of your own, which a file cannot hold. Keep the run's "
            "folder: `workshop play` and `workshop evaluate` take it."
        )
    state = run.checkpoints.load_best()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name.strip("/"): array for name, array in state["agent"].items()})
    data = buffer.getvalue()
    if len(data) > MOST_BYTES:
        raise AgentError(
            f"This agent takes {len(data):,} bytes, and {MOST_BYTES:,} are the most for an agent in a file."
        )
    card = {**run.card, "sha256": hashlib.sha256(data).hexdigest()}
    row = state["row"]
    card |= {name: row[name] for name in ("minutes", "steps", "updates", "episodes")}  # when it was as good as this
    card["evaluation"] = {"epsilon": 0.05, "seed": state["seed"], "scores": state["scores"].tolist()}
    card["evaluation"] |= {name: row[name] for name in ("mean", "std", "min", "max")}
    curve = draw_curve(run.metrics.rows(), run.evaluations.rows(), run.game, run.folder.name)
    write_whole(file, data)
    write_whole(file.with_suffix(".png"), curve.png)
    write_whole(file.with_suffix(".json"), (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode())
    return len(data)


def pretrained(game):
    """The agent that comes with the kit for this game. Raises AgentError."""
    file = FOLDER / f"{game}.npz"
    if not file.exists():
        games = ", ".join(sorted(path.stem for path in FOLDER.glob("*.npz"))) or "none yet"
        raise AgentError(f"No trained agent for {game!r} comes with the kit. There are: {games}.")
    return from_file(file)


def from_file(file):
    """The agent that `export` wrote. Raises AgentError."""
    try:
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != card["sha256"]:
            raise AgentError(f"{file} is damaged: its checksum is not the one on its card.")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            parameters = {f"/{name}": arrays[name] for name in arrays.files}
        return _made(card["game"], settings.from_json(card["settings"]), parameters, file.stem)
    except OSError as error:
        raise AgentError(f"{error.filename} cannot be read: {error.strerror}.") from None
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, RomError, settings.BadSetting) as error:
        raise AgentError(f"{file} is no agent of this version of the kit: {error}.") from None


def _made(game, preset, parameters, name, pieces=None):
    with VectorAtari(game, 1, seed=0, workers=0, **preset.games()) as env:
        actions = env.action_meanings
    agent = make_agent(preset, len(actions), 0, pieces=pieces)
    if pieces:  # the best so far may be older than a QNetwork that took over in the middle
        parameters = matched(parameters, agent.online_network)
    set_parameters(agent.online_network, parameters)
    return Trained(agent, game, preset, actions, name)
