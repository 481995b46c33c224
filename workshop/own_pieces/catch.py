"""Catch with somebody's pieces, in the loop that plays Pong: the same pieces, the same size, an answer within a minute."""

import dataclasses
import functools
import time
from typing import NamedTuple

import numpy as np

from workshop.dqn.exploration import epsilon_at
from workshop.dqn.presets import PRESETS, make_agent, make_memory
from workshop.dqn.training import Training
from workshop.envs.catch import Catch
from workshop.envs.vector import VectorGym

ROWS, COLUMNS, GAMES = 8, 5, 8
SOLVED, WINDOW = 0.95, 50  # mean score of so many games; the best is 1, a paddle that never moves earns −0.6
PRESET = dataclasses.replace(
    PRESETS["pieces"],
    replay_capacity=2_000,
    n_step=3,
    learning_rate=1e-3,
    learning_starts=200,
    target_sync_updates=50,
    epsilon_decay_steps=1_000,
)


class Learnt(NamedTuple):
    """What came of it.

    Attributes:
        agent: `workshop.dqn.agent.Agent`.
        scores: list of floats, of every game in the order in which they ended: 1 for a catch, −1 for a miss.
        updates: int.
        seconds: float.
    """

    agent: object
    scores: list
    updates: int
    seconds: float

    @property
    def is_solved(self):
        return len(self.scores) >= WINDOW and float(np.mean(self.scores[-WINDOW:])) >= SOLVED


def learn(pieces, seconds=60.0, seed=0):
    """Train until Catch is solved, or for so many seconds. Returns `Learnt`.

    Args:
        pieces: `workshop.dqn.pieces.Pieces`; `preprocess` has nothing to do here, for Catch is no Atari game.
        seconds: float. seed: int >= 0.
    """
    env = VectorGym(lambda: Catch(ROWS, COLUMNS, image_shape=PRESET.frame_shape), GAMES, seed=seed)
    training = Training(
        env,
        make_agent(PRESET, 3, seed, pieces=pieces),
        make_memory(PRESET, pieces=pieces),
        np.random.default_rng(seed),
        epsilon=functools.partial(
            pieces.schedule(epsilon_at),
            start=PRESET.epsilon_start,
            end=PRESET.epsilon_end,
            decay_steps=PRESET.epsilon_decay_steps,
        ),
        batch_size=PRESET.batch_size,
        steps_per_update=PRESET.steps_per_update,
        learning_starts=PRESET.learning_starts,
        target_sync_updates=PRESET.target_sync_updates,
    )
    learnt, began = Learnt(training.agent, [], 0, 0.0), time.monotonic()
    for step in training.run():
        learnt.scores.extend(step.infos["score"][step.infos["episode_ended"]].tolist())
        learnt = learnt._replace(updates=training.updates, seconds=time.monotonic() - began)
        if learnt.is_solved or learnt.seconds > seconds:
            return learnt


def game(agent, seed=1000):
    """One greedy game: frames (height, width, 3) uint8 to look at, and a caption for each."""
    env = Catch(ROWS, COLUMNS, image_shape=PRESET.frame_shape, render_mode="rgb_array")
    frame, _ = env.reset(seed=seed)
    state, frames, captions, ended = (
        np.repeat(frame, PRESET.stack, axis=0),
        [env.render()],
        ["the ball is dropped"],
        False,
    )
    while not ended:
        action = int(agent.q_values(state[None])[0].argmax())
        frame, reward, ended, _, _ = env.step(action)
        state = np.concatenate([state[1:], frame])
        frames.append(env.render())
        captions.append(f"{Catch.action_names[action]}" + (f", reward {reward:+.0f}" if ended else ""))
    return frames, captions
