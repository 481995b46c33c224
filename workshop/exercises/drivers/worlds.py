"""The worlds that q_learning is judged in: small tables of transitions, played through gym's API with the table closed.

Each world is one in which some way to get Q-learning wrong costs the agent dearly. A table is written as gym's own toy
environments write it: `transitions[state][action]` is a list of (probability, next_state, reward, terminated).
"""

import functools
import random
from collections import namedtuple

import gym
from gym.error import InvalidAction, ResetNeeded

from workshop.envs.base import is_index
from workshop.envs.grid import described

World = namedtuple("World", ["transitions", "starts", "time_limit", "text"])
World.__doc__ = "A table, the states that an episode begins in (equally likely), steps until truncation, and its story."


class ModelIsClosed(AttributeError):
    """The answer asked the environment for its model."""

    __module__ = "builtins"  # so that a traceback gives its name without an address


class Enough(BaseException):
    """The world ends here: more steps than `max_steps`."""


class ClosedWorld(gym.Env):
    """A world that can be played and not read.

    Args:
        world: `World`.
        max_episodes: int; one reset more is forgiven, the one behind the last episode.
        seed: int, of the dice, until `reset` is given one.
        max_steps: int; the step after that raises `Enough`.

    Attributes:
        experience: list of (state, action, reward, next_state, terminated, truncated, first state of the episode), the
            first `MAX_EXPERIENCE` steps.
        steps: how many there were.
        seeds: list, what each `reset` was given, int or None.
        model_was_read: whether P or R was asked for.
    """

    MAX_EXPERIENCE = 10_000

    def __init__(self, world, max_episodes, seed, max_steps=10**9):
        self._world, self._dice = world, random.Random(seed)
        self._max_episodes, self._max_steps = max_episodes, max_steps
        self.observation_space = gym.spaces.Discrete(len(world.transitions))
        self.action_space = gym.spaces.Discrete(len(world.transitions[0]))
        self._n_actions = len(world.transitions[0])
        self._first = self._state = None
        self.experience, self.seeds, self.steps, self.model_was_read = [], [], 0, False

    def __getattr__(self, name):
        if name in ("P", "R"):
            self.model_was_read = True
            raise ModelIsClosed(
                f"env.{name} is the model, and it is closed: q_learning learns from env.reset and env.step alone. "
                "The sizes of the table are env.observation_space.n and env.action_space.n."
            )
        raise AttributeError(f"env has no attribute {name!r}: q_learning needs its two spaces, reset and step.")

    def reset(self, *, seed=None, options=None):
        if options:
            raise ValueError("q_learning does not choose where an episode starts: call env.reset() without options.")
        self.seeds.append(seed)
        if len(self.seeds) > self._max_episodes + 1:
            raise RuntimeError(f"reset() begins an episode, and you were asked to play {self._max_episodes}: too many.")
        if seed is not None:
            self._dice = random.Random(int(seed))
        self._first = self._state = self._dice.choice(self._world.starts)
        self._left = self._world.time_limit
        return self._state, {}

    def step(self, action):
        if self._state is None:
            raise ResetNeeded(
                "step() is called on an episode that has not begun or is over. An episode is over when it has "
                "terminated or was truncated: then reset() begins the next one."
            )
        if not is_index(action, self._n_actions):
            raise InvalidAction(f"An action is an int from 0 to {self._n_actions - 1}, not {described(action)}.")
        if self.steps == self._max_steps:
            raise Enough
        outcomes = self._world.transitions[self._state][action]
        _, next_state, reward, terminated = outcomes[0] if len(outcomes) == 1 else self._drawn(outcomes)
        self._left -= 1
        truncated = self._left == 0
        if self.steps < self.MAX_EXPERIENCE:
            self.experience.append((self._state, int(action), reward, next_state, terminated, truncated, self._first))
        self.steps += 1
        self._state = None if terminated or truncated else next_state
        return next_state, reward, terminated, truncated, {}

    def _drawn(self, outcomes):
        return self._dice.choices(outcomes, [outcome[0] for outcome in outcomes])[0]


