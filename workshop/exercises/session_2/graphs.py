"""What 2.2 and 2.3 are judged on: computations to be built out of nodes, differentiated, and compared."""

import math

from hypothesis import strategies as st

from workshop.exercises.drivers.graphs import node_name

_LARGEST = 50.0  # of a value in a generated graph: products of products would soon be infinite
_NEXT_TO_A_CORNER = 1e-3  # relu has no slope at 0, and another order of additions may fall on its other side
_SHOWN_STEPS = 10

_SIGNS = {"add": "+", "mul": "*"}


@st.composite
def graphs(draw):
    """One to three leaves, up to six operations on any earlier nodes, and `backward` from one of the last."""
    leaves = draw(st.lists(st.integers(-4, 4).map(lambda halves: halves / 2), min_size=1, max_size=3))
    steps, values = [("node", value) for value in leaves], [*leaves]
    for _ in range(draw(st.integers(0, 6))):
        earlier = st.integers(0, len(values) - 1)
        kind = draw(st.sampled_from(["add", "mul", "relu", "tanh"]))
        operands = (draw(earlier), draw(earlier)) if kind in _SIGNS else (draw(earlier),)
        value = _value(kind, *(values[i] for i in operands))
        if abs(value) > _LARGEST or (kind == "relu" and abs(values[operands[0]]) < _NEXT_TO_A_CORNER):
            continue
        steps.append((kind, *operands))
        values.append(value)
    return steps, max(0, len(steps) - 1 - draw(st.integers(0, 2)))


def _value(kind, *operands):
    if kind in _SIGNS:
        return operands[0] + operands[1] if kind == "add" else operands[0] * operands[1]
    return max(operands[0], 0.0) if kind == "relu" else math.tanh(operands[0])


def written(name, arguments):
    """The graph as lines that can be typed; a long one with its middle left out."""
    steps, start = arguments
    lines = []
    for number, (kind, *operands) in enumerate(steps):
        if kind == "node":
            line = f"Node({operands[0]})"
        elif kind in _SIGNS:
            line = f" {_SIGNS[kind]} ".join(map(node_name, operands))
        else:
            line = f"{node_name(operands[0])}.{kind}()"
        lines.append(f"{node_name(number)} = {line}")
    if len(lines) > _SHOWN_STEPS:
        lines = [*lines[:4], f"… ({len(lines)} nodes in all)", *lines[-2:]]
    return "; ".join([*lines, f"backward({node_name(start)})"])


_LEAVES = [("node", 2.0), ("node", 3.0)]
_DOUBLED = [("node", 1.0), *(("add", i, i) for i in range(299))]  # 2 ** 299 ways from the end to the start
EXAMPLES = (
    ([("node", 3.0)], 0),
    ([*_LEAVES, ("add", 0, 1)], 2),
    ([*_LEAVES, ("mul", 0, 1)], 2),
    ([("node", 3.0), ("add", 0, 0)], 1),
    ([("node", 3.0), ("mul", 0, 0)], 1),
    ([("node", 2.0), ("relu", 0)], 1),
    ([("node", -2.0), ("relu", 0)], 1),
    ([("node", 0.5), ("tanh", 0)], 1),
    ([*_LEAVES, ("mul", 0, 1), ("tanh", 2)], 3),
    ([*_LEAVES, ("mul", 0, 1), ("add", 2, 0), ("mul", 3, 2)], 4),  # nodes used by two others
    ([*_LEAVES, ("tanh", 0), ("mul", 2, 1), ("add", 0, 3), ("mul", 4, 0)], 5),  # a short way and a long one to `a`
    ([*_LEAVES, ("mul", 0, 1), ("relu", 2), ("tanh", 3), ("add", 4, 2)], 5),
    ([*_LEAVES, ("add", 0, 1), ("mul", 2, 2), ("mul", 3, 1)], 3),  # the last node takes no part
    (_DOUBLED, 299),
)
