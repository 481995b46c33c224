"""2.6: linear regression in Chainer: the model as a chain, and one step of training."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import compare, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.chains import one_layer, outputs_and_shapes, same_training
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays

_halves = st.integers(-4, 4).map(lambda count: count / 2)


def _single(elements, *shape):
    return arrays(elements, *shape, dtype=np.float32)


@st.composite
def _layers(draw):
    n, d = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return draw(_single(_halves, 1, d)), draw(_single(_halves, 1)), draw(_single(_halves, n, d))


def _chain(make_link, forward=lambda link, x: link(x), is_registered=True):
    """A chain around one link, which each mistake makes or uses in its own way. Chainer is loaded when it is called."""
    import chainer

    class Mistaken(chainer.Chain):
        def __init__(self):
            super().__init__()
            if is_registered:
                with self.init_scope():
                    self.link = make_link(chainer.links)
            else:
                self.link = make_link(chainer.links)

        def forward(self, x):
            return forward(self.link, x)

    return Mistaken()


def _one_output(links):
    return links.Linear(None, 1)


def _without_bias():
    return _chain(lambda links: links.Linear(None, 1, nobias=True))


def _for_one_input():
    return _chain(lambda links: links.Linear(1, 1))


def _not_registered():
    return _chain(_one_output, is_registered=False)


def _two_outputs():
    return _chain(lambda links: links.Linear(None, 2))


def _with_relu():
    return _chain(_one_output, lambda link, x: (abs(link(x)) + link(x)) / 2)


def _two_layers():
    def make(links):
        import chainer

        return chainer.Sequential(links.Linear(None, 1), links.Linear(1, 1))

    return _chain(make)


def _flattened():
    return _chain(_one_output, lambda link, x: link(x)[:, 0])


def _without_a_graph():
    return _chain(_one_output, lambda link, x: link(x).array)


def _cut_from_the_graph():
    def forward(link, x):
        import chainer

        return chainer.Variable(link(x).array)

    return _chain(_one_output, forward)


def _of_the_squares():
    return _chain(_one_output, lambda link, x: link(x * x))


def _new_link_each_time():
    def forward(link, x):
        return type(link)(x.shape[1], 1, initialW=0)(x)

    return _chain(_one_output, lambda link, x: forward(link, x) + 0 * link(x))


_X = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]], dtype=np.float32)

linear_regression = Part(
    name="LinearRegression",
    parameters=("weights", "bias", "x"),
    examples=(
        (np.array([[2.0]], np.float32), np.array([1.0], np.float32), np.array([[3.0]], np.float32)),
        (np.array([[2.0]], np.float32), np.array([-1.0], np.float32), np.array([[3.0], [-1.0]], np.float32)),
        (np.array([[2.0, -1.0]], np.float32), np.array([0.5], np.float32), _X),
    ),
    cases=_layers(),
    driver="one_linear_layer",
    judge=one_layer,
    shown=outputs_and_shapes,
    describe=show_named_call("weights", "bias", "x"),
    examples_per_check=12,
    mistakes=(
        Mistake("The bias is missing. A link has one unless you say `nobias=True`.", _without_bias),
        Mistake(
            "This takes one input only. `L.Linear(None, 1)` finds out the number of inputs at the first call.",
            _for_one_input,
        ),
        Mistake(
            "The chain does not know its link, and an optimizer would find nothing to train. Make the link inside "
            "`with self.init_scope():`.",
            _not_registered,
        ),
        Mistake("This has two outputs. A regression line has one: `L.Linear(None, 1)`.", _two_outputs),
        Mistake(
            "There is a relu behind the link. Linear regression has none: a prediction may be negative.", _with_relu
        ),
        Mistake("These are two layers. One `L.Linear` is all there is.", _two_layers),
        Mistake("The predictions have shape (N,). Leave them as the link gives them: (N, 1).", _flattened),
        Mistake(
            "This returns an array, and the graph behind it is lost. Return the Variable that the link gives, without "
            "`.array`.",
            _without_a_graph,
        ),
        Mistake(
            "This makes a new Variable out of the numbers, and no gradient finds its way back. Return what the link gives.",
            _cut_from_the_graph,
        ),
        Mistake("x is squared before it gets to the link. Hand it on as it is.", _of_the_squares),
        Mistake(
            "Each call makes a new link with new weights. Make it once, in `__init__`, and use it in `forward`.",
            _new_link_each_time,
        ),
    ),
    hints=(
        "A chain makes its links in `__init__` and uses them in `forward(self, x)`. How many links does a line need?",
        "`super().__init__()`, then `with self.init_scope():` and in it `self.linear = L.Linear(None, 1)`.",
        "And `def forward(self, x): return self.linear(x)`.",
    ),
    explanation=(
        "L.Linear holds a weight for each input and a bias, and computes x W + b. Inside `init_scope` the chain takes "
        "note of it, so that an optimizer finds the parameters, a serializer saves them, and `cleargrads` reaches them."
    ),
)


@st.composite
def _trainings(draw):
    steps, n, d = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    return (
        draw(st.sampled_from(["SGD", "Adam", "MomentumSGD"])),
        draw(_single(_halves, 1, d)),
        draw(_single(_halves, 1)),
        draw(_single(_halves, steps, n, d)),
        draw(_single(_halves, steps, n, 1)),
    )


def _agrees_in_training(value, other):
    pairs = list(zip(value["returned"], other["returned"]))
    if any(kind_of(one) != kind_of(two) for one, two in pairs):
        return False
    floats = [pair for pair in pairs if all(type(number) is float for number in pair)]
    is_close = all(compare(np.float32(two), np.float32(one)) is None for one, two in floats)
    return is_close and all(compare(other[kind], value[kind]) is None for kind in ("weights", "bias"))


def _trained(name, arguments):
    optimizer, *data = arguments
    data = show_named_call("weights", "bias", "x", "y")("", data)
    return f"{name}, once for each batch, with optimizers.{optimizer}() and {data}"


def _step(
    loss_of=lambda F, prediction, y: F.mean_squared_error(prediction, y),
    clear=True,
    update=lambda model, optimizer: optimizer.update(),
    returned=lambda loss, model, x, y: float(loss.array),
    trained=lambda loss: loss,
):
    """A training step, of which each mistake takes one line in its own way."""

    def step(model, optimizer, x, y):
        import chainer.functions as F

        loss = loss_of(F, model(x), y)
        if clear:
            model.cleargrads()
        trained(loss).backward()
        update(model, optimizer)
        return returned(loss, model, x, y)

    return step


def _twice(model, optimizer):
    optimizer.update()
    optimizer.update()


def _by_hand(model, optimizer):
    for parameter in model.params():
        parameter.array -= 0.01 * parameter.grad


_never_cleared = _step(clear=False)
_never_updated = _step(update=lambda model, optimizer: None)
_updated_twice = _step(update=_twice)
_updated_by_hand = _step(update=_by_hand)
_loss_afterwards = _step(returned=lambda loss, model, x, y: float(((model(x).array - y) ** 2).mean()))
_loss_as_variable = _step(returned=lambda loss, model, x, y: loss)
_loss_as_array = _step(returned=lambda loss, model, x, y: loss.array)
_loss_as_numpy_float = _step(returned=lambda loss, model, x, y: loss.array[()])
_nothing_returned = _step(returned=lambda loss, model, x, y: None)
_sum_of_squares = _step(lambda F, prediction, y: F.sum((prediction - y) ** 2))
_half_of_the_squares = _step(lambda F, prediction, y: F.mean_squared_error(prediction, y) / 2)
_absolute_error = _step(lambda F, prediction, y: F.mean_absolute_error(prediction, y))
_uphill = _step(trained=lambda loss: -loss)

_W, _B = np.array([[2.0, -1.0]], np.float32), np.array([0.5], np.float32)
_BATCHES = np.stack([_X, _X[::-1] - 1, 2 * _X])
_TARGETS = np.array([[1.0], [0.0], [-2.0]], np.float32) + np.array([0.0, 1.0, -1.0], np.float32)[:, None, None]

train_step = Part(
    name="train_step",
    parameters=("optimizer", "weights", "bias", "x", "y"),
    examples=(
        ("SGD", _W[:, :1], _B, np.array([[[3.0]]], np.float32), np.array([[[1.0]]], np.float32)),
        ("SGD", _W, _B, _BATCHES[:1], _TARGETS[:1]),
        ("Adam", _W, _B, _BATCHES[:1], _TARGETS[:1]),
        ("SGD", _W, _B, _BATCHES, _TARGETS),
        ("Adam", _W, _B, _BATCHES, _TARGETS),
        ("MomentumSGD", _W, _B, _BATCHES, _TARGETS),
    ),
    cases=_trainings(),
    driver="training_steps",
    judge=same_training,
    agrees=_agrees_in_training,
    describe=_trained,
    examples_per_check=12,
    mistakes=(
        Mistake(
            "`backward` adds to the gradients that are there: those of earlier steps, and before the first one Chainer's "
            "NaN, so that somebody notices. Call `model.cleargrads()` before it.",
            _never_cleared,
        ),
        Mistake(
            "The model does not move. In this order: clear the gradients, `loss.backward()`, `optimizer.update()`.",
            _never_updated,
        ),
        Mistake("This updates twice. One step is one update.", _updated_twice),
        Mistake(
            "This moves the weights by itself. How to move them is for the optimizer to say: `optimizer.update()`.",
            _updated_by_hand,
        ),
        Mistake("This is the loss after the update. Return the one that you took the gradient of.", _loss_afterwards),
        Mistake("This returns a Variable, and keeps its whole graph alive. `float(loss.array)`.", _loss_as_variable),
        Mistake("This returns an array. Make it a number of Python's: `float(loss.array)`.", _loss_as_array),
        Mistake(
            "This returns a number of NumPy's. Make it one of Python's: `float(loss.array)`.", _loss_as_numpy_float
        ),
        Mistake("Nothing is returned. `return float(loss.array)`.", _nothing_returned),
        Mistake("This is the sum of the squared errors. Take their mean.", _sum_of_squares),
        Mistake("This is half of the mean squared error. Leave the half away.", _half_of_the_squares),
        Mistake("This is the absolute error. Take the mean of the squares.", _absolute_error),
        Mistake("This goes uphill: the loss is what should fall, as it is, without a minus.", _uphill),
    ),
    hints=(
        "Five lines: predict, measure the loss, clear the old gradients, backward, update.",
        "`loss = F.mean_squared_error(model(x), y)`, then `model.cleargrads()` and `loss.backward()`.",
        "Then `optimizer.update()`, and `return float(loss.array)`.",
    ),
    explanation=(
        "`model(x)` builds the graph, `backward` walks it, and the optimizer reads each parameter's gradient and moves it. "
        "Chainer adds gradients up, as your own backward does, so each step starts by clearing them. `float` lets go of "
        "the graph."
    ),
)

EXERCISES = (Exercise("2.6", "Linear regression in Chainer", 4, (linear_regression, train_step)),)
