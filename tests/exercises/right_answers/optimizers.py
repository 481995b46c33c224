"""2.11, written by other hands."""

import numpy as np


def velocity_on_a_copy(theta, gradient, velocity, learning_rate, momentum):
    velocity = velocity.copy()
    velocity *= momentum
    velocity -= learning_rate * gradient
    return theta + velocity, velocity


def momentum_number_by_number(theta, gradient, velocity, learning_rate, momentum):
    new = np.array([momentum * v - learning_rate * g for v, g in zip(velocity, gradient)])
    return np.array([p + v for p, v in zip(theta, new)]), new


def rmsprop_by_difference(theta, gradient, mean_square, learning_rate, decay, epsilon):
    mean_square = mean_square + (1 - decay) * (gradient * gradient - mean_square)
    return theta - learning_rate / (mean_square**0.5 + epsilon) * gradient, mean_square


def rmsprop_by_average(theta, gradient, mean_square, learning_rate, decay, epsilon):
    squares = np.average([mean_square, np.square(gradient)], axis=0, weights=[decay, 1 - decay])
    return np.subtract(theta, learning_rate * np.divide(gradient, np.sqrt(squares) + epsilon)), squares


def adam_with_corrections_by_name(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon):
    first = beta1 * m + (1 - beta1) * gradient
    second = beta2 * v + (1 - beta2) * gradient * gradient
    correction1, correction2 = 1 - beta1**t, 1 - beta2**t
    return theta - learning_rate * (first / correction1) / (np.sqrt(second / correction2) + epsilon), first, second


def adam_corrects_the_rate(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon):
    """As the paper's section 2 proposes, with epsilon scaled along."""
    m, v = m + (1 - beta1) * (gradient - m), v + (1 - beta2) * (gradient**2 - v)
    root = np.sqrt(1 - beta2**t)
    rate = learning_rate * root / (1 - beta1**t)
    return theta - rate * m / (np.sqrt(v) + epsilon * root), m, v


RIGHT_ANSWERS = {
    "momentum_step": [velocity_on_a_copy, momentum_number_by_number],
    "rmsprop_step": [rmsprop_by_difference, rmsprop_by_average],
    "adam_step": [adam_with_corrections_by_name, adam_corrects_the_rate],
}
