"""Charts of Session 1: what a later reward is worth, returns, how a reward travels back, counts, learning curves."""

import numpy as np

from workshop.plots.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY_BLUE,
    VERMILLION,
    Picture,
    Scrubber,
    drawing,
    new_figure,
    plain,
)

LOOKS = [(BLUE, "-", "o"), (VERMILLION, "--", "s"), (GREEN, "-.", "^"), (PURPLE, ":", "D")]


@drawing
def discount_weights(weights, title="", caption=""):
    """What a reward of 1 is worth today, by how many steps it is away.

    Args:
        weights: dict, gamma -> (T,) worth of a reward of 1 that comes after 0, 1, … T − 1 steps.

    Returns:
        Picture
    """
    figure = new_figure(7.2, 3.1)
    axes = figure.subplots()
    sentences, labels = [], []
    for (gamma, worth), (colour, line, marker) in zip(weights.items(), LOOKS):
        steps = np.arange(len(worth))
        marked = steps[:: max(1, len(worth) // 10)]
        axes.plot(steps, worth, color=colour, ls=line, marker=marker, markevery=list(marked), lw=2)
        labels.append((worth[-1], f"γ = {gamma}: {worth[-1]:.2g}", colour))
        listed = ", ".join(f"after {step} steps {worth[step]:.2g}" for step in sorted({*marked[1:], steps[-1]}))
        sentences.append(f"with gamma {gamma}: {listed}")
    axes.set(xlabel="steps until the reward comes", ylabel="worth today", ylim=(0, 1.05), xlim=(0, None), title=title)
    end_labels(axes, labels, steps[-1])
    axes.grid(axis="y")
    return Picture.from_figure(figure, f"{title or 'Worth of a later reward'}: " + "; ".join(sentences) + ".", caption)


@drawing
def rewards_and_returns(rewards, returns, title="", caption=""):
    """An episode's rewards above, the discounted return from every step below.

    Args:
        rewards, returns: (T,) floats.

    Returns:
        Picture
    """
    rewards, returns = np.asarray(rewards, dtype=float), np.asarray(returns, dtype=float)
    figure = new_figure(7.2, 4.0)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 2])
    for sign, colour, marker in ((1, BLUE, "^"), (-1, VERMILLION, "v")):
        steps = np.flatnonzero(sign * rewards > 0)
        if len(steps):
            above.vlines(steps, 0, rewards[steps], color=colour, lw=1.5)
            above.plot(steps, rewards[steps], marker, color=colour, ms=6, ls="")
    above.axhline(0, color=GREY, lw=0.8)
    above.set(ylabel="reward", title=title)
    above.margins(y=0.25)
    below.plot(returns, color=BLUE, lw=1.8)
    below.axhline(0, color=GREY, lw=0.8)
    worst = int(np.argmin(returns))
    below.annotate(
        f"{returns[worst]:.2f}".replace("-", "−"),
        (worst, returns[worst]),
        (6, -2),
        textcoords="offset points",
        va="top",
        weight="bold",
    )
    below.plot(worst, returns[worst], "o", color=BLUE)
    below.margins(y=0.15)
    below.set(xlabel="step", ylabel="return from here on")
    alt = (
        f"{title or 'Rewards and returns'}. {len(rewards)} steps, {np.sum(rewards > 0)} of them with a positive and "
        f"{np.sum(rewards < 0)} with a negative reward, {rewards.sum():g} in all. The discounted return is "
        f"{returns[0]:.2f} at the start, lowest with {returns[worst]:.2f} at step {worst} and highest with "
        f"{returns.max():.2f} at step {int(np.argmax(returns))}."
    )
    return Picture.from_figure(figure, alt, caption)


@drawing
def bars(values, labels, title="", caption="", expected=None, number="{:.2f}", ylabel="", highest=None):
    """A bar with its number for each label, and where it should end.

    Args:
        values: (N,) floats.
        labels: list of N str.
        expected: None or (N,) floats, drawn as a dashed line across each bar.
        number: format of the numbers.
        highest: None or the upper end of the axis, to make several charts comparable.

    Returns:
        Picture
    """
    values = np.asarray(values, dtype=float)
    figure = new_figure(max(3.6, min(7.2, 0.9 * len(values) + 1.2)), 2.9)
    axes = figure.subplots()
    places = np.arange(len(values))
    axes.bar(places, values, 0.68, color=SKY_BLUE, edgecolor=BLUE, lw=1.2)
    said = [f"{plain(label)} {number.format(value)}" for label, value in zip(labels, values)]
    if expected is not None:
        axes.hlines(expected, places - 0.42, places + 0.42, color=BLACK, ls="--", lw=1.6, label="expected")
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.97), fontsize=9)
        said = [f"{text} (expected {number.format(wanted)})" for text, wanted in zip(said, expected)]
    top = highest or max(values.max(), 1e-9)
    for place, value in zip(places, values):
        axes.text(place, max(value, 0) + 0.02 * top, number.format(value), ha="center", va="bottom", weight="bold")
    axes.set(title=title, ylabel=ylabel, ylim=(min(0.0, 1.1 * values.min()), 1.18 * top))
    axes.set_xticks(places, labels)
    return Picture.from_figure(figure, f"{title or 'Bars'}: " + "; ".join(said) + ".", caption)


