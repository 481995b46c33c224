"""1.7, written by other hands."""

import numpy as np


def weighted_mean(V, state, reward, next_state, terminated, alpha, gamma):
    after = 0.0 if terminated else V[next_state]
    return np.where(np.arange(len(V)) == state, (1 - alpha) * V + alpha * (reward + gamma * after), V)


def masked(V, state, reward, next_state, terminated, alpha, gamma):
    values = V.copy()
    values[state] = V[state] + alpha * (reward + gamma * V[next_state] * (1 - terminated) - V[state])
    return values


def with_a_unit_vector(V, state, reward, next_state, terminated, alpha, gamma):
    td_error = reward - V[state]
    if not terminated:
        td_error += gamma * V[next_state]
    return V + alpha * td_error * np.eye(len(V))[state]


def from_a_list(V, state, reward, next_state, terminated, alpha, gamma):
    values = V.tolist()
    bootstrap = 0 if terminated else gamma * values[next_state]
    values[state] += alpha * (reward + bootstrap - values[state])
    return np.array(values)


def in_single_precision(V, state, reward, next_state, terminated, alpha, gamma):
    values = np.array(V, dtype=np.float32)
    values[state] += alpha * (reward + (not terminated) * gamma * V[next_state] - V[state])
    return values


RIGHT_ANSWERS = {"td_update": [weighted_mean, masked, with_a_unit_vector, from_a_list, in_single_precision]}
