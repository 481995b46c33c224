"""2.5: the gradient of linear regression, by hand."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_whole_numbers = st.integers(-4, 4).map(float)


@st.composite
def _data(draw):
    n, d = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    return draw(arrays(_whole_numbers, d)), draw(arrays(_whole_numbers, n, d)), draw(arrays(_whole_numbers, n))


def _without_the_two(w, X, y):
    return X.T @ (X @ w - y) / len(y)


def _sum_instead_of_mean(w, X, y):
    return 2 * X.T @ (X @ w - y)


def _wrong_sign(w, X, y):
    return 2 / len(y) * X.T @ (y - X @ w)


def _without_the_inputs(w, X, y):
    return np.full(len(w), 2 * np.mean(X @ w - y))


def _without_the_error(w, X, y):
    return 2 * X.mean(axis=0)


def _mean_over_everything(w, X, y):
    return 2 / X.size * X.T @ (X @ w - y)


def _divided_by_the_columns(w, X, y):
    return 2 / len(w) * X.T @ (X @ w - y)


def _means_multiplied(w, X, y):
    return 2 * np.mean(X @ w - y) * X.mean(axis=0)


def _without_the_targets(w, X, y):
    return 2 / len(y) * X.T @ (X @ w)


def _absolute_error(w, X, y):
    return X.T @ np.sign(X @ w - y) / len(y)


def _the_loss(w, X, y):
    return float(np.mean((X @ w - y) ** 2))


def _every_row(w, X, y):
    return 2 * (X @ w - y)[:, None] * X


def _as_a_column(w, X, y):
    return (2 / len(y) * X.T @ (X @ w - y))[:, None]


def _targets_as_a_column(w, X, y):
    return 2 * np.mean((X @ w - y[:, None])[:, :, None] * X, axis=(0, 1))


def _step_taken(w, X, y):
    return w - 2 / len(y) * X.T @ (X @ w - y)


linear_regression_gradient = Part(
    name="linear_regression_gradient",
    parameters=("w", "X", "y"),
    examples=(
        (np.array([1.0]), np.array([[1.0]]), np.array([0.0])),
        (np.array([1.0]), np.array([[2.0]]), np.array([1.0])),
        (np.array([1.0, 0.5]), np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]]), np.array([1.0, 2.0, -1.0])),
        (np.array([1.0]), np.array([[1.0], [2.0]]), np.array([0.0, 3.0])),
        (np.array([1.0, -2.0, 3.0]), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]), np.array([2.0, 5.0])),
    ),
    cases=_data(),
    describe=show_named_call("w", "X", "y"),
    mistakes=(
        Mistake(
            "This divides by N · D. The mean is over the N rows, one error each: divide by `len(y)`.",
            _mean_over_everything,
        ),
        Mistake("The 2 is missing: the slope of a square e² is 2 e.", _without_the_two),
        Mistake(
            "This is the gradient of the sum of the squared errors. For their mean, divide by the number of rows.",
            _sum_instead_of_mean,
        ),
        Mistake(
            "The sign is turned round: the error is prediction minus target, X w − y. This points downhill; the gradient "
            "points uphill.",
            _wrong_sign,
        ),
        Mistake(
            "Each error is to be multiplied by its row of X: a weight whose input was 0 had no part in it.",
            _without_the_inputs,
        ),
        Mistake("The error X w − y is missing: where it is 0, so is the gradient.", _without_the_error),
        Mistake("This divides by the number of weights. Divide by the number of rows.", _divided_by_the_columns),
        Mistake(
            "These are two means, multiplied. Multiply each error by its own row first, and take the mean then.",
            _means_multiplied,
        ),
        Mistake("The targets y are missing: the error is X w − y.", _without_the_targets),
        Mistake(
            "This is the gradient of the absolute error: only the sign of the error counts. Asked for is the squared one.",
            _absolute_error,
        ),
        Mistake("This is the loss itself. Return its slope for each weight: (D,).", _the_loss),
        Mistake("This is the gradient of each row by itself, (N, D). Take the mean over the rows: (D,).", _every_row),
        Mistake("This is a column, (D, 1). Return one number for each weight: (D,).", _as_a_column),
        Mistake(
            "Every prediction is compared with every target: a column minus a row makes a table. Keep both (N,).",
            _targets_as_a_column,
        ),
        Mistake("This takes a step already. Return the gradient alone.", _step_taken),
    ),
    hints=(
        "For one row the loss is (x · w − y)². What is its slope for the weight w_j?",
        "It is 2 (x · w − y) x_j. Work out all errors at once, `errors = X @ w - y`, and then the mean over the rows.",
        "`return 2 * X.T @ (X @ w - y) / len(y)`",
    ),
    explanation=(
        "Each row adds 2 · error · x. `X.T @ errors` multiplies every row by its error and adds the rows up, which is what "
        "the loop would do, in one product. Divided by N it is the mean: the size of the gradient does not depend on how "
        "much data there is."
    ),
)

EXERCISES = (Exercise("2.5", "Linear regression by hand", 3, (linear_regression_gradient,)),)
