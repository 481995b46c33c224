"""What the modules share: a canvas whose letters can be read from the last row, and boxes with arrows."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from workshop.plots import picture as kit
from workshop.plots.picture import BLACK, BLUE

FULL, HALF = (8.6, 3.3), (5.0, 4.0)  # inches, for a picture across the slide and one beside text
PALE_BLUE, PALE_ORANGE, PALE_GREEN, PALE_GREY = "#D6EAF6", "#FBEBC8", "#D5EFE6", "#ECECEC"


def canvas(size=FULL):
    """A `Figure` of (width, height) inches, fine enough for a projector."""
    figure = kit.new_figure(*size)
    figure.set_dpi(180)
    return figure


def stage(size=FULL):
    """A figure and its only axes, on which one draws in inches, from the bottom left."""
    figure = canvas(size)
    axes = figure.add_axes((0, 0, 1, 1))
    figure.set_layout_engine("none")
    axes.set(xlim=(0, size[0]), ylim=(0, size[1]))
    axes.set_axis_off()
    return figure, axes


def box(axes, centre, extent, text, colour=PALE_BLUE, edge=BLACK, **look):
    """A box with a text in it."""
    (x, y), (width, height) = centre, extent
    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch(corner, width, height, style, facecolor=colour, edgecolor=edge, lw=1.4))
    axes.text(x, y, text, ha="center", va="center", **look)


def arrow(axes, start, end, colour=BLUE, bend=0.0, **look):
    """An arrow; `bend` makes it an arc."""
    look = {"arrowstyle": "-|>", "mutation_scale": 18, "lw": 2, **look}
    axes.add_patch(FancyArrowPatch(start, end, color=colour, connectionstyle=f"arc3,rad={bend}", **look))


def minus(value, digits=2):
    """A number as text, with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")
