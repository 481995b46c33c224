"""1.3 and 1.4, written by other hands."""

import numpy as np


def horner(rewards, gamma):
    total = 0
    for reward in reversed(rewards):
        total = reward + gamma * total
    return total


def matrix_product(rewards, gamma):
    return np.asarray(rewards, dtype=np.float64) @ np.power(float(gamma), np.arange(len(rewards)))


def appended_backwards(rewards, gamma):
    returns = [0.0]
    for reward in list(rewards)[::-1]:
        returns.append(reward + gamma * returns[-1])
    return np.array(returns[:0:-1])


def in_place_on_a_copy(rewards, gamma):
    result = np.array(rewards, dtype=float)
    for t in range(len(result) - 2, -1, -1):
        result[t] += gamma * result[t + 1]
    return result


RIGHT_ANSWERS = {
    "discounted_return": [horner, matrix_product],
    "returns_to_go": [appended_backwards, in_place_on_a_copy],
}
