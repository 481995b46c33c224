"""2.11: Adam; and the exercise that all three update rules belong to."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.session_2 import optimizers
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_halves = st.integers(-6, 6).map(lambda count: count / 2)
_squares = st.integers(0, 8).map(lambda count: count / 4)


@st.composite
def _updates(draw):
    n = draw(st.integers(1, 3))
    theta, gradient, m = (draw(arrays(_halves, n)) for _ in range(3))
    v, t = draw(arrays(_squares, n)), draw(st.sampled_from([1, 2, 3, 10]))
    rate, epsilon = draw(st.sampled_from([0.5, 0.1, 0.01])), draw(st.sampled_from([0.1, 1e-8]))
    return (
        theta,
        gradient,
        m,
        v,
        t,
        rate,
        draw(st.sampled_from([0.9, 0.5])),
        draw(st.sampled_from([0.999, 0.75])),
        epsilon,
    )


def _right_step(m_hat, v_hat, gradient, epsilon):
    return m_hat / (np.sqrt(v_hat) + epsilon)


def _adam(step=_right_step, correct=(True, True), first_t=1, squared=True, exchanged=False, kept="plain"):
    """An Adam update of which each mistake changes one thing."""

    def update(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon):
        beta1, beta2 = (1 - beta1, 1 - beta2) if exchanged else (beta1, beta2)
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * (gradient**2 if squared else np.abs(gradient))
        age = t - 1 + first_t
        m_hat = m / (1 - beta1**age) if correct[0] else m
        v_hat = v / (1 - beta2**age) if correct[1] else v
        theta = theta - learning_rate * step(m_hat, v_hat, gradient, epsilon)
        return (theta, m, v) if kept == "plain" else (theta, m_hat, v_hat)

    return update


_uncorrected = _adam(correct=(False, False))
_first_uncorrected = _adam(correct=(False, True))
_second_uncorrected = _adam(correct=(True, False))
_one_step_older = _adam(first_t=2)
_not_squared = _adam(squared=False)
_weights_exchanged = _adam(exchanged=True)
_corrected_kept = _adam(kept="corrected")
_root_missing = _adam(lambda m, v, gradient, epsilon: m / (v + epsilon))
_epsilon_inside = _adam(lambda m, v, gradient, epsilon: m / np.sqrt(v + epsilon))
_epsilon_missing = _adam(lambda m, v, gradient, epsilon: m / np.sqrt(np.maximum(v, 1e-30)))
_gradient_itself = _adam(lambda m, v, gradient, epsilon: gradient / (np.sqrt(v) + epsilon))
_uphill = _adam(lambda m, v, gradient, epsilon: -m / (np.sqrt(v) + epsilon))


def _corrected_without_t(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon):
    return _adam()(theta, gradient, m, v, 1, learning_rate, beta1, beta2, epsilon)


def _theta_alone(*arguments):
    return _adam()(*arguments)[0]


def _in_place(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon):
    theta, m[:], v[:] = _adam()(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon)
    return theta, m, v


_NAMES = ("theta", "gradient", "m", "v", "t", "learning_rate", "beta1", "beta2", "epsilon")
_ZERO, _ONE, _TWO = np.zeros(1), np.array([1.0]), np.array([2.0])
_THETA, _GRADIENT = np.array([1.0, -2.0, 0.5]), np.array([0.5, 2.0, -4.0])
_M, _V = np.array([1.0, 0.0, -2.0]), np.array([0.25, 1.0, 4.0])

adam_step = Part(
    name="adam_step",
    parameters=_NAMES,
    examples=(
        (_ONE, _TWO, _ZERO, _ZERO, 1, 0.1, 0.5, 0.75, 0.1),
        (_ONE, _TWO, _ONE, _TWO, 2, 0.1, 0.5, 0.75, 0.1),
        (_ONE, _ZERO, _ZERO, _ZERO, 1, 0.1, 0.9, 0.999, 0.1),
        (_THETA, _GRADIENT, np.zeros(3), np.zeros(3), 1, 0.001, 0.9, 0.999, 1e-8),
        (_THETA, _GRADIENT, _M, _V, 3, 0.01, 0.9, 0.999, 1e-8),
        (_THETA, _GRADIENT, _M, _V, 1000, 0.01, 0.9, 0.999, 0.01),
    ),
    cases=_updates(),
    describe=show_named_call(*_NAMES),
    examples_per_check=30,
    mistakes=(
        Mistake(
            "Bias correction is missing. m and v began at 0 and are too small at first: divide by 1 − β₁ᵗ and 1 − β₂ᵗ.",
            _uncorrected,
        ),
        Mistake("m is not corrected: m̂ = m / (1 − β₁ᵗ).", _first_uncorrected),
        Mistake("v is not corrected: v̂ = v / (1 − β₂ᵗ).", _second_uncorrected),
        Mistake("The exponent is t + 1 here. t is 1 in the first step already.", _one_step_older),
        Mistake(
            "The correction does not depend on t. The bias fades with the steps: divide by 1 − β to the power t.",
            _corrected_without_t,
        ),
        Mistake("v is the mean of the squared gradients. Square them.", _not_squared),
        Mistake(
            "The weights have changed places: β belongs to the old mean, 1 − β to the gradient.", _weights_exchanged
        ),
        Mistake(
            "The corrected m̂ and v̂ are handed on, and the next step would correct them again. Return m and v.",
            _corrected_kept,
        ),
        Mistake("The root is missing: divide by √v̂ + ε.", _root_missing),
        Mistake("ε stands inside the root. Add it outside: √v̂ + ε.", _epsilon_inside),
        Mistake("ε is missing: where all gradients were 0 you would divide by 0.", _epsilon_missing),
        Mistake("theta moves by the gradient itself. Move by m̂, its running mean.", _gradient_itself),
        Mistake("This goes uphill: subtract.", _uphill),
        Mistake("m and v are not returned, and the next step cannot know them: (theta, m, v).", _theta_alone),
        Mistake("This changes the caller's m and v (`*=`, `+=`). Make new arrays.", _in_place),
    ),
    hints=(
        "Momentum and RMSProp together: a running mean of the gradients, and one of their squares. Both begin at 0.",
        "`m = beta1 * m + (1 - beta1) * gradient`, v likewise with the squares; `m_hat = m / (1 - beta1**t)`, v_hat likewise.",
        "`theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)`, and `return theta, m, v`.",
    ),
    explanation=(
        "m says where to, v how sure. After t steps the weights of all gradients in m add up to 1 − β₁ᵗ only, since m began "
        "at 0: dividing by it makes m̂ a proper mean from the first step on. The step is about learning_rate long, whatever "
        "the scale of the loss."
    ),
)

EXERCISES = (Exercise("2.11", "Momentum, RMSProp and Adam", 6, (*optimizers.PARTS, adam_step), is_stretch=True),)
