"""Session 3: what the agent sees and remembers, its network, its target, its loss, and how it learns Pong."""

import chainer
import chainer.functions as F
import gym
import numpy as np

from slides.figures import shown
from slides.figures.canvas import (
    FULL,
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
from slides.numbers import pong_log, signed
from workshop import Transition, plots
from workshop.dqn import faulty_curves
from workshop.dqn.published import PUBLISHED
from workshop.exercises.reference import reference
from workshop.plots.charts import LOOKS
from workshop.plots.picture import BLUE, GREEN, GREY, ORANGE, VERMILLION, Picture, drawing


def _screens(count=126):
    env, rng = gym.make("PongNoFrameskip-v4"), np.random.default_rng(0)
    env.reset(seed=1)
    return [env.step(int(rng.integers(6)))[0] for _ in range(count)]


def _in_colour(grey):
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


@shown
def preprocessing():
    """From two screens to one frame."""
    screens = _screens()
    previous, frame = screens[-2:]
    brighter = np.maximum(previous, frame)
    grey = (brighter @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    small = reference("preprocess")(frame, previous)
    numbers = "\n{} numbers".format
    return plots.filmstrip(
        [previous, frame, brighter, _in_colour(grey), _in_colour(small)],
        ["a screen" + numbers(f"{previous.size:,}"), "the next one" + numbers(f"{frame.size:,}"),
         "the brighter" + numbers(f"{brighter.size:,}"), "grey" + numbers(f"{grey.size:,}"),
         "84 × 84" + numbers(f"{small.size:,}")], width=7.6,
    )  # fmt: skip


@shown
def stack():
    """A stack: four frames, each four screens after the one before. Where does the ball go?"""
    screens, preprocess = _screens(), reference("preprocess")
    stacked = reference("FrameStack")(4)
    times = list(range(110, 126, 4))
    state = stacked.reset(preprocess(screens[times[0]], screens[times[0] - 1]))
    for t in times[1:]:
        state = stacked.push(preprocess(screens[t], screens[t - 1]))
    captions = ["oldest", "8 screens ago", "4 screens ago", "now"]
    return plots.filmstrip([_in_colour(frame) for frame in state], captions, width=7.2)


@shown
@drawing
def replay_memory():
    """A memory of eight places after eleven steps, and a batch of three that was drawn from it."""
    memory = reference("ReplayMemory")(8)
    for step in range(11):
        memory.add(Transition(np.array([step]), step, 0.0, np.array([step + 1]), False))
    drawn = set(memory.sample(3, np.random.default_rng(3)).action.tolist())
    slots = [int(transition.action) for transition in memory.transitions]
    figure, axes = stage((8.6, 3.1))
    axes.text(0.1, 2.8, "8 places, 11 steps so far: steps 8, 9 and 10 stand where 0, 1 and 2 were", size=12)
    for place, step in enumerate(slots):
        x = 0.65 + 1.04 * place
        colour = PALE_ORANGE if step >= 8 else PALE_BLUE
        box(axes, (x, 1.85), (0.94, 0.8), f"step\n{step}", colour, VERMILLION if step in drawn else GREY, size=12)
        if step in drawn:
            arrow(axes, (x, 1.4), (x, 0.82), VERMILLION)
            axes.text(x, 0.5, f"step {step}", ha="center", size=12, weight="bold", color="#A34700")
    axes.text(0.1, 0.12, f"a batch, drawn at random: steps {', '.join(map(str, sorted(drawn)))}", size=12)
    alt = f"A ring of eight places that hold the steps {slots}. The newest is 10, the next one replaces 3. A batch of three was drawn: {sorted(drawn)}."
    return Picture.from_figure(figure, alt)


@shown
@drawing
def architecture():
    """The network of exercise 3.4, each box with the shape that really comes out of it."""
    network = reference("QNetwork")(6)
    h = np.zeros((1, 4, 84, 84), np.float32)
    shapes, counts = [h.shape[1:]], []
    with chainer.no_backprop_mode():
        for link in (network.conv1, network.conv2, network.conv3, network.fc, network.out):
            h = F.relu(link(h))
            shapes.append(h.shape[1:])
            counts.append(sum(parameter.size for parameter in link.params()))
    figure, axes = stage((9.0, 3.4))
    names = ["4 frames", "conv 8 × 8 / 4", "conv 4 × 4 / 2", "conv 3 × 3 / 1", "dense", "6 values"]
    sides = (1.35, 0.95, 0.7, 0.6, 0.3, 0.3)
    tall = (1.6, 1.2, 0.95, 0.85, 1.9, 0.85)
    x, said = 0.2, []
    for number, (name, shape, side, height) in enumerate(zip(names, shapes, sides, tall)):
        depth = (4, 7, 9, 9, 1, 1)[number]
        for layer in reversed(range(depth)):
            shift = 0.045 * layer
            colour = PALE_GREY if number == 0 else PALE_ORANGE if number == 5 else PALE_BLUE
            box(axes, (x + side / 2 + shift, 1.85 + shift), (side, height), "", colour, "#444444")
        text = " × ".join(map(str, shape[::-1] if len(shape) == 3 else shape))
        middle = x + side / 2 + 0.0225 * (depth - 1)
        axes.text(middle, 0.72, text, ha="center", size=11.5, weight="bold")
        axes.text(middle, 3.2, name, ha="center", va="top", size=11)
        if number:
            axes.text(middle, 0.28, f"{counts[number - 1]:,}", ha="center", size=11, color="#333333")
        said.append(f"{name}: {text}" + (f", {counts[number - 1]:,} parameters" if number else ""))
        right = x + side + 0.045 * (depth - 1)
        if number < 5:
            arrow(axes, (right + 0.06, 1.85), (right + 0.45, 1.85), GREY, mutation_scale=14)
        x = right + 0.5 + (0.05, 0.05, 0.05, 0.25, 0.35, 0)[number]
    axes.text(0.2, 0.28, "parameters:", size=11, color="#333333")
    return Picture.from_figure(
        figure, f"The network, layer by layer. {'; '.join(said)}; {sum(counts):,} parameters in all."
    )


@shown
def exploration():
    steps = np.arange(0, 1_500_001, 25_000)
    shares = [reference("epsilon_at")(step, 1.0, 0.1, 1_000_000) for step in steps]
    return plots.lines(
        steps / 1e6, {"ε": shares}, xlabel="million steps", ylabel="share of random actions", ylim=(0, 1.05)
    )


@shown
@drawing
def clipped_errors():
    """Three losses and their slopes over the TD error."""
    error = np.linspace(-4, 4, 161).astype(np.float32)
    huber = F.huber_loss(error, np.zeros_like(error), delta=1.0, reduce="no").array
    losses = {"square / 2": error**2 / 2, "Huber": huber, "clipped square": np.minimum(error**2 / 2, 0.5)}
    figure, said = canvas((8.6, 3.5)), []
    left, right = figure.subplots(1, 2)
    for (name, loss), (colour, line, _) in zip(losses.items(), LOOKS):
        slope = np.gradient(loss, error)
        left.plot(error, loss, color=colour, ls=line, lw=2.6, label=name)
        right.plot(error, slope, color=colour, ls=line, lw=2.6)
        said.append(f"{name} is {loss[-1]:.1f} at an error of 4 with a slope of {slope[-1]:.1f}")
    left.set(title="loss", xlabel="TD error", ylim=(-0.2, 5))
    right.set(title="slope: how hard it pulls", xlabel="TD error", ylim=(-4.2, 4.2))
    left.legend(loc="upper center")
    for axes in (left, right):
        axes.grid()
    return Picture.from_figure(figure, f"Losses over the TD error: {'; '.join(said)}.")


@shown
@drawing
def target_network():
    """A value that is learned from its own target, with a target that stands still for 25 updates and is then renewed."""
    gamma, rate, period, updates = 0.9, 0.12, 25, 150
    online, target, kept = 0.0, 0.0, []
    for update in range(1, updates + 1):
        wanted = reference("td_targets")(np.ones(1), np.full((1, 1), target), np.zeros(1, bool), gamma)[0]
        online += rate * (wanted - online)
        if reference("should_sync")(update, period):
            target = online
        kept.append((online, target, float(wanted)))
    kept = np.array(kept)
    figure = canvas((8.6, 3.5))
    axes = figure.subplots()
    x = np.arange(1, updates + 1)
    axes.plot(x, kept[:, 0], color=BLUE, lw=2.6, label="online network: moves every update")
    axes.step(x, kept[:, 2], color=VERMILLION, ls="--", lw=2.2, where="mid", label="its target y = 1 + 0.9 · (copy)")
    axes.step(
        x, kept[:, 1], color=GREY, ls=":", lw=2.2, where="mid", label=f"target network: a copy every {period} updates"
    )
    axes.text(updates + 1, kept[-1, 0], minus(kept[-1, 0], 1), va="center", color=BLUE, weight="bold")
    axes.set(xlabel="update", ylabel="value of a state", xlim=(0, updates + 8), ylim=(-0.2, 7))
    axes.legend(loc="upper left")
    alt = (
        f"A value with a reward of 1 each step and gamma {gamma}. The target stands still for {period} updates, then jumps; "
        f"the online value climbs towards it and stands at {kept[-1, 0]:.1f} after {updates} updates; the truth is 10."
    )
    return Picture.from_figure(figure, alt)


@shown
@drawing
def pong_curves():
    """Scores of three trainings over the minutes, from their logs, and the human of the paper."""
    figure, said, last = canvas((8.6, 3.3)), [], 0
    axes = figure.subplots()
    for seed, (colour, line, marker) in zip(range(3), LOOKS):
        log = pong_log(seed)
        last = max(last, log[-1]["minutes"])
        minutes, scores = [[row[name] for row in log] for name in ("minutes", "score")]
        axes.errorbar(
            minutes,
            scores,
            [row["score_std"] for row in log],
            color=colour,
            ls=line,
            marker=marker,
            lw=2,
            capsize=3,
            label=f"seed {seed}",
        )
        said.append(
            f"seed {seed}: "
            + ", ".join(f"{signed(score)} after {minute:.0f} min" for minute, score in zip(minutes, scores))
        )
    published = PUBLISHED["pong"][0]
    for name, value, colour in (("human", published.human, GREEN), ("random", published.random, VERMILLION)):
        axes.axhline(value, color=colour, lw=1.4)
        axes.text(
            last + 0.4,
            value - 0.6 if name == "human" else value + 0.4,
            f"{name} {minus(value, 1)}",
            ha="right",
            va="top" if name == "human" else "bottom",
            color=colour if name == "random" else "#00634A",
            weight="bold",
        )
    axes.set(xlabel="minutes of training", ylabel="points of a game", xlim=(0.5, last + 0.5), ylim=(-23.5, 23))
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.14))
    axes.grid(axis="y")
    return Picture.from_figure(
        figure,
        f"Pong, means of 20 games with their deviation. {'; '.join(said)}. Human {published.human}, random {published.random}.",
    )


