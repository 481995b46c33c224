"""Pictures of a grid world: values with policy arrows, the four action values of a cell, and paths.

`world` is a `workshop.envs.GridWorld` or anything with its attributes `shape`, `cells`, `walls`, `cliffs` and
`terminal`. Every number on a picture is also in its text alternative, row by row.
"""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Polygon, Rectangle

from workshop.plots.picture import BLACK, BLUE, GREY, PURPLE, VERMILLION, Picture, Scrubber, drawing, new_figure

ARROWS = ("↑", "→", "↓", "←")
_MOVES = ("up", "right", "down", "left")
_COLOURS = LinearSegmentedColormap.from_list("paper to blue", ["#FBF3E2", "#BFDDF0", "#56B4E9", "#0072B2"])
_CELL = 0.86  # inches


@drawing
def value_map(world, values, policy=None, title="", caption="", unseen=None, limits=None):
    """A number for every state, in the cell where the state is.

    Args:
        world: a grid world, S states.
        values: (S,) floats.
        policy: None, (S,) ints: an action for each state, or (S, 4) bools: all actions that are equally good.
        title, caption: str, above and below the map.
        unseen: None or bool (S,), True for a state that the agent knows nothing about: drawn as fog.
        limits: None or (lowest, highest) value of the colours; those of `values` unless told.

    Returns:
        Picture
    """
    values = np.asarray(values, dtype=float)
    unseen = np.zeros(len(values), dtype=bool) if unseen is None else np.asarray(unseen)
    arrows = _arrows(world, policy)
    limits = limits or (values.min(), values.max())
    colour_of = Normalize(*_spread(limits))
    texts = {}
    figure, axes = _empty_map(world, title)
    for state, (row, col) in enumerate(world.cells):
        number = number_text(values[state], limits)
        if world.terminal[state]:
            _exit_cell(axes, row, col)
            axes.text(col + 0.5, row + 0.5, f"exit\n{number}", ha="center", va="center", weight="bold")
            texts[row, col] = f"exit {number}"
        elif unseen[state]:
            axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#E8E8E8", edgecolor="#BBBBBB", hatch="....", lw=0))
            axes.text(col + 0.5, row + 0.5, "?", ha="center", va="center", size=15, color=GREY)
            texts[row, col] = "not seen"
        else:
            colour = _COLOURS(colour_of(values[state]))
            axes.add_patch(Rectangle((col, row), 1, 1, facecolor=colour, edgecolor="white", lw=1.5))
            ink = _ink(colour)
            axes.text(col + 0.5, row + (0.3 if arrows else 0.5), number, ha="center", va="center", color=ink)
            if arrows:
                axes.text(col + 0.5, row + 0.68, arrows[state], ha="center", va="center", size=15, color=ink)
            texts[row, col] = f"{number} {arrows[state]}".strip() if arrows else number
    what = "Values and policy arrows" if arrows else "Values"
    return Picture.from_figure(figure, _alt(world, title or what, texts), caption)


def value_scrubber(world, frames, label, start=-1, milliseconds=400):
    """The same map again and again while its values change, with one scale of colours for all of them.

    Args:
        frames: list of dict, the arguments of `value_map` without `world` and `limits`.
        label, start, milliseconds: as for `Scrubber`.

    Returns:
        Scrubber
    """
    values = np.array([frame["values"] for frame in frames], dtype=float)
    limits = values.min(), values.max()
    pictures = [value_map(world, limits=limits, **frame) for frame in frames]
    return Scrubber(pictures, label, start, milliseconds)


@drawing
def q_map(world, q_table, title="", caption=""):
    """Four numbers for every state, one on the side of the cell that its action leads to; the best are framed.

    Args:
        world: a grid world, S states.
        q_table: (S, 4) floats, actions 0 up, 1 right, 2 down, 3 left.

    Returns:
        Picture
    """
    q_table = np.asarray(q_table, dtype=float)
    limits = q_table.min(), q_table.max()
    colour_of = Normalize(*_spread(limits))
    texts = {}
    figure, axes = _empty_map(world, title, cell=1.5 * _CELL)
    for state, (row, col) in enumerate(world.cells):
        if world.terminal[state]:
            _exit_cell(axes, row, col)
            axes.text(col + 0.5, row + 0.5, "exit", ha="center", va="center", weight="bold")
            texts[row, col] = "exit"
            continue
        best = is_best(q_table[state])
        numbers = [number_text(value, limits) for value in q_table[state]]
        for action, (corners, place) in enumerate(_SIDES):
            colour = _COLOURS(colour_of(q_table[state, action]))
            corners = np.add((col, row), corners)
            axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="white", lw=1))
            weight = "bold" if best[action] else "normal"
            axes.text(
                col + place[0],
                row + place[1],
                numbers[action],
                ha="center",
                va="center",
                size=9,
                weight=weight,
                color=_ink(colour),
            )
        for action in np.flatnonzero(best):
            inner = (0.94 * (np.array(_SIDES[action][0]) - _SIDES[action][1])) + _SIDES[action][1]
            axes.add_patch(Polygon(np.add((col, row), inner), closed=True, fill=False, edgecolor=BLACK, lw=1.6))
        best_moves = " and ".join(_MOVES[action] for action in np.flatnonzero(best))
        texts[row, col] = ", ".join(map("{} {}".format, _MOVES, numbers)) + f" (best {best_moves})"
    return Picture.from_figure(figure, _alt(world, title or "Action values", texts), caption)


