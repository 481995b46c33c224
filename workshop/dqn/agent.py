"""The DQN agent: an online network that acts and learns, and a target network that lags behind it."""

import copy

import chainer
import numpy as np

from workshop.dqn.targets import dqn_loss


class Agent:
    """Acts ε-greedily and learns from batches; when, is the training loop's business.

    Args:
        network: a `chainer.Chain`, (B, *state_shape) uint8 to a Variable (B, n_actions), with the attribute `n_actions`.
        optimizer: a Chainer optimizer that is not set up yet.
        state_shape: of one state, (stack, H, W); the network sees zeros of it once, so that its parameters get shapes.
        loss: `loss(online_network, target_network, sample)` gives (a scalar Variable, TD errors (B,)), as `dqn_loss` and
            `double_dqn_loss` do.
        sync: `sync(online_network, target_network)` makes the second equal to the first.
    """

    def __init__(self, network, optimizer, state_shape, *, loss=dqn_loss, sync=None):
        with chainer.no_backprop_mode():
            network(np.zeros((1, *state_shape), np.uint8))
        self.online_network = network
        self.target_network = copy.deepcopy(network)
        self.optimizer = optimizer.setup(network)
        self._loss, self._sync = loss, sync or copy_parameters

    def act(self, states, epsilon, rng):
        """An action for each state: random with probability epsilon, or else the one with the greatest Q.

        Args:
            states: (N, *state_shape) uint8.
            epsilon: float in [0, 1].
            rng: a `numpy.random.Generator`.

        Returns:
            (N,) int64. Where all actions are random, no network is asked.
        """
        actions = rng.integers(self.online_network.n_actions, size=len(states))
        greedy = rng.random(len(states)) >= epsilon
        if greedy.any():
            actions[greedy] = self.q_values(states[greedy]).argmax(axis=1)
        return actions

    def q_values(self, states):
        """Q(s, ·) of the online network, (N, n_actions) float32, for states (N, *state_shape) uint8."""
        with chainer.no_backprop_mode():
            return self.online_network(states).array

    def update(self, sample):
        """One step of the optimizer on a sample of the memory; returns (loss, TD errors): a 0-d array and (B,) float32."""
        loss, td_errors = self._loss(self.online_network, self.target_network, sample)
        self.online_network.cleargrads()
        loss.backward()
        self.optimizer.update()
        return loss.array, td_errors

    def sync_target(self):
        """Make the target network equal to the online network."""
        self._sync(self.online_network, self.target_network)

    def get_state(self):
        """Both networks' parameters and everything that the optimizer keeps, as nested dicts of arrays and numbers."""
        parameters = dict(self.online_network.namedparams())
        return {
            "online": {name: parameter.array for name, parameter in parameters.items()},
            "target": {name: parameter.array for name, parameter in self.target_network.namedparams()},
            "optimizer": {
                "t": self.optimizer.t,
                "parameters": {
                    name: {"t": parameter.update_rule.t, **(parameter.update_rule.state or {})}
                    for name, parameter in parameters.items()
                },
            },
        }

    def set_state(self, state):
        """Take over what `get_state` of an agent with the same network and optimizer gave.

        Raises:
            ValueError: the state belongs to another network.
        """
        set_parameters(self.online_network, state["online"])
        set_parameters(self.target_network, state["target"])
        self.optimizer.t = state["optimizer"]["t"]
        for name, parameter in self.online_network.namedparams():
            saved, rule = dict(state["optimizer"]["parameters"][name]), parameter.update_rule
            rule.t = saved.pop("t")
            if saved:  # nothing before the first update; then Chainer makes the arrays when it comes
                rule._init_states(parameter)
                rule.state.update({key: np.array(value) for key, value in saved.items()})


def copy_parameters(online_network, target_network):
    """Copy every parameter; the networks share none."""
    target_network.copyparams(online_network)


def set_parameters(network, arrays):
    """Give a network the parameters of a dict {name: array}, as `Agent.get_state` has them.

    Raises:
        ValueError: another network's parameters.
    """
    parameters = dict(network.namedparams())
    shapes = {name: parameter.shape for name, parameter in parameters.items()}
    saved = {name: array.shape for name, array in arrays.items()}
    if shapes != saved:
        differing = sorted(name for name in shapes.keys() | saved.keys() if shapes.get(name) != saved.get(name))
        name = differing[0]
        raise ValueError(
            f"these are another network's parameters: {name} is {saved.get(name, 'missing')} there, "
            f"and {shapes.get(name, 'missing')} here"
        )
    for name, parameter in parameters.items():
        parameter.array[...] = arrays[name]
