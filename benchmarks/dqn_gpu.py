"""Updates a second on a GPU: ours through CuPy, PyTorch's on the same card, and ours on the CPU of the same machine.

    .venv/bin/python benchmarks/dqn_gpu.py [--torch-python P] [--json FILE]

An update here is all of it: draw steps, gather their frames (4 of uint8 a state), target and online network, Huber loss,
backward, Adam; 6 actions. The frames of PyTorch's rival lie on the GPU as ours do. Kernels are put in a queue and run later,
so the clock starts and stops with an empty one: it stands around many updates, with a synchronise at both ends. Each engine
has a process of its own, several rounds in turns.

Without a GPU the CPU alone is measured, and the exit status is 2. PyTorch is no dependency of the kit: give it an environment
of its own (`pip install torch numpy click`, a wheel with CUDA) and name its Python.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
from dqn_update import ACTIONS, FRAMES, the_networks
from machine import this_machine

ENGINES = ("ours, GPU", "PyTorch, GPU", "PyTorch, GPU, tuned", "ours, CPU")
SLOTS, WARM_UP = 20_000, 20  # frames that are drawn from; updates before the clock starts
SECONDS = 2.0  # of measuring a network in one round


@click.command()
@click.option("--batch", "batches", multiple=True, type=int, default=(32, 128, 512), show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every figure there.")
@click.option("--torch-python", help="A Python that has torch with CUDA, numpy and click.")
@click.option("--measure", "job", type=click.File(), hidden=True)
def main(batches, rounds, json_file, torch_python, job):
    """Measure updates a second of each network with each engine."""
    if job:
        click.echo(json.dumps(measure(**json.load(job))))
        return
    gpu, why_not = the_gpu()
    click.echo(f"GPU: {gpu or 'none'}")
    engines = [engine for engine in ENGINES if engine.endswith("CPU") or gpu]
    if not torch_python:
        engines = [engine for engine in engines if not engine.startswith("PyTorch")]
    rates = {}
    for engine in engines * rounds:
        python = torch_python if engine.startswith("PyTorch") else sys.executable
        for case, rate in measure_apart(python, engine, the_networks(), batches).items():
            rates.setdefault(case, {}).setdefault(engine, []).append(rate)
    for case, by_engine in rates.items():
        click.echo(f"{case}: updates a second, median of {rounds} rounds (least, most)")
        for engine, found in by_engine.items():
            click.echo(f"  {engine:20}{statistics.median(found):10.1f}  ({min(found):.1f}, {max(found):.1f})")
    if json_file:
        record = {"machine": this_machine() | {"gpu": gpu}, "updates_per_second": rates}
        json_file.write_text(json.dumps(record) + "\n")
    if not gpu:
        click.echo(f"No GPU was measured. {why_not}", err=True)
        sys.exit(2)


def the_gpu():
    """(name, None), or (None, a sentence that says why there is none)."""
    from workshop.dqn.device import NoGPU, find_device

    try:
        find_device("gpu")
    except NoGPU as missing:
        return None, str(missing)
    import cupy

    return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode(), None


def measure_apart(python, engine, networks, batches):
    job = json.dumps({"engine": engine, "networks": networks, "batches": batches})
    command = [python, __file__, "--measure", "-"]
    result = subprocess.run(command, input=job, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return json.loads(result.stdout)
    click.echo(f"{engine}: not measured ({result.stderr.strip().splitlines()[-1]})", err=True)
    return {}


def measure(engine, networks, batches):
    """{network and batch: updates a second}."""
    rates = {}
    for name, network in networks.items():
        for batch in batches:
            prepare = torch_update if engine.startswith("PyTorch") else our_update
            update, synchronize = prepare(engine, network, batch)
            for _ in range(WARM_UP if "GPU" in engine else 2):
                update()
            synchronize()
            count, began = 0, time.perf_counter()
            while time.perf_counter() - began < SECONDS:
                for _ in range(10 if "GPU" in engine else 1):
                    update()
                    count += 1
                synchronize()  # or the queue would grow for as long as its filling is faster than the GPU
            rates[f"{name}, batch {batch}"] = round(count / (time.perf_counter() - began), 2)
    return rates


def our_update(engine, network, batch):
    from workshop.nn import networks  # isort: skip
    import chainer

    from workshop.dqn.agent import Agent
    from workshop.dqn.device import find_device
    from workshop.dqn.device_replay import DeviceReplay
    from workshop.dqn.replay import ReplayMemory

    device = find_device("gpu" if "GPU" in engine else "cpu")
    shape = {"frame_shape": (network["size"],) * 2, "stack": FRAMES}
    memory = DeviceReplay(SLOTS, device=device, **shape) if "GPU" in engine else ReplayMemory(SLOTS, **shape)
    rng = np.random.default_rng(0)
    for _ in range(SLOTS):
        frame = rng.integers(0, 256, shape["frame_shape"], np.uint8)
        memory.add(0, frame, rng.integers(ACTIONS), rng.random(), rng.random() < 0.01)
    online = getattr(networks, network["class"])(ACTIONS)
    agent = Agent(online, chainer.optimizers.Adam(2.5e-4), (FRAMES, *shape["frame_shape"]), device=device)
    synchronize = device.device.synchronize if "GPU" in engine else lambda: None
    return lambda: agent.update(memory.sample(batch, rng)), synchronize


def torch_update(engine, network, batch):
    import torch
    from torch import nn

    is_tuned = engine.endswith("tuned")
    torch.backends.cudnn.benchmark = is_tuned
    layout = torch.channels_last if is_tuned else torch.contiguous_format

    def build():
        modules, channels, size = [], FRAMES, network["size"]
        for out, kernel, stride in network["layers"]:
            modules += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
            channels, size = out, (size - kernel) // stride + 1
        hidden = network["hidden"]
        modules += [nn.Flatten(), nn.Linear(channels * size**2, hidden), nn.ReLU(), nn.Linear(hidden, ACTIONS)]
        return nn.Sequential(*modules).cuda().to(memory_format=layout)

    rng = np.random.default_rng(0)
    ring = torch.randint(0, 256, (SLOTS, network["size"], network["size"]), dtype=torch.uint8, device="cuda")
    actions, rewards, terminated = rng.integers(ACTIONS, size=SLOTS), rng.random(SLOTS, "f"), rng.random(SLOTS) < 0.01
    online, target = build(), build()
    optimizer = torch.optim.Adam(online.parameters(), 2.5e-4, fused=is_tuned or None)

    def send(array):
        return torch.as_tensor(array).pin_memory().to("cuda", non_blocking=True)

    def states(steps):
        frames = ring[send(steps[:, None] + np.arange(-FRAMES + 1, 1))]
        return (frames.float() / 255).contiguous(memory_format=layout)

    def update():
        steps = rng.integers(FRAMES, SLOTS - 1, batch)
        with torch.no_grad():
            going_on = ~send(terminated[steps])
            targets = send(rewards[steps]) + 0.99 * target(states(steps + 1)).max(1)[0] * going_on
        chosen = online(states(steps)).gather(1, send(actions[steps])[:, None])[:, 0]
        loss = nn.functional.huber_loss(chosen, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update, torch.cuda.synchronize


if __name__ == "__main__":
    main()
