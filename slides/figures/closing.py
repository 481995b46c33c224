"""The last deck: policy gradients, actor and critic, many players, glimpses, scores, what training costs, sensitivity."""

import json

import numpy as np

from slides.figures import shown
from slides.figures.canvas import (
    HALF,
    PALE_BLUE,
    PALE_GREEN,
    PALE_GREY,
    PALE_ORANGE,
    arrow,
    box,
    canvas,
    minus,
    stage,
)
from slides.figures.session_2 import pong_screens
from slides.numbers import RESULTS
from workshop import plots
from workshop.plots.charts import LOOKS
from workshop.plots.picture import GREY, ORANGE, Picture, drawing


def softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@shown
@drawing
def push_up():
    """A policy before and after one step of REINFORCE, for a good and for a bad return."""
    logits, action, rate = np.array([0.2, 0.6, -0.1]), 2, 1.0
    figure, said = canvas((8.6, 3.2)), []
    panels = (("before", 0.0), ("after a return of +1", 1.0), ("after a return of −1", -1.0))
    for axes, (title, G) in zip(figure.subplots(1, 3, sharey=True), panels):
        p = softmax(logits + rate * G * (np.eye(3)[action] - softmax(logits)))
        axes.bar(range(3), p, color=["#CCCCCC", "#CCCCCC", "#9CCBEA"], edgecolor=GREY)
        for place, value in enumerate(p):
            axes.text(place, value + 0.02, f"{value:.2f}", ha="center", size=11.5)
        axes.set_title(title, fontsize=11.5)
        axes.set_xticks(range(3), ["up", "stay", "down"])
        axes.set(ylim=(0, 0.85))
        said.append(f"{title} {', '.join(f'{value:.2f}' for value in p)}")
    figure.axes[0].set_ylabel("probability")
    return Picture.from_figure(figure, f"Probabilities of up, stay and down; down was done: {'; '.join(said)}.")


@shown
@drawing
def baselines():
    """The gradient of REINFORCE on a bandit, sample by sample: without and with a baseline."""
    rng, logits, worth = np.random.default_rng(0), np.zeros(3), np.array([9.0, 10.0, 11.0])
    p = softmax(logits)
    actions = rng.choice(3, size=4000, p=p)
    rewards = worth[actions] + rng.normal(size=len(actions))
    score = np.eye(3)[actions] - p  # gradient of log π
    figure, said = canvas((8.6, 2.5)), []
    axes = figure.subplots()
    for (name, b), (colour, _, _) in zip((("no baseline", 0.0), (f"baseline {worth.mean():.0f}", worth.mean())), LOOKS):
        gradient = ((rewards - b)[:, None] * score)[:, 2]
        axes.hist(
            gradient,
            np.linspace(-8, 12, 41),
            color=colour,
            alpha=0.6,
            label=f"{name}: {gradient.mean():.2f} ± {gradient.std():.2f}",
        )
        said.append(f"{name}: mean {gradient.mean():.2f}, standard deviation {gradient.std():.2f}")
    axes.set(xlabel="gradient of one sample (best action)", yticks=[])
    axes.legend(loc="upper left")
    return Picture.from_figure(
        figure, f"Gradients for the logit of the best of three actions with rewards 9, 10 and 11: {'; '.join(said)}."
    )


@shown
@drawing
def actor_and_critic():
    figure, axes = stage(HALF)
    box(axes, (2.5, 3.4), (2.2, 0.75), "environment", PALE_GREY, size=12)
    box(axes, (1.1, 1.9), (1.8, 0.85), "actor\nπ(a | s)", PALE_BLUE, size=12)
    box(axes, (3.9, 1.9), (1.8, 0.85), "critic\nV(s)", PALE_ORANGE, size=12)
    box(axes, (2.5, 0.5), (3.4, 0.7), "advantage  A = G − V(s)", PALE_GREEN, size=12)
    arrow(axes, (0.9, 2.35), (1.7, 3.0), bend=-0.2)
    axes.text(0.5, 2.75, "action", size=11.5)
    arrow(axes, (3.3, 3.0), (4.1, 2.35), bend=-0.2)
    axes.text(3.75, 2.9, "state, reward", size=11.5)
    arrow(axes, (3.9, 1.45), (3.3, 0.88))
    arrow(axes, (1.7, 0.88), (1.1, 1.45))
    axes.text(0.35, 1.05, "how much\nbetter", size=11, va="center")
    alt = "The actor sends an action to the environment, the critic sees state and reward; the return minus the critic's value is the advantage, which tells the actor how much better its action was than expected."
    return Picture.from_figure(figure, alt)


