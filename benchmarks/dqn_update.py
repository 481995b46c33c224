"""One whole update of DQN on the CPU: ours, stock Chainer, and PyTorch, in one run on one machine.

    .venv/bin/python benchmarks/dqn_update.py [--batch 32] [--threads 2] [--torch-python P] [--json FILE]

An update is the forward pass of the target network, the forward pass of the online one, Huber loss, backward, Adam. The
input is uint8 84 × 84 × 4, scaled by the network, 6 actions. Each engine has the machine for itself: they run one after
the other, in processes of their own, so that no thread pool disturbs the next. PyTorch is no dependency of the kit: give
it an environment of its own (`pip install torch==2.13.0 numpy click`, the CPU wheel) and name its Python.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click
from machine import this_machine

NETWORKS = {
    "NIPS 2013": (((16, 8, 4), (32, 4, 2)), 256, 2592),
    "Nature 2015": (((32, 8, 4), (64, 4, 2), (64, 3, 1)), 512, 3136),
}
ENGINES = ("ours", "stock Chainer", "PyTorch")
UPDATES = 40


@click.command()
@click.option("--batch", default=32, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every time there.")
@click.option("--torch-python", default=sys.executable, help="A Python that has torch, numpy and click.")
@click.option("--engine", type=click.Choice(ENGINES), hidden=True)
def main(batch, threads, json_file, torch_python, engine):
    """Time whole updates of each network with each engine, and print milliseconds and ratios."""
    if engine:
        click.echo(json.dumps({name: measure(engine, name, batch, threads) for name in NETWORKS}))
        return
    times = {}
    for name in ENGINES:
        python = torch_python if name == "PyTorch" else sys.executable
        command = [python, __file__, "--engine", name, "--batch", str(batch), "--threads", str(threads)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            click.echo(f"{name}: not measured ({result.stderr.strip().splitlines()[-1]})")
        else:
            times[name] = json.loads(result.stdout)
    for network in NETWORKS:
        own = statistics.median(times["ours"][network])
        for name, measured in times.items():
            median = statistics.median(measured[network])
            best = min(measured[network])
            click.echo(f"{network}, {name:14} {median:7.1f} ms (best {best:.1f}), {median / own:.2f} times ours")
    if json_file:
        record = {"machine": this_machine(), "batch": batch, "threads": threads, "milliseconds": times}
        json_file.write_text(json.dumps(record, indent=1) + "\n")


def measure(engine, network, batch, threads):
    """Milliseconds of every update after the first five."""
    import numpy as np

    rng = np.random.default_rng(0)
    data = (
        rng.integers(0, 256, (batch, 4, 84, 84), dtype=np.uint8),
        rng.integers(0, 6, batch),
        rng.random(batch, dtype=np.float32),
        rng.integers(0, 256, (batch, 4, 84, 84), dtype=np.uint8),
        rng.random(batch) < 0.1,
    )
    update = (torch_update if engine == "PyTorch" else chainer_update)(engine, network, data, threads)
    times = []
    for _ in range(UPDATES + 5):
        started = time.perf_counter()
        update()
        times.append(1000 * (time.perf_counter() - started))
    return [round(milliseconds, 2) for milliseconds in times[5:]]


def chainer_update(engine, network, data, threads):
    from workshop.nn.networks import NIPS2013, Nature2015  # isort: skip
    import chainer
    import numpy as np

    from workshop.dqn.targets import dqn_targets, huber_loss

    if engine == "stock Chainer":
        use_stock_chainer()
    states, actions, rewards, next_states, terminated = data
    online, target = ({"NIPS 2013": NIPS2013, "Nature 2015": Nature2015}[network](6) for _ in range(2))
    online(states), target(states)
    optimizer = chainer.optimizers.Adam(2.5e-4).setup(online)

    def update():
        with chainer.no_backprop_mode():
            next_q = target(next_states).array
        targets = dqn_targets(rewards, next_q, terminated, np.float32(0.99))
        loss, _ = huber_loss(online(states), actions.astype(np.int32), targets)
        online.cleargrads()
        loss.backward()
        optimizer.update()

    return update


def use_stock_chainer():
    from chainer.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
    from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction
    from chainer.optimizers.adam import AdamRule

    methods = [
        (node, "_forward_cpu_core") for node in (Convolution2DFunction, Convolution2DGradW, Deconvolution2DFunction)
    ]
    for owner, name in (*methods, (AdamRule, "update_core_cpu")):
        current = getattr(owner, name)
        setattr(owner, name, getattr(current, "stock", current))


def torch_update(engine, network, data, threads):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    layers, hidden, features = NETWORKS[network]

    def build():
        modules, channels = [], 4
        for out, kernel, stride in layers:
            modules += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
            channels = out
        return nn.Sequential(*modules, nn.Flatten(), nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 6))

    states, actions, rewards, next_states, terminated = map(torch.as_tensor, data)
    online, target = build(), build()
    optimizer = torch.optim.Adam(online.parameters(), 2.5e-4)

    def update():
        with torch.no_grad():
            targets = rewards + 0.99 * target(next_states.float() / 255).max(1)[0] * ~terminated
        chosen = online(states.float() / 255).gather(1, actions[:, None])[:, 0]
        loss = nn.functional.huber_loss(chosen, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update


if __name__ == "__main__":
    main()