@shown
@drawing
def the_loop():
    """Who hands what to whom in Algorithm 1."""
    figure, axes = stage(FULL)
    parts = {
        "game": ((1.05, 2.5), "the game\nenv.step", PALE_GREY),
        "act": ((1.05, 0.75), "act\nε-greedy", PALE_GREEN),
        "memory": ((4.2, 2.5), "replay memory\nadd, sample", PALE_ORANGE),
        "online": ((4.2, 0.75), "online network\nQ(s, a)", PALE_BLUE),
        "loss": ((7.35, 0.75), "loss\nHuber(y − Q)", PALE_GREEN),
        "target": ((7.35, 2.5), "target network\ny = r + γ max Q̂", PALE_BLUE),
    }
    for centre, text, colour in parts.values():
        box(axes, centre, (2.0, 0.85), text, colour, size=12)
    steps = (
        ((1.05, 1.2), (1.05, 2.05), "action", (1.12, 1.62), "left"),
        ((2.1, 2.5), (3.15, 2.5), "transition", (2.62, 2.62), "center"),
        ((3.15, 0.75), (2.1, 0.75), "Q", (2.62, 0.87), "center"),
        ((5.25, 2.5), (6.3, 2.5), "batch", (5.78, 2.62), "center"),
        ((7.35, 2.05), (7.35, 1.2), "y", (7.42, 1.62), "left"),
        ((6.3, 0.75), (5.25, 0.75), "gradient", (5.78, 0.87), "center"),
        ((5.0, 1.2), (6.5, 2.05), "copy,\nnow and then", (5.0, 1.75), "right"),
    )
    for start, end, text, place, side in steps:
        arrow(axes, start, end, ORANGE if "copy" in text else BLUE)
        axes.text(*place, text, ha=side, va="bottom" if side == "center" else "center", size=11.5)
    alt = (
        "The parts of DQN and what goes between them: the game gives transitions to the replay memory; a batch from it goes to "
        "the target network, which makes y; the loss compares y with Q, and its gradient goes into the online network, which "
        "tells act what to do in the game. Now and then the online network is copied into the target network."
    )
    return Picture.from_figure(figure, alt)


