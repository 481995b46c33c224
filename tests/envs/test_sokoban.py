import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workshop.envs import sokoban_solver
from workshop.envs.grid import MapError, neighbour
from workshop.envs.levels import LEVELS, parse_level
from workshop.envs.sokoban import Sokoban, step
from workshop.envs.sokoban_solver import solve

SHAPES = [(1, 4), (1, 6), (4, 1), (2, 2), (2, 4), (3, 3), (3, 4), (4, 4)]


@st.composite
def level_texts(draw, max_boxes=2):
    """Random rooms of at most 4 × 4 with walls inside, 1 or 2 boxes, sometimes a goal to spare, or under the player."""
    is_pulled = draw(st.booleans())
    rows, cols = draw(st.sampled_from(SHAPES[-3:] if is_pulled else SHAPES))
    places = [(row, col) for row in range(rows) for col in range(cols)]
    player, *others = draw(st.permutations(places))
    n_boxes = draw(st.integers(1, max_boxes))
    boxes, rest = others[:n_boxes], others[n_boxes:]
    # Never under the first box: a level that is solved before it begins is none.
    goals = draw(st.permutations([player, *boxes[1:], *rest]))[: n_boxes + draw(st.integers(0, 1))]
    walls = {cell for cell in rest if cell not in goals and draw(st.integers(0, 4)) == 0}
    if is_pulled:
        # Most random levels have no solution. This one has: it is played backwards from its end, pulling.
        boxes = [cell for cell in goals if cell != player][:n_boxes]
        assume(len(boxes) == n_boxes)
        for action in draw(st.lists(st.integers(0, 3), min_size=30, max_size=60)):
            ahead, behind = neighbour(player, action), neighbour(player, (action + 2) % 4)
            if ahead in places and ahead not in walls and ahead not in boxes:
                boxes = [player if box == behind else box for box in boxes]
                player = ahead

    def symbol(cell):
        if cell in walls:
            return "#"
        things = "@" if cell == player else "$" if cell in boxes else " "
        return {"@": "+", "$": "*", " ": "."}[things] if cell in goals else things

    lines = ["#" + "".join(symbol((row, col)) for col in range(cols)) + "#" for row in range(rows)]
    return "\n".join(["#" * (cols + 2), *lines, "#" * (cols + 2)])


def parsed(text):
    try:
        return parse_level(text)
    except MapError:
        assume(False)


def text_step(lines, action):
    """The rules again, on a drawing: rewrite the three cells in a row that a move touches."""
    grid = [list(line) for line in lines]
    ((row, col),) = [(r, c) for r, line in enumerate(grid) for c, symbol in enumerate(line) if symbol in "@+"]
    down, right = [(-1, 0), (0, 1), (1, 0), (0, -1)][action]
    ahead, beyond = (row + down, col + right), (row + 2 * down, col + 2 * right)
    leave, enter = {"@": " ", "+": "."}, {" ": "@", ".": "+", "$": "@", "*": "+"}
    if grid[ahead[0]][ahead[1]] == "#":
        return lines
    if grid[ahead[0]][ahead[1]] in "$*":
        if grid[beyond[0]][beyond[1]] not in " .":
            return lines
        grid[beyond[0]][beyond[1]] = {" ": "$", ".": "*"}[grid[beyond[0]][beyond[1]]]
    grid[ahead[0]][ahead[1]] = enter[grid[ahead[0]][ahead[1]]]
    grid[row][col] = leave[grid[row][col]]
    return ["".join(line) for line in grid]


def moves_by_brute_force(level):
    """Moves of a shortest plan by breadth-first search with nothing clever in it; None if there is none."""
    start = level.player, level.boxes
    seen, frontier, moves = {start}, [start], 0
    while frontier:
        following = []
        for player, boxes in frontier:
            for action in range(4):
                *position, _, solved = step(level.walls, level.goals, player, boxes, action)
                if solved and boxes != position[1]:
                    return moves + 1
                if tuple(position) not in seen:
                    seen.add(tuple(position))
                    following.append(tuple(position))
        frontier, moves = following, moves + 1
    return None


@given(level_texts(), st.lists(st.integers(0, 3), max_size=60))
@settings(max_examples=100, deadline=None)
def test_an_episode_is_the_rules_on_a_drawing(text, actions):
    parsed(text)
    env, picture = Sokoban(text, observation="grid", render_mode="ansi"), text.split("\n")
    env.reset()
    n_boxes = len(env.boxes)
    for action in actions:
        picture = text_step(picture, action)
        grid, reward, terminated, _, info = env.step(action)
        assert env.render().splitlines() == picture == ["".join(" #.$*@+"[code] for code in row) for row in grid]
        assert terminated == ("$" not in "".join(picture)) and reward == float(terminated)
        assert len(env.boxes) == n_boxes and not env.boxes & env.walls
        assert env.player not in env.walls | env.boxes and info == {"player": env.player, "boxes": env.boxes}
        if terminated:
            break


