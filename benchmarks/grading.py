"""How long a room takes: 200 submissions of Session 1, and seconds a submission beside nbgrader and Otter.

    .venv/bin/python benchmarks/grading.py [--nbgrader-python P] [--otter-python P] [--json FILE]

The room is that of `room_of_notebooks.py`. Memory is that of the command with all its processes, what they share counted
once, sampled twice a second; that of the answers' processes, each of which may take 1.5 GiB before it is `out_of_memory`,
stands apart. The rivals grade the same notebook of five exercises, each answer right, in an
environment of their own (`pip install nbgrader ipykernel numpy`, `pip install otter-grader ipykernel numpy`), in the same
run as we do. Exit status 0 if every row is there and the goals are met.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import click
import psutil
from grading_rivals import FIVE, PACKAGES, RIVALS, write_five
from machine import this_machine
from room_of_notebooks import HOSTILE_FILES, write_room

from workshop.grading.room import usual_workers

SECONDS_GOAL, MEMORY_GOAL = 60, 2**30
EXERCISES = 14
NURSERY = "workshop.grading.nursery"
ROOT = Path(__file__).resolve().parents[1]


@click.command()
@click.option("--submissions", type=click.IntRange(1), default=200, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1), multiple=True, help="May be given again.  [default: the command's own]"
)
@click.option("--rival-submissions", type=click.IntRange(1), default=10, show_default=True)
@click.option("--nbgrader-python", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--otter-python", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def main(submissions, workers, rival_submissions, nbgrader_python, otter_python, json_file):
    """Grade a room, and five exercises beside the rivals."""
    with tempfile.TemporaryDirectory(prefix="workshop-benchmark-") as folder:
        folder = Path(folder)
        kinds = write_room(folder / "room", submissions)
        print(f"{submissions} submissions: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}")
        rooms = [grade_room(folder, submissions, count) for count in workers or (usual_workers(),)]
        pythons = {"nbgrader": nbgrader_python, "otter": otter_python}
        # Absolute, since the rivals run elsewhere; and not resolved, as the Python of an environment is a link.
        pythons = {name: python.absolute() for name, python in pythons.items() if python}
        five = compare(folder / "five", rival_submissions, pythons)
    if json_file:
        results = {"machine": this_machine(), "kinds": kinds, "rooms": rooms, "five_exercises": five}
        json_file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    best = min(rooms, key=lambda room: room["seconds"])
    is_met = best["seconds"] <= SECONDS_GOAL and best["peak_bytes"] <= MEMORY_GOAL
    raise SystemExit(0 if is_met and all(room["is_complete"] for room in rooms) else 1)


def grade_room(folder, submissions, workers):
    """Grade the room once, from the beginning."""
    rows_file = folder / f"rows {workers}.json"
    arguments = [folder / "room", "--workers", workers, "--json", rows_file]
    seconds, (peak, peak_of_answers), status = measured(grade_command(*arguments), folder / f"home {workers}")
    rows = json.loads(rows_file.read_text(encoding="utf-8"))
    files = [path.read_text(encoding="utf-8") for path in (folder / "room").iterdir()]
    unreadable = sum(text in HOSTILE_FILES.values() for text in files)
    expected = EXERCISES * (submissions - unreadable) + unreadable
    verdicts = dict(Counter(row["verdict"] for row in rows).most_common())
    slowest = sorted(rows, key=lambda row: -row["seconds"])[:20]
    print(
        f"{workers} grading processes: {seconds:.1f} s (goal {SECONDS_GOAL} s), {len(rows)} of {expected} rows", end=""
    )
    print(f", peak {peak / 2**20:.0f} MiB (goal {MEMORY_GOAL / 2**20:.0f} MiB)", end="")
    print(f", answers {peak_of_answers / 2**20:.0f} MiB")
    print(f"  {', '.join(f'{count} {verdict}' for verdict, count in verdicts.items())}")
    for row in slowest[:5]:
        print(f"  {row['seconds']:6.2f} s  {row['submission']}  {row['exercise']}  {row['verdict']}")
    return {
        "workers": workers,
        "seconds": round(seconds, 2),
        "peak_bytes": peak,
        "peak_bytes_of_answers": peak_of_answers,
        "rows": len(rows),
        "is_complete": len(rows) == expected and status == 0,
        "verdicts": verdicts,
        "seconds_by_exercise": by_exercise(rows),
        "slowest": [{name: row[name] for name in ("submission", "exercise", "verdict", "seconds")} for row in slowest],
    }


def by_exercise(rows):
    """Exercise -> verdict -> [how many, seconds of all of them]."""
    table = {}
    for row in rows:
        cell = table.setdefault(row["exercise"] or "unreadable", {}).setdefault(row["verdict"], [0, 0.0])
        cell[0], cell[1] = cell[0] + 1, round(cell[1] + row["seconds"], 3)
    return table


def compare(folder, submissions, pythons):
    """Seconds a submission for five exercises, ours and the rivals'."""
    folder.mkdir()
    notebook = write_five(folder)
    print(f"\nfive exercises, {submissions} submissions, seconds a submission:")
    times = {}
    for workers in (1, len(os.sched_getaffinity(0))):
        room = folder / f"ours {workers}"
        room.mkdir()
        for number in range(submissions):
            (room / f"{number}.ipynb").write_text(notebook.read_text(encoding="utf-8"), encoding="utf-8")
        command = grade_command(room, "--workers", workers, *(word for name in FIVE for word in ("--only", name)))
        seconds, _, status = measured(command, folder / f"home {workers}")
        assert status == 0, "our own command failed"
        times[f"workshop grade --workers {workers}"] = seconds / submissions
    for name, python in pythons.items():
        title = f"{name} {version_of(PACKAGES[name], python)}"
        times[title] = RIVALS[name](python, folder, submissions) / submissions
    for name, seconds in times.items():
        print(f"  {name:28} {seconds:7.2f} s")
    return {name: round(seconds, 3) for name, seconds in times.items()}


def version_of(package, python):
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def grade_command(*arguments):
    return [sys.executable, "-m", "workshop", "grade", *map(str, arguments)]


def measured(command, home):
    """(seconds, most bytes at once of (the grader's processes, the answers'), exit status) of a command."""
    environment = {**os.environ, "WORKSHOP_HOME": str(home)}
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    peak = [0, 0]
    sampler = threading.Thread(target=_sample, args=(process.pid, peak))
    sampler.start()
    status = process.wait()
    seconds = time.perf_counter() - started
    sampler.join()
    return seconds, tuple(peak), status


def _sample(pid, peak):
    while psutil.pid_exists(pid):
        totals = [0, 0]
        try:
            family = psutil.Process(pid)
            for process in [family, *family.children(recursive=True)]:
                totals[_is_answers(process)] += _bytes_of(process)
        except psutil.Error:
            pass
        peak[:] = map(max, peak, totals)
        time.sleep(0.5)


def _is_answers(process):
    """Whether an attendee's code runs in it: a worker, which has a session of its own, or what that has started."""
    try:
        while NURSERY in process.cmdline() or NURSERY in process.parent().cmdline():
            if os.getsid(process.pid) == process.pid and NURSERY in process.parent().cmdline():
                return True
            process = process.parent()
    except (psutil.Error, OSError, AttributeError):
        pass
    return False


def _bytes_of(process):
    try:
        return getattr(process.memory_full_info(), "pss", 0)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
