import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.envs.catch import LEFT, RIGHT, STAY, Catch

sizes = st.integers(2, 9).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(2, 2 * rows - 1)))


@given(sizes, st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_a_paddle_that_runs_to_the_ball_always_catches_it(size, seed):
    env = Catch(*size)
    _, info = env.reset(seed=seed)
    for step in range(1, size[0]):
        towards = np.sign(info["ball"][1] - info["paddle"][1])
        _, reward, terminated, _, info = env.step(int((LEFT, STAY, RIGHT)[1 + towards]))
        assert terminated == (step == size[0] - 1)
        assert reward == (1.0 if terminated else 0.0)


@given(sizes, st.lists(st.integers(0, 2), min_size=8, max_size=8), st.integers(0, 2**31), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_pixels_show_ball_and_paddle_and_nothing_else(size, actions, seed, extra):
    rows, columns = size
    shape = rows + extra, columns + 2 * extra
    env = Catch(rows, columns, image_shape=shape)
    image, info = env.reset(seed=seed)
    for action in actions[: rows - 1]:
        assert image.shape == (1, *shape) and image.dtype == np.uint8
        lit = {(int(r) * rows // shape[0], int(c) * columns // shape[1]) for r, c in np.argwhere(image[0])}
        assert lit == {info["ball"], info["paddle"]}
        assert set(np.unique(image)) == {0, 255}
        image, reward, terminated, _, info = env.step(action)
    assert terminated and reward == (1.0 if info["ball"] == info["paddle"] else -1.0)


def test_a_paddle_that_never_moves_earns_what_the_docstring_says():
    env = Catch(rows=3, columns=4)
    returns = []
    for seed in range(400):
        env.reset(seed=seed)
        env.step(STAY)
        returns.append(env.step(STAY)[1])
    assert abs(np.mean(returns) - (2 / 4 - 1)) < 5 / np.sqrt(400)


def test_walls_hold_the_paddle():
    env = Catch(render_mode="ansi")
    env.reset(seed=0)
    columns = [env.step(LEFT)[4]["paddle"][1] for _ in range(9)]
    assert columns == [4, 3, 2, 1, 0, 0, 0, 0, 0]
    assert env.render().splitlines()[-1][0] in "=o"


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"rows": 1}, "whole numbers from 2"),
        ({"columns": 4.5}, "whole numbers from 2"),
        ({"rows": 3, "columns": 20}, "At most 5 columns"),
        ({"image_shape": (5, 84)}, "cannot show 10 × 10 cells"),
        ({"image_shape": 84}, r"\(height, width\)"),
    ],
)
def test_mistakes(kwargs, says):
    with pytest.raises(ValueError, match=says):
        Catch(**kwargs)


def test_widest_field_that_is_allowed():
    assert Catch(rows=3, columns=5).observation_space.shape == (1, 3, 5)
    with pytest.raises(ValueError, match="have no number"):
        Catch().reset(options={"state": 0})
