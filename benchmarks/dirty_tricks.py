"""What the tricks around DQN do, each measured on the games themselves or on the agent that comes with the kit.

    .venv/bin/python benchmarks/dirty_tricks.py --json benchmarks/results/dirty_tricks.json

Some minutes. Session 3 quotes the results.
"""

import json
from pathlib import Path

import click
import numpy as np
from machine import this_machine

from workshop.atari.emulator import make_emulator
from workshop.atari.vector import VectorAtari
from workshop.dqn import agent_files
from workshop.dqn.evaluation import evaluate

PADDLE = 51  # where Pong keeps the height of the right paddle (Anand et al. 2019, "Unsupervised State Representation Learning")
SECONDS = 5  # of play, 60 frames each


def rewards_of_games():
    """The rewards other than 0 of a random player: 10,000 frames of each game, an action for four frames."""
    found = {}
    for game in ("pong", "breakout", "seaquest", "ms_pacman", "space_invaders", "qbert"):
        console, rng, rewards = make_emulator("ale-py", game, seed=0), np.random.default_rng(0), []
        console.reset()
        for _ in range(2500):
            action = console.minimal_actions[rng.integers(len(console.minimal_actions))]
            rewards.append(sum(console.act(action) for _ in range(4)))
            if console.game_over():
                console.reset()
        scored = sorted({abs(reward) for reward in rewards if reward})
        found[game] = {"smallest": scored[0], "largest": scored[-1], "steps with a reward": sum(map(bool, rewards))}
    return found


def reach_of_a_random_player(games=40):
    """How many pixels of height Pong's paddle covers within five seconds, by how long an action is held."""
    reach = {}
    for skip in (1, 4, 16):
        rng, covered = np.random.default_rng(0), []
        console = make_emulator("ale-py", "pong", seed=0)
        for _ in range(games):
            console.reset()
            for _ in range(60):  # until the paddle is there
                console.act(0)
            heights = []
            for frame in range(60 * SECONDS):
                if frame % skip == 0:
                    action = console.minimal_actions[rng.integers(len(console.minimal_actions))]
                console.act(action)
                heights.append(int(console.ram()[PADDLE]))
            covered.append(max(heights) - min(heights))
        reach[f"held for {skip} frames"] = round(float(np.mean(covered)), 1)
    return reach


def starts(games=10):
    """Different final scores of the kit's agent without random actions, with and without no-ops at the start."""
    trained = agent_files.pretrained("pong")
    rules = agent_files.rules(trained.preset)
    found = {}
    for name, noop_max in (("no no-ops", 0), ("1 to 30 no-ops", 30)):
        result = evaluate(
            trained.agent.q_values, "pong", episodes=games, epsilon=0.0, workers=0, **{**rules, "noop_max": noop_max}
        )
        found[name] = {"scores": result.scores.tolist(), "different games": len({*zip(result.scores, result.frames)})}
    return found


def evaluations(games=10):
    """The kit's agent, played under other rules than it was trained by."""
    trained = agent_files.pretrained("pong")
    rules = agent_files.rules(trained.preset)
    found = {}
    for name, changes in {
        "ε 0.05, the paper's": {},
        "ε 0.2": {"epsilon": 0.2},
        "ε 0.05 and sticky actions, 0.25": {"repeat_action_probability": 0.25},
    }.items():
        scores = evaluate(trained.agent.q_values, "pong", episodes=games, workers=0, **{**rules, **changes}).scores
        found[name] = {"mean": round(float(scores.mean()), 2), "min": int(scores.min()), "max": int(scores.max())}
    return found


def ends_of_breakout(steps=5000):
    """How often a random player of Breakout hears that a return has ended, with and without the loss of a life."""
    found = {}
    for name, life_loss in (("game over", False), ("life lost", True)):
        rng = np.random.default_rng(0)
        with VectorAtari("breakout", 1, seed=0, workers=0, life_loss_ends_return=life_loss) as env:
            ends = sum(int(env.step(rng.integers(4, size=1)).terminated[0]) for _ in range(steps))
        found[name] = ends
    return found


def without_fire(steps=1000):
    """Breakout without pressing FIRE, which serves the ball: the score and the lives after so many steps."""
    console, rng = make_emulator("ale-py", "breakout", seed=0), np.random.default_rng(0)
    console.reset()
    moves = [action for action in console.minimal_actions if action != 1]  # 1 is FIRE
    score = sum(console.act(moves[rng.integers(len(moves))]) for _ in range(4 * steps))
    return {"steps": steps, "score": score, "lives": console.lives(), "lives at the start": 5}


@click.command()
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every figure there.")
def main(json_file):
    """Measure, print, and write."""
    found = {"machine": this_machine()}
    for measure in (rewards_of_games, reach_of_a_random_player, ends_of_breakout, without_fire, starts, evaluations):
        found[measure.__name__] = measure()
        click.echo(f"{measure.__name__}: {json.dumps(found[measure.__name__], ensure_ascii=False)}")
    if json_file:
        json_file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