@shown
@drawing
def parallel_players():
    figure, axes = stage((8.6, 3.3))
    for row in range(4):
        y = 2.9 - 0.78 * row
        box(axes, (1.1, y), (1.8, 0.6), f"game {row + 1}", PALE_GREY, size=12)
        box(axes, (3.6, y), (1.8, 0.6), f"player {row + 1}", PALE_GREEN, size=12)
        arrow(axes, (2.02, y), (2.68, y), GREY, arrowstyle="<|-|>", mutation_scale=12)
        arrow(axes, (4.52, y), (6.3, 1.73 + 0.12 * (1.5 - row)), mutation_scale=12, lw=1.5)
    box(axes, (7.3, 1.73), (1.9, 1.5), "learner\nparameters\nof all", PALE_BLUE, size=12)
    axes.text(5.1, 3.0, "gradients, or transitions", size=11.5)
    axes.text(5.6, 0.1, "fresh parameters back", size=11.5)
    arrow(axes, (7.3, 0.95), (4.55, 0.45), ORANGE, bend=-0.2)
    alt = "Four games, each with a player of its own; the players send gradients or transitions to one learner, and get fresh parameters back."
    return Picture.from_figure(figure, alt)


@shown
def glimpses():
    """What the retina of the recurrent attention model sees of Pong: three patches, each twice as wide and half as sharp."""
    _, field = pong_screens()
    size, centre = 20, np.unravel_index(field.argmax(), field.shape)  # the ball is what is brightest
    frames, captions = [np.repeat(field.astype(np.uint8)[:, :, None], 3, axis=2)], ["the whole picture\n160 × 160"]
    padded = np.pad(field, 80)
    for scale in range(3):
        side = size * 2**scale
        top, left = (place + 80 - side // 2 for place in centre)
        patch = padded[top : top + side, left : left + side]
        seen = patch.reshape(size, 2**scale, size, 2**scale).mean(axis=(1, 3)).astype(np.uint8)
        frames.append(np.repeat(seen[:, :, None], 3, axis=2))
        captions.append(f"patch {scale + 1}: {side} × {side}\nseen as {size} × {size}")
    return plots.filmstrip(frames, captions, width=7.4)


@shown
@drawing
def speed():
    """Updates a second of ours and of Stable-Baselines3 on the same two cores, from the log of the benchmark."""
    record = json.loads((RESULTS / "dqn_throughput.json").read_text(encoding="utf-8"))
    figure = canvas((8.6, 3.6))
    axes = figure.subplots()
    said, names, longest = [], list(record["workloads"])[::-1], 0
    for place, workload in enumerate(names):
        for shift, who, colour in ((0.19, "ours", "#9CCBEA"), (-0.19, "Stable-Baselines3", "#F2C979")):
            best = max(
                run["updates_per_second"]
                for name, runs in record["rounds"].items()
                if name.startswith(who) and workload in name
                for run in runs
            )
            axes.barh(place + shift, best, 0.36, edgecolor=GREY, color=colour, label=who if place == 0 else None)
            axes.text(best, place + shift, f" {best:.0f}", va="center", weight="bold", size=11.5)
            said.append(f"{workload}, {who}, {best:.0f}")
            longest = max(longest, best)
    batches = [f"{name}\nbatches of {record['workloads'][name]['batch']}" for name in names]
    axes.set_yticks(range(len(names)), batches)
    axes.set(xlabel="updates a second (two cores)", xlim=(0, 1.12 * longest))
    axes.legend(loc="lower right", frameon=False)
    return Picture.from_figure(figure, f"Updates a second: {'; '.join(said)}.")


@shown
@drawing
def one_change():
    """Pong after 20,000 updates, with the settings of a preset and with one of them changed; from the log of the search."""
    file = RESULTS / "preset_search" / "one_change_batch_64_rate_0.001_sync_500.json"
    record = json.loads(file.read_text(encoding="utf-8"))["pong, 20000 updates, 2 at once"]
    scores = {"nothing changed" if not runs[0]["changes"] else name: runs[0]["score"] for name, runs in record.items()}
    figure = canvas((8.6, 3.6))
    axes = figure.subplots()
    names = sorted(scores, key=scores.get)
    for place, name in enumerate(names):
        value = scores[name]
        axes.barh(
            place,
            value + 21,
            0.62,
            left=-21,
            color="#F2C979" if name == "nothing changed" else "#9CCBEA",
            edgecolor=GREY,
        )
        axes.text(value + 0.6, place, minus(value, 1), va="center", weight="bold", size=11.5)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="points of a game of Pong after 20,000 updates (one seed each)", xlim=(-21, 14))
    said = "; ".join(f"{name} {scores[name]:.1f}" for name in reversed(names))
    return Picture.from_figure(
        figure, f"Points of Pong after 20,000 updates, one setting changed at a time, one seed each: {said}."
    )
