"""2.13, written by other hands."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class ThreeConvolutions(chainer.Chain):
    """Finer steps, its inputs standardised by what it has seen, and answers around the middle of the field."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.features = chainer.Sequential(
                *(L.Convolution2D(None, 16, 5, 2), F.relu),
                *(L.Convolution2D(None, 32, 3, 2), F.relu),
                *(L.Convolution2D(None, 32, 3, 2), F.relu),
                *(L.Linear(None, 128), F.relu, L.Linear(None, 2)),
            )

    def forward(self, x):
        return 42 + 42 * self.features((x - 0.35) / 0.2)


class WithoutHiddenLayer(chainer.Chain):
    def __init__(self):
        super(WithoutHiddenLayer, self).__init__()  # noqa: UP008 - as Chainer's examples have it
        self.add_link("conv", L.Convolution2D(1, 8, 8, stride=4))
        self.add_link("more", L.Convolution2D(8, 16, 4, stride=2))
        self.add_link("place", L.Linear(None, 2))

    def __call__(self, x):
        x = 5 * F.relu(chainer.as_variable(x) - np.float32(0.36))
        x = F.leaky_relu(self.conv(x))
        return F.scale(self.place(F.leaky_relu(self.more(x))), np.array([80, 80], np.float32))


RIGHT_ANSWERS = {"BallFinder": [ThreeConvolutions, WithoutHiddenLayer]}
