import gym
import numpy as np
import pytest

from workshop.envs.videogame_rick import VideogameRick

# Our number of an action -> Taxi's: up, right, down, left, pick up, portal.
TO_TAXI = {0: 1, 1: 2, 2: 0, 3: 3, 4: 4, 5: 5}


def test_step_for_step_gyms_taxi():
    taxi = gym.make("Taxi-v3").unwrapped
    rick = VideogameRick()
    rng = np.random.default_rng(0)
    taxi.reset(seed=0)
    rewards = set()
    for _ in range(300):
        state = int(rng.choice(np.flatnonzero(~rick.terminal)))
        rick.reset(options={"state": state})
        taxi.s = state
        for action in rng.integers(6, size=30):
            ours, theirs = rick.step(action), taxi.step(TO_TAXI[int(action)])
            assert ours[:4] == theirs[:4]
            rewards.add(ours[1])
            if ours[2]:
                break
    assert rewards == {-1.0, -10.0, 20.0}


def test_start_distribution():
    rick = VideogameRick()
    assert np.array_equal(rick.start_distribution, gym.make("Taxi-v3").unwrapped.initial_state_distrib)
    assert (rick.start_distribution > 0).sum() == 300
    assert len({rick.reset(seed=seed)[0] for seed in range(50)}) > 30


def test_three_representations_of_every_state():
    envs = [VideogameRick(representation) for representation in ("integer", "vector", "image")]
    vectors, images = set(), set()
    for state in np.flatnonzero(~envs[0].terminal):
        number, vector, image = (env.reset(options={"state": state})[0] for env in envs)
        row, col, passenger, destination = vector
        assert number == state == ((row * 5 + col) * 5 + passenger) * 4 + destination
        assert image.shape == (84, 84, 3)
        vectors.add(tuple(vector))
        images.add(image.tobytes())
    assert len(vectors) == len(images) == 400


def test_optimal_play():
    """The best returns of Taxi are known: 3 to 15 from any start, about 7.93 in the mean (gym's leaderboard)."""
    rick = VideogameRick()
    V = np.zeros(500)
    for _ in range(40):
        V = (rick.R + rick.P @ V).max(axis=1)
    starts = rick.start_distribution > 0
    assert (V[starts].min(), V[starts].max()) == (3.0, 15.0)
    assert abs(rick.start_distribution @ V - 7.93) < 0.005


def test_text():
    rick = VideogameRick(render_mode="ansi")
    rick.reset(options={"state": ((2 * 5 + 1) * 5 + 4) * 4 + 3})
    assert rick.render() == (
        "+---------+\n"
        "|A: | : :B|\n"
        "| : | : : |\n"
        "| :@: : : |\n"
        "| | : | : |\n"
        "|C| : |D: |\n"
        "+---------+\n"
        "@ is you, your friend is with you, the portal opens at D\n"
    )


def test_an_image_belongs_to_its_owner():
    rick = VideogameRick("image")
    image, _ = rick.reset(options={"state": 1})
    image[:] = 0
    assert rick.reset(options={"state": 1})[0].any()


def test_unknown_representation():
    with pytest.raises(ValueError, match="'integer', 'vector', 'image', not 'picture'"):
        VideogameRick("picture")
