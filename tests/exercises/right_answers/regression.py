"""2.5, written by other hands."""

import numpy as np


def row_by_row(w, X, y):
    gradient = np.zeros_like(w)
    for row, target in zip(X, y):
        gradient += 2 * (row.dot(w) - target) * row
    return gradient / X.shape[0]


def mean_of_products(w, X, y):
    return np.mean(2 * ((X * w).sum(axis=1) - y)[:, np.newaxis] * X, axis=0)


def from_the_normal_equations(w, X, y):
    return 2 * ((X.T @ X) @ w - X.T @ y) / len(X)


RIGHT_ANSWERS = {"linear_regression_gradient": [row_by_row, mean_of_products, from_the_normal_equations]}
