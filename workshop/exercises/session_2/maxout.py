"""2.9: maxout, the activation function with weights of its own; and the exercise that all six belong to."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake
from workshop.exercises.session_2 import rectifiers, sigmoids
from workshop.exercises.session_2.elementwise import Activation
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_whole_numbers = st.integers(-3, 3).map(float)


@st.composite
def _layers(draw):
    n, d, k = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return draw(arrays(_whole_numbers, n, d)), draw(arrays(_whole_numbers, k, d)), draw(arrays(_whole_numbers, k))


def _without_bias(x, w, b):
    return (x @ w.T).max(axis=1)


def _smallest(x, w, b):
    return (x @ w.T + b).min(axis=1)


def _mean(x, w, b):
    return (x @ w.T + b).mean(axis=1)


def _sum(x, w, b):
    return (x @ w.T + b).sum(axis=1)


def _which(x, w, b):
    return (x @ w.T + b).argmax(axis=1)


def _over_the_rows(x, w, b):
    return (x @ w.T + b).max(axis=0)


def _all_of_them(x, w, b):
    return x @ w.T + b


def _never_negative(x, w, b):
    return np.maximum(x @ w.T + b, 0).max(axis=1)


def _as_a_column(x, w, b):
    return (x @ w.T + b).max(axis=1, keepdims=True)


def _of_the_size(x, w, b):
    return np.abs(x @ w.T + b).max(axis=1)


def _bias_afterwards(x, w, b):
    return (x @ w.T).max(axis=1) + b.max()


maxout = Activation(
    name="maxout",
    parameters=("x", "w", "b"),
    examples=(
        (np.array([[1.0]]), np.array([[2.0]]), np.array([0.5])),
        (np.array([[1.0]]), np.array([[-2.0]]), np.array([0.5])),
        (np.array([[1.0]]), np.array([[2.0], [-3.0]]), np.array([0.0, 1.0])),
        (
            np.array([[1.0, 2.0], [-1.0, 0.5]]),
            np.array([[1.0, 0.0], [0.0, -1.0], [2.0, 1.0]]),
            np.array([0.0, 3.0, -2.0]),
        ),
        (np.array([[1.0, 2.0]] * 2), np.array([[-1.0, -1.0], [-2.0, -1.0]]), np.array([0.5, 1.0])),
        (np.array([[1000.0]]), np.array([[1.0], [-1.0]]), np.array([0.0, 0.0])),
    ),
    cases=_layers(),
    describe=show_named_call("x", "w", "b"),
    mistakes=(
        Mistake("The bias b is missing: w_k · x + b_k.", _without_bias),
        Mistake("This takes the smallest of them. Take the largest.", _smallest),
        Mistake("This takes the mean over the K pieces. Take the largest.", _mean),
        Mistake("This adds the K pieces up. Take the largest.", _sum),
        Mistake("This says which piece is the largest (argmax). Return its value: max.", _which),
        Mistake("The maximum is taken over the rows of x. Each row has its own: `axis=1`.", _over_the_rows),
        Mistake("These are all K pieces. Keep the largest of each row: (N,).", _all_of_them),
        Mistake("There is a relu in it: if all pieces are negative, so is their maximum.", _never_negative),
        Mistake("This is a column, (N, 1). Return one number for each row: (N,).", _as_a_column),
        Mistake("This takes the piece that is largest without its sign. −3 is less than 2.", _of_the_size),
        Mistake("Each piece has a bias of its own: add b before you take the maximum.", _bias_afterwards),
    ),
    hints=(
        "K straight lines (or planes), and for each x the highest of them. How do you get all K values of one x?",
        "`x @ w.T + b` has shape (N, K): a row for each x. Which axis is to go?",
        "`return (x @ w.T + b).max(axis=1)`",
    ),
    explanation=(
        "The highest of K planes: a bend that is learned. With K = 2 and one of the planes at 0 it is relu. Any convex "
        "curve can be made this way, at the price of K times the weights."
    ),
)

EXERCISES = (Exercise("2.9", "Activation functions", 3, (*rectifiers.PARTS, *sigmoids.PARTS, maxout)),)
