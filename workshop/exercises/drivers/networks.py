"""Drivers for answers that are networks, or are given networks: what crosses is weights, inputs and gradients."""

import numpy as np

from workshop.envs.base import is_index
from workshop.exercises.drivers.registry import driver
from workshop.transition import Transition

_REPEATED_DRAWS = 60


@driver
def copy_parameters(answer, online, target):
    """3.8: the layers of two networks after the answer, and the target's after the online network has learned on."""
    from workshop.exercises.drivers.small_networks import SmallQ, layers_of

    online_network, target_network = SmallQ(online), SmallQ(target)
    answer(online_network, target_network)
    after = {"online": layers_of(online_network), "target": layers_of(target_network)}
    for parameter in online_network.params():
        parameter.array += 1
    return {**after, "target_after_an_update": layers_of(target_network)}


@driver
def loss_and_gradients(answer, online, target, batch, gamma):
    """3.7: the loss, and the gradients that it sends into both networks. `batch` is a tuple of the five arrays."""
    import chainer

    from workshop.exercises.drivers.small_networks import SmallQ, gradients_of

    networks = SmallQ(online), SmallQ(target)
    for network in networks:
        network.cleargrads()
    loss = answer(*networks, Transition(*batch), gamma)
    ran_backward = any(gradient.any() for network in networks for gradient in gradients_of(network))
    if not isinstance(loss, chainer.Variable):
        return {"loss": loss, "is_variable": False}
    if loss.shape == () and not ran_backward:
        loss.backward()
    return {
        "loss": loss.array,
        "is_variable": True,
        "ran_backward": ran_backward,
        "online_gradients": gradients_of(networks[0]),
        "target_gradients": gradients_of(networks[1]),
    }


@driver
def act_often(answer, q_values, size, epsilon, seed, draws):
    """3.9: how often each action came with and without a forward pass, and what the passes were given.

    Or the first thing that came and is no action.

    The network knows one stack of `size` frames, and says `q_values` of it. A second, shorter run with the same seed
    tells whether all randomness comes from `rng`.
    """
    import chainer
    import chainer.functions as F

    pixels = (np.arange(size * 84 * 84) % 256).astype(np.uint8)
    stack = pixels.copy().reshape(size, 84, 84)
    passes = []

    class OneStackQ(chainer.Chain):
        n_actions = len(q_values)

        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.q = chainer.Parameter(np.array([q_values], np.float32))

        def forward(self, states):
            seen = chainer.as_array(states)
            passes.append(
                (seen.shape, str(seen.dtype), np.array_equal(seen, stack[None]), chainer.config.enable_backprop)
            )
            return F.broadcast_to(self.q, (len(seen), len(q_values)))

    network = OneStackQ()

    def drawn(count):
        """(action, number of passes) of so many calls, or what came instead of an action."""
        rng, calls = np.random.default_rng(seed), []
        for _ in range(count):
            before = len(passes)
            action = answer(network, stack, epsilon, rng)
            calls.append((action, len(passes) - before))
            if not is_index(action, len(q_values)):
                break
        return calls

    calls = drawn(draws)
    last, _ = calls[-1]
    is_action = is_index(last, len(q_values))
    if not is_action:
        return {"no_action": last, "with_a_pass": None, "without_a_pass": None}
    counts = np.zeros((len(q_values), 2), int)
    for action, n_passes in calls:
        counts[action, min(n_passes, 1)] += 1
    return {
        "without_a_pass": counts[:, 0].tolist(),
        "with_a_pass": counts[:, 1].tolist(),
        "most_passes": max(n_passes for _, n_passes in calls),
        "first_pass": passes[0] if passes else None,
        "builds_a_graph": any(enabled for *_, enabled in passes),
        "is_repeatable": drawn(min(_REPEATED_DRAWS, len(calls))) == calls[:_REPEATED_DRAWS],
        "stack_changed": not np.array_equal(stack.ravel(), pixels),
    }


@driver
def dueling_values(answer, value, advantages, upstream):
    """3.12: with `upstream` None arrays go in; else Variables, and the gradients for this gradient of the result."""
    import chainer

    inputs = value, advantages
    if upstream is not None:
        inputs = tuple(map(chainer.Variable, inputs))
    q = answer(*inputs)
    if not isinstance(q, chainer.Variable):
        return {"q": q, "is_variable": False}
    if upstream is None:
        return {"q": q.array, "is_variable": True}
    if q.shape == upstream.shape:
        q.grad = upstream
        q.backward()
    gradients = [np.zeros_like(v.array) if v.grad is None else v.grad for v in inputs]
    return {"q": q.array, "is_variable": True, "gradients": gradients}


@driver
def forward_and_backward(answer, n_actions, batch_size, seed):
    """3.4: what a network of the attendee's says once its parameters are set, and what it is made of.

    Names and order of the links are free. So every parameter gets numbers that depend on its shape alone: two networks
    that are built alike then say the same.
    """
    import chainer

    network = answer(n_actions)
    if not isinstance(network, chainer.Chain):
        return {"is_chain": False, "kind": type(network).__name__}
    states = np.random.default_rng(seed).integers(0, 256, (batch_size, 4, 84, 84), dtype=np.uint8)
    before = states.copy()
    with chainer.no_backprop_mode():
        network(states[:1])  # links that count their inputs themselves have parameters from now on
    parameters = [parameter for parameter in network.params() if parameter.is_initialized]
    for parameter in parameters:
        parameter.array[...] = _numbers_for(parameter.shape, seed)
    network.cleargrads()
    q = network(states)
    is_variable = isinstance(q, chainer.Variable)
    if is_variable:
        q.grad = np.ones_like(q.array)
        q.backward()
    return {
        "is_chain": True,
        "n_actions": getattr(network, "n_actions", None),
        "n_parameters": sum(parameter.size for parameter in parameters),
        "shapes": sorted(parameter.shape for parameter in parameters),
        "is_variable": is_variable,
        "q": q.array if is_variable else q,
        "has_gradient": [parameter.grad is not None and bool(parameter.grad.any()) for parameter in parameters],
        "input_changed": not np.array_equal(states, before),
    }


def _numbers_for(shape, seed):
    """float32 of this shape whose sums over the inputs of a layer neither vanish nor explode."""
    n_inputs = max(1, int(np.prod(shape[1:])))
    few = np.random.default_rng([seed, *shape]).standard_normal(997, dtype=np.float32)  # a prime: rows are not alike
    return np.resize(few, shape) * np.float32(np.sqrt(2 / n_inputs))
