"""3.4: the network of the Nature paper."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, compare, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.show import show


def nature_shapes(n_actions):
    """The shapes of all parameters, sorted: what Mnih et al. 2015 (Methods) describe, for 84 × 84 pixels and 4 frames."""
    weights = [(32, 4, 8, 8), (64, 32, 4, 4), (64, 64, 3, 3), (512, 64 * 7 * 7), (n_actions, 512)]
    return sorted([*weights, *((shape[0],) for shape in weights)])


def _judge(arguments, value, expected):
    n_actions = arguments[0]
    if not value["is_chain"]:
        return Difference(f"should be a chainer.Chain; it is {value['kind']}")
    own = value["n_actions"]
    if not isinstance(own, (int, np.integer)) or isinstance(own, bool) or own != n_actions:
        return Difference(f"the attribute n_actions should be {n_actions}; it is {show(own)}")
    if not value["is_variable"]:
        return Difference(f"should return a chainer Variable; it returns {kind_of(value['q'])}")
    if value["shapes"] != nature_shapes(n_actions):
        return _about_shapes(value["shapes"], nature_shapes(n_actions))
    if value["input_changed"]:
        return Difference("it changes the states that it is given: divide into a new array")
    difference = compare(expected["q"], value["q"], dtype="float32")
    if difference:
        return Difference(
            f"{difference.sentence}. All parameters are there, and were given the same numbers: what is between them, "
            "the scaling, the ReLUs or their order, differs",
            f"Q{difference.where}",
        )
    if not all(value["has_gradient"]):
        return Difference("no gradient reaches some of the parameters: is the graph cut somewhere on the way?")
    return None


def _about_shapes(shapes, right):
    missing, extra = right[:], []
    for shape in shapes:
        if shape in missing:
            missing.remove(shape)
        else:
            extra.append(shape)
    count, wanted = (sum(int(np.prod(shape)) for shape in of) for of in (shapes, right))
    parts = [f"parameters of shape {', '.join(map(str, missing))} are missing"] if missing else []
    parts += [f"those of shape {', '.join(map(str, extra))} should not be there"] if extra else []
    return Difference(f"it has {count:,} parameters and should have {wanted:,}: {'; '.join(parts)}")


def _describe(name, arguments):
    n_actions, batch_size, _ = arguments
    return f"{name}({n_actions}), called with states ({batch_size}, 4, 84, 84) uint8, its parameters set by us"


def _shown(value):
    if not value["is_chain"]:
        return value["kind"]
    return {"n_actions": value["n_actions"], "parameters": value["n_parameters"], "Q": value["q"]}


class _Nature(chainer.Chain):
    """The right network, whose parts the mistakes below change."""

    filters = ((4, 32, 8, 4), (32, 64, 4, 2), (64, 64, 3, 1))
    hidden = 512

    def __init__(self, n_actions):
        super().__init__()
        self.n_actions = n_actions
        with self.init_scope():
            self.convolutions = chainer.ChainList(*(L.Convolution2D(*filters, initialW=0) for filters in self.filters))
            self.fc = L.Linear(None, self.hidden, initialW=0)  # its parameters are set anyway; random ones take longer
            self.out = L.Linear(None, self.outputs(), initialW=0)

    def outputs(self):
        return self.n_actions

    def forward(self, states):
        h = self.scaled(states)
        for convolution in self.convolutions:
            h = self.activation(convolution(h))
        return self.finish(self.out(self.middle(self.fc(h))))

    def scaled(self, states):
        return states.astype(np.float32) / 255

    def activation(self, h):
        return F.relu(h)

    def middle(self, h):
        return F.relu(h)

    def finish(self, q):
        return q


class _NotScaled(_Nature):
    def scaled(self, states):
        return states.astype(np.float32)


class _ScaledToTheMiddle(_Nature):
    def scaled(self, states):
        return states.astype(np.float32) / 127.5 - 1


class _ScaledInPlace(_Nature):
    def scaled(self, states):
        scaled = states.astype(np.float32) / 255
        states //= 255
        return scaled


class _ReluOnTheOutput(_Nature):
    def finish(self, q):
        return F.relu(q)


class _Softmax(_Nature):
    def finish(self, q):
        return F.softmax(q)


class _NoReluInTheMiddle(_Nature):
    def middle(self, h):
        return h


class _NoReluBetweenConvolutions(_Nature):
    def activation(self, h):
        return h


class _Tanh(_Nature):
    def activation(self, h):
        return F.tanh(h)

    middle = activation


class _Of2013(_Nature):
    filters = ((4, 16, 8, 4), (16, 32, 4, 2))
    hidden = 256


class _OtherStride(_Nature):
    filters = ((4, 32, 8, 4), (32, 64, 4, 2), (64, 64, 3, 2))


class _SmallHidden(_Nature):
    hidden = 256


class _SingleFrame(_Nature):
    filters = ((1, 32, 8, 4), (32, 64, 4, 2), (64, 64, 3, 1))

    def scaled(self, states):
        return states[:, -1:].astype(np.float32) / 255


class _OneOutput(_Nature):
    def outputs(self):
        return 1


class _ActionsForgotten(_Nature):
    def outputs(self):
        return 6


class _NoAttribute(_Nature):
    def __init__(self, n_actions):
        super().__init__(n_actions)
        del self.n_actions


class _ReturnsAnArray(_Nature):
    def finish(self, q):
        return q.array


class _CutsTheGraph(_Nature):
    def middle(self, h):
        return F.relu(h.array)


class _OutOfScope(chainer.Chain):
    """Its links are ordinary attributes: Chainer does not know them."""

    def __init__(self, n_actions):
        super().__init__()
        self.n_actions = n_actions
        self.network = _Nature(n_actions)

    def forward(self, states):
        return self.network(states)


QNetwork = Part(
    name="QNetwork",
    parameters=("n_actions", "batch_size", "seed"),
    driver="forward_and_backward",
    judge=_judge,
    demand=demand_equal,
    describe=_describe,
    shown=_shown,
    examples=((6, 1, 1), (4, 2, 2)),
    thorough=((3, 3, 3), (18, 1, 4)),
    cases=st.just((4, 2, 2)),  # one forward pass takes as long as a thousand of the other answers
    examples_per_check=1,
    mistakes=(
        Mistake(
            "The states are not scaled. Numbers up to 255 drive every layer to its limits: divide by 255.", _NotScaled
        ),
        Mistake("The states are scaled to [−1, 1] here. Scale by 1/255, to [0, 1].", _ScaledToTheMiddle),
        Mistake(
            "This divides the states themselves, in place, and the replay memory holds black pictures from then on.",
            _ScaledInPlace,
        ),
        Mistake(
            "There is a ReLU on the output. Q-values may be negative, in Pong most of them are: leave it off.",
            _ReluOnTheOutput,
        ),
        Mistake("The output is a softmax. Q-values are returns and no probabilities: leave it off.", _Softmax),
        Mistake(
            "The ReLU behind the layer of 512 is missing. Without it the last two layers are one.", _NoReluInTheMiddle
        ),
        Mistake(
            "The ReLUs behind the convolutions are missing. Without them all three are one linear map.",
            _NoReluBetweenConvolutions,
        ),
        Mistake("The activation is tanh. The paper uses ReLU.", _Tanh),
        Mistake(
            "This is the network of 2013: 16 and 32 filters, 256 units. The one of 2015 is larger, and has three "
            "convolutions.",
            _Of2013,
        ),
        Mistake("The third convolution has a stride of 2. In the paper it is 1.", _OtherStride),
        Mistake("The hidden layer has 256 units. In the paper it has 512.", _SmallHidden),
        Mistake(
            "Only the newest frame is used. All four go in, as four channels: which way the ball flies is in them.",
            _SingleFrame,
        ),
        Mistake(
            "There is a single output. One forward pass gives a value for every action: n_actions of them.", _OneOutput
        ),
        Mistake("There are always 6 outputs. Take `n_actions`.", _ActionsForgotten),
        Mistake("The attribute is missing: `self.n_actions = n_actions`. act needs it.", _NoAttribute),
        Mistake("This returns an array. Return the Variable, without `.array`.", _ReturnsAnArray),
        Mistake(
            "The graph is cut inside the network (`.array`), and the convolutions never learn. Hand the Variables on.",
            _CutsTheGraph,
        ),
        Mistake(
            "Chainer does not know your links. Make them under `with self.init_scope():`, or the optimizer will not find "
            "a single parameter.",
            _OutOfScope,
        ),
    ),
    hints=(
        "Five links, made under `with self.init_scope():`. How large is the picture behind each convolution?",
        (
            "`L.Convolution2D(4, 32, ksize=8, stride=4)` and two more, then `L.Linear(None, 512)`: with None, Chainer "
            "counts the inputs itself. F.relu goes around all of them but the last."
        ),
        (
            "forward begins with `h = states.astype(np.float32) / 255`, goes on with `h = F.relu(self.conv1(h))` and so "
            "on, and ends with `return self.out(h)`."
        ),
    ),
    explanation=(
        "84 pixels become 20, then 9, then 7: 64 · 7 · 7 = 3,136 numbers go into the layer of 512, where nearly all of the "
        "parameters are. The states stay uint8 until here, because the memory is full of them. The last layer is linear, "
        "so that Q can be anything."
    ),
)

EXERCISES = (Exercise("3.4", "The network of 2015", 3, (QNetwork,)),)
