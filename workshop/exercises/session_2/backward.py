"""2.3: the chain rule along a graph, each node in its turn."""

from collections import deque

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.graphs import same_graph, values_and_gradients
from workshop.exercises.session_2.graphs import EXAMPLES, graphs, written


def _in_order(node):
    """The nodes below `node`, each after all that it is made of."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)

    visit(node)
    return order


def _overwritten(node):
    node.grad = 1.0
    for child in reversed(_in_order(node)):
        for parent, slope in child.parents:
            parent.grad = slope * child.grad


def _nothing_to_start_with(node):
    for child in reversed(_in_order(node)):
        for parent, slope in child.parents:
            parent.grad += slope * child.grad


def _slopes_alone(node):
    node.grad = 1.0
    for child in reversed(_in_order(node)):
        for parent, slope in child.parents:
            parent.grad += slope


def _gradients_alone(node):
    node.grad = 1.0
    for child in reversed(_in_order(node)):
        for parent, _ in child.parents:
            parent.grad += child.grad


def _added_slope(node):
    node.grad = 1.0
    for child in reversed(_in_order(node)):
        for parent, slope in child.parents:
            parent.grad += slope + child.grad


def _one_level(node):
    node.grad = 1.0
    for parent, slope in node.parents:
        parent.grad += slope * node.grad


def _first_parent_only(node):
    node.grad = 1.0
    while node.parents:
        (parent, slope), *_ = node.parents
        parent.grad += slope * node.grad
        node = parent


def _level_by_level(node):
    node.grad = 1.0
    waiting, seen = deque([node]), {node}
    while waiting:
        child = waiting.popleft()
        for parent, slope in child.parents:
            parent.grad += slope * child.grad
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)


def _when_first_met(node):
    node.grad = 1.0
    seen = set()

    def visit(child):
        if child in seen:
            return
        seen.add(child)
        for parent, slope in child.parents:
            parent.grad += slope * child.grad
            visit(parent)

    visit(node)


def _each_node_once(node):
    node.grad = 1.0
    reached = {node}
    for child in reversed(_in_order(node)):
        for parent, slope in child.parents:
            if parent not in reached:
                reached.add(parent)
                parent.grad += slope * child.grad


def _whole_gradient_again(node):
    node.grad = 1.0
    waiting, visits = [node], 0
    while waiting and visits < 2000:
        child, visits = waiting.pop(), visits + 1
        for parent, slope in child.parents:
            parent.grad += slope * child.grad
            waiting.append(parent)


backward = Part(
    name="backward",
    parameters=("steps", "start"),
    examples=EXAMPLES,
    cases=graphs(),
    driver="backward_through_a_graph",
    companions=("Node",),
    judge=same_graph,
    describe=written,
    shown=values_and_gradients,
    examples_per_check=40,
    mistakes=(
        Mistake(
            "A node that is used twice gets two contributions, and here the second one replaces the first. Add them up: "
            "`+=`.",
            _overwritten,
        ),
        Mistake(
            "Everything is 0: nothing was there to be handed on. The node that you start at has the gradient 1.",
            _nothing_to_start_with,
        ),
        Mistake(
            "Each node passes on its own slope, and forgets what it was given itself. Multiply the slope by the node's "
            "gradient: that is the chain rule.",
            _slopes_alone,
        ),
        Mistake("Gradients are handed on as they are. Multiply each by the slope of the operation.", _gradients_alone),
        Mistake("Slope and gradient are added here. The chain rule multiplies them.", _added_slope),
        Mistake(
            "This does not get beyond the last operation. Go on until you reach nodes that are made of nothing; and if "
            "you go through all nodes, begin at the end: `reversed(order)`.",
            _one_level,
        ),
        Mistake(
            "This follows the first operand only. Every operand gets its share, and so do those behind it.",
            _first_parent_only,
        ),
        Mistake(
            "This goes level by level. A node may be near the end by one way and far by another: it has to wait until all "
            "that use it have handed on theirs. Make a topological order first.",
            _level_by_level,
        ),
        Mistake(
            "This hands on a node's gradient as soon as it meets the node, before the others that use it have added "
            "theirs. Make the order first, and hand on afterwards.",
            _when_first_met,
        ),
        Mistake(
            "Each node takes the first contribution and no other. A node that is used twice gets two.", _each_node_once
        ),
        Mistake(
            "A node that is reached twice hands on its whole gradient twice, the first share included. Let each hand on "
            "once, when it is complete.",
            _whole_gradient_again,
        ),
    ),
    hints=(
        (
            "When is a node's gradient complete? When every node that uses it has handed on its share. Which node is that "
            "true of first?"
        ),
        (
            "First make a list in which each node comes after all that it is made of. Then walk through it backwards: "
            "`parent.grad += slope * node.grad`."
        ),
        (
            "`def visit(n)`: if n is new, remember it, visit its parents, and append n to `order`. Then visit(node), "
            "node.grad = 1.0, and hand on along `reversed(order)`."
        ),
    ),
    explanation=(
        "The gradient of a node is the sum over all ways from it to the end, each the product of its slopes. There may be "
        "more ways than atoms in the universe. In topological order every node hands on once, after all its shares have "
        "come in, so the work is one multiplication for each arrow."
    ),
)

EXERCISES = (Exercise("2.3", "Backward through a graph", 6, (backward,)),)
