"""A run: one training, in a folder of its own.

runs/pong-laptop-seed0-20261121-093000/
    run.json            what it is: game, every setting, seed, versions, machine
    state.json          whether it is running, stopped or finished
    metrics.csv         a row every few seconds, see `metrics.METRICS`
    evaluations.csv     a row for each evaluation
    curve.png           both as a picture
    checkpoints/        the last two, and the best agent
    pieces/             somebody's own pieces that train in it, if there are any: see `pieces.Pieces`
"""

import contextlib
import datetime
import json
import os
from pathlib import Path

import psutil

import workshop
from workshop.dqn import settings
from workshop.dqn.checkpoints import Checkpoints
from workshop.dqn.metrics import EVALUATIONS, METRICS, Log
from workshop.dqn.pieces import PieceError, Pieces
from workshop.dqn.presets import Preset
from workshop.dqn.provenance import provenance
from workshop.files import write_whole

RUNS = Path("runs")  # below the folder where the command is typed


class RunError(Exception):
    """A folder that is no run, or a run that cannot be used so; the sentence says what to do."""


class Run:
    """A run's folder, opened.

    Args:
        folder: path of a folder with a run.json.

    Attributes:
        folder: Path.
        card: dict, what run.json says.
        preset: Preset.
        pieces: Pieces, somebody's own; none in most runs.
        metrics, evaluations: Log.
        checkpoints: Checkpoints.

    Raises:
        RunError: there is no run in this folder, or one of another version of the kit, or its pieces are damaged.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.card = _read_card(self.folder)
        try:
            self.pieces = Pieces.load(self.folder / "pieces")
            self.preset: Preset = self.pieces.preset(settings.from_json(self.card["settings"]))
        except PieceError as error:
            raise RunError(f"The pieces in {self.folder / 'pieces'} are damaged: {error}. Begin a new run.") from None
        except settings.BadSetting as error:
            theirs, ours = self.card["kit"], workshop.__version__
            by = "a copy of the kit with other settings" if theirs == ours else f"version {theirs} of the kit"
            raise RunError(
                f"{self.folder} was made by {by}, and this is version {ours}: {error}. Use it with that one, or begin a "
                "new run."
            ) from None
        self.metrics = Log(self.folder / "metrics.csv", METRICS)
        self.evaluations = Log(self.folder / "evaluations.csv", EVALUATIONS)
        self.checkpoints = Checkpoints(self.folder / "checkpoints")

    @classmethod
    def create(cls, game, name, preset, seed, *, threads, folder=None, pieces=None, **more):
        """Make the folder of a new run.

        Args:
            game: str, as in `roms.games()`.
            name: str, of the preset.
            preset: Preset, with whatever was changed in it.
            seed: int.
            threads: int, that the libraries compute with.
            folder: path, or None for a new one below `RUNS`.
            pieces: Pieces or None.
            more: what else run.json shall say: the command, its limits.

        Raises:
            RunError: the folder is there already and not empty, or it cannot be made.
        """
        now = datetime.datetime.now()
        folder = Path(folder) if folder else RUNS / f"{game}-{name}-seed{seed}-{now:%Y%m%d-%H%M%S}"
        card = {"game": game, "preset": name, "seed": seed, "begun": now.isoformat(timespec="seconds"), **more}
        card |= {"threads": threads, **provenance(), "settings": settings.as_json(preset)}
        if pieces:
            card["pieces"] = list(pieces.sources)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(not path.name.startswith(".unfinished-") for path in folder.iterdir()):
                raise RunError(
                    f"{folder} is not empty. Choose another folder for a new run, or go on with the run in it: "
                    f"workshop train --resume {folder}"
                )
            if pieces:
                pieces.save(folder / "pieces")
            write_whole(folder / "run.json", _json(card))
        except OSError as error:
            raise RunError(f"A run cannot be made in {folder}: {error.strerror}.") from None
        return cls(folder)

    def set_pieces(self, pieces):
        """Let other `Pieces` train in it from now on. Only for a run that nothing is training."""
        folder = self.folder / "pieces"
        for file in folder.glob("*.py"):
            file.unlink()
        pieces.save(folder)
        self.card["pieces"] = list(pieces.sources)
        write_whole(self.folder / "run.json", _json(self.card))
        self.pieces = pieces
        self.preset = pieces.preset(settings.from_json(self.card["settings"]))

    def set_limits(self, minutes, steps):
        """Let it train until then, also when it is resumed without a word: a float or None, an int or None."""
        if (minutes, steps) != (self.card.get("minutes"), self.card.get("steps")):
            self.card |= {"minutes": minutes, "steps": steps}
            with contextlib.suppress(OSError):  # a full disk costs this, and not the training
                write_whole(self.folder / "run.json", _json(self.card))

    @property
    def game(self):
        return self.card["game"]

    @property
    def seed(self):
        return self.card["seed"]

    def resume_command(self):
        """What to type to go on with it."""
        return f"workshop train --resume {self.folder}"

    def set_state(self, state, process=None):
        """Say what it is: "running" (in this process, or the one of this number), "stopped" or "finished"."""
        process = psutil.Process(process)
        write_whole(
            self.folder / "state.json",
            _json({"state": state, "process": process.pid, "process_began": process.create_time()}),
        )

    def state(self):
        """ "running", "stopped", "finished", or "crashed" where the process that ran it is gone without a word."""
        try:
            said = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
            if said["state"] == "running" and not _is_alive(said["process"], said["process_began"]):
                return "crashed"
            return str(said["state"])
        except (OSError, ValueError, KeyError, TypeError):
            return "crashed"  # before it began, or the disk was full

    def size(self):
        """Bytes on the disk; a piece that several checkpoints share counts once."""
        found = {}
        for folder, _, files in os.walk(self.folder):
            for file in files:
                try:
                    status = os.stat(os.path.join(folder, file))
                except FileNotFoundError:  # a running training deletes its older checkpoints
                    continue
                found[status.st_dev, status.st_ino] = status.st_size
        return sum(found.values())


def find_runs(below=RUNS, game=None, preset=None, seed=None):
    """Runs, newest first; those of this game, preset and seed, where they are named. What is no run is left out."""
    runs = []
    for card in Path(below).glob("*/run.json"):
        try:
            run = Run(card.parent)
        except RunError:
            continue
        wanted = {"game": game, "preset": preset, "seed": seed}
        if all(value is None or run.card[name] == value for name, value in wanted.items()):
            runs.append(run)
    return sorted(runs, key=lambda run: (run.card["begun"], run.folder.name), reverse=True)


def open_run(named=None, **wanted):
    """The run that a user names.

    Args:
        named: a folder, or the name of one below `RUNS`; None for the newest.
        wanted: game, preset, seed of the newest, as in `find_runs`.

    Raises:
        RunError
    """
    if named is None:
        runs = find_runs(**wanted)
        if not runs:
            what = " ".join(f"{name} {value}" for name, value in wanted.items() if value is not None)
            raise RunError(
                f"There is no run{f' with {what}' if what else ''} in {RUNS}/ below this folder. Begin one with "
                "`workshop train pong`, or name the folder of the one that you mean."
            )
        return runs[0]
    folder = Path(named)
    if not folder.is_dir() and (RUNS / named).is_dir():
        folder = RUNS / named
    return Run(folder)


def _read_card(folder):
    file = folder / "run.json"
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        missing = {"game", "preset", "seed", "begun", "threads", "kit", "settings"} - card.keys()
    except (FileNotFoundError, NotADirectoryError):
        problem = (
            f"{folder} holds no run.json, so it is no run." if folder.exists() else f"There is no folder {folder}."
        )
        raise RunError(f"{problem} `workshop runs` lists the runs.") from None
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, AttributeError):
        raise RunError(f"{file} is damaged: it is not what `workshop train` wrote. Begin a new run.") from None
    if missing:
        raise RunError(
            f"{file} lacks {', '.join(sorted(missing))}: another version of the kit wrote it. Begin a new run."
        )
    return card


def _is_alive(pid, began):
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - began) < 2 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _json(content):
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
