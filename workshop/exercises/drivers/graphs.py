"""Drivers for automatic differentiation: a computation is written down, built out of Nodes, and differentiated.

A computation is a list of steps. Step number i makes node number i: ("node", value) makes a leaf, ("add", i, j) and
("mul", i, j) join two earlier nodes, ("relu", i) and ("tanh", i) take one.
"""

import contextlib
import operator
import sys

from workshop.exercises.drivers.registry import driver

_FRAMES = 2000  # for 300 nodes, and an answer that takes a few frames for each


@driver
def nodes_of_a_graph(answer, companions, steps, start):
    """2.2: the answer is the class `Node`; `start` is the number of the node that `backward` is given."""
    return _differentiated(answer, companions["backward"], steps, start)


@driver
def backward_through_a_graph(answer, companions, steps, start):
    """2.3: the answer is the function `backward`."""
    return _differentiated(companions["Node"], answer, steps, start)


def node_name(number):
    """What node `number` is called in messages: a, b, …, z, n26, n27, …"""
    return chr(ord("a") + number) if number < 26 else f"n{number}"


def _differentiated(node_class, backward, steps, start):
    """Every node's value, and its gradient before and after `backward`, each as a dict from the node's name."""
    nodes = []
    for kind, *operands in steps:
        nodes.append(node_class(*operands) if kind == "node" else _OPERATIONS[kind](*(nodes[i] for i in operands)))
    first_gradients = _by_name(node.grad for node in nodes)
    with _more_frames():
        backward(nodes[start])
    return {
        "values": _by_name(node.value for node in nodes),
        "first_gradients": first_gradients,
        "gradients": _by_name(node.grad for node in nodes),
    }


_OPERATIONS = {
    "add": operator.add,
    "mul": operator.mul,
    "relu": lambda node: node.relu(),
    "tanh": lambda node: node.tanh(),
}


def _by_name(numbers):
    return {node_name(i): number for i, number in enumerate(numbers)}


@contextlib.contextmanager
def _more_frames():
    """Python's usual 1,000 frames, some of which the notebook has taken already, are few for a recursion of 300."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
