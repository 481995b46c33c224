"""What came after 2015: double, dueling, prioritised, n steps."""

import numpy as np

from slides.figures import shown
from slides.figures.canvas import (
    FULL,
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
from workshop.exercises.reference import reference
from workshop.plots.charts import LOOKS
from workshop.plots.picture import BLUE, GREY, Picture, drawing


@shown
@drawing
def overestimation():
    """What the target promises where every action is worth 0 and the estimates are only noisy."""
    rng, actions = np.random.default_rng(0), np.arange(1, 19)
    single, double = [], []
    for count in actions:
        online, target = rng.normal(size=(2, 4000, count))
        rewards, ended = np.zeros(4000, np.float32), np.zeros(4000, bool)
        single.append(reference("td_targets")(rewards, target, ended, 1.0).mean())
        double.append(reference("double_dqn_targets")(rewards, online, target, ended, 1.0).mean())
    figure = canvas(HALF)
    axes = figure.subplots()
    for (name, values), (colour, line, marker) in zip((("DQN", single), ("double DQN", double)), LOOKS):
        axes.plot(actions, values, color=colour, ls=line, marker=marker, ms=4, lw=2.2)
        axes.text(18, values[-1] + 0.08, f"{name} {minus(values[-1])}", ha="right", color=colour, weight="bold")
    axes.axhline(0, color=GREY, lw=1)
    axes.text(1, -0.08, "the truth: 0", va="top")
    axes.set_xticks([1, 6, 12, 18])
    axes.set(xlabel="actions", ylabel="mean target", ylim=(-0.4, 2.3))
    alt = (
        "Mean target where every action is worth 0 and each estimate has a noise of 1: with 18 actions DQN promises "
        f"{single[-1]:.2f}, double DQN {double[-1]:.2f}; with 2 actions {single[1]:.2f} and {double[1]:.2f}."
    )
    return Picture.from_figure(figure, alt)


@shown
@drawing
def dueling():
    """V and A of one state, and the Q that they give."""
    value, advantages = np.array([[3.0]]), np.array([[0.5, -0.1, -0.4]])
    Q = reference("dueling_q")(value, advantages)[0]
    figure, axes = stage(HALF)
    box(axes, (0.95, 2.0), (1.5, 0.9), "features of\nthe picture", PALE_GREY, size=11.5)
    box(axes, (2.85, 3.1), (1.3, 0.8), f"V\n{value[0, 0]:.1f}", PALE_ORANGE, size=12)
    box(axes, (2.85, 0.9), (1.75, 0.95), "A\n" + "  ".join(minus(a, 1) for a in advantages[0]), PALE_GREEN, size=11.5)
    box(axes, (4.3, 2.0), (0.95, 1.3), "Q\n" + "\n".join(minus(q, 1) for q in Q), PALE_BLUE, size=12)
    for end in ((2.2, 3.0), (2.0, 1.2)):
        arrow(axes, (1.7, 2.0), end)
    for start, end in (((3.5, 3.0), (3.82, 2.15)), ((3.73, 1.2), (3.9, 1.33))):
        arrow(axes, start, end)
    alt = f"Features of the picture lead to V, {value[0, 0]}, and to the advantages {advantages[0].tolist()}; V plus A minus the mean of A gives Q: {np.round(Q, 2).tolist()}."
    return Picture.from_figure(figure, alt)


@shown
@drawing
def priorities():
    """How likely six transitions are drawn, for three exponents."""
    errors = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6])
    figure, said = canvas(HALF), []
    axes = figure.subplots()
    for number, (alpha, colour) in enumerate(((0.0, "#CCCCCC"), (0.6, "#9CCBEA"), (1.0, "#F2C979"))):
        p = reference("priority_probabilities")(errors, alpha, 1e-6)
        axes.bar(
            np.arange(6) + 0.28 * (number - 1),
            p,
            0.27,
            color=colour,
            edgecolor=GREY,
            label=f"α = {alpha}: last {p[-1]:.2f}",
        )
        said.append(f"with alpha {alpha}: {', '.join(f'{each:.2f}' for each in p)}")
    axes.set_xticks(range(6), [f"{error:g}" for error in errors])
    axes.set(xlabel="|TD error| of the transition", ylabel="probability")
    axes.legend(loc="upper left")
    return Picture.from_figure(
        figure, f"Probabilities of six transitions with TD errors {errors.tolist()}: {'; '.join(said)}."
    )


@shown
@drawing
def n_steps():
    """How far back one reward is heard after one pass over its episode, for three n."""
    steps, reward_at, gamma = 12, 11, 0.99
    figure, said = canvas(FULL), []
    for axes, n in zip(figure.subplots(1, 3, sharey=True), (1, 3, 5)):
        values = []
        for t in range(steps):
            rewards = np.array([1.0 if t + k == reward_at else 0.0 for k in range(min(n, steps - t))])
            ended = np.array([t + k == reward_at for k in range(len(rewards))])
            values.append(reference("n_step_target")(rewards, ended, 0.0, gamma))
        axes.bar(range(steps), values, color="#9CCBEA", edgecolor=BLUE)
        axes.set(title=f"n = {n}", xlabel="step", ylim=(0, 1.15))
        axes.set_xticks([0, steps - 1])
        reached = int(np.count_nonzero(values))
        axes.text(0.2, 1.0, f"{reached} step{'s' if reached > 1 else ''} know", size=11.5)
        said.append(f"with n {n}, {reached} of {steps} steps have heard of it")
    figure.axes[0].set_ylabel("target")
    return Picture.from_figure(figure, f"A reward at the end of {steps} steps, all values 0 before: {'; '.join(said)}.")
