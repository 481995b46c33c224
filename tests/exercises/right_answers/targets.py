"""1.8 and 1.13, written by other hands."""

import numpy as np


def masked(reward, next_q_values, terminated, gamma):
    return reward + gamma * (1 - terminated) * np.max(next_q_values)


def pythons_own_maximum(reward, next_q_values, terminated, gamma):
    return reward if terminated else reward + gamma * max(next_q_values)


def sorted_copy(reward, next_q_values, terminated, gamma):
    target = np.float64(reward)
    if not terminated:
        target += gamma * np.sort(next_q_values)[-1]
    return target


def zero_dimensional(reward, next_q_values, terminated, gamma):
    return np.array(reward + gamma * next_q_values[np.argmax(next_q_values)] * float(not terminated))


def by_cases(reward, next_q_values, next_action, terminated, gamma):
    if not terminated:
        reward = reward + gamma * next_q_values.item(next_action)
    return reward


def conditional_expression(reward, next_q_values, next_action, terminated, gamma):
    return np.float32(reward + gamma * (0 if terminated else next_q_values[next_action]))


def short_circuit(reward, next_q_values, next_action, terminated, gamma):
    return float(reward + (not terminated and gamma * next_q_values[next_action]))


RIGHT_ANSWERS = {
    "q_target": [masked, pythons_own_maximum, sorted_copy, zero_dimensional],
    "sarsa_target": [by_cases, conditional_expression, short_circuit],
}
