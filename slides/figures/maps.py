"""Maps of a grid world whose numbers can be read from the last row: fewer of them and larger than in the notebook."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Rectangle

from slides.figures.canvas import canvas, minus
from workshop.plots.charts import LOOKS
from workshop.plots.picture import BLACK, Picture, drawing

_COLOURS = LinearSegmentedColormap.from_list(
    "values", ["#F7E3B5", "#FFFFFF", "#A9D4EE"]
)  # black reads well on all of it
ARROWS = "↑→↓←"


@drawing
def value_maps(world, panels, alt, limits=None, digits=1):
    """Maps side by side.

    Args:
        world: a grid world, S states.
        panels: dict, title -> (values (S,), which states are unseen (S,) bool or None, best actions (S, 4) bool or None).
        alt: what it shows; what the maps say follows.
        limits: None or (lowest, highest) value of the colours.

    Returns:
        Picture
    """
    rows, cols = world.shape
    cell = 8.6 / (len(panels) * cols + 0.4 * (len(panels) - 1)) if len(panels) > 1 else 5.0 / cols
    figure = canvas((cell * cols * len(panels) + 0.15 * (len(panels) - 1), cell * rows + 0.35))
    everything = np.concatenate([values for values, *_ in panels.values()])
    colour = Normalize(*(limits or (everything.min(), everything.max())))
    said = []
    for axes, (title, (values, unseen, best)) in zip(np.ravel(figure.subplots(1, len(panels))), panels.items()):
        _empty(axes, world, title)
        for state, (row, col) in enumerate(world.cells):
            text = minus(values[state], digits) if digits or abs(values[state]) >= 0.5 else "0"
            is_unseen = unseen is not None and unseen[state]
            shade = "#D0D0D0" if is_unseen else _COLOURS(colour(values[state]))
            axes.add_patch(Rectangle((col, row), 1, 1, facecolor=shade, edgecolor="#999999", lw=0.7))
            if world.terminal[state]:
                text = "exit"
                axes.add_patch(
                    Rectangle((col + 0.05, row + 0.05), 0.9, 0.9, facecolor="#FFF7C2", edgecolor=BLACK, lw=1.6)
                )
            elif best is not None:
                axes.text(
                    col + 0.5,
                    row + 0.76,
                    "".join(ARROWS[a] for a in np.flatnonzero(best[state])),
                    ha="center",
                    va="center",
                    size=9.5,
                )
            place = 0.36 if best is not None and not world.terminal[state] else 0.5
            axes.text(
                col + 0.5,
                row + place,
                "?" if is_unseen else text,
                ha="center",
                va="center",
                size=10.5 if digits else 11,
            )
        numbers = ", ".join(
            f"{cell} {values[state]:.{digits}f}"
            for state, cell in enumerate(world.cells)
            if unseen is None or not unseen[state]
        )
        hidden = "" if unseen is None else f" {int(np.sum(unseen))} cells are still in the fog."
        said.append(f"{title}, cells as (row, column): {numbers}.{hidden}")
    return Picture.from_figure(figure, " ".join([alt, *said]))


@drawing
def action_map(world, q_table, title, alt):
    """Four numbers in each cell, one on the side that its action leads to; the best ones are bold and framed."""
    rows, cols = world.shape
    figure, said = canvas((4.6, 4.6 * rows / cols + 0.3)), []
    axes = figure.subplots()
    _empty(axes, world, title)
    for state, (row, col) in enumerate(world.cells):
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="white", edgecolor="#999999"))
        if world.terminal[state]:
            axes.add_patch(
                Rectangle((col + 0.04, row + 0.04), 0.92, 0.92, facecolor="#FFF7C2", edgecolor=BLACK, lw=1.6)
            )
            axes.text(col + 0.5, row + 0.5, "exit", ha="center", va="center", weight="bold", size=12)
            continue
        for action, (x, y) in enumerate(((0.5, 0.17), (0.76, 0.5), (0.5, 0.83), (0.24, 0.5))):
            is_best = q_table[state, action] >= q_table[state].max() - 1e-9
            frame = (
                {"boxstyle": "round,pad=0.12", "facecolor": "#A9D4EE", "edgecolor": BLACK, "lw": 1} if is_best else None
            )
            axes.text(col + x, row + y, minus(q_table[state, action], 0), ha="center", va="center", size=10.5,
                      weight="bold" if is_best else "normal", bbox=frame)  # fmt: skip
        said.append(f"{(row, col)}: " + ", ".join(f"{value:.0f}" for value in q_table[state]))
    return Picture.from_figure(
        figure, f"{alt} Cells as (row, column), values of up, right, down, left. {'; '.join(said)}."
    )


@drawing
def walk_map(world, paths, alt):
    """Walks over a map, each with its own colour, kind of line and marker.

    Args:
        world: a grid world.
        paths: dict, name -> list of (row, col).
    """
    rows, cols = world.shape
    figure, said = canvas((8.6, 8.6 * rows / cols + 0.4)), []
    axes = figure.subplots()
    _empty(axes, world, "")
    for row, col in world.cells:
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#FAF9F6", edgecolor="#CCCCCC"))
    for row, col in world.cliffs:
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#2B2B2B", edgecolor="white", hatch="xx", lw=0))
    for state in np.flatnonzero(world.terminal):
        row, col = world.cells[state]
        axes.add_patch(Rectangle((col + 0.05, row + 0.05), 0.9, 0.9, facecolor="#FFF7C2", edgecolor=BLACK, lw=1.6))
        axes.text(col + 0.5, row + 0.82, "exit", ha="center", va="center", size=10.5)
    for offset, (name, path), (colour, line, marker) in zip((-0.1, 0.1), paths.items(), LOOKS):
        y, x = np.array(path).T + 0.5 + offset
        axes.plot(x, y, color=colour, ls=line, marker=marker, lw=2.6, ms=6, label=f"{name}: {len(path) - 1} steps")
        said.append(f"{name}, {len(path) - 1} steps: {' '.join(map(str, path))}")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.02), ncols=2, frameon=True)
    return Picture.from_figure(figure, f"{alt} Cells as (row, column). {'; '.join(said)}.")


def _empty(axes, world, title):
    rows, cols = world.shape
    axes.set(xlim=(-0.03, cols + 0.03), ylim=(rows + 0.03, -0.03), aspect="equal")
    axes.set_axis_off()
    axes.set_title(title, fontsize=11.5)
    for row, col in world.walls:
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#464C54", edgecolor="#68707A", hatch="//", lw=0))
