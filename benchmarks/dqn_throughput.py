"""How fast the whole loop runs, acting and learning: ours beside Stable-Baselines3's DQN, in one run on one machine.

    .venv/bin/python benchmarks/dqn_throughput.py --sb3-python P [--seconds 60] [--json FILE]

Both play Pong in 8 games at once from frames of 84 × 84 with four of them as a state, with the network of Nature 2015 (in
Stable-Baselines3 `CnnPolicy`), batches of 32, and one update for every four agent steps, with two threads. Ours learns
while the games play in a process of their own (the laptop's arrangement) with one thread or two; Stable-Baselines3's
games play in this process (DummyVecEnv) or in one process each (SubprocVecEnv). `laptop` is our preset, the rivals'
counterpart of which has no name. Rivals run one after the other, each in a fresh process, twice, in turns; the better
round counts. Stable-Baselines3 is no dependency of the kit: make an environment for it
(`pip install "stable-baselines3==2.7.0" "torch==2.13.0" ale-py opencv-python-headless`, the CPU wheel of torch).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
from machine import this_machine

ENVIRONMENTS, BATCH, STEPS_PER_UPDATE, STARTS = 8, 32, 4, 2000
RIVALS = (  # name, threads of the learner
    ("ours, Nature 2015", 1),
    ("ours, Nature 2015", 2),
    ("Stable-Baselines3, DummyVecEnv", 2),
    ("Stable-Baselines3, SubprocVecEnv", 1),
    ("Stable-Baselines3, SubprocVecEnv", 2),
    ("ours, laptop preset", 1),
    ("ours, laptop preset", 2),
)


@click.command()
@click.option("--sb3-python", help="A Python that has stable_baselines3, ale_py, cv2 and click.")
@click.option("--seconds", default=60.0, show_default=True, help="Of learning, for each rival and round.")
@click.option("--rounds", default=2, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every round there.")
@click.option("--one", hidden=True)
def main(sb3_python, seconds, rounds, json_file, one):
    """Run every rival and print agent steps and updates a second."""
    if one:
        print(json.dumps((stable_baselines if one.startswith("Stable") else ours)(one, seconds)))
        return
    results = {}
    for _ in range(rounds):
        for name, threads in RIVALS:
            python = sb3_python if name.startswith("Stable") else sys.executable
            if python is None:
                continue
            count = str(threads)
            environment = {**os.environ, "OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count}
            command = [python, __file__, "--one", name, "--seconds", str(seconds)]
            result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(result.stdout.splitlines()[-1])
            results.setdefault(f"{name}, {threads} thread{'s' * (threads > 1)}", []).append(found)
    best = {name: max(rounds_, key=lambda found: found["steps_per_second"]) for name, rounds_ in results.items()}
    rival = max((found["steps_per_second"] for name, found in best.items() if name.startswith("Stable")), default=None)
    for name, found in best.items():
        ratio = (
            "" if rival is None else f"  {found['steps_per_second'] / rival:.2f} times the best of Stable-Baselines3"
        )
        steps, updates = found["steps_per_second"], found["updates_per_second"]
        print(f"{name:44} {steps:7,.0f} steps/s {updates:6.1f} updates/s{ratio}")
    if json_file:
        json_file.write_text(json.dumps({"machine": this_machine(), "rounds": results}, indent=1) + "\n")


def ours(name, seconds):
    """Steps and updates a second of our loop."""
    import dataclasses

    from workshop.dqn.presets import PRESETS, make_training

    preset = PRESETS["laptop"]
    if "Nature" in name:
        preset = dataclasses.replace(
            PRESETS["nature2015"],
            environments=ENVIRONMENTS,
            batch_size=BATCH,
            steps_per_update=STEPS_PER_UPDATE,
            replay_capacity=100_000,
            optimizer="adam",
            learning_rate=1e-4,
        )
    preset = dataclasses.replace(preset, learning_starts=STARTS)
    training = make_training("pong", preset, seed=0)
    for _ in training.run():
        if training.updates > 20:
            break
    started, steps, updates = time.perf_counter(), training.steps, training.updates
    for _ in training.run():
        if time.perf_counter() - started > seconds:
            break
    elapsed = time.perf_counter() - started
    return {
        "steps_per_second": (training.steps - steps) / elapsed,
        "updates_per_second": (training.updates - updates) / elapsed,
    }


def stable_baselines(name, seconds):
    """The same of Stable-Baselines3's loop. Its episodes end with a life and its frames are made by OpenCV."""
    import ale_py
    import gymnasium
    import torch
    from stable_baselines3 import DQN
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_atari_env
    from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecFrameStack

    gymnasium.register_envs(ale_py)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

    class Clock(BaseCallback):
        started = None

        def _on_step(self):
            if self.model._n_updates > 20:
                if self.started is None:
                    self.started, self.steps, self.updates = (
                        time.perf_counter(),
                        self.num_timesteps,
                        self.model._n_updates,
                    )
                self.elapsed = time.perf_counter() - self.started
            return self.started is None or self.elapsed < seconds

    # A forked process knows the games that were registered here.
    kind, options = (SubprocVecEnv, {"start_method": "fork"}) if "Subproc" in name else (DummyVecEnv, {})
    env = make_atari_env("PongNoFrameskip-v4", n_envs=ENVIRONMENTS, seed=0, vec_env_cls=kind, vec_env_kwargs=options)
    model = DQN(
        "CnnPolicy",
        VecFrameStack(env, 4),
        learning_rate=1e-4,
        buffer_size=100_000,
        learning_starts=STARTS,
        batch_size=BATCH,
        train_freq=1,
        gradient_steps=ENVIRONMENTS // STEPS_PER_UPDATE,
        target_update_interval=10_000,
        seed=0,
        verbose=0,
    )
    clock = Clock()
    model.learn(10**9, callback=clock)
    return {
        "steps_per_second": (model.num_timesteps - clock.steps) / clock.elapsed,
        "updates_per_second": (model._n_updates - clock.updates) / clock.elapsed,
    }


if __name__ == "__main__":
    main()
