"""How fast the whole loop runs, acting and learning: ours beside Stable-Baselines3's DQN, in one run on one machine.

    .venv/bin/python benchmarks/dqn_throughput.py --sb3-python P [--seconds 20] [--json FILE]

Both play Pong in 8 games at once, four frames a state, with the same network, batch, length of the returns and steps an
update, plain DQN and Adam: the network of Nature 2015, that of NIPS 2013, and the laptop preset's. Ours learns while the games play in
processes of their own (the laptop's arrangement), or in its own one; Stable-Baselines3's games play in its process (DummyVecEnv) or in one
process each (SubprocVecEnv). "Double DQN" is ours as the laptop preset has it, with a forward pass more. Rivals run one after the other, each in a fresh process, twice, in turns; the better round
counts. Printed beside: how fast the BLAS multiplies two matrices of 2048 × 2048 with as many threads, the share of that
which our updates are, and what each part of our loop takes.

Stable-Baselines3 is no dependency of the kit: make an environment for it
(`pip install "stable-baselines3==2.9.2" "torch==2.13.0" ale-py opencv-python-headless`, the CPU wheel of torch).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
from dqn_update import multiply_adds
from machine import this_machine

ENVIRONMENTS, STARTS = 8, 2000
# Layers (channels, kernel, stride), hidden units; size of the picture; and how they are trained.
WORKLOADS = {
    "Nature 2015": {"layers": ((32, 8, 4), (64, 4, 2), (64, 3, 1)), "hidden": 512, "size": 84}
    | {"batch": 32, "steps_per_update": 4, "n_step": 1},
    "NIPS 2013": {"layers": ((16, 8, 4), (32, 4, 2)), "hidden": 256, "size": 84}
    | {"batch": 32, "steps_per_update": 4, "n_step": 1},
    "laptop preset": {"layers": ((16, 8, 4), (32, 4, 2)), "hidden": 256, "size": 40}
    | {"batch": 128, "steps_per_update": 8, "n_step": 5},
}
RIVALS = (  # name, threads of the learner
    ("ours", 1),
    ("ours", 2),
    ("ours, games in this process", 1),
    ("ours, double DQN", 1),
    ("Stable-Baselines3, DummyVecEnv", 2),
    ("Stable-Baselines3, SubprocVecEnv", 1),
    ("Stable-Baselines3, SubprocVecEnv", 2),
)


@click.command()
@click.option("--sb3-python", help="A Python that has stable_baselines3, ale_py, cv2 and click.")
@click.option("--seconds", default=20.0, show_default=True, help="Of learning, for each rival and round.")
@click.option("--rounds", default=2, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(WORKLOADS)), help="Only these networks.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every round there.")
@click.option("--one", nargs=2, hidden=True)
def main(sb3_python, seconds, rounds, only, json_file, one):
    """Run every rival and print agent steps and updates a second."""
    if one:
        rival, workload = one
        measure = {"ours": ours, "sgem": sgemm}.get(rival[:4], stable_baselines)
        print(json.dumps(measure(rival, workload, seconds)))
        return
    results, parts, peaks = {}, {}, {}
    for _ in range(rounds):
        for threads in (1, 2):
            peaks.setdefault(threads, []).append(apart(sys.executable, "sgemm", "", threads, seconds))
        for workload in only or WORKLOADS:
            for rival, threads in RIVALS:
                python = sys.executable if rival.startswith("ours") else sb3_python
                if python is None:
                    continue
                found = apart(python, rival, workload, threads, seconds)
                name = f"{rival}, {workload}, {threads} thread{'s' * (threads > 1)}"
                if "parts" in found:
                    parts[name] = found.pop("parts")
                results.setdefault(name, []).append(found)
    report(results, parts, {threads: max(figures) for threads, figures in peaks.items()})
    if json_file:
        record = {"machine": this_machine(), "workloads": WORKLOADS, "sgemm_gflops": peaks, "rounds": results}
        json_file.write_text(json.dumps(record | {"milliseconds_of_an_update": parts}, indent=1) + "\n")


def apart(python, rival, workload, threads, seconds):
    """What one rival measures in a process of its own, with so many threads."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [python, __file__, "--one", rival, workload, "--seconds", str(seconds)]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def report(results, parts, peaks):
    """Print the tables."""
    best = {name: max(rounds, key=lambda found: found["steps_per_second"]) for name, rounds in results.items()}
    print(", ".join(f"sgemm with {threads} threads: {peak:.0f} GFLOP/s" for threads, peak in peaks.items()))
    for workload, settings in WORKLOADS.items():
        here = {name: found for name, found in best.items() if workload in name}
        rivals = [found["steps_per_second"] for name, found in here.items() if name.startswith("Stable")]
        for name, found in here.items():
            steps, updates = found["steps_per_second"], found["updates_per_second"]
            line = f"{name:62} {steps:7,.0f} steps/s {updates:6.1f} updates/s"
            if rivals:
                line += f"  {steps / max(rivals):.2f} times the best of Stable-Baselines3"
            if name in parts:
                arithmetic = 2e-9 * settings["batch"] * multiply_adds(settings) * updates
                line += f"; {arithmetic:.0f} GFLOP/s, {arithmetic / peaks[int(name.split()[-2])]:.0%} of sgemm"
            print(line)
    print("Milliseconds for an update (games play meanwhile; what is left of them is waited for in receive):")
    for name, spent in parts.items():
        print(f"  {name:32}", ", ".join(f"{part} {value:.2f}" for part, value in spent.items()))


