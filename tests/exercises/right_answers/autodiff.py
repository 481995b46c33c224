"""2.2 and 2.3, written by other hands: each pair agrees on attributes of its own."""

import heapq
import itertools
import math

import numpy as np

from workshop.exercises.subject import Accompanied


class ClosureNode:
    """Each operation leaves a function behind that hands its gradient on."""

    def __init__(self, value, made_of=()):
        self.value, self.grad = value, 0.0
        self.made_of, self.hand_on = made_of, lambda: None

    def __add__(self, other):
        result = ClosureNode(self.value + other.value, (self, other))

        def hand_on():
            self.grad += result.grad
            other.grad += result.grad

        result.hand_on = hand_on
        return result

    def __mul__(self, other):
        result = ClosureNode(self.value * other.value, (self, other))

        def hand_on():
            self.grad += other.value * result.grad
            other.grad += self.value * result.grad

        result.hand_on = hand_on
        return result

    def relu(self):
        result = ClosureNode(0.0 if self.value < 0 else self.value, (self,))

        def hand_on():
            self.grad += result.grad if result.value > 0 else 0.0

        result.hand_on = hand_on
        return result

    def tanh(self):
        result = ClosureNode((math.exp(2 * self.value) - 1) / (math.exp(2 * self.value) + 1), (self,))

        def hand_on():
            self.grad += (1 - result.value**2) * result.grad

        result.hand_on = hand_on
        return result


def recursive_with_closures(node):
    order = []

    def visit(node):
        if not any(node is other for other in order):
            [visit(part) for part in node.made_of]
            order.append(node)

    visit(node)
    node.grad = 1
    while order:
        order.pop().hand_on()


class TaggedNode:
    """Each node knows its operation by name, and its birthday; the slopes are worked out later."""

    __slots__ = ("birthday", "grad", "kind", "operands", "value")
    _birthdays = itertools.count()

    def __init__(self, value, kind="leaf", operands=()):
        self.value, self.grad = np.float64(value), np.float64(0)
        self.kind, self.operands, self.birthday = kind, list(operands), next(self._birthdays)

    def __add__(self, other):
        return TaggedNode(np.add(self.value, other.value), "+", [self, other])

    def __mul__(self, other):
        return TaggedNode(np.multiply(self.value, other.value), "*", [self, other])

    def relu(self):
        return TaggedNode(np.maximum(self.value, 0), "relu", [self])

    def tanh(self):
        return TaggedNode(np.tanh(self.value), "tanh", [self])


def youngest_first(node):
    """No recursion: an operand is always older than what is made of it."""
    node.grad = np.float64(1)
    heap, known = [(-node.birthday, node)], {id(node)}
    while heap:
        _, node = heapq.heappop(heap)
        for position, operand in enumerate(node.operands):
            if node.kind == "+":
                slope = 1
            elif node.kind == "*":
                slope = node.operands[1 - position].value
            elif node.kind == "relu":
                slope = np.heaviside(operand.value, 0)
            else:
                slope = np.cosh(operand.value) ** -2.0
            operand.grad = operand.grad + slope * node.grad
            if id(operand) not in known:
                known.add(id(operand))
                heapq.heappush(heap, (-operand.birthday, operand))


RIGHT_ANSWERS = {
    "Node": [
        Accompanied(ClosureNode, {"backward": recursive_with_closures}),
        Accompanied(TaggedNode, {"backward": youngest_first}),
    ],
    "backward": [
        Accompanied(recursive_with_closures, {"Node": ClosureNode}),
        Accompanied(youngest_first, {"Node": TaggedNode}),
    ],
}
