"""What DQN is sensitive to: Catch, one change of the settings at a time, several seeds each.

    .venv/bin/python benchmarks/catch_sensitivity.py [--seeds 5] [--only NAME]

writes `workshop/dqn/sensitivity.json`, which Session 3 draws. Every agent plays 4,000 steps of Catch in 6 rows and columns
(800 games); then 200 games are played without random actions, and the mean of their returns, from −1 to 1, is its score.
"""

import json
from itertools import pairwise

import click
import numpy as np
from machine import this_machine
from tqdm import tqdm

from workshop.dqn.exploration import epsilon_at  # isort: skip (Chainer needs what the kit supplies)
import chainer
import chainer.functions as F
import chainer.links as L

from workshop.dqn.sensitivity import FILE
from workshop.envs.catch import Catch

ROWS, STEPS, LEARNING_STARTS, GAMES = 6, 4000, 200, 200
USUAL = {
    "rate": 2e-3,
    "optimizer": "adam",
    "batch": 32,
    "steps_per_update": 2,
    "sync": 50,
    "memory": 4000,
    "gamma": 0.95,
    "hidden": 64,
    "epsilon": (1.0, 0.05, 2000),
    "reward_scale": 1.0,
    "loss": "huber",
    "pixel_scale": 1 / 255,
    "clip_gradient": None,
    "weight_decay": None,
    "batch_normalisation": False,
}
CHANGES = {  # group -> name -> what is changed
    "nothing": {"as it is": {}},
    "the three cures": {
        "memory of 32 steps: no mixture": {"memory": 32},
        "target follows at once": {"sync": 1},
        "rewards × 100": {"reward_scale": 100.0},
        "rewards × 100, squared error": {"reward_scale": 100.0, "loss": "squared"},
        "rewards × 100, loss clipped": {"reward_scale": 100.0, "loss": "clipped loss"},
    },
    "exploration": {
        "ε is 0 from the start": {"epsilon": (0.0, 0.0, 1)},
        "ε is 0.05 from the start": {"epsilon": (0.05, 0.05, 1)},
        "ε falls in 200 steps": {"epsilon": (1.0, 0.05, 200)},
        "ε stays 1": {"epsilon": (1.0, 1.0, 1)},
    },
    "optimiser": {
        "learning rate ÷ 10": {"rate": 2e-4},
        "learning rate × 10": {"rate": 2e-2},
        "learning rate × 100": {"rate": 2e-1},
        "RMSProp": {"optimizer": "rmsprop"},
        "plain gradient descent": {"optimizer": "sgd"},
    },
    "updates": {
        "batch of 4": {"batch": 4},
        "batch of 128": {"batch": 128},
        "update every step": {"steps_per_update": 1},
        "update every 8 steps": {"steps_per_update": 8},
        "target synced every 1,000": {"sync": 1000},
    },
    "network and input": {
        "4 hidden units": {"hidden": 4},
        "512 hidden units": {"hidden": 512},
        "pixels from 0 to 255": {"pixel_scale": 1.0},
        "batch normalisation": {"batch_normalisation": True},
        "weight decay 0.001": {"weight_decay": 1e-3},
        "gradient clipped to length 1": {"clip_gradient": 1.0},
    },
    "discount": {"γ = 0.5": {"gamma": 0.5}, "γ = 1": {"gamma": 1.0}},
}


class Network(chainer.Chain):
    """One hidden layer; float32 states (B, pixels) to values (B, 3)."""

    def __init__(self, rng, hidden, is_normalised):
        super().__init__()
        self.is_normalised = is_normalised
        with self.init_scope():
            for name, (n_in, n_out) in zip(("first", "second"), pairwise((ROWS * ROWS, hidden, 3))):
                weights = (rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)).astype(np.float32)
                setattr(self, name, L.Linear(n_in, n_out, initialW=weights))
            if is_normalised:
                self.normalised = L.BatchNormalization(hidden)

    def forward(self, states):
        h = self.first(states)
        return self.second(F.relu(self.normalised(h) if self.is_normalised else h))

    def values(self, states):
        """As an array, without a graph, and with the means of training where there is batch normalisation."""
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            return self(states).array


