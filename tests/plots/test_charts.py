import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plots.conftest import assert_is_sound, written
from workshop.plots import bar_scrubber, bars, digits, discount_weights, learning_curve, picture, rewards_and_returns
from workshop.plots.charts import running_mean

OKABE_ITO = {
    picture.BLACK,
    picture.ORANGE,
    picture.SKY_BLUE,
    picture.GREEN,
    picture.YELLOW,
    picture.BLUE,
    picture.VERMILLION,
    picture.PURPLE,
    picture.GREY,
}


def curves_of(axes):
    """The lines of a chart that are more than two points, markers alone left out."""
    return [line for line in axes.lines if len(line.get_xdata()) > 2 and line.get_linestyle() != "None"]


def test_palette_is_okabe_and_ito():
    published = "000000 E69F00 56B4E9 009E73 F0E442 0072B2 D55E00 CC79A7"
    assert OKABE_ITO - {picture.GREY} == {f"#{colour}" for colour in published.split()}


def test_discount_weights(figures):
    weights = {gamma: gamma ** np.arange(31) for gamma in (0.99, 0.9, 0.5)}
    chart = discount_weights(weights, title="Worth")
    assert_is_sound(chart)
    lines = curves_of(figures[-1].axes[0])
    assert len({line.get_linestyle() for line in lines}) == len({line.get_marker() for line in lines}) == 3
    for line, (gamma, worth) in zip(lines, weights.items()):
        np.testing.assert_array_equal(line.get_ydata(), worth)
        assert f"γ = {gamma}: {worth[-1]:.2g}" in written(figures[-1])
        assert f"after 30 steps {worth[-1]:.2g}" in chart.alt


def test_labels_of_near_curves_do_not_overlap(figures):
    learning_curve({name: np.full(100, value) for name, value in (("a", 1.0), ("b", 1.001), ("c", 1.002), ("d", 5.0))})
    labels = [text for text in figures[-1].axes[0].texts if text.get_text()[0] in "abcd"]
    renderer = figures[-1].canvas.get_renderer()
    boxes = sorted((text.get_window_extent(renderer) for text in labels), key=lambda box: box.y0)
    assert len(boxes) == 4
    assert all(lower.y1 <= upper.y0 for lower, upper in itertools.pairwise(boxes))


def test_rewards_and_returns(figures):
    rewards = np.array([0.0, -1, 0, 0, 1, 0, -1])
    returns = np.array([-0.5, -1.5, 0.25, 0.5, 0.75, -0.5, -1])
    chart = rewards_and_returns(rewards, returns, title="A game")
    assert_is_sound(chart)
    assert "7 steps, 1 of them with a positive and 2 with a negative reward, -1 in all" in chart.alt
    assert "-0.50 at the start, lowest with -1.50 at step 1 and highest with 0.75 at step 4" in chart.alt
    assert "−1.50" in written(figures[-1])
    above, below = figures[-1].axes
    np.testing.assert_array_equal(curves_of(below)[0].get_ydata(), returns)
    marks = {(x, y) for line in above.lines if line.get_linestyle() == "None" for x, y in zip(*line.get_data())}
    assert marks == {(1, -1), (4, 1), (6, -1)}


def test_rewards_and_returns_without_any_reward():
    assert_is_sound(rewards_and_returns(np.zeros(5), np.zeros(5)))


@settings(max_examples=10)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8))
def test_bars_say_their_numbers(values):
    labels = [f"$a_{{{number}}}$" for number in range(len(values))]
    chart = bars(values, labels, "Bars", expected=values)
    assert_is_sound(chart)
    for number, value in enumerate(values):
        assert f"a_{number} {value:.2f} (expected {value:.2f})" in chart.alt


def test_bars_are_as_high_as_their_values(figures):
    values = [0.25, 3.0, 0.0, 1.5]
    bars(values, list("abcd"), "Bars", expected=[1, 1, 1, 1])
    axes = figures[-1].axes[0]
    assert [bar.get_height() for bar in axes.containers[0]] == values
    assert {f"{value:.2f}" for value in values} <= set(written(figures[-1]))
    assert {y for segment in axes.collections[0].get_segments() for y in segment[:, 1]} == {1.0}


def test_bar_scrubber_has_one_scale(figures):
    rows = [[0, 0, 0.5], [0, 4.0, 0.5]]
    scrubber = bar_scrubber(rows, list("abc"), ["first", "second"], "replay")
    assert [picture.alt.split(":")[0] for picture in scrubber.pictures] == ["first", "second"]
    assert scrubber.start == 0
    assert len({figure.axes[0].get_ylim() for figure in figures}) == 1


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.integers(1, 50))
def test_running_mean_is_the_mean_of_the_last(values, window):
    expected = [np.mean(values[max(0, end - window) : end]) for end in range(1, len(values) + 1)]
    np.testing.assert_allclose(running_mean(values, window), expected, atol=1e-9)


@settings(max_examples=10)
@given(st.lists(st.floats(-100, 100), min_size=3, max_size=60), st.integers(1, 40))
def test_learning_curve_tells_its_means(returns, window):
    chart = learning_curve(returns, optimum=7.93, window=window)
    assert_is_sound(chart)
    size = min(window, len(returns))
    said = re.search(
        r"mean of the first (\d+) of (\d+) episodes (\S+), of the last (\d+) (\S+)\. optimum 7\.93", chart.alt
    )
    assert [int(said[1]), int(said[2]), int(said[4])] == [size, len(returns), size]
    assert float(said[3]) == pytest.approx(np.mean(returns[:size]), rel=6e-3, abs=1e-9)
    assert float(said[5]) == pytest.approx(np.mean(returns[-size:]), rel=6e-3, abs=1e-9)


def test_learning_curve_draws_every_agent_and_the_optimum(figures):
    returns = {"Q-learning": np.linspace(-10, 0, 30), "SARSA": np.linspace(-20, 5, 40)}
    chart = learning_curve(returns, optimum=-13, window=5, ylabel="steps")
    axes = figures[-1].axes[0]
    lines = curves_of(axes)
    for line, values in zip(lines, returns.values()):
        np.testing.assert_allclose(line.get_ydata(), running_mean(values, 5))
        assert line.get_color() in OKABE_ITO
    assert lines[0].get_linestyle() != lines[1].get_linestyle()
    assert any(list(line.get_ydata()) == [-13, -13] for line in axes.lines)
    assert axes.get_ylabel() == "steps"
    assert "optimum −13" in written(figures[-1])
    assert any(text.startswith("Q-learning ") for text in written(figures[-1])), "a hyphen in a name stays one"
    assert "SARSA: mean of the first 5 of 40" in chart.alt


@settings(max_examples=10)
@given(
    st.lists(st.integers(1, 10**6) | st.sampled_from([10**k for k in range(7)]), min_size=1, max_size=5, unique=True)
)
def test_digits_counts_digits(counts):
    chart = digits({f"world {count}": np.log10(count) for count in counts})
    for count in counts:
        assert f"world {count} {len(str(count))} digits ({count:,})" in chart.alt


def test_digits_of_what_no_table_holds(figures):
    chart = digits({"Taxi": np.log10(500), "Pong": 210 * 160 * np.log10(128)}, title="States")
    assert_is_sound(chart)
    assert chart.alt == "States: Taxi 3 digits (500); Pong 70,803 digits."
    assert [bar.get_width() for bar in figures[-1].axes[0].containers[0]] == [3, 70803]
