"""Pictures for notebooks and slides. Every function returns a `Picture` or a `Scrubber`, which a notebook shows.

Each says in its text alternative what it shows, prints its numbers on the picture, and uses colours that
colour-blind readers can tell apart, and never colour alone.
"""

from workshop.plots.charts import bar_scrubber, bars, digits, discount_weights, learning_curve, rewards_and_returns
from workshop.plots.comparisons import curve_grid, ranges
from workshop.plots.diagrams import agent_loop
from workshop.plots.film import film, filmstrip
from workshop.plots.frames import frame_stack, saliency
from workshop.plots.functions import computation_graph, descents, lines
from workshop.plots.grid import path_map, q_map, value_map, value_scrubber
from workshop.plots.picture import Picture, Scrubber
from workshop.plots.video import Video, video

__all__ = [
    "Picture",
    "Scrubber",
    "Video",
    "agent_loop",
    "bar_scrubber",
    "bars",
    "computation_graph",
    "curve_grid",
    "descents",
    "digits",
    "discount_weights",
    "film",
    "filmstrip",
    "frame_stack",
    "learning_curve",
    "lines",
    "path_map",
    "q_map",
    "ranges",
    "rewards_and_returns",
    "saliency",
    "value_map",
    "value_scrubber",
    "video",
]