def sgemm(_, __, seconds):
    """GFLOP/s of NumPy's BLAS in a product of two 2048 × 2048 matrices of float32, the best of some seconds."""
    a, b = np.random.default_rng(0).random((2, 2048, 2048), np.float32)
    best, started = np.inf, time.perf_counter()
    while time.perf_counter() - started < min(seconds, 3):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2e-9 * 2048**3 / best


def ours(rival, workload, seconds):
    """Steps and updates a second of our loop, and the milliseconds of its parts for each update."""
    import dataclasses

    from workshop.dqn.presets import PRESETS, make_training
    from workshop.nn import networks

    settings = WORKLOADS[workload]
    name = {"Nature 2015": "Nature2015", "NIPS 2013": "NIPS2013", "laptop preset": "Laptop"}[workload]
    network = getattr(networks, name)
    assert (network.layers, network.hidden) == (settings["layers"], settings["hidden"])
    laptop = PRESETS["laptop"]
    preset = dataclasses.replace(
        laptop if name == "Laptop" else PRESETS["nature2015"],
        network=name,
        environments=ENVIRONMENTS,
        batch_size=settings["batch"],
        steps_per_update=settings["steps_per_update"],
        n_step=settings["n_step"],
        double="double" in rival,
        replay_capacity=100_000,
        learning_starts=STARTS,
        optimizer="adam",
        learning_rate=1e-4,
    )
    training, parts = make_training("pong", preset, seed=0, workers=0 if "this process" in rival else None), {}
    for part, owner in (
        *(("act", training.agent), ("send", training.env), ("sample", training.memory)),
        *(("update", training.agent), ("receive", training.env), ("_remember", training)),
    ):
        setattr(owner, part, clocked(getattr(owner, part), parts, part.strip("_")))
    for _ in training.run():
        if training.updates > 20:
            break
    started, steps, updates = time.perf_counter(), training.steps, training.updates
    parts.update(dict.fromkeys(parts, 0.0))
    for _ in training.run():
        if time.perf_counter() - started > seconds:
            break
    elapsed = time.perf_counter() - started
    return {
        "steps_per_second": (training.steps - steps) / elapsed,
        "updates_per_second": (training.updates - updates) / elapsed,
        "parts": {part: round(1000 * spent / (training.updates - updates), 3) for part, spent in parts.items()},
    }


def clocked(function, parts, part):
    """The function, and what it takes is added to parts[part], in seconds."""
    parts[part] = 0.0

    def measured(*arguments):
        began = time.perf_counter()
        result = function(*arguments)
        parts[part] += time.perf_counter() - began
        return result

    return measured


def stable_baselines(name, workload, seconds):
    """The same of Stable-Baselines3's loop. Its episodes end with a life, its frames are made by OpenCV of the whole screen."""
    import ale_py
    import gymnasium
    import torch
    from stable_baselines3 import DQN
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_atari_env
    from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
    from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecFrameStack

    gymnasium.register_envs(ale_py)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    settings = WORKLOADS[workload]

    class Features(BaseFeaturesExtractor):
        def __init__(self, space):
            super().__init__(space, settings["hidden"])
            layers, channels = [], space.shape[0]
            for out, kernel, stride in settings["layers"]:
                layers += [torch.nn.Conv2d(channels, out, kernel, stride), torch.nn.ReLU()]
                channels = out
            layers += [torch.nn.Flatten(), torch.nn.LazyLinear(settings["hidden"]), torch.nn.ReLU()]
            self.network = torch.nn.Sequential(*layers)
            self.network(torch.zeros(1, *space.shape))

        def forward(self, states):
            return self.network(states)

    class Clock(BaseCallback):
        started = None

        def _on_step(self):
            if self.model._n_updates > 20:
                if self.started is None:
                    self.started = time.perf_counter()
                    self.steps, self.updates = self.num_timesteps, self.model._n_updates
                self.elapsed = time.perf_counter() - self.started
            return self.started is None or self.elapsed < seconds

    # A forked process knows the games that were registered here.
    kind, options = (SubprocVecEnv, {"start_method": "fork"}) if "Subproc" in name else (DummyVecEnv, {})
    env = make_atari_env(
        "PongNoFrameskip-v4",
        n_envs=ENVIRONMENTS,
        seed=0,
        vec_env_cls=kind,
        vec_env_kwargs=options,
        wrapper_kwargs={"screen_size": settings["size"]},
    )
    # One train_freq is a step in all games.
    between = max(1, settings["steps_per_update"] // ENVIRONMENTS)
    model = DQN(
        "CnnPolicy",
        VecFrameStack(env, 4),
        policy_kwargs={"features_extractor_class": Features, "net_arch": []},
        learning_rate=1e-4,
        buffer_size=100_000,
        learning_starts=STARTS,
        batch_size=settings["batch"],
        n_steps=settings["n_step"],
        train_freq=between,
        gradient_steps=between * ENVIRONMENTS // settings["steps_per_update"],
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
