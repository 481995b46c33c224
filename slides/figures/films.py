"""Films: the agent that comes with the kit, at play, and an agent that Q-learning trained on Sokoban."""

import io
import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import gym
import numpy as np
from PIL import Image

from slides.figures import shown
from workshop.dqn import agent_files
from workshop.dqn.play import play
from workshop.dqn.video import STEPS_PER_SECOND, Panel, write_video
from workshop.exercises.reference import reference

SECONDS = 16


@dataclass(frozen=True)
class Film:
    """A video without sound.

    Attributes:
        mp4: bytes. poster: bytes of a PNG, what is there before it plays, and on paper.
        alt: what it shows, in words.
    """

    mp4: bytes
    poster: bytes
    alt: str


def _film(pictures, alt, poster_at):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "film.mp4")
        write_video(file, pictures)
        mp4 = file.read_bytes()
    buffer = io.BytesIO()
    pictures[poster_at].save(buffer, "PNG", optimize=True)
    return Film(mp4, buffer.getvalue(), alt)


@shown
def pong_film():
    """The first seconds of a game of the agent that comes with the kit."""
    trained = agent_files.pretrained("pong")
    panel = Panel(trained.actions, "the agent of the kit")
    pictures = [panel.draw(moment) for moment in itertools.islice(play(trained, seed=1), SECONDS * STEPS_PER_SECOND)]
    alt = (
        f"{SECONDS} seconds of Pong, played by the trained agent of the kit, on the right. Beside the screen a bar for each "
        f"of its {len(trained.actions)} actions, below them the largest Q over time, and above them its score."
    )
    return _film(pictures, alt, poster_at=len(pictures) // 2)


@shown
def pong_at_random():
    """The same game, played by dice."""
    env, rng = gym.make("PongDeterministic-v4", render_mode="rgb_array"), np.random.default_rng(0)
    env.reset(seed=1)
    pictures, score = [], 0.0
    for _ in range(SECONDS * STEPS_PER_SECOND):
        score += env.step(int(rng.integers(6)))[1]
        pictures.append(Image.fromarray(env.render().repeat(2, axis=0).repeat(2, axis=1)))
    alt = f"{SECONDS} seconds of Pong; the paddle on the right moves at random. It ends {score:+.0f} points.".replace(
        "-", "minus "
    )
    return _film(pictures, alt, poster_at=len(pictures) // 2)


@shown
def sokoban_film():
    """The greedy policy of a table that Q-learning filled, on the level "pair"."""
    env = gym.make("workshop/Sokoban-v0", level="pair")
    Q = reference("q_learning")(env, 2000, alpha=0.5, gamma=0.9, epsilon=0.2, rng=np.random.default_rng(0))
    env = gym.make("workshop/Sokoban-v0", level="pair", render_mode="rgb_array_list", max_episode_steps=40)
    episode = reference("run_episode")(env, lambda state: int(Q[state].argmax()), seed=0)
    frames = [
        Image.fromarray(np.asarray(frame)).resize((480, round(480 * frame.shape[0] / frame.shape[1]) // 2 * 2), 0)
        for frame in env.render()
    ]
    pictures = [frame for frame in [*frames, frames[-1]] for _ in range(STEPS_PER_SECOND // 2)]
    alt = f"Sokoban, played by the table that Q-learning filled in 2,000 games: {len(episode)} moves, and both boxes are home."
    return _film(pictures, alt, poster_at=len(pictures) // 2)