@drawing
def path_map(world, paths, title="", caption=""):
    """Walks over a map, each with its own colour, kind of line and marker.

    Args:
        world: a grid world.
        paths: dict, name -> list of (row, col), at most three.

    Returns:
        Picture
    """
    figure, axes = _empty_map(world, title, legend_height=0.35)
    for state, (row, col) in enumerate(world.cells):
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#FAF9F6", edgecolor="#CCCCCC"))
        if world.terminal[state]:
            _exit_cell(axes, row, col)
            axes.text(col + 0.5, row + 0.86, "exit", ha="center", va="center", weight="bold", size=9)
    looks = [(BLUE, "-", "o"), (VERMILLION, "--", "s"), (PURPLE, ":", "^")]
    offsets = np.linspace(-0.12, 0.12, len(paths)) if len(paths) > 1 else [0.0]
    for (name, path), (colour, line, marker), offset in zip(paths.items(), looks, offsets):
        rows, cols = np.array(path).T + 0.5 + offset
        axes.plot(
            cols, rows, color=colour, ls=line, marker=marker, lw=2.4, ms=5.5, label=f"{name}: {len(path) - 1} steps"
        )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(paths))
    walks = "; ".join(f"{name}, {len(path) - 1} steps: " + " ".join(map(_place, path)) for name, path in paths.items())
    return Picture.from_figure(figure, f"{title or 'Paths'}, cells as (row, column). {walks}.", caption)


def is_best(q_values, tolerance=1e-9):
    """Which actions are as good as the best one, up to rounding: bools of the shape of `q_values`, last axis."""
    best = np.max(q_values, axis=-1, keepdims=True)
    return q_values >= best - tolerance * np.maximum(1.0, np.abs(best))


def number_text(value, limits):
    """A number as it stands on a map: as many decimals as its largest neighbour leaves room for."""
    largest = max(map(abs, limits))
    text = f"{value:.{2 if largest < 9.995 else 1 if largest < 99.95 else 0}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "")


_CENTRE = (0.5, 0.5)
_SIDES = (  # corners of the triangle of each action, and the place of its number, as (x, y)
    (((0, 0), (1, 0), _CENTRE), (0.5, 0.17)),
    (((1, 0), (1, 1), _CENTRE), (0.79, 0.5)),
    (((1, 1), (0, 1), _CENTRE), (0.5, 0.83)),
    (((0, 1), (0, 0), _CENTRE), (0.21, 0.5)),
)


def _empty_map(world, title, cell=_CELL, legend_height=0.0):
    rows, cols = world.shape
    figure = new_figure(max(cols * cell, 3.2) + 0.1, rows * cell + legend_height + (0.4 if title else 0.1))
    axes = figure.subplots()
    axes.set(xlim=(-0.04, cols + 0.04), ylim=(rows + 0.04, -0.04), aspect="equal")
    axes.set_axis_off()
    axes.set_title(title)
    for row, col in world.walls:
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#464C54", edgecolor="#68707A", hatch="//", lw=0))
    for row, col in world.cliffs:
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor="#2B2B2B", edgecolor="white", hatch="xx", lw=0))
    return figure, axes


def _exit_cell(axes, row, col):
    axes.add_patch(Rectangle((col, row), 1, 1, facecolor="white", edgecolor="white"))
    axes.add_patch(Rectangle((col + 0.06, row + 0.06), 0.88, 0.88, facecolor="#FFF7C2", edgecolor=BLACK, lw=2))


def _arrows(world, policy):
    if policy is None:
        return None
    policy = np.asarray(policy)
    if policy.ndim == 1:
        policy = np.arange(len(ARROWS)) == policy[:, None]
    return ["".join(ARROWS[action] for action in np.flatnonzero(actions)) for actions in policy]


def _spread(limits):
    lowest, highest = limits
    return (lowest, highest) if highest > lowest else (lowest - 1.0, highest)


def _ink(colour):
    """Black or white, whichever stands out more (relative luminance as in WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return BLACK if np.dot((0.2126, 0.7152, 0.0722), linear) > 0.179 else "white"


def _place(cell):
    return f"({cell[0]}, {cell[1]})"


def _alt(world, title, texts):
    rows, cols = world.shape
    other = {**dict.fromkeys(world.walls, "wall"), **dict.fromkeys(world.cliffs, "cliff")}
    lines = [
        f"Row {row}: " + "; ".join(texts.get((row, col)) or other[row, col] for col in range(cols))
        for row in range(rows)
    ]
    return f"{title}. A map of {rows} rows and {cols} columns. " + ". ".join(lines) + "."
