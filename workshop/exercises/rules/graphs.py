"""The rule about computations that were built out of nodes and differentiated."""

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules.registry import rule

_IN_EITHER = " (Node and backward are checked together: the fault may be in either)"


def values_and_gradients(value):
    return {name: value[name] for name in ("values", "gradients")}


@rule("the value and the gradient of every node", shown=values_and_gradients)
def same_graph(arguments, value, expected):
    """Values first, then the gradients before `backward`, then those after it."""
    for kind, attribute, words in (
        ("values", "value", ""),
        ("first_gradients", "grad", " before backward is called"),
        ("gradients", "grad", _IN_EITHER),
    ):
        for name, wanted in expected[kind].items():
            difference = compare(wanted, value[kind][name])
            if difference:
                return Difference(difference.sentence + words, f"{name}.{attribute}")
    return None
