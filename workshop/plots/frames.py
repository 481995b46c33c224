"""Pictures of Session 3: what an agent sees, and what it looks at."""

import numpy as np

from workshop.plots.picture import ORANGE, YELLOW, Picture, drawing, new_figure

ZOOM = 6  # pixels around the path of the ball that are shown


@drawing
def frame_stack(stack, places=None, title="", caption=""):
    """The frames of a state beside each other, oldest first, and behind them a picture of what moves.

    Args:
        stack: (N, H, W) uint8.
        places: None or list of N (row, column), the place of the ball in each frame, in pixels of the frame.

    Returns:
        Picture; its text alternative has the places.
    """
    stack = np.asarray(stack)
    count, height, width = stack.shape
    figure = new_figure(7.2, 7.2 / (count + 1) * height / width + 0.75)
    all_axes = figure.subplots(1, count + 1)
    for number, (axes, frame) in enumerate(zip(all_axes, stack)):
        axes.imshow(frame, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        name = "newest" if number == count - 1 else "oldest" if number == 0 else f"frame {number + 1}"
        axes.set_xlabel(f"{name}\n" + (_place(places[number]) if places is not None else ""), fontsize=9)
    path = all_axes[-1]
    path.imshow(stack.max(axis=0), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    path.set_xlabel("all of them" + (",\nlarger: the path" if places is not None else "\n"), fontsize=9)
    if places is not None:
        rows, cols = np.asarray(places, dtype=float).T
        path.plot(cols, rows, "-", color=ORANGE, lw=1.2)
        path.plot(cols[-1], rows[-1], "o", mfc="none", mec=YELLOW, ms=14, mew=1.8)
        reach = ZOOM + max(np.ptp(rows), np.ptp(cols)) / 2
        (row, col) = (rows.min() + rows.max()) / 2, (cols.min() + cols.max()) / 2
        path.set(xlim=(col - reach, col + reach), ylim=(row + reach, row - reach))
        for number, (row, col) in enumerate(zip(rows, cols), 1):
            path.annotate(
                str(number), (col, row), (0, -7), textcoords="offset points", color=YELLOW, size=8, weight="bold",
                ha="center", va="top",
            )  # fmt: skip
    for axes in all_axes:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color="#999999", lw=0.8)
    figure.suptitle(title, x=0.01, ha="left", size=12, weight="bold")
    said = f"{count} frames of {height} by {width} pixels, oldest first"
    if places is not None:
        said += "; the ball is at row and column " + ", ".join(map(_place, places))
    return Picture.from_figure(figure, f"{title or 'A state'}: {said}.", caption)


@drawing
def saliency(screen, heat, crop=None, title="", caption=""):
    """What an agent looks at: the screen, and beside it the screen under a map of how much each place matters.

    Args:
        screen: (H, W, 3) uint8.
        heat: (h, w) floats ≥ 0, of any size; it is laid over `crop`.
        crop: (top, bottom, left, right) of the screen that the agent sees; all of it unless told.

    Returns:
        Picture; its text alternative says where the three strongest places are.
    """
    height, width = screen.shape[:2]
    top, bottom, left, right = crop or (0, height, 0, width)
    figure = new_figure(6.4, 4.5)
    plain, covered = figure.subplots(1, 2)
    plain.imshow(screen, interpolation="nearest")
    plain.set_xlabel("what is on the screen")
    covered.imshow(screen.mean(axis=2), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    image = covered.imshow(
        heat, cmap="cividis", extent=(left - 0.5, right - 0.5, bottom - 0.5, top - 0.5), alpha=0.72, vmin=0,
        interpolation="bilinear",
    )  # fmt: skip
    covered.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xlabel="what its values depend on")
    figure.colorbar(image, ax=covered, shrink=0.7, label="change of Q when it is covered")
    said = []
    for number, (row, col, value) in enumerate(strongest(heat), 1):
        y = top + (row + 0.5) * (bottom - top) / heat.shape[0]
        x = left + (col + 0.5) * (right - left) / heat.shape[1]
        covered.annotate(
            str(number),
            (x, y),
            (15, 15),
            textcoords="offset points",
            ha="center",
            va="center",
            size=9,
            weight="bold",
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": "black"},
            arrowprops={"arrowstyle": "-", "color": "white", "lw": 1.5},
        )
        covered.annotate(
            f"{number}: {value:.2f}", (0.02, 1.01), ((number - 1) * 52, 2), xycoords="axes fraction",
            textcoords="offset points", size=9, weight="bold",
        )  # fmt: skip
        said.append(f"{number}. row {y:.0f}, column {x:.0f}: {value:.2f}")
    for axes in (plain, covered):
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color="#999999", lw=0.8)
    figure.suptitle(title, x=0.01, ha="left", size=12, weight="bold")
    alt = f"{title or 'What the agent looks at'}. The values change most when these places are covered: {'; '.join(said)}."
    return Picture.from_figure(figure, alt, caption)


def strongest(heat, count=3, apart=0.2):
    """The places of the greatest values, (row, column, value) each, at least `apart` of the longer side from each other."""
    rows, cols = np.indices(heat.shape)
    left, found = np.array(heat, dtype=float), []
    for _ in range(count):
        row, col = np.unravel_index(np.argmax(left), heat.shape)
        if not left[row, col] > 0:
            break
        found.append((int(row), int(col), float(heat[row, col])))
        left[np.hypot(rows - row, cols - col) < apart * max(heat.shape)] = 0
    return found


def _place(place):
    return f"{place[0]:.0f}, {place[1]:.0f}"
