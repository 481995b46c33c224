# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %%
import gym
import numpy as np

import workshop
from workshop import Transition, borrow, check, hint, progress, solution

# %% exercise="run_episode"
def run_episode(env, policy, seed):
    """Play one episode: reset `env` with `seed`, then act with `policy(state) -> action` until it is over.

    Returns a list with one `Transition(state, action, reward, next_state, terminated)` a step, in order. The episode
    is over when a step comes back `terminated` (the task ended) or `truncated` (the clock ran out).
    """
    ### BEGIN SOLUTION
    state, info = env.reset(seed=seed)
    episode = []
    terminated = truncated = False
    while not (terminated or truncated):
        action = policy(state)
        next_state, reward, terminated, truncated, info = env.step(action)
        episode.append(Transition(state, action, reward, next_state, terminated))
        state = next_state
    return episode
    ### END SOLUTION

# %% check="run_episode"
check(run_episode)

# %%
MOVES = {0: (-1, 0), 1: (0, 1), 2: (1, 0), 3: (0, -1)}  # up, right, down, left as (rows, columns)

# %% exercise="sokoban_step"
def sokoban_step(walls, goals, player, boxes, action):
    """One move of Sokoban: `walls` and `goals` are sets of (row, column), `boxes` is a frozenset of them.

    Returns (player, boxes, reward, terminated), boxes again a frozenset. The player walks one cell and pushes a box
    ahead of it; walls, and a box with a wall or a box behind it, block the move, and then nothing changes.
    terminated: every box stands on a goal. reward: 1.0 for the move that gets there, 0.0 for all others.
    """
    ### BEGIN SOLUTION
    d_row, d_col = MOVES[action]
    row, col = player
    ahead = (row + d_row, col + d_col)
    behind = (row + 2 * d_row, col + 2 * d_col)

    is_push = ahead in boxes
    if ahead in walls or (is_push and (behind in walls or behind in boxes)):
        return player, frozenset(boxes), 0.0, False
    if is_push:
        boxes = (boxes - {ahead}) | {behind}
    terminated = all(box in goals for box in boxes)
    return ahead, frozenset(boxes), 1.0 if terminated else 0.0, terminated
    ### END SOLUTION

# %% check="sokoban_step"
check(sokoban_step)

# %% exercise="discounted_return"
def discounted_return(rewards, gamma):
    """r_0 + gamma r_1 + gamma^2 r_2 + ... as a float. No rewards give 0.0."""
    ### BEGIN SOLUTION
    return float(sum(gamma**t * reward for t, reward in enumerate(rewards)))
    ### END SOLUTION

# %% check="discounted_return"
check(discounted_return)

# %% exercise="returns_to_go"
def returns_to_go(rewards, gamma):
    """The discounted return from every step on: a float64 array of shape (T,) for T rewards, in one backward pass."""
    ### BEGIN SOLUTION
    returns = np.zeros(len(rewards))
    later = 0.0
    for t in reversed(range(len(rewards))):
        later = rewards[t] + gamma * later
        returns[t] = later
    return returns
    ### END SOLUTION

# %% check="returns_to_go"
check(returns_to_go)

# %% exercise="q_from_v"
def q_from_v(P, R, V, gamma):
    """Q (S, A) from the model P (S, A, S), R (S, A) and the state values V (S,): the reward plus what comes next."""
    ### BEGIN SOLUTION
    return R + gamma * P @ V
    ### END SOLUTION

# %% check="q_from_v"
check(q_from_v)

# %% exercise="value_iteration"
def value_iteration(P, R, gamma, tolerance):
    """The optimal values V (S,) of the model P (S, A, S), R (S, A), for 0 <= gamma < 1.

    Start from zeros and sweep over all states until no value changes by `tolerance` or more in a sweep.
    """
    ### BEGIN SOLUTION
    V = np.zeros(len(R))
    while True:
        new_V = q_from_v(P, R, V, gamma).max(axis=1)
        change = np.abs(new_V - V).max()
        V = new_V
        if change < tolerance:
            return V
    ### END SOLUTION

# %% check="value_iteration"
check(value_iteration)

# %% exercise="td_update"
def td_update(V, state, reward, next_state, terminated, alpha, gamma):
    """TD(0): a new array V (S,) in which V[state] moved by `alpha` times the TD error. The old V stays as it is."""
    ### BEGIN SOLUTION
    target = reward if terminated else reward + gamma * V[next_state]
    new_V = np.array(V, dtype=float)
    new_V[state] += alpha * (target - V[state])
    return new_V
    ### END SOLUTION

