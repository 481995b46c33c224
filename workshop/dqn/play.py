"""An agent at play, step by step: what is on the screen, what it thinks of each action, and what it does."""

from typing import NamedTuple

import numpy as np

from workshop.atari.vector import VectorAtari


class Moment(NamedTuple):
    """One step of a game.

    Attributes:
        screen: (210, 160, 3) uint8, the screen in colours as the agent meets it.
        q_values: (A,) float32, of the state.
        action: int, what is done now.
        random: bool, whether chance chose it, and not the greatest Q.
        score: int, so far.
        episode: int, from 0 on.
        state: (stack, H, W) uint8, what the network sees.
    """

    screen: np.ndarray
    q_values: np.ndarray
    action: int
    random: bool
    score: int
    episode: int
    state: np.ndarray


def play(trained, *, episodes=1, epsilon=0.01, seed=0, scores=None):
    """Yield the `Moment`s of whole episodes, each of at most five minutes of the game's time.

    Args:
        trained: `workshop.dqn.agent_files.Trained`, or `workshop.dqn.trained.Player`.
        episodes: int.
        epsilon: float, the share of random actions.
        seed: int >= 0, of the game and the actions.
        scores: list to which the final score of each episode is appended, or None.
    """
    rng = np.random.default_rng(seed)
    settings = {**trained.rules, "clip_rewards": False}
    stack = settings.pop("stack")
    with VectorAtari(trained.game, 1, seed=seed, workers=0, **settings) as env:
        for episode in range(episodes):
            state = np.repeat(env.frames, stack, axis=0)
            score, ended = 0, False
            while not ended:
                q_values = trained.q_values(state[None])[0]
                random = bool(rng.random() < epsilon)
                action = int(rng.integers(len(q_values)) if random else q_values.argmax())
                screen = env.get_state()["environments"][0]["screen"]
                yield Moment(screen, q_values, action, random, score, episode, state)
                step = env.step(np.array([action]))
                score, ended = int(step.infos["score"][0]), bool(step.infos["episode_ended"][0])
                state = np.concatenate([state[1:], env.frames])
            if scores is not None:
                scores.append(score)
