"""2.1 and 2.4, written by other hands."""

import numpy as np


def as_a_form(theta, x, y):
    a, b, c = theta
    return np.array([x, y]) @ np.array([[a, b / 2], [b / 2, c]]) @ np.array([x, y])


def by_horner(theta, x, y):
    return float(x * (theta[0] * x + theta[1] * y) + y * y * theta[2])


def by_outer_product(theta, x, y):
    products = np.outer([x, y], [x, y])
    return products[np.triu_indices(2)].astype(np.float64)


def by_finite_differences(theta, x, y):
    """f is linear in theta: a difference over any distance is its slope."""
    unit = np.eye(3)
    return np.array([by_horner(unit[i], x, y) - by_horner(np.zeros(3), x, y) for i in range(3)])


def in_floats_of_python(theta, x, y, target, learning_rate, steps):
    a, b, c = map(float, theta)
    while steps:
        slope = 2 * (a * x * x + b * x * y + c * y * y - target)
        a, b, c = (
            a - learning_rate * slope * x * x,
            b - learning_rate * slope * x * y,
            c - learning_rate * slope * y * y,
        )
        steps -= 1
    return np.array([a, b, c])


def in_closed_form(theta, x, y, target, learning_rate, steps):
    features = np.array([x**2, x * y, y**2])
    error = theta @ features - target
    shrinks_by = 1 - 2 * learning_rate * (features @ features)
    moved = sum(shrinks_by**k for k in range(steps))
    return theta - 2 * learning_rate * error * moved * features


def on_a_copy(theta, x, y, target, learning_rate, steps):
    theta = theta.copy()
    for _ in range(steps):
        theta -= learning_rate * 2 * (by_horner(theta, x, y) - target) * by_outer_product(theta, x, y)
    return theta


RIGHT_ANSWERS = {
    "quadratic": [as_a_form, by_horner],
    "quadratic_gradient": [by_outer_product, by_finite_differences],
    "fit_theta": [in_floats_of_python, in_closed_form, on_a_copy],
}
