"""Every number that a slide shows, by name, from where it comes: the worlds, the networks, the logs, the papers."""

import csv
import functools
import json
from pathlib import Path

import gym
import numpy as np

import workshop  # noqa: F401  makes gym and Chainer work, and registers the environments
from workshop.atari import roms
from workshop.dqn.presets import PRESETS
from workshop.dqn.published import PUBLISHED
from workshop.exercises.reference import reference
from workshop.nn import networks

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
CARDS = ROOT / "workshop" / "dqn" / "trained"
_SOURCES = {}


class UnknownNumber(LookupError):
    """No number has this name."""


def number(name):
    """What a slide shows for a name, a str. Raises UnknownNumber."""
    if name not in _SOURCES:
        raise UnknownNumber(f"no number is called {name!r}; there are: {', '.join(sorted(_SOURCES))}")
    return _SOURCES[name]()


def names():
    """The names of all numbers."""
    return sorted(_SOURCES)


def source(get):
    """Decorator: the function's name is the number's, and what it returns is shown."""
    _SOURCES[get.__name__] = functools.cache(get)
    return _SOURCES[get.__name__]


def grouped(value):
    """1234567 as 1,234,567."""
    return f"{value:,}"


def signed(value, digits=1):
    """With a true minus sign; halves are rounded away from zero."""
    return f"{value + np.copysign(1e-9, value):.{digits}f}".replace("-", "−")


# Scores


for _game, _rows in PUBLISHED.items():
    for _row in _rows:
        _year = "2015" if "2015" in _row.source else "2013"
        for _player in ("random", "human"):
            _SOURCES[f"{_game}_{_player}_{_year}"] = functools.partial(signed, getattr(_row, _player))
        _SOURCES[f"{_game}_dqn_{_year}"] = functools.partial(str, _row.dqn)


def card(game="pong"):
    """The card of an agent that comes with the kit."""
    return json.loads((CARDS / f"{game}.json").read_text(encoding="utf-8"))


@source
def our_pong():
    evaluation = card()["evaluation"]
    return f"{signed(evaluation['mean'])} ± {evaluation['std']:.1f}"


@source
def our_pong_minutes():
    return f"{card()['minutes']:.0f}"


@functools.cache
def pong_minutes():
    """The record of three trainings from nothing."""
    return json.loads((RESULTS / "pong_minutes" / "pong_laptop.json").read_text(encoding="utf-8"))


