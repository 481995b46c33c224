"""2.1 and 2.4: f = a x² + b x y + c y², its gradient, and the way downhill."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.values import equal_in_float64
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_halves = st.integers(-6, 6).map(lambda count: count / 2)
_thetas = arrays(_halves, 3)


def _same_float64(value, other):
    return compare(other, value, dtype=getattr(other, "dtype", None)) is None


_THETA = np.array([0.1, 0.2, 0.3])
_POINTS = (
    (np.array([1.0, 0.0, 0.0]), 2.0, 3.0),
    (np.array([0.0, 1.0, 0.0]), 2.0, 3.0),
    (np.array([0.0, 0.0, 1.0]), 2.0, 3.0),
    (_THETA, 1.0, -1.0),
    (_THETA, 2.0, 0.0),
    (np.array([1.0, -2.0, 0.5]), -1.5, 2.0),
)


def _f_without_the_product(theta, x, y):
    return theta[0] * x**2 + theta[2] * y**2


def _f_squares_the_product(theta, x, y):
    return theta[0] * x**2 + theta[1] * (x * y) ** 2 + theta[2] * y**2


def _f_is_linear(theta, x, y):
    return theta[0] * x + theta[1] * x * y + theta[2] * y


def _f_doubles_the_product(theta, x, y):
    return theta[0] * x**2 + 2 * theta[1] * x * y + theta[2] * y**2


def _f_has_theta_reversed(theta, x, y):
    return theta[2] * x**2 + theta[1] * x * y + theta[0] * y**2


def _f_squares_the_products(theta, x, y):
    return (theta[0] * x) ** 2 + theta[1] * x * y + (theta[2] * y) ** 2


def _f_forgets_to_add(theta, x, y):
    return theta * np.array([x**2, x * y, y**2])


def _f_adds_x_and_y(theta, x, y):
    return theta[0] * x**2 + theta[1] * (x + y) + theta[2] * y**2


quadratic = Part(
    name="quadratic",
    parameters=("theta", "x", "y"),
    examples=_POINTS,
    cases=st.tuples(_thetas, _halves, _halves),
    describe=show_named_call("theta", "x", "y"),
    mistakes=(
        Mistake("The term in the middle is missing: b x y.", _f_without_the_product),
        Mistake("The middle term is b · x · y. Here x · y is squared as well.", _f_squares_the_product),
        Mistake("The first and the last term have squares: a x² and c y².", _f_is_linear),
        Mistake("The middle term counts twice here. It is b x y, once.", _f_doubles_the_product),
        Mistake("a and c have changed places: `theta` is (a, b, c), and a belongs to x².", _f_has_theta_reversed),
        Mistake("Only x and y are squared. Here their factors are squared too.", _f_squares_the_products),
        Mistake("These are the three terms side by side. f is their sum, one number.", _f_forgets_to_add),
        Mistake("The middle term multiplies x and y. Here they are added.", _f_adds_x_and_y),
    ),
    hints=(
        "Take the three numbers out of theta first: `a, b, c = theta`.",
        "Three terms, one for each of them. x is squared in the first, y in the last, and both stand in the middle.",
        "`return a * x**2 + b * x * y + c * y**2`",
    ),
    explanation=(
        "Three parameters, three terms. The numbers x and y are the input, and theta is what learning will change: a "
        "network is the same thing with a million parameters instead of three."
    ),
)


def _gradient_for_the_input(theta, x, y):
    return np.array([2 * theta[0] * x + theta[1] * y, theta[1] * x + 2 * theta[2] * y])


def _gradient_is_the_terms(theta, x, y):
    return np.array([theta[0] * x**2, theta[1] * x * y, theta[2] * y**2])


def _gradient_added_up(theta, x, y):
    return np.float64(x**2 + x * y + y**2)


def _gradient_as_a_list(theta, x, y):
    return [x**2, x * y, y**2]


def _gradient_differentiated_twice(theta, x, y):
    return np.array([2 * x, x + y, 2 * y])


def _gradient_reversed(theta, x, y):
    return np.array([y**2, x * y, x**2])


def _gradient_doubles_the_product(theta, x, y):
    return np.array([x**2, 2 * x * y, y**2])


def _gradient_in_integers(theta, x, y):
    return np.array([x**2, x * y, y**2]).astype(int)


def _gradient_in_single_precision(theta, x, y):
    return np.array([x**2, x * y, y**2], dtype=np.float32)


def _gradient_as_a_column(theta, x, y):
    return np.array([[x**2], [x * y], [y**2]])


quadratic_gradient = Part(
    name="quadratic_gradient",
    parameters=("theta", "x", "y"),
    examples=_POINTS,
    cases=st.tuples(_thetas, _halves, _halves),
    judge=equal_in_float64,
    agrees=_same_float64,
    describe=show_named_call("theta", "x", "y"),
    mistakes=(
        Mistake(
            "These are the slopes with respect to x and y. Asked for are those with respect to a, b and c: three numbers, "
            "and x and y are fixed.",
            _gradient_for_the_input,
        ),
        Mistake(
            "These are the terms of f. If a grows by a little, a x² grows x² times as much: a itself is not in it.",
            _gradient_is_the_terms,
        ),
        Mistake("The three slopes are added up here. A gradient keeps them apart: shape (3,).", _gradient_added_up),
        Mistake("This is a list. Return a NumPy array: `np.array([…])`.", _gradient_as_a_list),
        Mistake(
            "The squares were differentiated. f is differentiated with respect to a, b and c, and for those x² is just a "
            "number.",
            _gradient_differentiated_twice,
        ),
        Mistake("The right numbers in the wrong order: first the slope for a, then b, then c.", _gradient_reversed),
        Mistake("The slope for b is x y, without a factor 2.", _gradient_doubles_the_product),
        Mistake("These are ints. A gradient is an array of floats.", _gradient_in_integers),
        Mistake("This is float32. Return float64, which is what NumPy makes of floats.", _gradient_in_single_precision),
        Mistake("This is a column, (3, 1). Return one number for each parameter: (3,).", _gradient_as_a_column),
    ),
    hints=(
        "By how much does f grow if a grows by 0.001, and all else stays? By 0.001 times … what?",
        "∂f/∂a = x². The other two are read off in the same way: what is b multiplied by, and what is c?",
        "`return np.array([x**2, x * y, y**2])`, with floats in it: `dtype=np.float64`.",
    ),
    explanation=(
        "f is a sum, and each parameter stands in one term only, multiplied by a number: x², x y or y². That number is "
        "the slope. It does not depend on theta, because f is linear in its parameters."
    ),
)


def _descend(theta, x, y, target, learning_rate, steps, step):
    theta = np.array(theta, dtype=np.float64)
    features = np.array([x**2, x * y, y**2])
    for _ in range(steps):
        theta = theta + step(theta @ features - target, features, learning_rate)
    return theta


def _fit(step):
    return lambda *arguments: _descend(*arguments, step=step)


_without_the_two = _fit(lambda error, features, rate: -rate * error * features)
_uphill = _fit(lambda error, features, rate: rate * 2 * error * features)
_without_the_error = _fit(lambda error, features, rate: -rate * features)
_sign_of_the_error = _fit(lambda error, features, rate: -rate * 2 * np.sign(error) * features)
_error_alone = _fit(lambda error, features, rate: -rate * 2 * error * np.ones(3))
_error_squared = _fit(lambda error, features, rate: -rate * 2 * error**2 * features)


def _single_step(theta, x, y, target, learning_rate, steps):
    return _right_fit(theta, x, y, target, learning_rate, min(steps, 1))


def _one_step_too_many(theta, x, y, target, learning_rate, steps):
    return _right_fit(theta, x, y, target, learning_rate, steps + 1)


def _error_of_the_start(theta, x, y, target, learning_rate, steps):
    features = np.array([x**2, x * y, y**2])
    return theta - steps * learning_rate * 2 * (theta @ features - target) * features


def _value_instead_of_theta(theta, x, y, target, learning_rate, steps):
    return float(_right_fit(theta, x, y, target, learning_rate, steps) @ np.array([x**2, x * y, y**2]))


def _in_place(theta, x, y, target, learning_rate, steps):
    theta[:] = _right_fit(theta, x, y, target, learning_rate, steps)
    return theta


def _straight_to_the_target(theta, x, y, target, learning_rate, steps):
    features = np.array([x**2, x * y, y**2])
    return theta - (theta @ features - target) / max(features @ features, 1e-12) * features


_right_fit = _fit(lambda error, features, rate: -rate * 2 * error * features)


@st.composite
def _problems(draw):
    """Where gradient descent comes nearer with every step: 2 · learning rate · |features|² stays below 1."""
    x, y = draw(_halves.filter(lambda x: abs(x) <= 1.5)), draw(_halves.filter(lambda y: abs(y) <= 1.5))
    rate = draw(st.sampled_from([0.01, 0.02, 0.005]))
    return draw(_thetas), x, y, draw(_halves), rate, draw(st.integers(1, 6))


fit_theta = Part(
    name="fit_theta",
    parameters=("theta", "x", "y", "target", "learning_rate", "steps"),
    examples=(
        (_THETA, 1.0, -1.0, 0.5, 0.1, 1),
        (_THETA, 1.0, -1.0, 0.5, 0.1, 2),
        (_THETA, 1.0, -1.0, 0.5, 0.1, 0),
        (_THETA, 1.0, -1.0, 0.5, 0.05, 30),
        (np.array([1.0, 0.0, -1.0]), 1.0, 0.5, -2.0, 0.1, 3),
        (np.array([2.0, 1.0, 0.0]), 0.5, 1.0, 0.0, 0.1, 5),
    ),
    cases=_problems(),
    judge=equal_in_float64,
    agrees=_same_float64,
    describe=show_named_call("theta", "x", "y", "target", "learning_rate", "steps"),
    mistakes=(
        Mistake(
            "The 2 is missing: the slope of (f − target)² is 2 · (f − target) times the slope of f.", _without_the_two
        ),
        Mistake("This goes uphill. The gradient points to where the loss grows: subtract it.", _uphill),
        Mistake(
            "This is the gradient of f itself. The loss is (f − target)²: multiply by 2 · (f − target).",
            _without_the_error,
        ),
        Mistake(
            "Only the sign of f − target counts here, so the steps stay long to the end. Multiply by f − target itself.",
            _sign_of_the_error,
        ),
        Mistake(
            "All three parameters move by the same amount. Each has a slope of its own: x², x y and y².", _error_alone
        ),
        Mistake(
            "The error is still squared. Differentiating a square takes one power away: 2 · (f − target).",
            _error_squared,
        ),
        Mistake("This makes a single step. Make `steps` of them.", _single_step),
        Mistake("This makes one step too many. With `steps` = 0, theta stays as it is.", _one_step_too_many),
        Mistake(
            "The error is worked out once, before the loop. theta changes, so f does: work it out in every step.",
            _error_of_the_start,
        ),
        Mistake("This is the value of f at the end. Return theta, (3,).", _value_instead_of_theta),
        Mistake(
            "This changes the caller's theta (`-=` does, or `theta[:] =`). Write `theta = theta - …`, which makes a new "
            "array.",
            _in_place,
        ),
        Mistake(
            "This jumps to the solution at once. Take `steps` steps of gradient descent, each `learning_rate` times the "
            "gradient long.",
            _straight_to_the_target,
        ),
    ),
    hints=(
        "What is the gradient of (f − target)², if you know that of f? Think of the chain rule.",
        "The gradient is `2 * (f - target) * quadratic_gradient(theta, x, y)`. A step subtracts learning_rate times it.",
        (
            "In a loop over `range(steps)`: work out f with `quadratic(theta, x, y)`, then `theta = theta - learning_rate * 2 * "
            "(f - target) * quadratic_gradient(theta, x, y)`."
        ),
    ),
    explanation=(
        "The loss (f − target)² is smallest where f meets the target. Its gradient is 2 (f − target) times the gradient of "
        "f: far away the steps are long, and near the target they grow short by themselves. Every network of this "
        "afternoon is trained by this loop."
    ),
)

EXERCISES = (
    Exercise("2.1", "A function and its gradient", 3, (quadratic, quadratic_gradient)),
    Exercise("2.4", "Downhill to a target", 3, (fit_theta,)),
)
