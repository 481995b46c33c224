"""Drivers for answers that play episodes."""

import gym

from workshop.exercises.drivers.registry import driver


class _Scripted(gym.Env):
    """An environment whose episodes are written down: step t earns `rewards[t]` and leads to state t + 1."""

    def __init__(self, rewards, ending, log):
        self.observation_space = gym.spaces.Discrete(len(rewards) + 1)
        self.action_space = gym.spaces.Discrete(4)
        self.rewards, self.ending, self.log = rewards, ending, log
        self.state = None

    def reset(self, *, seed=None, options=None):
        self.log.append(("reset", seed))
        self.state = 0
        return self.state, {}

    def step(self, action):
        if self.state is None or self.state == len(self.rewards):
            raise RuntimeError("step() was called on an episode that had not begun, or was already over")
        self.log.append(("step", action))
        reward, self.state = self.rewards[self.state], self.state + 1
        is_over = self.state == len(self.rewards)
        return self.state, reward, is_over and self.ending != "truncated", is_over and self.ending != "terminated", {}


@driver
def play_scripted_episode(answer, rewards, ending, actions, seed):
    """1.1: the episode has `len(rewards)` steps and ends "terminated", "truncated" or "both"; `actions[state]`."""
    log = []
    asked = []

    def policy(state):
        asked.append(state)
        return actions[state]

    transitions = answer(_Scripted(rewards, ending, log), policy, seed)
    return {"transitions": transitions, "calls": log, "asked": asked}

