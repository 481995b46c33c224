import re

import numpy as np

from tests.plots.conftest import assert_is_sound, written
from workshop.plots import computation_graph, descents, lines


def test_lines_are_told_apart_without_colour(figures):
    x = np.linspace(-1, 1, 21)
    chart = lines(x, {"a": x, "b": x**2, "c": -x}, title="Three", xlabel="x")
    assert_is_sound(chart)
    drawn = figures[-1].axes[0].lines
    assert len({line.get_linestyle() for line in drawn}) == len({line.get_marker() for line in drawn}) == 3
    for line, values in zip(drawn, (x, x**2, -x)):
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert {"a", "b", "c"} <= set(written(figures[-1]))
    assert "b: 1 at -1, 0 at 0, 1 at 1" in chart.alt


def test_label_of_a_line_that_leaves_the_picture_stays_in_it(figures):
    lines([0, 1, 2], {"up": [0.0, 10.0, 100.0]}, ylim=(0, 1))
    (label,) = [text for text in figures[-1].axes[0].texts if text.get_text() == "up"]
    assert 0 <= label.xy[1] <= 1


GRAPH = [("a", 2.0, 3.0, []), ("b", 3.0, 2.0, []), ("a b", 6.0, 1.0, [0, 1]), ("sum", 8.0, 1.0, [2, 0])]


def test_graph_says_each_node_and_what_it_is_made_of(figures):
    chart = computation_graph(GRAPH, title="A product")
    assert_is_sound(chart)
    assert "a b, value 6, gradient 1, made of a and b; sum, value 8, gradient 1, made of a b and a" in chart.alt
    texts = [text for text in figures[-1].axes[0].texts if "gradient" in text.get_text()]
    assert [text.get_text().split("\n")[0] for text in texts] == ["a", "b", "a b", "sum"]
    columns = [text.get_position()[0] for text in texts]
    for (*_, operands), column in zip(GRAPH, columns):  # arrows lead to the right
        assert all(columns[operand] < column for operand in operands)


def test_boxes_of_a_graph_do_not_overlap(figures):
    leaves = [(name, 0.0, 0.0, []) for name in "abcdefg"]
    computation_graph([*leaves, ("sum", 1.0, 1.0, list(range(7)))])
    renderer = figures[-1].canvas.get_renderer()
    texts = [text for text in figures[-1].axes[0].texts if "gradient" in text.get_text()]
    boxes = [text.get_bbox_patch().get_window_extent(renderer) for text in texts]
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[:i])


def test_descents(figures):
    paths = {"plain": [(2.0, 1.0), (1.0, 0.5)], "fast": [(2.0, 1.0), (0.0, 0.0)]}
    chart = descents(lambda x, y: x**2 + y**2, paths, (-3, 3), (-2, 2), title="Bowl")
    assert_is_sound(chart)
    assert "plain: from 5 down to 1.25 in 1 steps; fast: from 5 down to 0 in 1 steps" in chart.alt
    ways = {line.get_label(): line.get_xydata().tolist() for line in figures[-1].axes[0].lines}
    assert ways == {name: [list(place) for place in path] for name, path in paths.items()}
    assert not re.search(r"[$\n]", chart.alt)
