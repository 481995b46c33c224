"""`workshop train`: a training begins, or goes on.

Nothing heavy is imported before the command has begun: `workshop --help` answers at once.
"""

import os
import signal
import sys
from pathlib import Path

import click

from workshop.dqn.commands import sentences

RHYTHM = {"checkpoint_minutes": 5, "evaluate_minutes": 2, "evaluate_episodes": 10}
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@click.command(no_args_is_help=True)
@click.argument("what", metavar="[GAME]", required=False)
@click.option("--preset", help="laptop, nips2013, nature2015 or pieces.  [default: laptop]")
@click.option("--minutes", type=click.FloatRange(0), help="Stop after so many minutes of training.")
@click.option("--steps", type=click.IntRange(1), help="Stop after so many agent steps.  [default: the preset's]")
@click.option("--seed", type=click.IntRange(0), help="All chance follows from it.  [default: 0]")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Change a setting of the preset.")
@click.option(
    "--run", "folder", type=click.Path(path_type=Path), help="The run's folder.  [default: a new one in runs/]"
)
@click.option(
    "--pieces",
    type=click.Path(exists=True, path_type=Path),
    help="Train with your own answers to Session 3, out of this notebook.  [preset: pieces]",
)
@click.option("--resume", is_flag=True, help="Go on with a run; instead of GAME its folder, or nothing for the newest.")
@click.option("--previous", is_flag=True, help="With --resume: from the last checkpoint but one.")
@click.option("--checkpoint-minutes", type=click.FloatRange(0, min_open=True), help="[default: 5]")
@click.option("--evaluate-minutes", type=click.FloatRange(0, min_open=True), help="[default: 2]")
@click.option("--evaluate-episodes", type=click.IntRange(1), help="How many games an evaluation is.  [default: 10]")
@click.option(
    "--threads", type=click.IntRange(1), help="Threads that compute.  [default: 1; the games have the others]"
)
@click.option(
    "--device", type=click.Choice(["cpu", "gpu"]), help="What learns: gpu is one of NVIDIA's.  [default: cpu]"
)
@sentences
def train(what, preset, minutes, steps, seed, assignments, folder, pieces, resume, previous, threads, device, **rhythm):
    """Train a DQN on an Atari game.

    \b
    workshop train pong                       with the preset for a laptop, until Ctrl-C
    workshop train pong --minutes 45          or as long as a session lasts
    workshop train breakout --preset nature2015 --seed 1
    workshop train pong --set batch_size=64 --set learning_rate=1e-4
    workshop train pong --pieces notebooks/session_3_dqn.ipynb
    workshop train --resume                   the newest run goes on
    workshop train --resume runs/pong-laptop-seed0-20261121-093000 --minutes 90

    All that there is of a run is in its folder: curve.png, metrics.csv, evaluations.csv, checkpoints/, and run.json with
    every setting. Minutes and steps are counted from the beginning of the run, evaluations and checkpoints included. A
    run that is resumed on a CPU ends with the very bits that it would have without a break, if the machine and the
    libraries are the same.

    Ctrl-C saves and stops; a second one stops at once. Exit status: 0 at the end, 130 after Ctrl-C, 143 after a SIGTERM and
    129 where the terminal is closed (saved, all of them), 1 for a mistake.
    """
    if resume and pieces:
        raise click.UsageError("A run that goes on keeps its pieces: --pieces goes with a new one.")
    if resume:
        run = _run_to_resume(what, preset, seed, assignments, folder)
        threads = threads or run.card["threads"]
    else:
        if previous:
            raise click.UsageError("--previous goes with --resume.")
        if not what:
            raise click.UsageError("Name a game, such as: workshop train pong. Or go on with a run: --resume.")
        threads = threads or int(os.environ.get(THREADS[0], "1") or 1)
        preset = preset or ("pieces" if pieces else "laptop")
    _compute_with(threads)

    from workshop.dqn import presets
    from workshop.dqn.run import Run
    from workshop.dqn.running import Running

    said = run.card if resume else {}
    device = device or said.get("device", "cpu")
    rhythm = {name: rhythm[name] or said.get(name, default) for name, default in RHYTHM.items()}
    if resume:
        settings, game, seed = run.preset, run.game, run.seed
        minutes = minutes if minutes is not None else said.get("minutes")
        steps = steps or said.get("steps")
    else:
        game, seed, settings = what, seed or 0, _settings(what, preset, assignments)
        settings, pieces = _with_pieces(settings, pieces) if pieces else (settings, None)
    pieces = run.pieces if resume else pieces
    with_frames = pieces.preset(settings) if pieces and not resume else settings
    if resume:
        run.checkpoints.lock()
    try:
        training = presets.make_training(game, with_frames, seed, device=device, pieces=pieces)
    except ValueError as error:
        raise click.ClickException(f"These settings do not go together: {error}.") from None
    if not resume:
        named = {"threads": threads, "minutes": minutes, "steps": steps, "folder": folder, "device": device, **rhythm}
        said = {"minutes": minutes, "steps": steps, "device": device, "threads": threads, **rhythm}
        named["command"] = _command(game, preset, seed, said, assignments)
        run = Run.create(game, preset, settings, seed, pieces=pieces, **named)
    running = Running(run, training, minutes=minutes, steps=steps or settings.steps, **rhythm)
    if resume:
        _resume(run, running, previous, threads=threads, device=device)
        run.set_limits(minutes, steps)
    _go(run, running)


