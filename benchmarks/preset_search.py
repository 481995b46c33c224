"""The search that the laptop preset came from: one change of it at a time, each trained for as many updates.

    .venv/bin/python benchmarks/preset_search.py [--updates 20000] [--seed 0] [--at-once 1] [--only NAME] [--json FILE]

A table of what each change gives after equally many updates and what an update cost; "score" is the mean of 20 games with
epsilon 0.05. One seed says little about small differences; the changes that were taken into the preset were large ones.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
from machine import this_machine

CHANGES = {
    "laptop preset": {},
    "frames as they are": {"contrast": None},
    "whole screen, 42 x 42": {"crop": None, "frame_shape": (42, 42)},
    "80 x 80": {"frame_shape": (80, 80)},
    "3 actions": {"actions": "three"},
    "1-step returns": {"n_step": 1},
    "3-step returns": {"n_step": 3},
    "8-step returns": {"n_step": 8},
    "no double": {"double": False},
    "prioritised": {"priority_alpha": 0.6},
    "batch 32": {"batch_size": 32},
    "batch 64": {"batch_size": 64},
    "learning rate 0.00025": {"learning_rate": 2.5e-4},
    "learning rate 0.0005": {"learning_rate": 5e-4},
    "learning rate 0.002": {"learning_rate": 2e-3},
    "Adam's epsilon 0.00015": {"adam_epsilon": 1.5e-4},
    "sync every 125": {"target_sync_updates": 125},
    "sync every 500": {"target_sync_updates": 500},
    "4 steps an update": {"steps_per_update": 4},
    "16 steps an update": {"steps_per_update": 16},
    "2 games": {"environments": 2},
    "16 games": {"environments": 16},
    "epsilon falls in 40,000": {"epsilon_decay_steps": 40_000},
    "epsilon falls in 160,000": {"epsilon_decay_steps": 160_000},
    "memory of 400,000": {"replay_capacity": 400_000},
}


@click.command()
@click.option("--game", default="pong", show_default=True)
@click.option("--updates", default=20_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--at-once", default=1, show_default=True, help="How many trainings; more disturb each other's times.")
@click.option("--only", multiple=True, type=click.Choice(list(CHANGES)), help="Only these.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Add each result there.")
@click.option("--one", hidden=True)
def main(game, updates, seed, at_once, only, json_file, one):
    """Train with every change, and print what came of it."""
    if one:
        print(json.dumps(train(game, CHANGES[one], updates, seed)))
        return
    found = json.loads(json_file.read_text()) if json_file and json_file.exists() else {"machine": this_machine()}

    def measure(name):
        command = [
            sys.executable,
            __file__,
            "--game",
            game,
            "--updates",
            str(updates),
            "--seed",
            str(seed),
            "--one",
            name,
        ]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return name, json.loads(result.stdout.splitlines()[-1])

    with ThreadPoolExecutor(at_once) as pool:
        for name, result in pool.map(measure, only or CHANGES):
            click.echo(
                f"{name:26} score {result['score']:6.1f}  own games {result['own_score']:6.1f}  "
                f"{result['steps']:8,} steps  {result['minutes']:5.1f} min  {result['cpu_ms_per_update']:5.2f} ms of CPU an update"
            )
            found.setdefault(f"{game}, {updates} updates, {at_once} at once", {}).setdefault(name, []).append(result)
            if json_file:
                json_file.write_text(json.dumps(found, indent=1) + "\n")


def train(game, changes, updates, seed):
    """Train the laptop preset with these changes, and evaluate it."""
    import dataclasses

    import numpy as np

    from workshop.dqn.evaluation import evaluate
    from workshop.dqn.presets import PRESETS, make_training

    preset = dataclasses.replace(PRESETS["laptop"], **changes)
    training = make_training(game, preset, seed)
    scores, curve, started, cpu = [], [], time.perf_counter(), time.process_time()
    for step in training.run():
        scores += step.infos["score"][step.infos["episode_ended"]].tolist()
        if training.updates >= (len(curve) + 1) * 2500:
            curve.append([training.updates, round(float(np.mean(scores[-20:])), 2)])
        if training.updates >= updates:
            break
    minutes, cpu = (time.perf_counter() - started) / 60, time.process_time() - cpu
    result = evaluate(training.agent.q_values, game, episodes=20, seed=seed, **preset.games())
    return {
        "seed": seed,
        "changes": changes,
        "score": round(float(result.scores.mean()), 2),
        "own_score": round(float(np.mean(scores[-20:])), 2),
        "curve": curve,
        "steps": training.steps,
        "minutes": round(minutes, 2),
        "cpu_ms_per_update": round(1000 * cpu / updates, 3),
    }


if __name__ == "__main__":
    main()