# %% check="td_update"
check(td_update)

# %% exercise="q_target"
def q_target(reward, next_q_values, terminated, gamma):
    """What Q(s, a) should have been, as a float: the reward, plus the best of `next_q_values` (A,) discounted.

    After a terminal step there is no next state, and the reward is all.
    """
    ### BEGIN SOLUTION
    if terminated:
        return float(reward)
    return float(reward + gamma * np.max(next_q_values))
    ### END SOLUTION

# %% check="q_target"
check(q_target)

# %% exercise="epsilon_greedy"
def epsilon_greedy(q_values, epsilon, rng):
    """An action as an int: with probability `epsilon` any of the A actions, else one with the largest q value.

    Equal largest values are equally likely to be taken. All randomness comes from `rng`, a `numpy.random.Generator`.
    """
    ### BEGIN SOLUTION
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    best_actions = np.flatnonzero(q_values == np.max(q_values))
    return int(rng.choice(best_actions))
    ### END SOLUTION

# %% check="epsilon_greedy"
check(epsilon_greedy)

# %% exercise="q_learning"
def q_learning(env, episodes, alpha, gamma, epsilon, rng):
    """Learn Q (S, A), float64, from `episodes` episodes of epsilon-greedy play, starting from zeros.

    `env` has Discrete observation and action spaces; only its spaces, `reset` and `step` are used, never its model.
    A terminated step has no future; a truncated one does, the clock merely stopped us from seeing it.
    """
    ### BEGIN SOLUTION
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, info = env.reset(seed=int(rng.integers(2**31)))
        terminated = truncated = False
        while not (terminated or truncated):
            action = epsilon_greedy(Q[state], epsilon, rng)
            next_state, reward, terminated, truncated, info = env.step(action)
            target = q_target(reward, Q[next_state], terminated, gamma)
            Q[state, action] += alpha * (target - Q[state, action])
            state = next_state
    return Q
    ### END SOLUTION

# %% check="q_learning"
check(q_learning)

# %% exercise="greedy_policy"
def greedy_policy(q_table):
    """The best action of every state as ints (S,), from Q (S, A). Of equal values the first one counts."""
    ### BEGIN SOLUTION
    return np.argmax(q_table, axis=1)
    ### END SOLUTION

# %% check="greedy_policy"
check(greedy_policy)

# %% exercise="state_count"
def state_count(height, width, colours):
    """How many different pictures there are of height x width pixels in so many colours: an exact Python int."""
    ### BEGIN SOLUTION
    return int(colours) ** (int(height) * int(width))
    ### END SOLUTION

# %% check="state_count"
check(state_count)

# %% exercise="is_deadlock"
def is_deadlock(walls, goals, boxes):
    """True exactly if some box that is on no goal stands in a corner: a wall above or below, and a wall left or right.

    `walls`, `goals` and `boxes` are sets of (row, column).
    """
    ### BEGIN SOLUTION
    for row, col in boxes:
        is_vertical = (row - 1, col) in walls or (row + 1, col) in walls
        is_horizontal = (row, col - 1) in walls or (row, col + 1) in walls
        if (row, col) not in goals and is_vertical and is_horizontal:
            return True
    return False
    ### END SOLUTION

# %% check="is_deadlock"
check(is_deadlock)

# %% exercise="sarsa_target"
def sarsa_target(reward, next_q_values, next_action, terminated, gamma):
    """The on-policy target, as a float: the reward plus the discounted value of the action that is really taken next.

    After a terminal step the reward is all, and `next_action` may be anything, None too.
    """
    ### BEGIN SOLUTION
    if terminated:
        return float(reward)
    return float(reward + gamma * next_q_values[next_action])
    ### END SOLUTION

# %% check="sarsa_target"
check(sarsa_target)

# %% exercise="shaped_reward"
def shaped_reward(reward, potential, state, next_state, terminated, gamma):
    """The reward plus the discounted gain in `potential(state) -> float`, as a float.

    The potential of a state in which the episode terminated counts as 0, whatever the function says.
    """
    ### BEGIN SOLUTION
    next_potential = 0.0 if terminated else potential(next_state)
    return float(reward + gamma * next_potential - potential(state))
    ### END SOLUTION

# %% check="shaped_reward"
check(shaped_reward)
