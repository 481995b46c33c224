"""How long an attendee waits for `check`: every exercise, with right answers, known mistakes and an endless loop.

    .venv/bin/python benchmarks/check_latency.py [--json FILE]

What is timed is the judging, from the attendee's function to the verdict. To show the message adds milliseconds. The
first check of a session also pays for what is loaded then, and is listed apart. The judge runs on one core: processor
time below wall time means that something else was running. Exit status 0 if the goals are met.
"""

import functools
import json
import statistics
import sys
import time
from pathlib import Path

import click
from machine import this_machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the right answers stand with the tests

MEDIAN_GOAL, WORST_GOAL = 0.3, 2.0  # seconds
ENDLESS = "endless loop"


@click.command()
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every time there.")
def main(json_file):
    """Time the judging of every answer that the kit knows."""
    first = first_check()
    times = [timed(*answer) for answer in all_answers()]
    report(first, times)
    if json_file:
        results = {"machine": this_machine(), "first_check_seconds": first, "answers": times}
        json_file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    is_met = median(answers_of(times)) <= MEDIAN_GOAL and worst(times) <= WORST_GOAL
    raise SystemExit(0 if is_met else 1)


def first_check():
    """What `import workshop` and the first check of a session cost, in seconds."""
    started = time.perf_counter()
    from workshop.exercises import check  # noqa: F401

    loaded = time.perf_counter()
    first = timed("discounted_return", "reference", "", None)
    return {"import": round(loaded - started, 4), "first check": first["seconds"]}


def all_answers():
    """(name, kind, title, answer) of every answer of every exercise; the answer None is the reference."""
    from tests.exercises.right_answers import RIGHT_ANSWERS
    from workshop.exercises.catalogue import EXERCISES

    for part in (part for exercise in EXERCISES for part in exercise.parts):
        yield part.name, "reference", "", None
        yield from ((part.name, "right answer", name_of(answer), answer) for answer in RIGHT_ANSWERS[part.name])
        yield from ((part.name, "known mistake", mistake.sentence, mistake.answer) for mistake in part.mistakes)
        yield part.name, ENDLESS, "", endless


def name_of(answer):
    """An answer that brings companions of its own has the name of the answer itself."""
    return getattr(answer, "answer", answer).__name__


def endless(*arguments, **named):
    while True:
        pass


def timed(name, kind, title, answer):
    """Judge one answer as `check` does, and say how long it took."""
    from workshop.exercises import subject
    from workshop.exercises.catalogue import exercise_of, part_of
    from workshop.exercises.judge import judge, with_our_companions
    from workshop.exercises.reference import reference

    answer = answer or reference(name)
    if not isinstance(answer, subject.Accompanied):
        answer = with_our_companions(part_of(name), answer)
    call = functools.partial(subject.run, answer)
    wall, processor = time.perf_counter(), time.process_time()
    judgement = judge(part_of(name), call)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        "exercise": exercise_of(name).number,
        "name": name,
        "kind": kind,
        "answer": title,
        "verdict": judgement.verdict,
        "seconds": round(wall, 4),
        "processor_seconds": round(processor, 4),
    }


def answers_of(times):
    """The rows of what people write on purpose."""
    return [row for row in times if row["kind"] != ENDLESS]


def median(times, clock="seconds"):
    return statistics.median(row[clock] for row in times)


def worst(times, clock="seconds"):
    return max(row[clock] for row in times)


def report(first, times):
    """Print the table: a row for each name, then the totals against the goals."""
    print(f"{'exercise':26} {'answers':>7} {'median':>8} {'worst':>8}   {'endless loop':>12}")
    for name in dict.fromkeys(row["name"] for row in times):
        own = [row for row in times if row["name"] == name]
        answers, loops = answers_of(own), [row for row in own if row["kind"] == ENDLESS]
        title = f"{own[0]['exercise']} {name}"
        print(f"{title:26} {len(answers):7} {median(answers):6.2f} s {worst(answers):6.2f} s   {worst(loops):10.2f} s")
    answers = answers_of(times)
    slowest = max(times, key=lambda row: row["seconds"])
    cpu = "processor_seconds"
    print(f"\nmedian of {len(answers)} answers: {median(answers):.2f} s, goal {MEDIAN_GOAL:g} s", end="; ")
    print(f"of processor time {median(answers, cpu):.2f} s")
    print(f"worst of all: {worst(times):.2f} s, goal {WORST_GOAL:g} s; of processor time {worst(times, cpu):.2f} s")
    print(f"  {slowest['name']}, {slowest['kind']}: {slowest['answer']}")
    print(f"once a session: import {first['import']:.2f} s, first check {first['first check']:.2f} s")


if __name__ == "__main__":
    main()
