"""Drivers for answers that play episodes."""

import gym

from workshop.exercises.drivers.registry import driver


class ScriptedEnvironment(gym.Env):
    """An environment whose episode is written down: step t earns `rewards[t]` and leads to `states[t + 1]`."""

    action_space = gym.spaces.Discrete(4)

    def __init__(self, states, rewards, ending, calls):
        self.states, self.rewards, self.ending, self.calls = states, rewards, ending, calls
        self.time = None

    def reset(self, *, seed=None, options=None):
        self.calls.append(("reset", seed))
        self.time = 0
        return self.states[0], {}

    def step(self, action):
        if self.time is None:
            raise RuntimeError("env.step() was called before env.reset()")
        if self.time == len(self.rewards):
            raise RuntimeError("env.step() was called although the episode was over (terminated or truncated)")
        self.calls.append(("step", action))
        reward = self.rewards[self.time]
        self.time += 1
        is_over = self.time == len(self.rewards)
        terminated, truncated = is_over and self.ending != "truncated", is_over and self.ending != "terminated"
        return self.states[self.time], reward, terminated, truncated, {}


@driver
def play_scripted_episode(answer, states, rewards, ending, actions, seed):
    """1.1: an episode of `len(rewards)` steps, which ends "terminated", "truncated" or "both".

    The policy gives `actions` in turn, and begins again after the last: like one that rolls dice, it may answer
    otherwise when it is asked about a state for the second time.
    """
    calls, questions = [], 0

    def policy(state):
        nonlocal questions
        action = actions[questions % len(actions)]
        questions += 1
        calls.append(("policy", state, action))
        return action

    returned = answer(ScriptedEnvironment(states, rewards, ending, calls), policy, seed)
    return {"returned": returned, "calls": calls}
