"""One whole update of DQN on the CPU: ours, stock Chainer, and PyTorch, in one run on one machine.

    .venv/bin/python benchmarks/dqn_update.py --torch-python P [--json FILE]

An update is the forward pass of the target network, the forward pass of the online one, Huber loss, backward, Adam. The
input is uint8, scaled by the network, 4 frames deep; 6 actions. Each engine has a process of its own, so that no thread
pool disturbs the next, and they take turns, several rounds, so that whatever else the machine does meets all of them.
Beside each time stands the share of the sgemm peak: the arithmetic of the update, over the time that NumPy's BLAS takes
for as much of it in a product of two 1024 × 1024 matrices, with as many threads. PyTorch is no dependency of the kit: give
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
import numpy as np
from machine import this_machine

ENGINES = {
    "ours": "the kit, C where it compiles",
    "ours, NumPy": "the kit where there is no compiler",
    "stock Chainer": "7.8.1",
    "PyTorch": "as one writes it",
    "PyTorch, tuned": "channels last, fused Adam",
}
ACTIONS, FRAMES = 6, 4
SECONDS, AT_LEAST, AT_MOST = 1.0, 4, 60  # of measuring a network in one round; updates


@click.command()
@click.option("--batch", "batches", multiple=True, type=int, default=(32, 128), show_default=True)
@click.option("--threads", "thread_counts", multiple=True, type=int, default=(1, 2), show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every time there.")
@click.option("--torch-python", default=sys.executable, help="A Python that has torch, numpy and click.")
@click.option("--measure", "job", type=click.File(), hidden=True)
def main(batches, thread_counts, rounds, json_file, torch_python, job):
    """Time whole updates of each network with each engine, and print milliseconds and shares of the sgemm peak."""
    if job:
        click.echo(json.dumps(measure(**json.load(job))))
        return
    networks = the_networks()
    times, peaks = {}, {threads: [] for threads in thread_counts}
    for threads in [threads for _ in range(rounds) for threads in thread_counts]:
        for engine in ENGINES:
            python = torch_python if engine.startswith("PyTorch") else sys.executable
            job = {"engine": engine, "networks": networks, "batches": batches, "threads": threads}
            measured = measure_apart(python, threads, job)
            peaks[threads] += measured.pop("peak", [])
            for name, milliseconds in measured.items():
                times.setdefault(f"{name}, {threads} threads", {}).setdefault(engine, []).extend(milliseconds)
    report(networks, times, {threads: max(figures) for threads, figures in peaks.items()})
    if json_file:
        record = {"machine": this_machine(), "networks": networks, "sgemm_gflops": peaks, "milliseconds": times}
        json_file.write_text(json.dumps(record) + "\n")


def the_networks():
    """{name: layers (channels, kernel, stride), hidden units and size of the picture}."""
    from workshop.nn.networks import NIPS2013, Laptop, Nature2015  # isort: skip
    from workshop.dqn.presets import PRESETS

    sizes = {"NIPS 2013": (NIPS2013, 84), "Nature 2015": (Nature2015, 84)}
    sizes["laptop"] = (Laptop, PRESETS["laptop"].frame_shape[0])
    return {
        name: {"class": kind.__name__, "layers": kind.layers, "hidden": kind.hidden, "size": size}
        for name, (kind, size) in sizes.items()
    }


def multiply_adds(network):
    """Of one update, for each state of the batch."""
    size, channels, products = network["size"], FRAMES, []
    for out, kernel, stride in network["layers"]:
        size = (size - kernel) // stride + 1
        products.append(size**2 * out * kernel**2 * channels)
        channels = out
    products += [size**2 * channels * network["hidden"], network["hidden"] * ACTIONS]
    return 4 * sum(products) - products[0]  # two forward, two backward; nothing flows into the picture


def measure_apart(python, threads, job):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [python, __file__, "--measure", "-"]
    result = subprocess.run(
        command, env=environment, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if result.returncode == 0:
        return json.loads(result.stdout)
    click.echo(f"{job['engine']}: not measured ({result.stderr.strip().splitlines()[-1]})", err=True)
    return {}


def report(networks, times, peaks):
    click.echo("sgemm peak: " + ", ".join(f"{peak:.0f} GFLOP/s with {n} threads" for n, peak in peaks.items()))
    for case, by_engine in times.items():
        name, batch, threads = case.split(", ")
        gflop = 2e-9 * multiply_adds(networks[name]) * int(batch.split()[1])
        own = statistics.median(by_engine["ours"]) if "ours" in by_engine else None
        click.echo(f"{case}: {gflop:.2f} GFLOP")
        for engine, milliseconds in by_engine.items():
            median, best = statistics.median(milliseconds), min(milliseconds)
            share = gflop / (1e-3 * median) / peaks[int(threads.split()[0])]
            ratio = f", {median / own:.2f} times ours" if own else ""
            click.echo(f"  {engine:15}{median:8.2f} ms (best {best:.2f}), {share:.0%} of the sgemm peak{ratio}")


def measure(engine, networks, batches, threads):
    """{network and batch: milliseconds of every update after the first three}, and for the kit the sgemm peak."""
    result = {"peak": sgemm_gflops()} if engine == "ours" else {}
    for batch in batches:
        for name, network in networks.items():
            update = (torch_update if engine.startswith("PyTorch") else chainer_update)(engine, network, batch, threads)
            for _ in range(3):
                update()
            times, started = [], time.perf_counter()
            while len(times) < AT_LEAST or (len(times) < AT_MOST and time.perf_counter() - started < SECONDS):
                before = time.perf_counter()
                update()
                times.append(round(1000 * (time.perf_counter() - before), 3))
            result[f"{name}, batch {batch}"] = times
    return result


def sgemm_gflops():
    """The best of 20 products of NumPy."""
    a = np.random.default_rng(0).random((1024, 1024), dtype=np.float32)
    best = min(timed(lambda: a @ a) for _ in range(20))
    return [round(2e-9 * 1024**3 / best, 1)]


def timed(function):
    before = time.perf_counter()
    function()
    return time.perf_counter() - before


def data(network, batch):
    rng = np.random.default_rng(0)
    shape = (batch, FRAMES, network["size"], network["size"])
    states, next_states = (rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(2))
    actions, rewards = rng.integers(0, ACTIONS, batch), rng.random(batch, dtype=np.float32)
    return states, actions, rewards, next_states, rng.random(batch) < 0.1


def chainer_update(engine, network, batch, threads):
    from workshop.nn import kernels, networks  # isort: skip
    import chainer

    from workshop.dqn.targets import dqn_targets, huber_loss

    if engine == "ours" and not kernels.library():
        raise SystemExit("nothing could be compiled here: see 'ours, NumPy'")
    if engine != "ours":
        kernels.library = lambda: None
    if engine == "stock Chainer":
        use_stock_chainer()
    states, actions, rewards, next_states, terminated = data(network, batch)
    online, target = (getattr(networks, network["class"])(ACTIONS) for _ in range(2))
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
    """Take back all that the kit put under Chainer's classes: what it replaced has the attribute `stock`."""
    from chainer import FunctionNode
    from chainer.functions.activation.relu import ReLU
    from chainer.functions.connection import convolution_2d, deconvolution_2d, linear
    from chainer.optimizers.adam import AdamRule

    owners = [convolution_2d.Convolution2DFunction, convolution_2d.Convolution2DGradW, ReLU, AdamRule, FunctionNode]
    owners += [deconvolution_2d.Deconvolution2DFunction]
    owners += [linear.LinearFunction, linear.LinearGradData, linear.LinearGradWeight]
    for owner in owners:
        for name, method in list(vars(owner).items()):
            if hasattr(method, "stock"):
                setattr(owner, name, method.stock)


def torch_update(engine, network, batch, threads):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    is_tuned = engine == "PyTorch, tuned"
    layout = torch.channels_last if is_tuned else torch.contiguous_format

    def build():
        modules, channels, size = [], FRAMES, network["size"]
        for out, kernel, stride in network["layers"]:
            modules += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
            channels, size = out, (size - kernel) // stride + 1
        hidden = network["hidden"]
        modules += [nn.Flatten(), nn.Linear(channels * size**2, hidden), nn.ReLU(), nn.Linear(hidden, ACTIONS)]
        return nn.Sequential(*modules).to(memory_format=layout)

    states, actions, rewards, next_states, terminated = map(torch.as_tensor, data(network, batch))
    online, target = build(), build()
    optimizer = torch.optim.Adam(online.parameters(), 2.5e-4, fused=is_tuned or None)

    def scaled(pixels):
        return (pixels.float() / 255).contiguous(memory_format=layout)

    def update():
        with torch.no_grad():
            targets = rewards + 0.99 * target(scaled(next_states)).max(1)[0] * ~terminated
        chosen = online(scaled(states)).gather(1, actions[:, None])[:, 0]
        loss = nn.functional.huber_loss(chosen, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update


if __name__ == "__main__":
    main()
