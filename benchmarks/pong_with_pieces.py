"""How long until an attendee's own pieces play Pong inside the fast loop.

    .venv/bin/python benchmarks/pong_with_pieces.py --log DIR [--minutes 50] [--seed 0] [--run FOLDER]
    .venv/bin/python benchmarks/pong_with_pieces.py --log DIR --catch

The pieces are those of `tests/dqn/an_attendee.py`: plain and right, and not the engine's. The preset is "pieces", with one
thread. Every eight minutes 5 games are played (epsilon 0.05, at most five minutes of play each, up to 30 no-ops); the clock
goes on meanwhile, as it does for an attendee. What comes of it is DIR/evaluations.csv, DIR/metrics.csv with a row every ten
seconds, DIR/curve.png, and DIR/summary.json with the machine.

With --catch it is Catch instead, with three seeds, until the mean of 50 games is 0.95: DIR/catch.json.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import click
from machine import this_machine

ATTENDEE = Path(__file__).parents[1] / "tests" / "dqn" / "an_attendee.py"
GOALS = (-15, 0, 9.3, 18)  # 9.3 is the human of Mnih et al. 2015, Extended Data Table 2
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


@click.command()
@click.option("--log", type=click.Path(file_okay=False, path_type=Path), required=True, help="The results' folder.")
@click.option("--run", "folder", type=click.Path(path_type=Path), help="The run's folder; one that is there goes on.")
@click.option("--minutes", default=50.0, show_default=True, help="Of training, evaluations included.")
@click.option("--seed", default=0, show_default=True)
@click.option("--every", default=8.0, show_default=True, help="Minutes from one evaluation to the next.")
@click.option("--catch", is_flag=True, help="Catch instead of Pong.")
def main(log, folder, minutes, seed, every, catch):
    """Train from nothing and print when each goal is passed."""
    if any(os.environ.get(name) != "1" for name in THREADS):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **dict.fromkeys(THREADS, "1")})

    if catch:
        write_catch(log)
        return

    from workshop.dqn.pieces import PIECES, Pieces
    from workshop.dqn.presets import PRESETS, make_training
    from workshop.dqn.run import Run
    from workshop.dqn.running import Running

    pieces = Pieces(dict.fromkeys(PIECES, ATTENDEE.read_text(encoding="utf-8")))
    is_new = folder is None or not folder.exists()
    if is_new:
        run = Run.create("pong", "pieces", PRESETS["pieces"], seed, threads=1, folder=folder, pieces=pieces)
    else:
        run = Run(folder)
    training = make_training("pong", run.preset, seed, pieces=run.pieces)
    running = Running(run, training, minutes=minutes, evaluate_minutes=every, evaluate_episodes=5)
    if not is_new:
        running.resume()
    running.go()
    write_results(run, log)


def write_catch(log):
    """Train on Catch with three seeds, and write how long each took."""
    from workshop.dqn.pieces import PIECES, Pieces
    from workshop.own_pieces.catch import learn

    pieces = Pieces(dict.fromkeys(PIECES, ATTENDEE.read_text(encoding="utf-8")))
    seeds = {}
    for seed in range(3):
        processor = time.process_time()
        learnt = learn(pieces, seconds=600, seed=seed)
        seeds[seed] = {"solved": learnt.is_solved, "updates": learnt.updates, "games": len(learnt.scores)}
        seeds[seed] |= {"seconds": round(learnt.seconds, 1), "processor": round(time.process_time() - processor, 1)}
        print(seed, json.dumps(seeds[seed]))
    log.mkdir(parents=True, exist_ok=True)
    found = {"machine": this_machine(), "threads": 1, "seeds": seeds}
    (log / "catch.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def write_results(run, log):
    """The raw rows, the curve and a summary of a run, into the results' folder."""
    log.mkdir(parents=True, exist_ok=True)
    for name in ("metrics.csv", "evaluations.csv", "curve.png"):
        shutil.copy(run.folder / name, log / name)
    rows = run.evaluations.rows()
    passed = {goal: next((row for row in rows if row["mean"] > goal), None) for goal in GOALS}
    what = ("minutes", "steps", "updates", "mean", "std")
    summary = {
        "machine": this_machine(),
        "game": run.game,
        "preset": run.card["preset"],
        "settings": run.card["settings"],
        "pieces": run.card["pieces"],
        "seed": run.seed,
        **{f"passed {goal}": row and {name: row[name] for name in what} for goal, row in passed.items()},
        "last": {name: rows[-1][name] for name in what},
    }
    (log / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: summary[name] for name in summary if name.startswith(("passed", "last"))}, indent=1))


if __name__ == "__main__":
    main()