def bar_scrubber(rows, labels, titles, label, start=0, milliseconds=700, **settings):
    """`bars` again and again while its values change, on one scale.

    Args:
        rows: (K, N) floats, the values of K charts.
        labels: list of N str.
        titles: list of K str.
        label, start, milliseconds: as for `Scrubber`.
        settings: more arguments of `bars`.

    Returns:
        Scrubber
    """
    highest = np.max(rows)
    pictures = [bars(row, labels, title, highest=highest, **settings) for row, title in zip(rows, titles)]
    return Scrubber(pictures, label, start, milliseconds)


@drawing
def learning_curve(returns, optimum=None, window=50, title="", caption="", ylim=None, ylabel="return of the episode"):
    """How every episode went while agents learn: a dot an episode, a line for the running mean.

    Args:
        returns: (N,) floats, or dict, name -> (N,) floats: at most four agents.
        optimum: None or what the best policy gets, drawn as a line of its own.
        window: episodes in the running mean; fewer at the start.
        ylim: None or (lowest, highest); early episodes are often so bad that they hide the rest.
        ylabel: what is drawn, if it is not the return.

    Returns:
        Picture
    """
    curves = returns if isinstance(returns, dict) else {"": returns}
    figure = new_figure(7.2, 3.4)
    axes = figure.subplots()
    sentences, labels = [], []
    for (name, episode_returns), (colour, line, _) in zip(curves.items(), LOOKS):
        episode_returns = np.asarray(episode_returns, dtype=float)
        size = min(window, len(episode_returns))
        mean = running_mean(episode_returns, size)
        axes.plot(episode_returns, ".", color=colour, ms=2.5, alpha=0.25, rasterized=True)
        axes.plot(mean, color=colour, ls=line, lw=2.4)
        labels.append((mean[-1], f"{name} {_number(mean[-1])}".strip(), colour))
        sentences.append(
            f"{name or 'The agent'}: mean of the first {size} of {len(episode_returns)} episodes {mean[size - 1]:.3g}, "
            f"of the last {size} {mean[-1]:.3g}"
        )
    if optimum is not None:
        axes.axhline(optimum, color=ORANGE, ls=(0, (6, 2)), lw=2)
        axes.annotate(
            f"optimum {_number(optimum)}",
            (0.01, optimum),
            (0, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="bottom",
            weight="bold",
            color="#8A5F00",
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1},
        )
        sentences.append(f"optimum {optimum:.3g}")
    axes.set(xlabel="episode", ylabel=ylabel, title=title, ylim=ylim)
    end_labels(axes, labels, max(map(len, curves.values())) - 1)
    axes.grid(axis="y")
    return Picture.from_figure(figure, f"{title or 'Learning curve'}. " + ". ".join(sentences) + ".", caption)


@drawing
def digits(logarithms, title="", caption=""):
    """How many digits it takes to write down how many there are of each: a bar a row.

    Args:
        logarithms: dict, name -> decimal logarithm of how many.

    Returns:
        Picture
    """
    figure = new_figure(7.2, 0.42 * len(logarithms) + 0.7)
    axes = figure.subplots()
    places = range(len(logarithms))
    counts = [int(logarithm + 1e-9) + 1 for logarithm in logarithms.values()]
    texts = [
        f"{count:,} digits" + (f" ({10**logarithm:,.0f})" if logarithm < 7 else "")
        for count, logarithm in zip(counts, logarithms.values())
    ]
    axes.barh(places, counts, 0.62, color=SKY_BLUE, edgecolor=BLUE)
    for place, count, text in zip(places, counts, texts):
        is_long = count > max(counts) / 2
        axes.text(count, place, f" {text} ", va="center", ha="right" if is_long else "left", weight="bold")
    axes.set_yticks(places, list(logarithms))
    axes.set_xticks([])
    axes.set_title(title)
    axes.invert_yaxis()
    axes.spines["bottom"].set_visible(False)
    said = "; ".join(f"{name} {text}" for name, text in zip(logarithms, texts))
    return Picture.from_figure(figure, f"{title or 'How many'}: {said}.", caption)


def end_labels(axes, labels, step, share=0.075):
    """Write each (value, text, colour) at the right end of its curve, apart enough to be read."""
    lowest, highest = axes.get_ylim()
    gap = share * (highest - lowest)
    place = lowest - 0.6 * gap
    for value, text, colour in sorted(labels):
        place = max(value, place + gap)
        axes.annotate(
            text,
            (step, place),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
            annotation_clip=False,
        )


def _number(value):
    return f"{value:.3g}".replace("-", "−")


def running_mean(values, window):
    """Mean of the last `window` values up to each one, of fewer at the start: (N,) gives (N,)."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(sums))
    starts = np.maximum(ends - window, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)
