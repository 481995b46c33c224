"""2.11: momentum, RMSProp and Adam, one update at a time, with their state in and out."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Mistake, Part
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_halves = st.integers(-6, 6).map(lambda count: count / 2)
_squares = st.integers(0, 8).map(lambda count: count / 4)
_rates = st.sampled_from([0.5, 0.1, 0.01])
_fractions = st.sampled_from([0.5, 0.9, 0.0, 0.99])
_epsilons = st.sampled_from([0.1, 1e-8])


def _vectors(*elements):
    return st.integers(1, 3).flatmap(lambda n: st.tuples(*(arrays(element, n) for element in elements)))


def _momentum(new_velocity, moved=lambda theta, velocity, old, rate: theta + velocity):
    """A momentum step with one of its two lines changed."""

    def step(theta, gradient, velocity, learning_rate, momentum):
        new = new_velocity(gradient, velocity, learning_rate, momentum)
        return moved(theta, new, velocity, learning_rate), new

    return step


def _right_velocity(gradient, velocity, rate, momentum):
    return momentum * velocity - rate * gradient


_without_momentum = _momentum(lambda gradient, velocity, rate, momentum: -rate * gradient)
_velocity_undamped = _momentum(lambda gradient, velocity, rate, momentum: velocity - rate * gradient)
_velocity_uphill = _momentum(lambda gradient, velocity, rate, momentum: momentum * velocity + rate * gradient)
_velocity_averaged = _momentum(
    lambda gradient, velocity, rate, momentum: momentum * velocity - (1 - momentum) * rate * gradient
)
_rate_missing = _momentum(lambda gradient, velocity, rate, momentum: momentum * velocity - gradient)
_rate_twice = _momentum(_right_velocity, lambda theta, velocity, old, rate: theta + rate * velocity)
_old_velocity = _momentum(_right_velocity, lambda theta, velocity, old, rate: theta + old)
_velocity_subtracted = _momentum(_right_velocity, lambda theta, velocity, old, rate: theta - velocity)


def _nesterov(theta, gradient, velocity, learning_rate, momentum):
    new = _right_velocity(gradient, velocity, learning_rate, momentum)
    return theta + momentum * new - learning_rate * gradient, new


def _velocity_first(theta, gradient, velocity, learning_rate, momentum):
    new = _right_velocity(gradient, velocity, learning_rate, momentum)
    return new, theta + new


def _theta_alone(theta, gradient, velocity, learning_rate, momentum):
    return theta + _right_velocity(gradient, velocity, learning_rate, momentum)


def _momentum_in_place(theta, gradient, velocity, learning_rate, momentum):
    velocity *= momentum
    velocity -= learning_rate * gradient
    return theta + velocity, velocity


_ONE, _TWO = np.array([1.0]), np.array([2.0])
_THETA, _GRADIENT = np.array([1.0, -2.0, 0.5]), np.array([0.5, 2.0, -4.0])

momentum_step = Part(
    name="momentum_step",
    parameters=("theta", "gradient", "velocity", "learning_rate", "momentum"),
    examples=(
        (_ONE, _TWO, np.zeros(1), 0.1, 0.5),
        (_ONE, _TWO, _ONE, 0.1, 0.5),
        (_THETA, _GRADIENT, np.array([1.0, 0.0, -2.0]), 0.1, 0.9),
    ),
    cases=st.tuples(_vectors(_halves, _halves, _halves), _rates, _fractions).map(lambda case: (*case[0], *case[1:])),
    describe=show_named_call("theta", "gradient", "velocity", "learning_rate", "momentum"),
    examples_per_check=30,
    mistakes=(
        Mistake("The old velocity is forgotten. `momentum` times it goes into the new one.", _without_momentum),
        Mistake("The old velocity stays whole. Multiply it by `momentum`.", _velocity_undamped),
        Mistake("The velocity grows uphill: subtract learning_rate · gradient.", _velocity_uphill),
        Mistake(
            "This weighs the gradient by 1 − momentum. Here it goes in whole: momentum · velocity − learning_rate · "
            "gradient.",
            _velocity_averaged,
        ),
        Mistake("The learning rate is missing in front of the gradient.", _rate_missing),
        Mistake("The learning rate acts twice. It is in the velocity already: theta + velocity.", _rate_twice),
        Mistake("theta moves by the old velocity. Work out the new one first, and move by that.", _old_velocity),
        Mistake("The velocity points downhill already: add it to theta.", _velocity_subtracted),
        Mistake("This looks ahead, which is Nesterov's rule. Here theta moves by the new velocity alone.", _nesterov),
        Mistake("The two results have changed places: (theta, velocity).", _velocity_first),
        Mistake("The velocity is not returned, and the next step cannot know it: (theta, velocity).", _theta_alone),
        Mistake("This changes the caller's velocity (`*=`, `-=`). Make a new array.", _momentum_in_place),
    ),
    hints=(
        "A ball that rolls: it keeps part of its velocity, and the slope adds to it. Which comes first, velocity or place?",
        "`velocity = momentum * velocity - learning_rate * gradient`",
        "and `return theta + velocity, velocity`",
    ),
    explanation=(
        "Where gradients agree from step to step the velocity builds up, and where they point to and fro they cancel. In a "
        "long narrow valley that is the difference between rolling down and bouncing from wall to wall."
    ),
)


def _rmsprop(new_mean, step=lambda gradient, mean, old, epsilon: gradient / (np.sqrt(mean) + epsilon)):
    """An RMSProp step with one of its two lines changed."""

    def update(theta, gradient, mean_square, learning_rate, decay, epsilon):
        new = new_mean(gradient, mean_square, decay)
        return theta - learning_rate * step(gradient, new, mean_square, epsilon), new

    return update


def _right_mean(gradient, mean, decay):
    return decay * mean + (1 - decay) * gradient**2


_mean_of_gradients = _rmsprop(lambda gradient, mean, decay: decay * mean + (1 - decay) * np.abs(gradient))
_weights_exchanged = _rmsprop(lambda gradient, mean, decay: (1 - decay) * mean + decay * gradient**2)
_squares_added = _rmsprop(lambda gradient, mean, decay: mean + gradient**2)
_square_undamped = _rmsprop(lambda gradient, mean, decay: decay * mean + gradient**2)
_square_forgotten = _rmsprop(lambda gradient, mean, decay: gradient**2)
_root_missing = _rmsprop(_right_mean, lambda gradient, mean, old, epsilon: gradient / (mean + epsilon))
_epsilon_inside = _rmsprop(_right_mean, lambda gradient, mean, old, epsilon: gradient / np.sqrt(mean + epsilon))
_epsilon_missing = _rmsprop(
    _right_mean, lambda gradient, mean, old, epsilon: gradient / np.sqrt(np.maximum(mean, 1e-30))
)
_old_mean = _rmsprop(_right_mean, lambda gradient, mean, old, epsilon: gradient / (np.sqrt(old) + epsilon))
_rmsprop_uphill = _rmsprop(_right_mean, lambda gradient, mean, old, epsilon: -gradient / (np.sqrt(mean) + epsilon))
_not_divided = _rmsprop(_right_mean, lambda gradient, mean, old, epsilon: gradient)


def _rmsprop_theta_alone(theta, gradient, mean_square, learning_rate, decay, epsilon):
    return theta - learning_rate * gradient / (np.sqrt(_right_mean(gradient, mean_square, decay)) + epsilon)


def _rmsprop_in_place(theta, gradient, mean_square, learning_rate, decay, epsilon):
    mean_square *= decay
    mean_square += (1 - decay) * gradient**2
    return theta - learning_rate * gradient / (np.sqrt(mean_square) + epsilon), mean_square


rmsprop_step = Part(
    name="rmsprop_step",
    parameters=("theta", "gradient", "mean_square", "learning_rate", "decay", "epsilon"),
    examples=(
        (_ONE, _TWO, np.zeros(1), 0.1, 0.5, 0.1),
        (_ONE, _TWO, np.array([9.0]), 0.1, 0.9, 0.1),
        (_ONE, np.zeros(1), np.zeros(1), 0.1, 0.9, 0.1),
        (_THETA, _GRADIENT, np.array([1.0, 0.0, 4.0]), 0.1, 0.9, 1e-8),
        (_THETA, _GRADIENT, np.array([1.0, 0.25, 4.0]), 0.01, 0.75, 0.5),
    ),
    cases=st.tuples(_vectors(_halves, _halves, _squares), _rates, _fractions, _epsilons).map(
        lambda case: (*case[0], *case[1:])
    ),
    describe=show_named_call("theta", "gradient", "mean_square", "learning_rate", "decay", "epsilon"),
    examples_per_check=30,
    mistakes=(
        Mistake("This keeps the mean size of the gradients. Square them first.", _mean_of_gradients),
        Mistake("The two weights have changed places: `decay` belongs to the old mean.", _weights_exchanged),
        Mistake(
            "The squares are added up and never forgotten (AdaGrad does that). Take a mean that fades.", _squares_added
        ),
        Mistake("The new square goes in whole. Its weight is 1 − decay.", _square_undamped),
        Mistake("The old mean is forgotten. Its weight is `decay`.", _square_forgotten),
        Mistake("The root is missing: divide by √mean_square + ε.", _root_missing),
        Mistake("ε stands inside the root. Add it outside: √mean_square + ε.", _epsilon_inside),
        Mistake("ε is missing: where all gradients were 0 you would divide by 0.", _epsilon_missing),
        Mistake("This divides by the root of the old mean. Work out the new one first.", _old_mean),
        Mistake("This goes uphill: subtract.", _rmsprop_uphill),
        Mistake("The gradient is not divided by anything. Divide it by √mean_square + ε.", _not_divided),
        Mistake("The mean square is not returned, and the next step cannot know it.", _rmsprop_theta_alone),
        Mistake("This changes the caller's mean_square (`*=`, `+=`). Make a new array.", _rmsprop_in_place),
    ),
    hints=(
        "A running mean of the squared gradients tells how large they usually are. What do you do with a large one?",
        "`mean_square = decay * mean_square + (1 - decay) * gradient**2`",
        "and `return theta - learning_rate * gradient / (np.sqrt(mean_square) + epsilon), mean_square`",
    ),
    explanation=(
        "Each parameter's gradient is divided by its usual size, so that steep and flat directions advance equally fast. "
        "The original DQN was trained by a variant of this rule."
    ),
)

PARTS = (momentum_step, rmsprop_step)
