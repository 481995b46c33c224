"""1.1, written by other hands."""

import typing
from dataclasses import dataclass

import numpy as np

from workshop import Transition


def endless_loop_with_a_break(env, policy, seed):
    episode = []
    observation, _ = env.reset(seed=seed)
    while True:
        action = policy(observation)
        following, reward, terminated, truncated, _ = env.step(action)
        episode += [
            Transition(
                next_state=following,
                state=observation,
                action=action,
                reward=float(reward),
                terminated=bool(terminated),
            )
        ]
        if terminated or truncated:
            return episode
        observation = following


class Step(typing.NamedTuple):
    """An equal namedtuple of the attendee's own."""

    state: object
    action: int
    reward: float
    next_state: object
    terminated: bool


def own_namedtuple(env, policy, seed):
    states, steps, done = [env.reset(seed=seed)[0]], [], False
    while not done:
        action = np.int64(policy(states[-1]))
        state, reward, *flags, _ = env.step(int(action))
        steps.append(Step(states[-1], action, np.float32(reward) if reward == int(reward) else reward, state, flags[0]))
        states.append(state)
        done = any(flags)
    return steps


@dataclass(frozen=True)
class Record:
    """An equal dataclass of the attendee's own."""

    state: object
    action: int
    reward: float
    next_state: object
    terminated: bool


def own_dataclass_and_a_question_too_many(env, policy, seed):
    state, _ = env.reset(seed=seed, options=None)
    action = policy(state)
    steps = []
    terminated = truncated = False
    while not terminated and not truncated:
        next_state, reward, terminated, truncated, _ = env.step(action)
        steps.append(Record(state, action, reward, next_state, terminated))
        state, action = next_state, policy(next_state)
    env.close()
    return steps


def generated(env, policy, seed):
    def steps(state):
        over = False
        while not over:
            action = policy(state)
            after, reward, terminated, truncated, _ = env.step(action)
            yield Transition(state, action, reward, after, terminated)
            state, over = after, terminated | truncated

    return list(steps(env.reset(seed=seed)[0]))


RIGHT_ANSWERS = {
    "run_episode": [endless_loop_with_a_break, own_namedtuple, own_dataclass_and_a_question_too_many, generated]
}
