"""The DQN agent: an online network that acts and learns, and a target network that lags behind it."""

import copy

import chainer
import numpy as np
from chainer import backend
from chainer.backends import cuda

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
        device: what `chainer.get_device` takes; the networks move there, and the optimizer keeps its arrays there. Their
            first weights are drawn on the CPU: the same ones for every device.
    """

    def __init__(self, network, optimizer, state_shape, *, loss=dqn_loss, sync=None, device="@numpy"):
        with chainer.no_backprop_mode():
            network(np.zeros((1, *state_shape), np.uint8))
        self.device = chainer.get_device(device)
        self.target_network = copy.deepcopy(network)
        self.online_network = network
        for moved in (self.online_network, self.target_network):
            moved.to_device(self.device)
        self.optimizer = optimizer.setup(network)
        self._loss, self._sync = loss, sync or copy_parameters

    def act(self, states, epsilon, rng):
        """An action for each state: random with probability epsilon, or else the one with the greatest Q.

        Args:
            states: (N, *state_shape) uint8.
            epsilon: float in [0, 1].
            rng: a `numpy.random.Generator`.

        Returns:
            (N,) int64, of NumPy. Where all actions are random, no network is asked.
        """
        actions = rng.integers(self.online_network.n_actions, size=len(states))
        greedy = rng.random(len(states)) >= epsilon
        if greedy.any():
            actions[greedy] = self.q_values(states[greedy]).argmax(axis=1)
        return actions

    def q_values(self, states):
        """Q(s, ·) of the online network, (N, n_actions) float32, for states (N, *state_shape) uint8; both of NumPy.

        Here a training on a GPU waits for it, for all the updates too that were begun before: once a step, and no more.
        """
        with chainer.no_backprop_mode(), chainer.using_device(self.device):
            return cuda.to_cpu(self.online_network(self.device.send(states)).array)

    def update(self, sample):
        """One step of the optimizer.

        Nothing in it waits for a GPU: it may still be computing when this returns, and does so as long as nobody looks.

        Args:
            sample: a `workshop.dqn.replay.Sample` on the agent's device.

        Returns:
            (loss, TD errors): a 0-d array and (B,) float32, on that device.
        """
        with chainer.using_device(self.device):
            loss, td_errors = self._loss(self.online_network, self.target_network, sample)
            self.online_network.cleargrads()
            loss.backward()
            self.optimizer.update()
        return loss.array, td_errors

    def set_learning_rate(self, rate):
        """Let the optimizer take its next steps with this learning rate, a float."""
        hyperparameters = self.optimizer.hyperparam  # Adam calls it alpha; RMSprop calls it lr, and alpha the decay
        setattr(hyperparameters, "lr" if "lr" in hyperparameters.get_dict() else "alpha", rate)

    def sync_target(self):
        """Make the target network equal to the online network."""
        self._sync(self.online_network, self.target_network)

    def get_state(self):
        """Both networks' parameters and everything that the optimizer keeps, as nested dicts of arrays and numbers.

        The arrays are NumPy's, whatever the device: what was learnt on a GPU goes on on a CPU, and the other way round.
        """
        return {
            "online": _on_the_host(_arrays(self.online_network)),
            "target": _on_the_host(_arrays(self.target_network)),
            "optimizer": {
                "t": self.optimizer.t,
                "parameters": {
                    name: {"t": parameter.update_rule.t, **_on_the_host(parameter.update_rule.state or {})}
                    for name, parameter in self.online_network.namedparams()
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
                rule.state.update({key: self.device.send(np.array(value)) for key, value in saved.items()})


def _arrays(network):
    return {name: parameter.array for name, parameter in network.namedparams()}


def _on_the_host(arrays):
    return {name: cuda.to_cpu(array) for name, array in arrays.items()}


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
        backend.copyto(parameter.array, arrays[name])
