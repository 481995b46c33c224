import numpy as np

from tests.plots.conftest import assert_is_sound, written
from workshop.plots import curve_grid, ranges


def test_ranges_show_every_seed_and_say_the_means(figures):
    groups = {"usual": {"as it is": [0.9, 1.0, 0.8]}, "rate": {"× 10": [-1.0, 0.5], "÷ 10": [0.25]}}
    picture = ranges(groups, title="Catch", xlabel="return", reference="as it is")
    assert_is_sound(picture)
    assert "as it is 0.90 (0.80 to 1.00, 3 seeds); × 10 −0.25 (−1.00 to 0.50, 2 seeds)" in picture.alt
    assert {"usual", "rate", "0.90", "−0.25", "0.25"} <= set(written(figures[-1]))
    axes = figures[-1].axes[0]
    dots = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    assert dots == [values for settings in groups.values() for values in settings.values()]
    heights = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert heights == sorted(heights), "rows in the order that they were given in"
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first on top"


def test_curve_grid_has_a_row_for_each_agent(figures):
    step = np.arange(5.0)
    rows = {
        "healthy": {"step": step, "loss": step[::-1], "q_mean": step / 10},
        "a_fault": {"step": step, "loss": step * 100, "q_mean": -step},
    }
    picture = curve_grid(rows, title="Agents")
    assert_is_sound(picture)
    assert "healthy: loss 4.00 2.00 0.00, q_mean 0.00 0.20 0.40; a_fault: loss 0.00 200 400" in picture.alt
    grid = np.array(figures[-1].axes).reshape(2, 2)
    for line, curves in zip(grid, rows.values()):
        for axes, quantity in zip(line, ("loss", "q_mean")):
            np.testing.assert_array_equal(axes.lines[0].get_ydata(), curves[quantity])
    assert {"loss", "q mean", "a\nfault", "400", "−4.00"} <= set(written(figures[-1]))


def test_a_long_title_of_ranges_stays_in_the_picture(figures):
    ranges({"group": {"a setting with a long name of its own": [0.1, 0.9]}}, title="A title " + "that is long " * 4)
    figure = figures[-1]
    (title,) = [text for text in figure.findobj(lambda part: getattr(part, "get_text", str)().startswith("A title"))]
    assert title.get_window_extent(figure.canvas.get_renderer()).x1 <= figure.bbox.width