@given(level_texts(), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_step_changes_no_argument_and_returns_a_frozenset(text, action):
    level = parsed(text)
    walls, goals = set(level.walls), set(level.goals)
    _, boxes, reward, terminated = step(walls, goals, level.player, level.boxes, action)
    assert (walls, goals) == (level.walls, level.goals)
    assert (type(boxes), type(reward), type(terminated)) == (frozenset, float, bool)


@given(level_texts())
@settings(max_examples=150, deadline=None)
def test_solver_agrees_with_brute_force(text):
    level = parsed(text)
    plan = solve(level)
    assert (None if plan is None else len(plan)) == moves_by_brute_force(level)
    if plan is not None:
        env = Sokoban(text)
        env.reset()
        rewards = [env.step(action)[1] for action in plan]
        assert rewards == [0.0] * (len(plan) - 1) + [1.0]


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_is_solvable_and_its_plan_solves_it_in_the_time_limit(name):
    env = Sokoban(name, observation="grid")
    env.reset()
    plan = env.best_plan()
    assert len(plan) <= 60
    results = [env.step(action)[1:3] for action in plan]
    assert results == [(0.0, False)] * (len(plan) - 1) + [(1.0, True)]
    assert env.best_plan() == []


def test_plans_of_larger_levels_are_shortest():
    for name in ("pair", "two-rooms", "ring", "hook", "spare-goal"):
        assert len(solve(name)) == moves_by_brute_force(parse_level(name))


def test_few_pushes_are_not_few_moves():
    """Two pushes to the goal on the left after a walk of four, or five pushes to the right at once."""
    assert solve("############\n#          #\n# .@$    . #\n############") == [1] * 5


def test_a_box_that_is_lost_costs_no_search(monkeypatch):
    monkeypatch.setattr(sokoban_solver, "MAX_STATES", 1)
    assert solve("#######\n#  $  #\n#     #\n#@ .  #\n#######") is None


def test_the_levels_are_what_the_catalogue_says():
    assert len(LEVELS) >= 15
    assert {len(parse_level(name).boxes) for name in LEVELS} == {1, 2, 3}
    assert len(set(LEVELS.values())) == len(LEVELS)
    assert len(Sokoban("tiny").states) <= 300


@given(level_texts(max_boxes=1))
@settings(max_examples=40, deadline=None)
def test_values_of_the_model_are_the_lengths_of_the_plans(text):
    level = parsed(text)
    env, gamma = Sokoban(text), 0.5
    V = np.zeros(len(env.states))
    for _ in range(len(env.states)):
        V = (env.R + gamma * env.P @ V).max(axis=1)
    plan = solve(level)
    assert np.isclose(V[0], 0.0 if plan is None else gamma ** (len(plan) - 1))


@given(level_texts())
@settings(max_examples=30, deadline=None)
def test_states_are_the_drawings_that_one_can_reach(text):
    parsed(text)
    frontier = [text.split("\n")]
    reached = {text}
    for lines in frontier:
        for action in range(4) if "$" in "".join(lines) else ():
            following = text_step(lines, action)
            if "\n".join(following) not in reached:
                reached.add("\n".join(following))
                frontier.append(following)
    env = Sokoban(text)
    assert len(env.states) == len(set(env.states)) == len(reached)
    assert env.terminal.sum() == sum("$" not in lines for lines in reached)


def test_states_are_numbered_from_the_start():
    env = Sokoban("tiny")
    assert env.reset()[0] == 0
    assert env.states[0] == (env.level.player, env.level.boxes)
    for _ in range(30):
        state, _, terminated, _, _ = env.step(env.action_space.sample())
        assert env.states[state] == (env.player, env.boxes)
        if terminated:
            break


def test_best_plan_from_where_the_player_is_now():
    env = Sokoban("tiny")
    env.reset()
    plan = env.best_plan()
    env.step(plan[0])
    assert len(env.best_plan()) == len(plan) - 1
    env.reset()
    for action in (2, 2, 1, 0):  # below the box, and up: against the wall it is lost
        env.step(action)
    assert env.boxes == {(1, 2)} and env.best_plan() is None


def learned_moves(seed):
    """Moves of the greedy policy after 300 episodes of Q-learning on "tiny", 100 if it does not arrive."""
    env, rng = Sokoban("tiny"), np.random.default_rng(seed)
    Q = np.zeros((env.observation_space.n, 4))
    for _ in range(300):
        state, _ = env.reset()
        for _ in range(200):
            best = np.flatnonzero(Q[state] == Q[state].max())
            action = int(rng.integers(4)) if rng.random() < 0.2 else int(rng.choice(best))
            next_state, reward, terminated, _, _ = env.step(action)
            target = reward if terminated else reward + 0.95 * Q[next_state].max()
            Q[state, action] += 0.5 * (target - Q[state, action])
            state = next_state
            if terminated:
                break
    state, _ = env.reset()
    for moves in range(1, 100):
        state, _, terminated, _, _ = env.step(int(Q[state].argmax()))
        if terminated:
            return moves
    return 100


@pytest.mark.parametrize("seed", range(5))
def test_q_learning_finds_the_shortest_plan_of_tiny(seed):
    assert learned_moves(seed) == len(solve("tiny"))


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("", 1, 1, "empty"),
        ("\r\n\n", 1, 1, "empty"),
        ("#####\n#@$x#\n#####", 2, 4, "'x' means nothing.*'@' player"),
        ("#####\r\n#@$x#\r\n#####", 2, 4, "'x' means nothing"),
        ("\n\n\t#####\n#@$.#\n#####", 3, 1, r"'\\t' means nothing"),
        ("#####\n# $.#\n#####", 1, 1, "no player"),
        ("#######\n#@$. +#\n#######", 2, 6, "second player; the first one is in line 2"),
        ("#####\n#@ .#\n#####", 1, 1, "no box"),
        ("######\n#@$$.#\n######", 2, 4, "more boxes than goals: 2 and 1"),
        ("#####\n#@* #\n#####", 2, 3, "already"),
        ("\n\n#####\n#@* #\n#####", 4, 3, "already"),
        ("#####\n#@$. \n#####", 2, 5, "gap in the walls"),
        ("#####\n#@$.#\n### #", 3, 4, "gap in the walls"),
        ("## ##\n#@$.#\n#####", 1, 3, "gap in the walls"),
        ("#####\n# @$.\n#####", 2, 5, "gap in the walls"),
        ("@$.", 1, 1, "gap in the walls"),
        ("########\n#@$.#$.#\n########", 2, 6, "never get to this box"),
    ],
)
def test_bad_levels_say_where(text, line, column, says):
    for use in (Sokoban, solve):
        with pytest.raises(MapError, match=rf"^line {line}, column {column}: .*{says}") as error:
            use(text)
        assert (error.value.line, error.value.column) == (line, column)