@shown
@drawing
def alike():
    """How much two states differ that follow each other, and two that were drawn at random."""
    screens, preprocess = _screens(700), reference("preprocess")
    frames = np.array([preprocess(screens[t], screens[t - 1]) for t in range(80, 700, 4)]).astype(float)
    rng = np.random.default_rng(0)
    apart = rng.integers(len(frames), size=(300, 2))
    moved = lambda pairs: np.mean([np.count_nonzero(np.abs(frames[a] - frames[b]) > 8) for a, b in pairs])
    values = moved([(t, t + 1) for t in range(len(frames) - 1)]), moved(apart[apart[:, 0] != apart[:, 1]])
    figure = canvas((5.0, 3.6))
    axes = figure.subplots()
    axes.bar([0, 1], values, 0.6, color=["#9CCBEA", "#F2C979"], edgecolor=GREY)
    for place, value in enumerate(values):
        axes.text(place, value + 2, f"{value:.0f}", ha="center", weight="bold", size=12)
    axes.set_xticks([0, 1], ["one after\nthe other", "drawn at\nrandom"])
    axes.set(ylabel="pixels that differ", ylim=(0, 1.2 * max(values)), title="Two frames of Pong")
    return Picture.from_figure(
        figure,
        f"Pixels of 7,056 that differ between two frames of Pong: {values[0]:.0f} in the mean for neighbours, {values[1]:.0f} for two drawn at random.",
    )


@shown
@drawing
def faulty_agents():
    """Six silent faults: the return of one agent each, beside a healthy one."""
    agents = faulty_curves.load()
    figure, said = canvas((8.6, 3.9)), []
    for axes, name in zip(figure.subplots(2, 3, sharex=True).ravel(), faulty_curves.FAULTS):
        curves, healthy = agents[name][0], agents["healthy"][0]
        axes.plot(healthy["step"], healthy["return"], color=GREY, ls="--", lw=1.8)
        axes.plot(curves["step"], curves["return"], color=BLUE, lw=2.4)
        axes.set(ylim=(-1.15, 1.15), xticks=[], yticks=[-1, 0, 1])
        axes.set_title(f"agent {'ABCDEF'[len(said)]}", fontsize=11)
        said.append(f"agent {'ABCDEF'[len(said)]} ends with {curves['return'][-1]:.2f}")
    alt = f"Returns of six agents with one fault each, beside a healthy one that ends with {healthy['return'][-1]:.2f}: {'; '.join(said)}."
    return Picture.from_figure(figure, alt)
