"""Drawings of ideas rather than of data."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from workshop.plots.picture import BLACK, BLUE, ORANGE, Picture, drawing, new_figure


@drawing
def agent_loop():
    """The loop of agent and environment: an action one way, a reward and the next state the other way."""
    figure = new_figure(7.2, 2.3)
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 3.2))
    axes.set_axis_off()
    for left, name, colour, mine in (
        (0.4, "Agent", "#D6EAF6", "you write this"),
        (7.0, "Environment", "#FBEBC8", "gym has this"),
    ):
        axes.add_patch(
            FancyBboxPatch(
                (left, 0.75), 2.6, 1.7, "round,pad=0.05,rounding_size=0.2", facecolor=colour, edgecolor=BLACK, lw=1.6
            )
        )
        axes.text(left + 1.3, 1.8, name, ha="center", va="center", size=14, weight="bold")
        axes.text(left + 1.3, 1.2, mine, ha="center", va="center", size=10)
    for start, end, colour in (((3.15, 2.15), (6.85, 2.15), BLUE), ((6.85, 1.05), (3.15, 1.05), ORANGE)):
        axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=22, color=colour, lw=2.4))
    axes.text(5.0, 2.4, "action $a_t$", ha="center", va="bottom", size=12)
    axes.text(5.0, 0.85, "reward $r_t$, next state $s_{t+1}$", ha="center", va="top", size=12)
    return Picture.from_figure(
        figure,
        "Two boxes and two arrows in a loop. The agent, which you write, sends the action a_t to the environment, "
        "which gym has. The environment sends back the reward r_t and the next state s_t+1.",
    )