def test_ragged_and_padded_levels():
    plain = parse_level("#####\n#@$.#\n#####")
    for text in ("\n#####   \n#@$.#  \n#####\n\n", "#####\r\n#@$.#\r\n#####\r\n", "#####\r#@$.#\r#####"):
        level = parse_level(text)
        assert (level.walls, level.goals, level.player, level.boxes, level.floor) == (
            plain.walls,
            plain.goals,
            plain.player,
            plain.boxes,
            plain.floor,
        )
    finished_next_door = parse_level("########\n#@$.#* #\n########")
    assert solve(finished_next_door) == [1]


def test_other_mistakes():
    with pytest.raises(ValueError, match="no level named 'tinny'. Did you mean 'tiny'"):
        Sokoban("tinny")
    with pytest.raises(TypeError, match="text or the name of one, not 3"):
        Sokoban(3)
    with pytest.raises(ValueError, match="'index' or 'grid', not 'pixels'"):
        Sokoban(observation="pixels")
    with pytest.raises(ValueError, match="P would take 0.5 GB"):
        Sokoban("hook").P  # noqa: B018


def test_limits(monkeypatch):
    with pytest.raises(ValueError, match='more than 50,000 states.*observation="grid"'):
        Sokoban("islands")
    assert Sokoban("islands", observation="grid").reset()[0].shape == (7, 9)
    monkeypatch.setattr(sokoban_solver, "MAX_STATES", 10)
    with pytest.raises(RuntimeError, match="No solution among 10 positions"):
        solve("islands")


def test_a_picture_tells_by_shape_what_stands_where():
    """In grey, where colours are gone, all seven kinds of cell look different."""
    tiles = []
    for row, columns in (("#@$.* .#", (0, 1, 2, 3, 4, 5)), ("#+$.* .#", (1,))):
        env = Sokoban(f"########\n{row}\n########", observation="grid", render_mode="rgb_array")
        env.reset()
        grey = env.render().mean(axis=2)
        side = grey.shape[0] // 3
        tiles += [grey[side : 2 * side, col * side : (col + 1) * side] for col in columns]
    for first, second in itertools.combinations(tiles, 2):
        assert np.abs(first - second).mean() > 4