def _with_pieces(settings, file):
    """The settings and the `Pieces` of a file, after their checks; the table of them is printed."""
    from workshop import own_pieces
    from workshop.dqn.pieces import FRAME_SHAPE, STACK, PieceError, Pieces

    if (settings.frame_shape, settings.stack) != (FRAME_SHAPE, STACK):
        raise click.UsageError("Pieces are made for four frames of 84 × 84: leave --preset away, or take nature2015.")
    try:
        inspected = own_pieces.inspect_file(file)
    except PieceError as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(inspected.message().text())
    if inspected.wrong:
        raise click.ClickException("Nothing is trained with a piece that is not right.")
    pieces = Pieces(inspected.sources)
    return pieces.fitted(settings), pieces


def _run_to_resume(what, preset, seed, assignments, folder):
    from workshop.atari import roms
    from workshop.dqn.run import open_run

    if assignments:
        raise click.UsageError("The settings of a run cannot be changed (--set): begin a new one.")
    if folder and what:
        raise click.UsageError("Name the run once: workshop train --resume RUN.")
    wanted = {"preset": preset, "seed": seed}
    if what in roms.games() and not Path(what).is_dir():
        return open_run(None, game=what, **wanted)
    run = open_run(folder or what, **wanted)
    for name, value in wanted.items():
        if value is not None and run.card[name] != value:
            raise click.UsageError(
                f"{run.folder} has the {name} {run.card[name]}, not {value}: begin a new run for that."
            )
    return run


def _compute_with(threads):
    """Have the libraries compute with so many threads. NumPy reads this while it is imported, so the command begins anew.

    The order in which threads add up their parts changes the last bits of a sum, and with them all that is learnt.
    """
    wanted = dict.fromkeys(THREADS, str(threads))
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **wanted})


def _settings(game, preset, assignments):
    """The preset with its changes, after a look at the names of both."""
    import difflib

    from workshop.atari import roms
    from workshop.dqn import settings
    from workshop.dqn.presets import PRESETS

    roms.rom_path(game)
    if preset not in PRESETS:
        nearest = difflib.get_close_matches(preset, PRESETS, n=1)
        hint = f" Do you mean {nearest[0]}?" if nearest else ""
        raise click.UsageError(f"There is no preset {preset!r}.{hint} There are: {', '.join(PRESETS)}.")
    return settings.changed(PRESETS[preset], assignments)


def _command(game, preset, seed, said, assignments):
    """The command that begins the same training elsewhere; `said` are options, of which None and defaults are left out."""
    import shlex

    words = ["workshop", "train", game, "--preset", preset, "--seed", str(seed)]
    for name, value in said.items():
        if value is not None and value != {**RHYTHM, "device": "cpu", "threads": 1}.get(name):
            words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    for assignment in assignments:
        words += ["--set", assignment]
    return shlex.join(words)


def _resume(run, running, previous, **how):
    from workshop.dqn.provenance import provenance

    if run.checkpoints.list():
        running.resume(previous)
        click.echo(f"{run.folder} goes on at step {running.training.steps:,}, minute {running.minutes:.1f}.")
    else:
        running.restart()
        click.echo(f"{run.folder} was ended before its first checkpoint, and begins again.")
    now = {**provenance(), **how}
    differing = [name for name in (*how, "versions", "machine", "kit") if now[name] != run.card.get(name)]
    if differing:
        click.echo(
            f"It began with other {', '.join(differing)} (see run.json): it goes on, but its last bits will not be those of "
            "a run without a break."
        )
    if running.is_over():
        more = []
        if running.minutes >= running.limit_minutes:
            more.append(f"--minutes {2 * max(running.minutes, 5):.0f}")
        if running.training.steps >= running.limit_steps:
            more.append(f"--steps {2 * running.training.steps}")
        raise click.ClickException(
            f"It has trained its {running.minutes:.1f} minutes and {running.training.steps:,} steps already. Give it more, "
            f"counted from the beginning: {run.resume_command()} {' '.join(more)}"
        )


def _go(run, running):
    from workshop.atari.emulator import EmulatorError
    from workshop.dqn.checkpoints import CheckpointError

    click.echo(f"Training in {run.folder}; Ctrl-C saves and stops.")
    try:
        number = running.go()
    except (CheckpointError, EmulatorError, MemoryError) as error:
        hint = f"\nGo on from the last checkpoint: {run.resume_command()}" if run.checkpoints.list() else ""
        raise click.ClickException(f"{error}{hint}") from None
    training = running.training
    click.echo(
        f"Saved after {running.minutes:.1f} minutes, {training.steps:,} steps, {training.updates:,} updates.\n"
        f"  go on     {run.resume_command()}\n"
        f"  evaluate  workshop evaluate {run.folder}\n"
        f"  watch     workshop play {run.folder}"
    )
    if number:
        sys.exit(128 + signal.Signals(number))
