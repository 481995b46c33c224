"""How many steps a second the vector environment plays, beside ale-py's own, and what threads are good for.

    .venv/bin/python benchmarks/atari_vector.py [--json FILE] [--game pong] [--environments 8] [--rounds 5]

A step is four frames of the emulator and one frame for the agent, 84 × 84. `emulators` plays the same frames and makes
nothing of them, in one thread or two: if two are no faster, `act` holds Python's global lock, which is why VectorAtari
takes processes. All rivals take turns in every round, and the median of their rounds is printed.
"""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
from machine import this_machine

from workshop.atari.emulator import make_emulator
from workshop.atari.vector import VectorAtari

FRAMES_PER_STEP = 4


@click.command()
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every round there.")
@click.option("--game", default="pong", show_default=True)
@click.option("--environments", default=8, show_default=True)
@click.option("--rounds", default=5, show_default=True)
def main(json_file, game, environments, rounds):
    """Play with every rival in turns."""
    rivals = {
        "emulators, 1 thread": emulators(game, environments, threads=1),
        "emulators, 2 threads": emulators(game, environments, threads=2),
        "AtariVectorEnv, 1 thread": ale_py_vector(game, environments, threads=1),
        "AtariVectorEnv, 2 threads": ale_py_vector(game, environments, threads=2),
        "VectorAtari, here": ours(game, environments, workers=0),
        "VectorAtari, 1 process": ours(game, environments, workers=1),
        "VectorAtari, 2 processes": ours(game, environments, workers=2),
    }
    rates = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, step in rivals.items():
            rates[name].append(round(steps_per_second(step, environments)))
    for name, its_rates in rates.items():
        print(f"{name:26} {statistics.median(its_rates):7,.0f} steps/s  ({min(its_rates):,} to {max(its_rates):,})")
    if json_file:
        settings = {"game": game, "environments": environments}
        results = {"machine": this_machine(), **settings, "steps_per_second": rates}
        json_file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def steps_per_second(step, environments, seconds=1.0):
    """Call `step` for about so long; every call is one step of each environment."""
    started, calls = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        step()
        calls += 1
    return calls * environments / (time.perf_counter() - started)


def emulators(game, environments, threads):
    """Emulators that play and show nothing."""
    consoles = [make_emulator("ale-py", game, seed=number) for number in range(environments)]
    for console in consoles:
        console.reset()

    def play(console):
        for _ in range(FRAMES_PER_STEP):
            console.act(0)
        if console.game_over():
            console.reset()

    pool = ThreadPoolExecutor(threads)
    return lambda: list(pool.map(play, consoles))


def ale_py_vector(game, environments, threads):
    """ale-py's vector environment in C++, with the same settings; it also stacks four frames."""
    from ale_py.vector_env import AtariVectorEnv

    env = AtariVectorEnv(game, environments, num_threads=threads, use_fire_reset=False)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    return lambda: env.step(rng.integers(env.single_action_space.n, size=environments))


def ours(game, environments, workers):
    """VectorAtari, as DQN plays it."""
    env = VectorAtari(game, environments, seed=0, workers=workers)
    rng = np.random.default_rng(0)
    return lambda: env.step(rng.integers(len(env.action_meanings), size=environments))


if __name__ == "__main__":
    main()
