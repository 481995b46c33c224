"""A training in a process of its own, which a restarted kernel and a closed notebook leave alone.

Its folder is all that the notebook knows of it: `begin` makes the folder and starts `workshop train --resume FOLDER`, `find`
reads how it stands, `go_on` starts the same command again after a closed laptop or a kill.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil

from workshop.atari.vector import VectorAtari
from workshop.dqn import settings
from workshop.dqn.pieces import taken_over
from workshop.dqn.run import RUNS, Run, find_runs
from workshop.dqn.train_command import RHYTHM, THREADS

PRESET = "pieces"


def begin(pieces, preset, *, game="pong", minutes=50.0, seed=0, folder=None, rhythm=RHYTHM):
    """Begin a training; returns its `Run` at once.

    Args:
        pieces: `workshop.dqn.pieces.Pieces`.
        preset: Preset.
        game: str. minutes: float. seed: int.
        folder: path, or None for a new one in runs/.
        rhythm: dict, how often it is evaluated and saved, as `workshop train` has it.

    Raises:
        workshop.dqn.run.RunError: the folder cannot be made.
    """
    told = {"command": "own_pieces.train_pong()", "minutes": minutes, "steps": None, "device": "cpu", **rhythm}
    run = Run.create(game, PRESET, preset, seed, threads=1, folder=folder, pieces=pieces, **told)
    run = Run(run.folder.resolve())
    go_on(run)
    return run


def find(below=RUNS, game="pong"):
    """The newest run of somebody's pieces, or None."""
    return next(iter(find_runs(below, game=game, preset=PRESET)), None)


def go_on(run, minutes=None):
    """Start the process that trains in this run's folder, from its last checkpoint if there is one.

    Args:
        run: Run.
        minutes: float, a new limit counted from the beginning of the run, or None for the old one.
    """
    command = [sys.executable, "-m", "workshop", "train", "--resume", str(run.folder)]
    command += [] if minutes is None else ["--minutes", f"{minutes:g}"]
    with open(run.folder / "log.txt", "a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **dict.fromkeys(THREADS, "1")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupted or restarted kernel is not its business
        )
    # It says so itself once it has imported everything; until then a second call must not start a second one.
    run.set_state("running", process.pid)
    _reap_later(process)


_children = []


def _reap_later(process):
    """Keep the handle of a child until it ends: Python complains of one that is forgotten, and a zombie looks alive."""
    _children[:] = [child for child in _children if child.poll() is None]
    _children.append(process)


def take_over(run, pieces):
    """Stop a run, hand what it has learnt and seen to other pieces, and let it go on with those.

    Raises:
        PieceError: their network has other layers than the one that was trained so far.
        CheckpointError: the run has nothing to hand over yet, or it cannot be read or written.
    """
    stop(run)
    if run.checkpoints.list():
        state, preset = run.checkpoints.load(), pieces.preset(settings.from_json(run.card["settings"]))
        with VectorAtari(run.game, 1, seed=0, workers=0, **preset.games()) as env:
            n_actions = len(env.action_meanings)
        taken_over(state["training"], pieces, preset, n_actions)
        run.checkpoints.save(state, state["training"]["steps"])
        run.checkpoints.close()
    run.set_pieces(pieces)
    go_on(run)


def stop(run, seconds=60):
    """Have it save and stop; returns whether it has, within so many seconds."""
    with contextlib.suppress(OSError, ValueError, KeyError, psutil.Error):
        said = json.loads((run.folder / "state.json").read_text(encoding="utf-8"))
        if run.state() == "running":
            os.kill(said["process"], signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while run.state() == "running" and time.monotonic() < deadline:
        time.sleep(0.1)
        _children[:] = [child for child in _children if child.poll() is None]
    return run.state() != "running"


def last_words(run):
    """The last line of what the process said, "" where it said nothing: why it ended."""
    with contextlib.suppress(OSError):
        lines = (run.folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
    return ""
