import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.envs.grid import MapError
from workshop.envs.gridworld import MAPS, GridWorld


@st.composite
def maps(draw):
    """Random maps with at least one free cell."""
    rows, cols = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    symbols = draw(st.lists(st.sampled_from("#.. STC+-7"), min_size=rows * cols, max_size=rows * cols))
    symbols[draw(st.integers(0, rows * cols - 1))] = draw(st.sampled_from(".S"))
    return ["".join(symbols[row * cols : (row + 1) * cols]) for row in range(rows)]


def simulate(lines, cell, action):
    """The rules again, from the text and the words alone: the cell that one arrives at (None: the start), the reward
    for a step of −2, and whether this is the end."""
    row, col = cell
    row, col = [(row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1)][action]
    is_outside = row in (-1, len(lines)) or col in (-1, len(lines[0]))
    symbol = "#" if is_outside else lines[row][col]
    if symbol == "#":
        return cell, -2, False
    if symbol == "C":
        return None, -100, False
    if symbol in ". S":
        return (row, col), -2, False
    return (row, col), -2 + {"T": 0, "+": 1, "-": -1, "7": 7}[symbol], True


@given(maps(), st.sampled_from([0.0, 0.25, 1.0]))
@settings(max_examples=60, deadline=None)
def test_model_is_the_rules(lines, slip):
    env = GridWorld("\n".join(lines), step_reward=-2, slip=slip)
    free = [(r, c) for r, line in enumerate(lines) for c, symbol in enumerate(line) if symbol in ". S"]
    starts = [cell for cell in free if lines[cell[0]][cell[1]] == "S"] or free
    for cell in free:
        state = env.state_of(cell)
        assert env.cells[state] == cell and not env.terminal[state]
        for action in range(4):
            P, R = np.zeros(len(env.cells)), 0.0
            for turn, probability in ((0, 1 - slip), (1, slip / 2), (-1, slip / 2)):
                arrival, reward, is_end = simulate(lines, cell, (action + turn) % 4)
                for place in [arrival] if arrival else starts:
                    P[env.state_of(place)] += probability if arrival else probability / len(starts)
                    assert env.terminal[env.state_of(place)] == is_end
                R += probability * reward
            assert np.allclose(env.P[state, action], P, rtol=0, atol=1e-12)
            assert np.isclose(env.R[state, action], R, rtol=0, atol=1e-12)


@given(maps(), st.lists(st.integers(0, 3), max_size=40), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_an_episode_only_does_what_the_model_allows(lines, actions, seed):
    env = GridWorld("\n".join(lines), slip=0.3)
    state, info = env.reset(seed=seed)
    assert env.start_distribution[state] > 0
    for action in actions:
        next_state, _, terminated, _, info = env.step(action)
        assert env.P[state, action, next_state] > 0
        assert info["cell"] == env.cells[next_state]
        assert terminated == env.terminal[next_state]
        if terminated:
            break
        state = next_state


def test_slip_frequencies_are_those_of_the_model():
    env = GridWorld("...\n.S.\n.C.", slip=0.4)
    env.reset(seed=1)
    centre, trials = env.state_of((1, 1)), 6000
    counts, rewards = np.zeros(len(env.cells)), 0.0
    for _ in range(trials):
        env.reset(options={"state": centre})
        state, reward, _, _, _ = env.step(1)
        counts[state] += 1
        rewards += reward
    # Seeded, so this either always passes or never; 5 standard deviations of the largest cell and of the reward.
    assert np.abs(counts / trials - env.P[centre, 1]).max() < 5 * np.sqrt(0.24 / trials)
    assert abs(rewards / trials - env.R[centre, 1]) < 5 * 40 / np.sqrt(trials)


def test_random_policy_on_the_classic_grid_is_the_figure_of_the_book():
    env = GridWorld("classic")
    P, R = env.P.mean(axis=1), env.R.mean(axis=1)
    running = ~env.terminal
    V = np.zeros(16)
    V[running] = np.linalg.solve(np.eye(running.sum()) - P[np.ix_(running, running)], R[running])
    # Sutton and Barto (2018), figure 4.1, k = infinity.
    figure = [[0, -14, -20, -22], [-14, -18, -20, -20], [-20, -20, -18, -14], [-22, -20, -14, 0]]
    assert np.allclose(V.reshape(4, 4), figure)


def test_cliff_walking_is_the_example_of_the_book():
    env = GridWorld("cliff")
    state, _ = env.reset(seed=0)
    assert env.step(1)[:3] == (state, -100.0, False)
    total = 0.0
    for action in [0] + [1] * 11 + [2]:
        _, reward, terminated, _, _ = env.step(action)
        total += reward
    assert terminated and total == -13.0


@pytest.mark.parametrize("name", MAPS)
def test_every_named_map_can_be_finished_from_every_state(name):
    env = GridWorld(name)
    reaches_end = env.terminal.copy()
    for _ in env.cells:
        reaches_end |= (env.P.max(axis=1) @ reaches_end) > 0
    assert reaches_end.all()


def test_starts():
    env = GridWorld("S.S\n..T")
    assert env.start_distribution.tolist() == [0.5, 0, 0.5, 0, 0, 0]
    assert {env.reset(seed=seed)[0] for seed in range(30)} == {0, 2}
    assert GridWorld("..\n#T").start_distribution.tolist() == [0.5, 0.5, 0]


def test_text_and_names():
    with_crlf = GridWorld("\r\nS.T\r\n...\r\n", render_mode="ansi")
    with_crlf.reset()
    assert with_crlf.shape == (2, 3)
    assert with_crlf.render() == "@.T\n...\n"
    assert GridWorld("classic").shape == (4, 4)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("", 1, 1, "empty"),
        ("\n\r\n", 1, 1, "empty"),
        ("S.T\n..", 2, 3, "2 cells and the first one 3"),
        ("\nS.\n..T", 3, 3, "3 cells and the first one 2"),
        ("S.\n\n.T", 2, 1, "0 cells"),
        ("S\tT", 1, 2, r"'\\t' means nothing"),
        ("S.T\n.?.", 2, 2, r"'\?' means nothing.*'#' wall"),
        ("\n\nS.T\n..\u00a0", 4, 3, "means nothing"),
        ("##\n#T", 1, 1, "no free cell"),
    ],
)
def test_bad_maps_say_where(text, line, column, says):
    with pytest.raises(MapError, match=rf"^line {line}, column {column}: .*{says}") as error:
        GridWorld(text)
    assert (error.value.line, error.value.column) == (line, column)


def test_other_mistakes():
    with pytest.raises(ValueError, match="no map named 'cliffs'. Did you mean 'cliff'"):
        GridWorld("cliffs")
    with pytest.raises(TypeError, match="text or the name of one, not None"):
        GridWorld(None)
    for slip in (-0.1, 1.1, float("nan"), "a"):
        with pytest.raises(ValueError, match="slip is a probability"):
            GridWorld(slip=slip)
    for cell in ((0, 4), (-1, 0), (9, 9)):
        with pytest.raises(ValueError, match="is no state"):
            GridWorld().state_of(cell)
    with pytest.raises(ValueError, match="P would take"):
        GridWorld("\n".join(["." * 50] * 50)).P  # noqa: B018
