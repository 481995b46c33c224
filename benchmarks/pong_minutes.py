"""How long until an agent that begins with nothing plays Pong well: minutes, steps and updates to a mean score.

    .venv/bin/python benchmarks/pong_minutes.py [--seed 0 --seed 1 --seed 2] [--preset laptop] [--minutes 50] [--log DIR]

Each minute of training the clock stops and 20 games are played by the agent as it is (epsilon 0.05, at most five minutes
of play each, up to 30 no-ops: Mnih et al. 2015, Methods). Training and the score of its own games go on from where they
were; the evaluation has games and random numbers of its own. Seeds run one after the other, each in a fresh process.
Others that a game may be named for: `--game breakout`.
"""

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
from machine import this_machine

GOALS = {"pong": (0, 9.3, 18)}  # 9.3 is the human of Mnih et al. 2015, Extended Data Table 2


@click.command()
@click.option("--game", default="pong", show_default=True)
@click.option("--preset", default="laptop", show_default=True)
@click.option("--seed", "seeds", default=(0, 1, 2), show_default=True, multiple=True)
@click.option("--minutes", default=50.0, show_default=True, help="Of training; evaluations are not counted.")
@click.option("--threads", default=1, show_default=True, help="Of the learning process.")
@click.option("--episodes", default=20, show_default=True, help="Of each evaluation.")
@click.option("--every", default=1.0, show_default=True, help="Minutes of training from one evaluation to the next.")
@click.option(
    "--log", type=click.Path(file_okay=False, path_type=Path), help="Write a CSV for each seed there, and a summary."
)
@click.option("--one", is_flag=True, hidden=True)
def main(game, preset, seeds, minutes, threads, episodes, every, log, one):
    """Train from nothing and print when each goal is passed."""
    if one:
        train(game, preset, seeds[0], minutes, episodes, every, log)
        return
    summary = {
        "machine": this_machine(),
        "game": game,
        "preset": preset,
        "threads": threads,
        "episodes": episodes,
        "seeds": {},
    }
    for seed in seeds:
        command = [sys.executable, __file__, "--one", "--game", game, "--preset", preset, "--seed", str(seed)]
        command += ["--minutes", str(minutes), "--episodes", str(episodes), "--every", str(every)]
        command += ["--log", str(log)] if log else []
        number = str(threads)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": number, "OMP_NUM_THREADS": number}
        result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        summary["seeds"][seed] = json.loads(result.stdout.splitlines()[-1])
        print(f"{game}, {preset}, seed {seed}: {summary['seeds'][seed]}", flush=True)
    if log:
        name = f"{game}_{preset}.json"
        (log / name).write_text(json.dumps(summary, indent=1) + "\n")


def train(game, preset_name, seed, minutes, episodes, every, log):
    """Train one agent; print a line for each evaluation, and at last when each goal was passed, as JSON."""
    import numpy as np

    from workshop.dqn.evaluation import evaluate
    from workshop.dqn.presets import PRESETS, make_training

    preset = PRESETS[preset_name]
    training = make_training(game, preset, seed)
    fields = (
        "minutes",
        "steps",
        "updates",
        "episodes",
        "own_score",
        "score",
        "score_std",
        "score_min",
        "score_max",
        "loss",
    )
    file = None
    if log:
        log.mkdir(parents=True, exist_ok=True)
        file = (log / f"{game}_{preset_name}_seed{seed}.csv").open("w", newline="")
        writer = csv.writer(file)
        writer.writerow(fields)
    passed, own_scores, clock, began, evaluated = {}, [], 0.0, time.perf_counter(), 0
    for step in training.run():
        ended = step.infos["episode_ended"]
        if ended.any():
            own_scores += step.infos["score"][ended].tolist()
        now = time.perf_counter()
        spent = (clock + now - began) / 60
        if spent < (evaluated + 1) * every and spent < minutes:
            continue
        clock, evaluated = clock + now - began, evaluated + 1
        result = evaluate(training.agent.q_values, game, episodes=episodes, seed=1000 + evaluated, **preset.games())
        mean = float(result.scores.mean())
        row = [round(spent, 3), training.steps, training.updates, training.episodes]
        row += [round(float(np.mean(own_scores[-20:])), 2) if own_scores else ""]
        row += [
            round(mean, 2),
            round(float(result.scores.std()), 2),
            int(result.scores.min()),
            int(result.scores.max()),
        ]
        row += [float(training.loss) if training.loss is not None else ""]
        print(dict(zip(fields, row, strict=True)), file=sys.stderr, flush=True)
        if file:
            writer.writerow(row)
            file.flush()
        for goal in GOALS.get(game, ()):
            if mean > goal and goal not in passed:
                passed[goal] = {
                    "minutes": row[0],
                    "steps": training.steps,
                    "updates": training.updates,
                    "score": row[5],
                }
        if spent >= minutes or (game in GOALS and len(passed) == len(GOALS[game])):
            break
        began = time.perf_counter()
    print(json.dumps({"passed": passed, "minutes": row[0], "last_score": row[5], "steps": row[1], "updates": row[2]}))


if __name__ == "__main__":
    main()
