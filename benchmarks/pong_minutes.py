"""How long until an agent that begins with nothing plays Pong well: minutes, steps and updates to a mean score.

    .venv/bin/python benchmarks/pong_minutes.py --log DIR [--seed 0 --seed 1 --seed 2] [--minutes 50] [--game pong]
                                                [--set NAME=VALUE ...]

Each minute of training the clock stops and 20 games are played by the agent as it is (epsilon 0.05, at most five minutes
of play each, up to 30 no-ops: Mnih et al. 2015, Methods). The evaluation has games and random numbers of its own; the
training goes on from where it was. A seed ends when all goals are passed or the minutes are over. Seeds run one after the
other, each in a fresh process, and each writes a row an evaluation to DIR/GAME_PRESET_seedN.csv; one whose file is there
already is not trained again. DIR/GAME_PRESET.json sums up all such files.
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

from workshop.dqn.presets import PRESETS, make_training
from workshop.dqn.settings import BadSetting, changed

GOALS = {"pong": (0, 9.3, 18)}  # 9.3 is the human of Mnih et al. 2015, Extended Data Table 2
SCORES = ("score", "score_std", "score_min", "score_max")
COLUMNS = ("minutes", "steps", "updates", "episodes", "own_score", *SCORES, "loss")


@click.command()
@click.option("--log", type=click.Path(file_okay=False, path_type=Path), required=True, help="The results' folder.")
@click.option("--game", default="pong", show_default=True)
@click.option("--preset", default="laptop", show_default=True, type=click.Choice(list(PRESETS)))
@click.option("--seed", "seeds", default=(0, 1, 2), show_default=True, multiple=True)
@click.option("--minutes", default=50.0, show_default=True, help="Of training; evaluations are not counted.")
@click.option("--threads", default=1, show_default=True, help="Of the learning process.")
@click.option("--episodes", default=20, show_default=True, help="Of each evaluation.")
@click.option("--every", default=1.0, show_default=True, help="Minutes of training from one evaluation to the next.")
@click.option("--set", "settings", multiple=True, help="NAME=VALUE: another value of one of the preset's settings.")
@click.option("--one", is_flag=True, hidden=True)
def main(log, game, preset, seeds, minutes, threads, episodes, every, settings, one):
    """Train from nothing and print when each goal is passed."""
    if one:
        train(log, game, preset, seeds[0], minutes, episodes, every, settings)
        return
    try:
        changed(PRESETS[preset], settings)
    except BadSetting as error:
        raise click.ClickException(str(error)) from None
    log.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        if result_file(log, game, preset, seed).exists():
            continue
        number = str(threads)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": number, "OMP_NUM_THREADS": number}
        options = {"log": log, "game": game, "preset": preset, "seed": seed, "minutes": minutes, "episodes": episodes}
        words = [word for name, value in {**options, "every": every}.items() for word in (f"--{name}", str(value))]
        words += [word for setting in settings for word in ("--set", setting)]
        subprocess.run([sys.executable, __file__, "--one", *words], env=environment, check=True)
    summary = {"machine": this_machine(), "game": game, "preset": preset, "threads": threads, "episodes": episodes}
    summary["changed"] = list(settings)
    files = sorted(log.glob(f"{game}_{preset}_seed*.csv"))
    summary["seeds"] = {file.stem.rpartition("seed")[2]: summed_up(file, GOALS.get(game, ())) for file in files}
    for seed, found in summary["seeds"].items():
        print(f"{game}, {preset}, seed {seed}: {json.dumps(found)}")
    (log / f"{game}_{preset}.json").write_text(json.dumps(summary, indent=1) + "\n")


def result_file(log, game, preset, seed):
    return log / f"{game}_{preset}_seed{seed}.csv"


def summed_up(file, goals):
    """Where each goal was passed first, the best row and the last, of one seed's file."""
    with file.open(newline="") as lines:
        rows = [{name: float(value) if value else None for name, value in row.items()} for row in csv.DictReader(lines)]
    passed = {goal: next((row for row in rows if row["score"] > goal), None) for goal in goals}
    what = ("minutes", "steps", "updates", "score")
    found = {f"passed {goal}": row and {name: row[name] for name in what} for goal, row in passed.items()}
    best = max(rows, key=lambda row: row["score"])
    return {**found, "best": {name: best[name] for name in what}, "last": {name: rows[-1][name] for name in what}}


def train(log, game, preset_name, seed, minutes, episodes, every, settings):
    """Train one agent; a row in its file, and a line on stderr, for each evaluation."""
    import numpy as np

    from workshop.dqn.evaluation import evaluate

    preset = changed(PRESETS[preset_name], settings)
    training = make_training(game, preset, seed)
    file = result_file(log, game, preset_name, seed)
    unfinished, goals = file.with_suffix(".unfinished"), set(GOALS.get(game, ())) or {float("inf")}
    own_scores, spent, began, evaluations = [], 0.0, time.perf_counter(), 0
    with unfinished.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        for step in training.run():
            own_scores += step.infos["score"][step.infos["episode_ended"]].tolist()
            now = spent + (time.perf_counter() - began) / 60
            if now < min((evaluations + 1) * every, minutes):
                continue
            spent, evaluations = now, evaluations + 1
            scores = evaluate(
                training.agent.q_values, game, episodes=episodes, seed=1000 + evaluations, **preset.games()
            ).scores
            row = [round(spent, 3), training.steps, training.updates, training.episodes]
            row.append(round(float(np.mean(own_scores[-20:])), 2) if own_scores else None)
            row += [round(float(scores.mean()), 2), round(float(scores.std()), 2), int(scores.min()), int(scores.max())]
            row.append(None if training.loss is None else float(training.loss))
            print(dict(zip(COLUMNS, row, strict=True)), file=sys.stderr, flush=True)
            writer.writerow(row)
            lines.flush()
            goals -= {goal for goal in goals if scores.mean() > goal}
            if spent >= minutes or not goals:
                break
            began = time.perf_counter()
    os.replace(unfinished, file)


if __name__ == "__main__":
    main()
