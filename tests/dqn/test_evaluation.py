"""Evaluation is Nature's protocol, played by an agent of which every game is known."""

import numpy as np

from workshop.atari.vector import VectorAtari
from workshop.dqn.evaluation import evaluate

NOOP, RIGHT, LEFT = range(3)
SMALL = {"frame_shape": (21, 21), "actions": "three", "workers": 0}


def always(action):
    """An agent that prefers one action; it notes the states that it was asked about."""

    def q_values(states):
        q_values.asked.append(states.copy())
        values = np.zeros((len(states), 3), np.float32)
        values[:, action] = 1
        return values

    q_values.asked = []
    return q_values


def test_every_game_counts_once_and_to_its_end():
    seen = []
    result = evaluate(always(RIGHT), "pong", episodes=3, epsilon=0, seed=1, progress=seen.append, **SMALL)
    games, expected = VectorAtari("pong", 3, seed=1, clip_rewards=False, max_frames=18_000, **SMALL), {}
    while len(expected) < 3:
        step = games.step([RIGHT] * 3)
        for number in np.flatnonzero(step.infos["episode_ended"]):
            expected.setdefault(number, (step.infos["score"][number], step.infos["frames"][number]))
    assert list(zip(result.scores, result.frames, strict=True)) == [expected[number] for number in range(3)]
    assert seen[-1] == 3
    assert sorted(seen) == seen


def test_five_minutes_are_the_longest_and_the_score_until_then_counts():
    result = evaluate(always(NOOP), "pong", episodes=2, epsilon=0, seed=0, max_frames=1000, **SMALL)
    assert (result.frames == 1000).all()
    assert ((result.scores < 0) & (result.scores > -21)).all()


def test_epsilon_is_the_share_of_actions_the_agent_is_not_asked_for():
    agent = always(NOOP)
    result = evaluate(agent, "pong", episodes=4, epsilon=0.25, seed=0, max_frames=2000, **SMALL)
    asked = sum(len(states) for states in agent.asked)
    actions = np.ceil((result.frames - 15) / 4).sum()  # 1 to 30 no-ops at the start
    assert 0.70 < asked / actions < 0.80


def test_states_are_the_last_four_frames_of_each_game():
    agent = always(LEFT)
    evaluate(agent, "pong", episodes=2, epsilon=0, seed=0, noop_max=0, max_frames=200, **SMALL)
    states = np.array(agent.asked)  # (steps, games, 4, 21, 21)
    assert (states[0] == states[0][:, :1]).all()
    np.testing.assert_array_equal(states[1:, :, :-1], states[:-1, :, 1:])


def test_a_seed_repeats_and_rewards_are_not_clipped():
    results = [evaluate(always(RIGHT), "qbert", episodes=3, seed=seed, max_frames=3000, **{**SMALL, "actions": "minimal"})
               for seed in (5, 5, 6)]  # fmt: skip
    assert results[0].scores.tolist() == results[1].scores.tolist() != results[2].scores.tolist()
    assert results[0].scores.max() >= 25  # a cube of Q*bert is worth 25
