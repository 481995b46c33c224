"""How well an agent plays, measured apart from its training: the protocol of Mnih et al. 2015, Methods."""

from typing import NamedTuple

import numpy as np

from workshop.atari.vector import VectorAtari

FIVE_MINUTES = 5 * 60 * 60  # frames of the emulator, 60 a second


class Evaluation(NamedTuple):
    """What came of it.

    Attributes:
        scores: (episodes,) int64, the sum of all rewards of an episode, never clipped.
        frames: (episodes,) int64, how many of the emulator's frames it lasted, no-ops included.
    """

    scores: np.ndarray
    frames: np.ndarray

    def __str__(self):
        scores = self.scores
        return f"{scores.mean():.1f} ± {scores.std():.1f} ({scores.min()} to {scores.max()}, {len(scores)} episodes)"


def evaluate(
    q_values, game, *, episodes=30, epsilon=0.05, seed=0, stack=4, max_frames=FIVE_MINUTES, progress=None, **env
):
    """Play whole episodes with a fixed agent.

    Every episode is played in a game of its own and counts, however long it lasts: of games that follow each other in
    the same time, the short ones would be more. The random numbers are this function's own.

    Args:
        q_values: (N, stack, H, W) uint8 to (N, n_actions); `Agent.q_values`.
        game: str, as in `roms.games()`.
        episodes: int; 30 in the paper.
        epsilon: float, the share of random actions; 0.05 in the paper.
        seed: int >= 0, of games and actions.
        stack: int, how many frames make a state.
        max_frames: int, the longest episode in frames of the emulator; five minutes in the paper.
        progress: progress(ended), called after every step with how many episodes have ended; or None.
        env: what `VectorAtari` takes besides: frame_shape, crop, actions, workers...

    Returns:
        Evaluation.
    """
    rng = np.random.default_rng(seed)
    scores, frames = np.zeros(episodes, np.int64), np.zeros(episodes, np.int64)
    playing = np.ones(episodes, bool)
    settings = {**env, "max_frames": max_frames, "clip_rewards": False, "life_loss_ends_return": False}
    with VectorAtari(game, episodes, seed=seed, **settings) as games:
        states = np.repeat(games.frames[:, None], stack, axis=1)
        while playing.any():
            actions = rng.integers(len(games.action_meanings), size=episodes)
            greedy = playing & (rng.random(episodes) >= epsilon)
            if greedy.any():
                actions[greedy] = q_values(states[greedy]).argmax(axis=1)
            step = games.step(actions)
            ended = playing & step.infos["episode_ended"]
            scores[ended], frames[ended] = step.infos["score"][ended], step.infos["frames"][ended]
            playing &= ~ended
            states = np.concatenate([states[:, 1:], games.frames[:, None]], axis=1)
            if progress:
                progress(episodes - int(playing.sum()))
    return Evaluation(scores, frames)
