"""3.6, 3.11 and 3.14, written by other hands."""

import numpy as np


def masked_product(rewards, next_q, terminated, gamma):
    return np.float32(rewards + gamma * np.max(next_q, axis=1) * (1 - terminated))


def one_by_one(rewards, next_q, terminated, gamma):
    targets = np.empty(len(rewards), dtype=np.float32)
    for i, (reward, row, ended) in enumerate(zip(rewards, next_q, terminated)):
        targets[i] = reward if ended else reward + gamma * max(row)
    return targets


def terminal_ones_overwritten(rewards, next_q, terminated, gamma):
    targets = (rewards + np.float32(gamma) * np.sort(next_q)[:, -1]).astype(np.float32)
    targets[terminated] = rewards[terminated]
    return targets


def double_with_take_along_axis(rewards, online_next_q, target_next_q, terminated, gamma):
    best = np.argmax(online_next_q, axis=1)[:, None]
    future = np.take_along_axis(target_next_q, best, axis=1).squeeze(axis=1)
    return np.asarray(rewards + gamma * future * np.logical_not(terminated), dtype="f")


def double_with_a_one_hot(rewards, online_next_q, target_next_q, terminated, gamma):
    is_best = np.eye(online_next_q.shape[1])[online_next_q.argmax(axis=1)]
    return (rewards + ~terminated * gamma * (is_best * target_next_q).sum(axis=1)).astype(np.float32)


def double_in_a_loop(rewards, online_next_q, target_next_q, terminated, gamma):
    targets = []
    for i in range(len(rewards)):
        future = 0.0 if terminated[i] else target_next_q[i][np.argmax(online_next_q[i])]
        targets.append(rewards[i] + gamma * future)
    return np.array(targets, dtype=np.float32)


def n_steps_forwards(rewards, terminated, bootstrap, gamma):
    total, discount = 0.0, 1.0
    for reward, ended in zip(rewards, terminated):
        total += discount * reward
        discount *= gamma
        if ended:
            return total
    return total + discount * bootstrap


def n_steps_without_a_loop(rewards, terminated, bootstrap, gamma):
    n = len(rewards)
    ends = np.flatnonzero(terminated)
    last = ends[0] + 1 if len(ends) else n
    total = np.dot(rewards[:last], gamma ** np.arange(last))
    return total if len(ends) else total + gamma**n * bootstrap


def n_steps_recursively(rewards, terminated, bootstrap, gamma):
    if len(rewards) == 0:
        return np.float64(bootstrap)
    if terminated[0]:
        return np.float64(rewards[0])
    return rewards[0] + gamma * n_steps_recursively(rewards[1:], terminated[1:], bootstrap, gamma)


RIGHT_ANSWERS = {
    "td_targets": [masked_product, one_by_one, terminal_ones_overwritten],
    "double_dqn_targets": [double_with_take_along_axis, double_with_a_one_hot, double_in_a_loop],
    "n_step_target": [n_steps_forwards, n_steps_without_a_loop, n_steps_recursively],
}
