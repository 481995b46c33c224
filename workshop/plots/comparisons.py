"""Many runs beside each other: a row of dots for each setting, or a grid of small curves."""

import numpy as np

from workshop.plots.picture import BLACK, BLUE, GREY, VERMILLION, Picture, drawing, new_figure, plain


@drawing
def ranges(groups, title="", xlabel="", reference=None, caption=""):
    """A row for each setting: a dot for each seed, a line from the worst to the best, the mean as a mark and as a number.

    Args:
        groups: dict, group -> dict, setting -> list of floats. The first setting of all is drawn as a line to compare with.
        reference: None, or a name for that line.

    Returns:
        Picture
    """
    rows = [(group, name, values) for group, settings in groups.items() for name, values in settings.items()]
    figure = new_figure(7.2, 0.25 * (len(rows) + len(groups)) + 0.9)
    axes = figure.subplots()
    place, ticks, names, said = 0.0, [], [], []
    first = float(np.mean(rows[0][2]))
    axes.axvline(first, color=GREY, ls="--", lw=1.2)
    for group, settings in groups.items():
        axes.text(
            -0.005, place, group, transform=axes.get_yaxis_transform(), ha="right", va="center", weight="bold", size=9
        )
        place += 1
        for name, values in settings.items():
            mean = float(np.mean(values))
            axes.plot([min(values), max(values)], [place, place], color=BLUE, lw=1.6)
            axes.plot(values, [place] * len(values), "o", color=BLUE, ms=4, alpha=0.55)
            axes.plot(mean, place, "D", color=VERMILLION, ms=6, mec=BLACK)
            axes.text(
                1.01,
                place,
                number(mean),
                transform=axes.get_yaxis_transform(),
                ha="left",
                va="center",
                weight="bold",
                size=9,
            )
            ticks.append(place)
            names.append(name)
            said.append(
                f"{plain(name)} {number(mean)} ({number(min(values))} to {number(max(values))}, {len(values)} seeds)"
            )
            place += 1
    axes.set_yticks(ticks, names, size=9)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel=xlabel, ylim=(place - 0.4, -0.6))
    figure.suptitle(title, x=0.01, ha="left", size=12, weight="bold")
    axes.grid(axis="x")
    if reference:
        axes.text(first, -0.5, f"{reference} ", ha="right", va="center", size=8.5, color=GREY)
    return Picture.from_figure(figure, f"{title or 'Settings'}: " + "; ".join(said) + ".", caption)


@drawing
def curve_grid(rows, x="step", title="", caption=""):
    """A grid of small curves: a row for each agent, a column for each quantity, the last value printed in each.

    Args:
        rows: dict, name -> dict, quantity -> (T,) floats; all have the same quantities.
        x: which quantity is the horizontal axis of all.

    Returns:
        Picture; its text alternative has the first, the middle and the last value of each curve.
    """
    quantities = [name for name in next(iter(rows.values())) if name != x]
    figure = new_figure(7.6, 0.78 * len(rows) + 0.7)
    grid = figure.subplots(len(rows), len(quantities), squeeze=False, sharex=True)
    said = []
    for (name, curves), line in zip(rows.items(), grid):
        line[0].set_ylabel(name.replace("_", "\n"), rotation=0, ha="right", va="center", size=8)
        told = []
        for quantity, axes in zip(quantities, line):
            values = np.asarray(curves[quantity], dtype=float)
            axes.plot(curves[x], values, color=BLUE, lw=1.3)
            axes.text(
                0.97, 0.9, number(values[-1]), transform=axes.transAxes, ha="right", va="top", size=8, weight="bold",
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
            axes.margins(y=0.25)
            axes.tick_params(labelsize=6.5, length=2)
            axes.locator_params(axis="both", nbins=2)
            told.append(f"{quantity} {' '.join(number(values[i]) for i in (0, len(values) // 2, -1))}")
        said.append(f"{name}: {', '.join(told)}")
    for quantity, axes in zip(quantities, grid[0]):
        axes.set_title(quantity.replace("_", " "), size=9, loc="center")
    figure.suptitle(title, x=0.01, ha="left", size=12, weight="bold")
    figure.supxlabel(x, size=9)
    alt = f"{title or 'Curves'}, each with its first, middle and last value. {'; '.join(said)}."
    return Picture.from_figure(figure, alt, caption)


def number(value):
    """Three digits at most, with a true minus."""
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.3g}"
    return text.replace("-", "−")