@functools.cache
def world(name):
    """The `World` of that name."""
    return _WORLDS[name]()


def build_all():
    """Build every world now: a process that others are forked from builds them once for all of these."""
    for name in _WORLDS:
        world(name)


def _two_doors():
    table = [
        [[(1.0, 1, 5.0, True)], [(1.0, 1, -1.0, False)]],
        [[(1.0, 0, 10.0, True)], [(1.0, 0, -100.0, True)]],
    ]
    story = """\
state 0: action 0 earns 5 and terminates (next_state is 1); action 1 earns -1 and leads to state 1
state 1: action 0 earns 10 and terminates (next_state is 0); action 1 earns -100 and terminates (next_state is 0)
every episode starts in state 0"""
    return World(table, [0], 50, story)


def _one_step_days():
    table = [
        [[(1.0, 1, 2.0, True)], [(1.0, 1, 0.0, False)]],
        [[(1.0, 0, 0.0, False)], [(1.0, 0, 10.0, True)]],
    ]
    story = """\
state 0: action 0 earns 2 and terminates (next_state is 1); action 1 earns 0 and leads to state 1
state 1: action 0 earns 0 and leads to state 0; action 1 earns 10 and terminates (next_state is 0)
an episode starts in state 0 or 1, and every one is truncated after a single step"""
    return World(table, [0, 1], 1, story)


def _slot_machines(count=8):
    table = [
        [
            [(1.0, state + 1, 1.0, state == count - 1)],
            [(0.5, state + 1, 0.0, state == count - 1), (0.5, state + 1, 10.0, state == count - 1)],
        ]
        for state in range(count)
    ]
    story = f"""\
{count} slot machines in a row, states 0 to {count - 1}: action 0 earns 1; action 1 earns 10 or 0, each with probability 0.5
both lead to the next machine; the last one terminates (next_state is {count})"""
    return World([*table, [[], []]], [0], 50, story)


def _from_gym(id, starts=None, max_episode_steps=200, **settings):
    """The table of a tabular environment of the kit."""
    env = gym.make(id, **settings).unwrapped
    table = [
        [
            [(float(p), int(t), float(reward), bool(env.terminal[t])) for t, p in enumerate(row) if p]
            for row, reward in zip(rows, rewards)
        ]
        for rows, rewards in zip(env.P, env.R)
    ]
    keywords = {**settings, "max_episode_steps": max_episode_steps}
    text = "".join(f", {name}={value!r}" for name, value in keywords.items())
    starts = [int(state) for state in env.start_distribution.nonzero()[0]]
    return World(table, starts, max_episode_steps, f"env = gym.make({id!r}{text})")


def _taxi():
    env = gym.make("Taxi-v3").unwrapped
    table = [[env.P[state][action] for action in range(6)] for state in range(500)]
    starts = [env.encode(2, 2, passenger, goal) for passenger, goal in ((0, 1), (2, 1))]
    text = "with the taxi in the middle, and a passenger at 0 or 2 who wants to go to 1"
    return World(table, starts, 200, f'gym.make("Taxi-v3"), where an episode starts {text}')


_WORLDS = {
    "two doors": _two_doors,
    "one-step days": _one_step_days,
    "slot machines": _slot_machines,
    "corridor": functools.partial(_from_gym, "workshop/Sokoban-v0", level="corridor"),
    "ledge": functools.partial(
        _from_gym, "workshop/GridWorld-v0", text_map="S.........T\nCCCCCCCCCCC", max_episode_steps=40
    ),
    "maze": functools.partial(_from_gym, "workshop/GridWorld-v0", text_map="default", max_episode_steps=500),
    "tiny": functools.partial(_from_gym, "workshop/Sokoban-v0", level="tiny"),
    "taxi": _taxi,
}
