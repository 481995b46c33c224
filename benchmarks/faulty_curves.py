"""Train six agents with one silent fault each, and one without, on Catch; write what a log of their training would hold.

    python benchmarks/faulty_curves.py

writes the curves that exercise 3.15 shows (`workshop/dqn/faulty_curves.npz`) and those of other seeds that it is graded
on (`workshop/exercises/session_3/held_out/curves.npz`). Three minutes of one core of an EPYC.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from workshop.dqn.exploration import epsilon_at  # isort: skip (Chainer needs what the kit supplies)
import chainer
import chainer.functions as F

from workshop.dqn.faulty_curves import CURVES, FAULTS, HEALTHY
from workshop.envs.catch import Catch
from workshop.exercises.drivers.small_networks import SmallQ

ROOT = Path(__file__).resolve().parents[1] / "workshop"
FILES = {
    ROOT / "dqn" / "faulty_curves.npz": range(3),
    ROOT / "exercises" / "session_3" / "held_out" / "curves.npz": range(3, 7),
}
ROWS, HIDDEN = 6, 48
STEPS, LEARNING_STARTS, STEPS_PER_UPDATE, BATCH, GAMMA = 3600, 200, 2, 32, 0.9
SYNC_UPDATES, POINT_STEPS = 50, 80  # a point of the curves every 40 updates, so that some come right after a sync


def train(fault, seed):
    """One agent's curves: a dict of float32 arrays, one value for each `POINT_STEPS` steps."""
    rng = np.random.default_rng(seed)
    env = Catch(rows=ROWS, columns=ROWS)
    sizes = [ROWS * ROWS, HIDDEN, 3]
    layers = [
        ((rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)).astype(np.float32), np.zeros(n_out, np.float32))
        for n_in, n_out in pairwise(sizes)
    ]
    online, target = SmallQ(layers), SmallQ(layers)
    optimizer = chainer.optimizers.Adam(1.0 if fault == "learning_rate_too_high" else 2e-3).setup(online)
    memory, update = [], 0
    points = {name: [] for name in CURVES}
    losses, q_values, returns = [], [], [0.0]
    state, _ = env.reset(seed=seed)
    for step in range(STEPS):
        epsilon = 1.0 if fault == "epsilon_never_falls" else epsilon_at(step, 1.0, 0.1, 1500)
        if rng.random() < epsilon:
            action = int(rng.integers(3))
        else:
            with chainer.no_backprop_mode():
                action = int(online(state[None]).array[0].argmax())
        next_state, reward, terminated, _, _ = env.step(action)
        stored = 0.0 if fault == "reward_lost_at_the_end" and terminated else reward
        if terminated:
            returns.append(reward)
            after_reset, _ = env.reset()
        if terminated and fault == "terminated_ignored":
            next_state = after_reset  # as environments give it that reset themselves
        memory.append((state, action, np.float32(stored), next_state, terminated and fault != "terminated_ignored"))
        state = after_reset if terminated else next_state

        if step >= LEARNING_STARTS and step % STEPS_PER_UPDATE == 0:
            rows = [memory[index] for index in rng.integers(len(memory), size=BATCH)]
            states, actions, rewards, next_states, ended = map(np.array, zip(*rows))
            with chainer.no_backprop_mode():
                future = np.where(ended, 0, target(next_states).array.max(axis=1))
            q = online(states)
            chosen = F.select_item(q, actions)
            loss = F.mean(F.huber_loss(chosen, (rewards + GAMMA * future).astype(np.float32), 1.0, reduce="no"))
            losses.append(float(loss.array))
            q_values.append(float(q.array.max(axis=1).mean()))
            online.cleargrads()
            loss.backward()
            if fault != "network_never_updated":
                optimizer.update()
            update += 1
            if update % SYNC_UPDATES == 0 and fault != "target_never_synced":
                target.copyparams(online)
            if update % (POINT_STEPS // STEPS_PER_UPDATE) == 0:
                pairs = zip(online.params(), target.params())
                distance = np.sqrt(sum(float(((one.array - other.array) ** 2).sum()) for one, other in pairs))
                values = step, np.mean(losses), np.mean(q_values), np.mean(returns[-50:]), epsilon, distance
                for name, value in zip(CURVES, values, strict=True):
                    points[name].append(value)
                losses, q_values = [], []
    return {name: np.array(values, np.float32) for name, values in points.items()}


def main():
    agents = [(path, fault, seed) for path, seeds in FILES.items() for seed in seeds for fault in (*FAULTS, HEALTHY)]
    written = {path: {} for path in FILES}
    for path, fault, seed in tqdm(agents, unit="agent"):
        for name, curve in train(fault, seed).items():
            written[path][f"{fault}/{seed}/{name}"] = curve
    for path, arrays in written.items():
        np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
