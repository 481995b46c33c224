"""A run of `workshop grade` is killed with `kill -9` at random moments, and resumed: are the rows those of an undisturbed one?

    .venv/bin/python benchmarks/grading_kills.py [--kills 10] [--submissions 10] [--seed 0] [--json FILE]

The moments are spread over the time that the undisturbed run took. Exit status 0 if the rows are the same, seconds apart,
no row was graded twice, and no process outlived the run that started it.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import psutil
from machine import this_machine
from room_of_notebooks import write_room

ROOT = Path(__file__).resolve().parents[1]
_END_SECONDS = 30  # for what a killed run had started to end by itself


@click.command()
@click.option("--kills", type=click.IntRange(1), default=10, show_default=True)
@click.option("--submissions", type=click.IntRange(1), default=10, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the room and of the moments.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def main(kills, submissions, seed, json_file):
    """Kill, resume, compare."""
    with tempfile.TemporaryDirectory(prefix="workshop-kills-") as folder:
        folder = Path(folder)
        write_room(folder / "room", submissions, seed)
        started = time.perf_counter()
        finish(start(folder, "undisturbed"))
        seconds = time.perf_counter() - started
        print(f"undisturbed: {len(rows_of(folder, 'undisturbed'))} rows in {seconds:.1f} s")
        rng, moments, outlived, known = random.Random(seed), [], 0, 0
        for number in range(1, kills + 1):
            moments.append(rng.uniform(0, max(2 * seconds / kills, 3)))
            outlived += kill(start(folder, "disturbed", "--resume"), moments[-1])
            before, known = known, len(kept(folder))
            print(f"kill {number} after {moments[-1]:.1f} s: {known - before} more rows, {known} in all")
        finish(start(folder, "disturbed", "--resume"))
        same = rows_of(folder, "disturbed") == rows_of(folder, "undisturbed")
        twice = sum(count > 1 for count in Counter(kept(folder)).values())
    print(f"resumed: the rows are {'the same' if same else 'OTHERS'}; twice {twice}; processes that stayed {outlived}")
    if json_file:
        figures = {"submissions": submissions, "seconds": round(seconds, 1), "moments": moments, "same": same}
        results = {"machine": this_machine(), **figures, "graded_twice": twice, "outlived": outlived}
        json_file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    raise SystemExit(0 if same and not twice and not outlived else 1)


def start(folder, name, *options):
    """Start grading; the results go into `name`.json, and the journal into a home of that name."""
    command = [sys.executable, "-m", "workshop", "grade", folder / "room", "--json", folder / f"{name}.json", *options]
    environment = {**os.environ, "WORKSHOP_HOME": str(folder / name)}
    return subprocess.Popen([*map(str, command)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def finish(process):
    if process.wait():
        raise SystemExit(f"workshop grade ended with exit status {process.returncode}")


def kill(process, seconds):
    """Kill it after so many seconds. Returns how many of the processes that it had started stay."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        return len(psutil.wait_procs(family, _END_SECONDS)[1])
    return 0


def rows_of(folder, name):
    """The rows without the one thing that differs from run to run."""
    return [{**row, "seconds": 0} for row in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))]


def kept(folder):
    """(submission, exercise) of every row in the journal of the disturbed run."""
    journals = [*(folder / "disturbed").glob("grading/*.jsonl")]
    lines = journals[0].read_bytes().split(b"\n")[:-1] if journals else []
    return [(line["of"], line["row"]["exercise"]) for line in map(json.loads, lines) if "of" in line]


if __name__ == "__main__":
    main()
