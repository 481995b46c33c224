"""Networks that are small enough to be written down, for answers that are given one.

The drivers import this module when they are called, because it imports Chainer: a worker that grades session 1 starts in
half the time without it.
"""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class SmallQ(chainer.Chain):
    """Fully connected layers with ReLU between them; it takes uint8 states of any shape and scales them, as QNetwork does.

    Args:
        layers: (weights (out, in), bias (out,)) for each layer, float32.

    Attributes:
        n_actions: int, the outputs of the last layer.
    """

    def __init__(self, layers):
        super().__init__()
        self.n_actions = len(layers[-1][1])
        self.depth = len(layers)
        with self.init_scope():
            for number, (weights, bias) in enumerate(layers):
                outputs, inputs = weights.shape
                setattr(self, f"layer{number}", L.Linear(inputs, outputs, initialW=weights, initial_bias=bias))

    def forward(self, states):
        h = chainer.as_array(states).astype(np.float32).reshape(len(states), -1) / np.float32(255)
        for number in range(self.depth):
            h = self[f"layer{number}"](F.relu(h) if number else h)
        return h


def layers_of(network):
    """The layers that a `SmallQ` holds now, as copies of what it was made of."""
    links = [network[f"layer{number}"] for number in range(network.depth)]
    return [(link.W.array.copy(), link.b.array.copy()) for link in links]


def gradients_of(network):
    """The gradients of its parameters in the order of `layers_of`, flat; zeros where none has arrived."""
    links = [network[f"layer{number}"] for number in range(network.depth)]
    parameters = [parameter for link in links for parameter in (link.W, link.b)]
    return [np.zeros_like(p.array) if p.grad is None else p.grad.copy() for p in parameters]
