"""How long it takes from an attendee's file landing to the class page showing it, under `workshop grade --watch`.

    .venv/bin/python benchmarks/watch_latency.py [--attendees 20] [--json FILE]

Notebooks of Session 1 (see `room_of_notebooks.py`) land one after the other while the command watches. Two moments count:
the page names the attendee, with the first verdicts; and all fourteen are there. An open page loads itself again every
second, so a reader sees either up to a second later, which is added here. Exit status 0 if the goal is met in the median.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from machine import this_machine
from room_of_notebooks import write_room

GOAL, RELOAD = 3.0, 1.0
EXERCISES = 14
ROOT = Path(__file__).resolve().parents[1]
_LIMIT = 120


@click.command()
@click.option("--attendees", type=click.IntRange(1), default=20, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def main(attendees, json_file):
    """Let notebooks land, and look at the page."""
    with tempfile.TemporaryDirectory(prefix="workshop-watch-") as folder:
        folder = Path(folder)
        write_room(folder / "made", attendees)
        (folder / "room").mkdir()
        process = start(folder)
        try:
            page, rows = folder / "page" / "index.html", folder / "rows.json"
            until(lambda: page.exists())
            time.sleep(5)  # the grading processes have started by now
            times = [landing(path, folder / "room", page, rows) for path in sorted((folder / "made").iterdir())]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
    shown, complete = ([time[kind] for time in times] for kind in ("shown", "complete"))
    for name, seconds in (("first verdicts", shown), ("all verdicts", complete)):
        print(f"{name:15} median {statistics.median(seconds):5.2f} s, worst {max(seconds):5.2f} s; goal {GOAL:g} s")
    if json_file:
        results = {"machine": this_machine(), "reload_seconds": RELOAD, "landings": times}
        json_file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    raise SystemExit(0 if statistics.median(shown) <= GOAL else 1)


def start(folder):
    command = [sys.executable, "-m", "workshop", "grade", folder / "room", "--watch", "--html", folder / "page"]
    environment = {**os.environ, "WORKSHOP_HOME": str(folder / "home")}
    arguments = [*map(str, command), "--json", str(folder / "rows.json")]
    return subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def landing(path, room, page, rows):
    """Seconds from a file landing to each of the two moments, the reload included."""
    started = time.perf_counter()
    shutil.copy(path, room)
    until(lambda: path.stem in page.read_text(encoding="utf-8"))
    shown = time.perf_counter() - started

    def is_complete():
        own = [row for row in json.loads(rows.read_text(encoding="utf-8")) if row["submission"] == path.name]
        return len(own) == EXERCISES or any(row["exercise"] is None for row in own)

    until(is_complete)
    seconds = {"shown": shown + RELOAD, "complete": time.perf_counter() - started + RELOAD}
    return {"submission": path.name, **{name: round(value, 3) for name, value in seconds.items()}}


def until(is_so):
    deadline = time.monotonic() + _LIMIT
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing was seen for {_LIMIT} s")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
