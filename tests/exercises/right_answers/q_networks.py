"""3.4, 3.7, 3.9 and 3.12, written by other hands."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class Sequentially(chainer.Chain):
    """One link that holds all others."""

    def __init__(self, n_actions):
        super().__init__()
        with self.init_scope():
            self.layers = chainer.Sequential(
                lambda states: np.multiply(states, 1 / 255, dtype=np.float32),
                L.Convolution2D(None, 32, 8, 4),
                F.relu,
                L.Convolution2D(None, 64, 4, 2),
                F.relu,
                L.Convolution2D(None, 64, 3),
                F.relu,
                L.Linear(None, 512),
                F.relu,
                L.Linear(512, n_actions),
            )
        self.n_actions = np.int64(n_actions)

    def forward(self, states):
        return self.layers(states)


class WithCallAndALoop(chainer.Chain):
    """`__call__` instead of `forward`, other names, in another order."""

    def __init__(self, n_actions):
        super().__init__()
        self.n_actions = n_actions
        with self.init_scope():
            self.q = L.Linear(512, n_actions, initialW=chainer.initializers.HeNormal())
            self.hidden = L.Linear(3136, 512)
            self.c3 = L.Convolution2D(64, 64, (3, 3))
            self.c2 = L.Convolution2D(32, 64, (4, 4), stride=(2, 2))
            self.c1 = L.Convolution2D(4, 32, (8, 8), stride=(4, 4))

    def __call__(self, states):
        h = chainer.Variable(np.asarray(states, dtype="f")) / 255.0
        for link in (self.c1, self.c2, self.c3):
            h = F.maximum(link(h), np.float32(0) * link(h).array)
        h = F.reshape(h, (len(states), 3136))
        return self.q(F.leaky_relu(self.hidden(h), slope=0.0))


def written_out(online_network, target_network, batch, gamma):
    """Neither F.huber_loss nor F.select_item, and targets by hand."""
    states, actions, earned, next_states, terminated = batch
    future = target_network(next_states).array.max(axis=1)
    targets = np.where(terminated, earned, earned + gamma * future).astype(np.float32)
    q = online_network(states)
    chosen = F.sum(q * np.eye(q.shape[1], dtype=np.float32)[actions], axis=1)
    error = F.absolute(chosen - targets)
    quadratic = F.minimum(error, np.ones_like(targets))
    return F.average(0.5 * quadratic**2 + (error - quadratic))


def sum_divided(online_network, target_network, batch, gamma):
    """The graph of the target network is cut behind it."""
    next_q = F.max(target_network(batch.next_state), axis=1)
    next_q.unchain_backward()
    alive = np.float32(1) - batch.terminated.astype(np.float32)
    targets = (batch.reward + gamma * alive * next_q.array).astype(np.float32)
    chosen = F.get_item(online_network(batch.state), (np.arange(len(targets)), batch.action))
    return F.sum(F.huber_loss(chosen, targets, 1, reduce="no")) / len(targets)


def column_of_errors(online_network, target_network, batch, gamma):
    with chainer.using_config("enable_backprop", False):
        best = F.max(target_network(batch.next_state), axis=1, keepdims=True).array
    earned, ended = batch.reward.reshape(-1, 1), batch.terminated.reshape(-1, 1)
    targets = chainer.Variable(np.float32(earned + gamma * best * ~ended))
    chosen = F.reshape(F.select_item(online_network(batch.state), batch.action.astype(np.int32)), (-1, 1))
    return F.mean(F.huber_loss(chosen, targets, 1.0, reduce="no"))


def coin_last(online_network, stack, epsilon, rng):
    anything = int(rng.random() * online_network.n_actions)
    if rng.uniform() >= epsilon:
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            return np.argmax(online_network(np.expand_dims(stack, 0)).array)
    return anything


def reshaped(online_network, stack, epsilon, rng):
    if rng.binomial(1, epsilon):
        return rng.choice(np.arange(online_network.n_actions))
    chainer.config.enable_backprop, before = False, chainer.config.enable_backprop
    values = online_network(stack.reshape(1, *stack.shape)).data[0].tolist()
    chainer.config.enable_backprop = before
    return values.index(max(values))


def by_broadcasting_in_chainer(value, advantages):
    as_variables = chainer.as_variable(value), chainer.as_variable(advantages)
    mean = F.broadcast_to(F.mean(as_variables[1], axis=1, keepdims=True), advantages.shape)
    q = F.broadcast_to(as_variables[0], advantages.shape) + as_variables[1] - mean
    return q if isinstance(value, chainer.Variable) else q.array


def by_a_matrix(value, advantages):
    """Subtracting a mean is a product with 1 − 1/A · (ones)."""
    n_actions = advantages.shape[1]
    centring = np.eye(n_actions, dtype=np.float32) - np.float32(1 / n_actions)
    if isinstance(advantages, np.ndarray):
        return advantages @ centring + value
    return F.matmul(advantages, centring) + F.tile(value, (1, n_actions))


RIGHT_ANSWERS = {
    "QNetwork": [Sequentially, WithCallAndALoop],
    "dqn_loss": [written_out, sum_divided, column_of_errors],
    "act": [coin_last, reshaped],
    "dueling_q": [by_broadcasting_in_chainer, by_a_matrix],
}
