"""Pictures of Session 2: functions as lines, a computation as a graph, and ways down a bowl."""

import numpy as np

from workshop.plots.charts import LOOKS, end_labels
from workshop.plots.picture import BLACK, BLUE, GREY, SKY_BLUE, VERMILLION, Picture, drawing, new_figure, plain


@drawing
def lines(x, curves, title="", xlabel="", ylabel="", ylim=None, caption=""):
    """One line for each function, with its name at its right end.

    Args:
        x: (N,) floats.
        curves: dict, name -> (N,) floats: at most four.
        ylim: None or (lowest, highest).

    Returns:
        Picture
    """
    x = np.asarray(x, dtype=float)
    figure = new_figure(7.2, 3.3)
    axes = figure.subplots()
    labels, said = [], []
    for (name, values), (colour, line, marker) in zip(curves.items(), LOOKS):
        values = np.asarray(values, dtype=float)
        axes.plot(x, values, color=colour, ls=line, marker=marker, markevery=max(1, len(x) // 8), ms=4, lw=2)
        end = values[-1] if ylim is None else float(np.clip(values[-1], *ylim))
        labels.append((end, name, colour))
        places = sorted({0, len(x) // 2, len(x) - 1})
        said.append(f"{plain(name)}: " + ", ".join(f"{values[i]:.3g} at {x[i]:.3g}" for i in places))
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, xlim=(x[0], x[-1]), ylim=ylim)
    axes.grid()
    end_labels(axes, labels, x[-1])
    return Picture.from_figure(figure, f"{title or 'Functions'}. " + "; ".join(said) + ".", caption)


@drawing
def computation_graph(nodes, title="", caption=""):
    """A computation from the left to the right: a box a node, an arrow from each node to what is made of it.

    Args:
        nodes: list of (label, value, gradient, operands), each after its operands; `operands` are places in the list.

    Returns:
        Picture
    """
    depth = []
    for *_, operands in nodes:
        depth.append(1 + max((depth[i] for i in operands), default=-1))
    columns = [[i for i, d in enumerate(depth) if d == column] for column in range(max(depth) + 1)]
    tallest = max(map(len, columns))
    places = {}
    for column, members in enumerate(columns):
        for row, i in enumerate(members):
            places[i] = (column, (row + 0.5) * tallest / len(members))
    figure = new_figure(7.2, 0.95 * tallest + 0.5)
    axes = figure.subplots()
    for i, (*_, operands) in enumerate(nodes):
        for operand in operands:
            axes.annotate(
                "",
                places[i],
                places[operand],
                arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.4, "shrinkA": 34, "shrinkB": 34},
            )
    for i, (label, value, gradient, _) in enumerate(nodes):
        text = f"{label}\nvalue {_short(value)}\ngradient {_short(gradient)}"
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": BLUE if depth[i] else VERMILLION}
        axes.text(*places[i], text, ha="center", va="center", size=9, color=BLACK, bbox=box)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(tallest, 0), title=title)
    axes.set_axis_off()
    said = (
        f"{plain(label)}, value {_short(value)}, gradient {_short(gradient)}"
        + (f", made of {' and '.join(plain(nodes[j][0]) for j in operands)}" if operands else "")
        for label, value, gradient, operands in nodes
    )
    return Picture.from_figure(figure, f"{title or 'Computation'}: " + "; ".join(said) + ".", caption)


@drawing
def descents(loss, paths, x_range, y_range, title="", caption=""):
    """Ways down a landscape: its contour lines, and for each rule the places that it came by.

    Args:
        loss: function of two (H, W) arrays, the height of each point.
        paths: dict, name -> (T, 2) places, the first of them the start: at most four.
        x_range, y_range: (lowest, highest) of what is shown.

    Returns:
        Picture
    """
    figure = new_figure(7.2, 3.8)
    axes = figure.subplots()
    x, y = np.meshgrid(np.linspace(*x_range, 120), np.linspace(*y_range, 120))
    axes.contour(x, y, np.sqrt(loss(x, y)), 12, colors=SKY_BLUE, linewidths=0.8)
    said = []
    for (name, path), (colour, line, marker) in zip(paths.items(), LOOKS):
        path = np.asarray(path, dtype=float)
        axes.plot(*path.T, color=colour, ls=line, marker=marker, ms=3.5, lw=1.6, label=name)
        first, last = (float(loss(*path[i])) for i in (0, -1))
        said.append(f"{plain(name)}: from {first:.3g} down to {last:.3g} in {len(path) - 1} steps")
    axes.set(title=title, xlim=x_range, ylim=y_range)
    axes.legend(loc="upper right", fontsize=9, frameon=True)
    return Picture.from_figure(figure, f"{title or 'Ways down'}: " + "; ".join(said) + ".", caption)


def _short(number):
    return f"{number:.3g}".replace("-", "−")
