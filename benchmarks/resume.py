"""Trainings killed at random moments and resumed: do they end with the very bits of one that nobody touched?

    .venv/bin/python benchmarks/resume.py [--kills 20] [--seed 0] [--json FILE]

One training of Pong, with the preset for a laptop and a small replay memory, runs to its end undisturbed. Then others of the
same seed are begun; each saves and evaluates all the time, gets SIGKILL at a random moment of that span (while it starts,
steps, saves, evaluates or draws), and is resumed; half of them are killed once more in between. What is compared is the
whole last checkpoint: both networks, the optimizer, the replay memory, the emulators, the random numbers, the counters.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from machine import this_machine

from workshop.dqn.run import Run

STEPS = 6000
OPTIONS = ("--preset", "laptop", "--seed", "7", "--steps", f"{STEPS}", "--threads", "1", "--evaluate-episodes", "1")
OPTIONS += ("--set", "replay_capacity=5000", "--set", "learning_starts=1000", "--set", "steps_per_update=8")
BUSY = ("--checkpoint-minutes", "0.005", "--evaluate-minutes", "0.05")


@click.command()
@click.option("--kills", default=20, show_default=True, help="How many trainings are killed.")
@click.option("--seed", default=0, show_default=True, help="Of the moments.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every trial there.")
def main(kills, seed, json_file):
    """Print a line for each training that was killed; exit status 1 if one of them ends with other bits."""
    rng, trials = random.Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        started = time.monotonic()
        finish(["pong", *OPTIONS, "--run", folder / "whole"])
        span = time.monotonic() - started
        whole = Run(folder / "whole").checkpoints.load()
        click.echo(
            f"undisturbed: {whole['training']['steps']} steps, {whole['training']['updates']} updates, {span:.0f} s"
        )
        for trial in range(kills):
            run = folder / str(trial)
            command, moments = ["pong", *OPTIONS, *BUSY, "--run", run], []
            for _ in range(1 + trial % 2):
                moments.append(kill(command, run, rng))
                if (run / "run.json").exists():  # otherwise it was killed before there was anything to resume
                    command = ["--resume", run, *BUSY]
            if not run.exists() or Run(run).state() != "finished":
                finish(command)
            resumed = Run(run)
            differing = differences(whole, resumed.checkpoints.load())
            steps = [row["steps"] for row in resumed.metrics.rows()]
            trials.append({"killed": moments, "differing": differing, "rows_in_order": steps == sorted(set(steps))})
            what = ", ".join(f"{m['after_s']:.1f} s (step {m['last_checkpoint_at_step']} saved)" for m in moments)
            click.echo(
                f"{trial + 1:3}. killed after {what}: {'other bits in ' + differing[0] if differing else 'same bits'}"
            )
    same = sum(not trial["differing"] and trial["rows_in_order"] for trial in trials)
    click.echo(f"{same} of {len(trials)} ended with the same bits, and their rows in order")
    if json_file:
        content = {
            "machine": this_machine(),
            "options": OPTIONS + BUSY,
            "undisturbed_s": round(span, 1),
            "trials": trials,
        }
        json_file.write_text(json.dumps(content, indent=1) + "\n")
    sys.exit(same < len(trials))


def start(arguments):
    command = [sys.executable, "-m", "workshop", "train", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(arguments):
    """Run to the end."""
    _, problem = (process := start(arguments)).communicate()
    if process.returncode:
        raise SystemExit(problem)


def kill(arguments, run, rng):
    """Begin, and kill at a random moment: of the start, or some time after a random step was saved.

    Returns:
        dict: the seconds until it was dead, and the step of its last checkpoint, 0 without one.
    """
    process, started = start(arguments), time.monotonic()
    first = last_step(run)
    wanted = rng.randrange(first, STEPS)
    delay = rng.uniform(0, 4) if wanted < first + (STEPS - first) / 5 else rng.uniform(0, 0.4)
    while wanted >= first + (STEPS - first) / 5 and last_step(run) < wanted and process.poll() is None:
        time.sleep(0.005)
    time.sleep(delay)
    process.kill()
    process.communicate()
    return {"after_s": round(time.monotonic() - started, 2), "last_checkpoint_at_step": last_step(run)}


def last_step(run):
    names = [path.name for path in run.glob("checkpoints/[0-9]*-step-*")]
    return max((int(name.rsplit("-", 1)[1]) for name in names), default=0)


def differences(one, other, path=""):
    """Where two states differ in type or in a bit, the clock's minutes apart: a list of texts."""
    if path == ".minutes":
        return []
    if type(one) is not type(other):
        return [path]
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [path]
        return [place for key in one for place in differences(one[key], other[key], f"{path}.{key}")]
    if isinstance(one, (list, tuple)):
        if len(one) != len(other):
            return [path]
        return [place for i in range(len(one)) for place in differences(one[i], other[i], f"{path}[{i}]")]
    if isinstance(one, np.ndarray):
        same = (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    else:
        same = one == other
    return [] if same else [path]


if __name__ == "__main__":
    main()
