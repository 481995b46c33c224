"""The Q-networks of the papers, and a small one for a laptop.

All of them take states as they are stored, uint8 of shape (B, frames, H, W), scale them to [0, 1] themselves, and return
the action values, a Variable of shape (B, n_actions), float32. The attribute `n_actions` says how many actions there are.
"""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from workshop.nn import convolution, optimizers

convolution.use()
optimizers.use()


SCALE = np.float32(1 / 255)


def scaled(states):
    """uint8 states as float32 in [0, 1], on the device where they are. What is float32 already is scaled, and stays so."""
    return states if states.dtype == np.float32 else states.astype(np.float32) * SCALE


class _ConvolutionalQ(chainer.Chain):
    """Convolutions, one hidden layer, one output an action. `layers` holds (channels, kernel, stride) of each."""

    layers = ()
    hidden = 0

    def __init__(self, n_actions):
        super().__init__()
        self.n_actions = n_actions
        with self.init_scope():
            self.convolutions = chainer.ChainList(*(L.Convolution2D(None, *layer) for layer in self.layers))
            self.fc = L.Linear(None, self.hidden)
            self.out = L.Linear(self.hidden, n_actions)

    def features(self, states):
        """What the convolutions see, (B, features), a Variable."""
        h = scaled(states)
        for convolve in self.convolutions:
            h = F.relu(convolve(h))
        return h

    def forward(self, states):
        return self.out(F.relu(self.fc(self.features(states))))


class NIPS2013(_ConvolutionalQ):
    """Mnih et al. 2013, section 5: 16 filters 8 × 8 / 4, 32 filters 4 × 4 / 2, 256 hidden units."""

    layers = ((16, 8, 4), (32, 4, 2))
    hidden = 256


class Nature2015(_ConvolutionalQ):
    """Mnih et al. 2015, Methods: 32 filters 8 × 8 / 4, 64 filters 4 × 4 / 2, 64 filters 3 × 3 / 1, 512 hidden units.

    1,687,206 parameters for 84 × 84 pixels, 4 frames and 6 actions.
    """

    layers = ((32, 8, 4), (64, 4, 2), (64, 3, 1))
    hidden = 512


class Laptop(_ConvolutionalQ):
    """For 40 × 40 pixels and two cores: 16 filters 8 × 8 / 4, 32 filters 4 × 4 / 2, 256 hidden units."""

    layers = ((16, 8, 4), (32, 4, 2))
    hidden = 256


class Dueling(_ConvolutionalQ):
    """Wang et al. 2016: the convolutions of Nature, then one stream for the value and one for the advantages.

    Q = V + A − mean A (their equation 9).
    """

    layers = Nature2015.layers
    hidden = 512

    def __init__(self, n_actions):
        super().__init__(n_actions)
        with self.init_scope():
            self.fc_value = L.Linear(None, self.hidden)
            self.value = L.Linear(self.hidden, 1)

    def forward(self, states):
        h = self.features(states)
        advantages = self.out(F.relu(self.fc(h)))
        value = self.value(F.relu(self.fc_value(h)))
        centred = advantages - F.broadcast_to(F.mean(advantages, axis=1, keepdims=True), advantages.shape)
        return centred + F.broadcast_to(value, advantages.shape)