@functools.cache
def pong_log(seed):
    """One of these trainings, a row a minute: a list of dict of floats."""
    with open(RESULTS / "pong_minutes" / f"pong_laptop_seed{seed}.csv", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@source
def minutes_past_the_human():
    minutes = sorted(seed["passed 9.3"]["minutes"] for seed in pong_minutes()["seeds"].values())
    return ", ".join(f"{each:.0f}" for each in minutes[:-1]) + f" and {minutes[-1]:.0f}"


@source
def our_cores():
    return str(pong_minutes()["machine"]["cores"])


@functools.cache
def _collapse():
    """Seed and row of the evaluation that lies furthest below the training's own games, once the human was passed."""
    rows = [(seed, row) for seed in range(3) for row in pong_log(seed) if row["own_score"] > 9.3]
    return max(rows, key=lambda found: found[1]["own_score"] - found[1]["score"])


@source
def collapsed_seed():
    return str(_collapse()[0])


@source
def collapsed_minute():
    return f"{_collapse()[1]['minutes']:.0f}"


@source
def collapsed_evaluation():
    return signed(_collapse()[1]["score"])


@source
def collapsed_training_score():
    return signed(_collapse()[1]["own_score"])


@source
def minutes_past_18():
    minutes = sorted(seed["passed 18"]["minutes"] for seed in pong_minutes()["seeds"].values() if seed["passed 18"])
    return ", ".join(f"{each:.0f}" for each in minutes[:-1]) + f" and {minutes[-1]:.0f}"


@source
def breakout_best():
    with open(RESULTS / "breakout_50_minutes" / "evaluations.csv", newline="") as file:
        return signed(max(float(row["mean"]) for row in csv.DictReader(file)))


# Speed


@functools.cache
def _throughput(*words):
    rounds = json.loads((RESULTS / "dqn_throughput.json").read_text(encoding="utf-8"))["rounds"]
    return max(
        each["updates_per_second"]
        for key, runs in rounds.items()
        if all(word in key for word in words)
        for each in runs
    )


@source
def updates_per_second_nature():
    return f"{_throughput('ours, Nature 2015, 2 threads'):.0f}"


@source
def updates_per_second_laptop():
    return f"{_throughput('ours, double DQN, laptop preset, 1 thread'):.0f}"


@source
def updates_per_second_rival():
    return f"{_throughput('Stable-Baselines3', 'Nature 2015'):.0f}"


# The laptop preset


@source
def laptop_n_step():
    return str(PRESETS["laptop"].n_step)


@source
def laptop_batch():
    return str(PRESETS["laptop"].batch_size)


@source
def laptop_side():
    return str(PRESETS["laptop"].frame_shape[0])


# Worlds


@functools.cache
def sokoban():
    """The level "pair"."""
    level = gym.make("workshop/Sokoban-v0", level="pair", render_mode="rgb_array").unwrapped
    level.reset(seed=0)
    return level


@source
def plan_moves():
    return str(len(sokoban().best_plan()))


@source
def sokoban_states():
    return grouped(len(sokoban().states))


@source
def sokoban_model():
    return grouped(sokoban().P.size)


@source
def dice_solve_of_a_hundred():
    """In how many of a hundred games a random player solves the level with the moves that it has: worked out, not played."""
    level, moves = sokoban(), gym.spec("workshop/Sokoban-v0").max_episode_steps
    step = level.P.mean(axis=1) * ~level.terminal[:, None]
    places, solved = level.start_distribution, 0.0
    for _ in range(moves):
        places = places @ step
        solved += places[level.terminal].sum()
    return f"{100 * solved:.0f}"


@functools.cache
def grid_world():
    world = gym.make("workshop/GridWorld-v0", render_mode="rgb_array").unwrapped
    world.reset(seed=0)
    return world


def policy_values(world, policy, gamma):
    """The values (S,) of a policy (S, A): one linear equation for each state, solved at once."""
    P = np.einsum("sa, sat -> st", policy, world.P) * ~world.terminal[:, None]
    return np.linalg.solve(np.eye(len(P)) - gamma * P, np.sum(policy * world.R, axis=1))


def random_walk_values(gamma):
    world = grid_world()
    return policy_values(world, np.full(world.R.shape, 0.25), gamma)


@source
def random_walk_steps():
    return f"{-random_walk_values(1.0)[grid_world().cells.index((0, 0))]:.0f}"


@source
def shortest_walk_steps():
    world = grid_world()
    values = reference("value_iteration")(world.P, world.R, 1 - 1e-9, 1e-6)
    return f"{-values[world.cells.index((0, 0))]:.0f}"


@source
def grid_states():
    return str(len(grid_world().cells))


@source
def taxi_optimum():
    taxi = gym.make("Taxi-v3").unwrapped
    S, A = taxi.observation_space.n, taxi.action_space.n
    P, R = np.zeros((S, A, S)), np.zeros((S, A))
    for state in range(S):
        for action in range(A):
            for probability, next_state, reward, terminated in taxi.P[state][action]:
                R[state, action] += probability * reward
                P[state, action, next_state] += probability * (not terminated)
    return f"{taxi.initial_state_distrib @ reference('value_iteration')(P, R, 1 - 1e-9, 1e-6):.2f}"


@source
def taxi_states():
    return str(gym.make("Taxi-v3").observation_space.n)


SCREEN = (210, 160)  # what ale-py gives, as the figures that show it prove
COLOURS = 128  # of the console (NTSC)


@source
def screen_rows():
    return str(SCREEN[0])


@source
def screen_columns():
    return str(SCREEN[1])


@source
def screen_pixels():
    return grouped(SCREEN[0] * SCREEN[1])


@source
def screen_colours():
    return str(COLOURS)


@source
def screen_digits():
    return grouped(int(SCREEN[0] * SCREEN[1] * np.log10(COLOURS)) + 1)


@source
def atari_games():
    return str(len(roms.games()))


@source
def frame_numbers():
    return grouped(84 * 84)


@source
def stack_bytes():
    return grouped(4 * 84 * 84)


@source
def million_stacks_gb():
    return f"{4 * 84 * 84 * 1e6 / 1e9:.0f}"


@source
def million_frames_gb():
    return f"{84 * 84 * 1e6 / 1e9:.2f}"


# Networks


@functools.cache
def layer_sizes():
    """The QNetwork of exercise 3.4, for six actions, after one pass: {link: number of parameters}."""
    network = reference("QNetwork")(6)
    network(np.zeros((1, 4, 84, 84), np.uint8))
    return {link.name: sum(parameter.size for parameter in link.params()) for link in network.children()}


@source
def network_parameters():
    return grouped(sum(layer_sizes().values()))


@source
def network_hidden_parameters():
    return grouped(layer_sizes()["fc"])


@source
def nips_hidden_units():
    return str(networks.NIPS2013.hidden)


@source
def dense_weights():
    return f"{SCREEN[0] * SCREEN[1] * 1000 / 1e6:.1f}"