def score(changes, seed):
    """Train one agent with these changes of `USUAL`, and play without random actions."""
    settings = {**USUAL, **changes}
    rng = np.random.default_rng(seed)
    online = Network(rng, settings["hidden"], settings["batch_normalisation"])
    target = online.copy(mode="copy")
    optimizers = {"adam": chainer.optimizers.Adam, "rmsprop": chainer.optimizers.RMSprop, "sgd": chainer.optimizers.SGD}
    optimizer = optimizers[settings["optimizer"]](settings["rate"]).setup(online)
    if settings["clip_gradient"]:
        optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(settings["clip_gradient"]))
    if settings["weight_decay"]:
        optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(settings["weight_decay"]))

    def seen(observation):
        return observation.reshape(-1).astype(np.float32) * np.float32(settings["pixel_scale"])

    env, memory, updates = Catch(rows=ROWS, columns=ROWS), [], 0
    observation, _ = env.reset(seed=seed)
    state = seen(observation)
    for step in range(STEPS):
        if rng.random() < epsilon_at(step, *settings["epsilon"]):
            action = int(rng.integers(3))
        else:
            action = int(online.values(state[None])[0].argmax())
        observation, reward, terminated, _, _ = env.step(action)
        next_state = seen(observation)
        memory.append((state, action, np.float32(reward * settings["reward_scale"]), next_state, terminated))
        del memory[: -settings["memory"]]
        state = seen(env.reset()[0]) if terminated else next_state
        if step >= LEARNING_STARTS and step % settings["steps_per_update"] == 0:
            rows = [memory[index] for index in rng.integers(len(memory), size=settings["batch"])]
            states, actions, rewards, next_states, ended = map(np.array, zip(*rows))
            future = np.where(ended, 0, target.values(next_states).max(axis=1))
            wanted = (rewards + settings["gamma"] * future).astype(np.float32)
            loss = _loss(settings["loss"], F.select_item(online(states), actions), wanted)
            online.cleargrads()
            loss.backward()
            optimizer.update()
            updates += 1
            if updates % settings["sync"] == 0:
                target.copyparams(online)
    return _play(online, seen, seed)


def _loss(name, q, wanted):
    if name == "squared":
        return F.mean((wanted - q) ** 2 / 2)
    if name == "clipped loss":  # the mistake: beyond the edge it has no slope
        return F.mean(F.clip((wanted - q) ** 2 / 2, 0.0, 1.0))
    return F.mean(F.huber_loss(q, wanted, 1.0, reduce="no"))


def _play(online, seen, seed):
    env, total = Catch(rows=ROWS, columns=ROWS), 0.0
    observation, _ = env.reset(seed=1000 + seed)
    for _ in range(GAMES):
        terminated = False
        while not terminated:
            action = int(online.values(seen(observation)[None])[0].argmax())
            observation, reward, terminated, _, _ = env.step(action)
            total += reward
        observation, _ = env.reset()
    return total / GAMES


@click.command()
@click.option(
    "--seeds", default=5, show_default=True, help="Of each change; what is changed in nothing has four times as many."
)
@click.option("--only", multiple=True, help="Names of changes; then nothing is written.")
def main(seeds, only):
    """Train with every change, print the scores, and write them."""
    found = []
    for group, changes in CHANGES.items():
        for name, change in changes.items():
            if only and name not in only:
                continue
            count = seeds if change else 4 * seeds
            scores = [round(score(change, seed), 3) for seed in tqdm(range(count), desc=name, leave=False)]
            click.echo(f"{group:20} {name:32} {np.mean(scores):+.2f}  {min(scores):+.2f} to {max(scores):+.2f}")
            found.append({"group": group, "change": name, "settings": change, "scores": scores})
    if not only:
        usual = {**USUAL, "rows": ROWS, "steps": STEPS, "learning_starts": LEARNING_STARTS, "games": GAMES}
        record = {"machine": this_machine(), "usual": usual, "results": found}
        FILE.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
