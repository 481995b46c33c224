import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon, Rectangle

from tests.plots.conftest import assert_is_sound, written
from workshop.envs import GridWorld
from workshop.plots import path_map, q_map, value_map, value_scrubber
from workshop.plots.grid import ARROWS, is_best, number_text

MAPS = (
    st.integers(1, 4)
    .flatmap(
        lambda width: st.lists(st.text("..#TS+", min_size=width, max_size=width), min_size=1, max_size=4).filter(
            lambda lines: set("".join(lines)) & set("S.")
        )
    )
    .map("\n".join)
)
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def numbers(text):
    return [float(number.replace("−", "-")) for number in re.findall(r"−?\d+(?:\.\d+)?", text)]


def cells_of(picture, world):
    """What the text alternative says about every cell: (row, col) -> str."""
    lines = re.findall(r"Row (\d+): (.*?)(?=\. Row|\.$)", picture.alt)
    cells = {(int(row), col): text for row, line in lines for col, text in enumerate(line.split("; "))}
    assert set(cells) == {(row, col) for row in range(world.shape[0]) for col in range(world.shape[1])}
    return cells


@FEW
@given(MAPS, st.integers(0, 2**32))
def test_value_map_says_what_it_draws(figures, text_map, seed):
    rng = np.random.default_rng(seed)
    world = GridWorld(text_map)
    n_states = len(world.cells)
    values = rng.normal(scale=10.0 ** rng.integers(-1, 4), size=n_states)
    policy = rng.integers(4, size=n_states)
    unseen = rng.random(n_states) < 0.3
    picture = value_map(world, values, policy, unseen=unseen)
    assert_is_sound(picture)
    cells = cells_of(picture, world)
    limits = values.min(), values.max()
    for state, cell in enumerate(world.cells):
        number = number_text(values[state], limits)
        if world.terminal[state]:
            assert cells.pop(cell) == f"exit {number}"
            assert f"exit\n{number}" in written(figures[-1])
        elif unseen[state]:
            assert cells.pop(cell) == "not seen"
        else:
            assert cells.pop(cell) == f"{number} {ARROWS[policy[state]]}"
            assert number in written(figures[-1])
    assert set(cells) == world.walls
    assert set(cells.values()) <= {"wall"}
    assert written(figures[-1]).count("?") == np.sum(unseen & ~world.terminal)


def test_value_map_shows_every_action_that_is_equally_good():
    world = GridWorld("classic")
    policy = np.zeros((16, 4), dtype=bool)
    policy[6] = [True, False, True, True]
    cells = cells_of(value_map(world, np.zeros(16), policy), world)
    assert cells[1, 2] == "0.00 ↑↓←"
    assert cells[1, 1] == "0.00"


def test_value_map_names_a_cliff():
    world = GridWorld("cliff")
    cells = cells_of(value_map(world, np.zeros(len(world.cells))), world)
    assert {cell for cell, text in cells.items() if text == "cliff"} == world.cliffs


def test_numbers_stand_out_from_their_cells(figures):
    world = GridWorld("." * 12)
    value_map(world, np.linspace(-3, 3, 12))
    axes = figures[-1].axes[0]
    texts = [text for text in axes.texts if text.get_text()]
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(texts) == len(cells) == 12
    for text, cell in zip(texts, cells):
        lighter, darker = sorted((luminance(text.get_color()), luminance(cell.get_facecolor())), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_value_scrubber_has_one_scale_of_colours(figures):
    world = GridWorld("....")
    first, second = np.array([0.0, 1.0, 2.0, 3.0]), np.array([3.0, 2.0, 9.0, 0.0])
    scrubber = value_scrubber(world, [{"values": first, "caption": "a"}, {"values": second, "caption": "b"}], "sweep")
    assert [picture.caption for picture in scrubber.pictures] == ["a", "b"]
    colours = [[patch.get_facecolor() for patch in figure.axes[0].patches] for figure in figures]
    assert colours[0][0] == colours[1][3]
    assert colours[0][2] == colours[1][1]
    assert len({*colours[0], *colours[1]}) == 5


@FEW
@given(MAPS, st.integers(0, 2**32))
def test_q_map_says_what_it_draws(figures, text_map, seed):
    rng = np.random.default_rng(seed)
    world = GridWorld(text_map)
    q_table = rng.integers(-2, 3, size=(len(world.cells), 4)).astype(float)
    picture = q_map(world, q_table)
    assert_is_sound(picture)
    cells = cells_of(picture, world)
    framed = 0
    for state, cell in enumerate(world.cells):
        if world.terminal[state]:
            assert cells[cell] == "exit"
            continue
        said, best = cells[cell].split(" (best ")
        np.testing.assert_array_equal(numbers(said), q_table[state])
        moves = np.array(["up", "right", "down", "left"])[q_table[state] == q_table[state].max()]
        assert best == " and ".join(moves) + ")"
        framed += len(moves)
    frames = [p for p in figures[-1].axes[0].patches if isinstance(p, Polygon) and not p.get_fill()]
    assert len(frames) == framed


def test_path_map(figures):
    world = GridWorld("cliff")
    edge = [(3, 0), (2, 0), (2, 1)]
    safe = [(3, 0), (2, 0), (1, 0), (1, 1)]
    picture = path_map(world, {"Q-learning": edge, "SARSA": safe}, title="The cliff")
    assert_is_sound(picture)
    assert "Q-learning, 2 steps: (3, 0) (2, 0) (2, 1)" in picture.alt
    assert "SARSA, 3 steps: (3, 0) (2, 0) (1, 0) (1, 1)" in picture.alt
    lines = figures[-1].axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == len({line.get_marker() for line in lines}) == 2
    for line, path in zip(lines, (edge, safe)):
        walked = np.column_stack([line.get_ydata(), line.get_xdata()])
        np.testing.assert_array_equal(np.floor(walked), path)


@given(st.floats(-1e4, 1e4), st.floats(0, 1e4))
def test_number_text_is_the_number(value, other):
    text = number_text(value, (-other, value))
    decimals = len(text.partition(".")[2])
    assert numbers(text)[0] == pytest.approx(value, abs=0.5001 * 10.0**-decimals)
    assert "-" not in text
    assert (text[0] == "−") == (numbers(text)[0] < 0), "no minus zero"
    assert len(text.lstrip("−")) <= 5


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_is_best_sees_through_rounding(q_values, shift, scale):
    q_values = np.array(q_values)
    noisy = (q_values * scale + shift) * (1 + 1e-15 * np.arange(len(q_values)))
    if scale > 1e-8 * abs(shift) + 1e-3:
        np.testing.assert_array_equal(is_best(noisy), q_values == q_values.max())
