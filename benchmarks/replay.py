"""Replay memories: how long a batch takes, and how many bytes a frame; ours and what others do, in one run.

    .venv/bin/python benchmarks/replay.py [--frames 50000] [--million] [--sb3-python P] [--json FILE]

Eight games write stacks of four frames, an episode lasts 300 steps, and then batches of 32 are drawn; with priorities, the
time contains giving the batch new ones. The rivals are the memory that most tutorials write, a deque of transitions whose
states are stacked when sampling, and Stable-Baselines3's `ReplayBuffer` and `NStepReplayBuffer`. Each memory is filled in a
process of its own; its bytes are what that process grew by, so nothing that is only promised counts. `--million` also fills
ours with a million frames of 84 × 84.

Stable-Baselines3 is no dependency of the kit: give it an environment of its own
(`pip install stable-baselines3 psutil click`) and name its Python.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import click
import numpy as np
import psutil
from machine import this_machine

GAMES, STACK, BATCH, EPISODE = 8, 4, 32, 300
SIDES, N_STEPS = (42, 84), (1, 3)
BATCHES = 300


@click.command()
@click.option("--frames", default=50_000, show_default=True, help="How many each memory is filled with.")
@click.option("--million", is_flag=True, help="Fill ours with a million frames of 84 × 84, too (7.1 GB).")
@click.option("--sb3-python", default=sys.executable, help="A Python that has stable-baselines3, psutil and click.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every time there.")
@click.option("--one", hidden=True, nargs=4, type=(str, int, int, int), help="Measure this one, in this process.")
def main(frames, million, sb3_python, json_file, one):
    """Print for each memory: milliseconds a batch, bytes a frame, microseconds to store a step of all games."""
    if one:
        click.echo(json.dumps(measure(*one)))
        return
    cases = [(name, side, n_step, frames) for side in SIDES for n_step in N_STEPS for name in MEMORIES]
    cases = [case for case in cases if case[0] != "deque of stacks" or case[2] == 1]
    if million:
        cases += [(name, 84, 3, 10**6) for name in ("uniform", "prioritised")]
    results = []
    for case in cases:
        python = sb3_python if case[0] == "Stable-Baselines3" else sys.executable
        command = [python, __file__, "--one", *map(str, case)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        label = "{0:17} {1} × {1}, n = {2}, {3:,} frames".format(*case)
        if process.returncode:
            click.echo(f"{label}: not measured ({process.stderr.strip().splitlines()[-1]})")
            continue
        result = json.loads(process.stdout)
        results.append(dict(zip(("memory", "side", "n_step", "frames"), case, strict=True)) | result)
        times = result["sample_ms"]
        click.echo(
            f"{label}: {statistics.median(times):6.3f} ms a batch (best {min(times):.3f}), "
            f"{BATCH / statistics.median(times) * 1000:9,.0f} samples/s, {result['bytes_a_frame']:8,.0f} bytes a frame, "
            f"{result['add_us']:4.0f} µs a step of {GAMES} games, peak {result['peak_bytes'] / 1e9:.2f} GB"
        )
    if json_file:
        json_file.write_text(
            json.dumps({"machine": this_machine(), "batch": BATCH, "results": results}, indent=1) + "\n"
        )


def measure(name, side, n_step, frames):
    """Fill one memory and draw from it; see `main` for what is measured."""
    add, sample = MEMORIES[name](side, n_step, frames)  # still empty, so next to nothing is taken yet
    rng = np.random.default_rng(0)
    screens = rng.integers(0, 256, (64, GAMES, side, side), dtype=np.uint8)
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    for step in range(frames // GAMES):
        add(screens[step % 64], screens[(step + 1) % 64], rng.integers(6, size=GAMES), step % EPISODE == EPISODE - 1)
    seconds = time.perf_counter() - started
    grown = psutil.Process().memory_info().rss - before
    times = []
    for _ in range(BATCHES + 50):
        started = time.perf_counter()
        sample(rng)
        times.append(1000 * (time.perf_counter() - started))
    return {
        "sample_ms": [round(milliseconds, 4) for milliseconds in times[50:]],
        "add_us": round(1e6 * seconds / (frames // GAMES), 1),
        "bytes_a_frame": round(grown / frames),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }


def ours(kind):
    def build(side, n_step, frames):
        from workshop.dqn import planning, prioritised, replay

        made = {"uniform": replay.ReplayMemory, "prioritised": prioritised.PrioritisedReplay}[kind]
        planning.check_memory(frames, GAMES, (side, side), made)
        memory = made(frames, GAMES, (side, side), STACK, n_step)
        everyone = np.arange(GAMES)

        def add(screens, next_screens, actions, ends):
            memory.add(everyone, screens, actions, 1.0, ends)
            if ends:
                memory.end_episode(everyone, next_screens)

        def sample(rng):
            drawn = memory.sample(BATCH, rng)
            if drawn.weights is not None:
                memory.update_priorities(drawn.where, rng.normal(size=BATCH))

        return add, sample

    return build


def deque_of_stacks(side, n_step, frames):
    """Neighbouring transitions share the state between them, so it holds four frames a step and not eight."""
    import random

    memory = deque(maxlen=frames)
    states = [np.zeros((STACK, side, side), np.uint8) for _ in range(GAMES)]

    def add(screens, next_screens, actions, ends):
        for game in range(GAMES):
            next_state = np.stack([*states[game][1:], next_screens[game]])
            memory.append((states[game], int(actions[game]), 1.0, next_state, ends))
            states[game] = next_state

    def sample(rng):
        return [np.stack(column) for column in zip(*random.sample(memory, BATCH), strict=True)]

    return add, sample


def stable_baselines3(side, n_step, frames):
    from gymnasium.spaces import Box, Discrete
    from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer

    spaces = Box(0, 255, (STACK, side, side), np.uint8), Discrete(6)
    if n_step == 1:
        memory = ReplayBuffer(frames, *spaces, "cpu", GAMES)
    else:
        memory = NStepReplayBuffer(frames, *spaces, "cpu", GAMES, n_steps=n_step)
    states = np.zeros((GAMES, STACK, side, side), np.uint8)

    def add(screens, next_screens, actions, ends):
        nonlocal states
        next_states = np.concatenate([states[:, 1:], next_screens[:, None]], axis=1)
        memory.add(states, next_states, actions, np.ones(GAMES), np.full(GAMES, ends), [{}] * GAMES)
        states = next_states

    return add, lambda rng: memory.sample(BATCH)


MEMORIES = {
    "uniform": ours("uniform"),
    "prioritised": ours("prioritised"),
    "deque of stacks": deque_of_stacks,
    "Stable-Baselines3": stable_baselines3,
}

if __name__ == "__main__":
    main()
