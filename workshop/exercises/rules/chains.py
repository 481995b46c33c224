"""Rules about a chain of Chainer's, and about a step of its training."""

import numpy as np

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules.registry import rule


def outputs_and_shapes(value):
    return {"parameters": value["shapes"], "model(x)": value["output"]}


@rule("the parameters of your chain, its output and its gradient for given weights", shown=outputs_and_shapes)
def one_layer(arguments, value, expected):
    weights, bias, x = arguments
    if not value["is_chain"]:
        return Difference("should be a chainer.Chain: class LinearRegression(chainer.Chain)")
    if not value["is_variable"]:
        return Difference("should return a Chainer Variable: what its link gives, as it is", "model(x)")
    if value["shapes"] != expected["shapes"]:
        found = ", ".join(map(str, value["shapes"])) or "none"
        return Difference(
            f"should hold a weight of shape {weights.shape} and a bias of shape {bias.shape} for {x.shape[1]} inputs; the "
            f"shapes of its parameters are: {found}"
        )
    difference = compare(expected["output"], value["output"])
    if difference:
        return Difference(difference.sentence, f"with these weights, model(x){difference.where}")
    difference = compare(expected["gradients"], value["gradients"])
    return difference and Difference(difference.sentence, f"the gradient of the sum of model(x) ** 2{difference.where}")


@rule("the loss of every step, and the weights after the last")
def same_training(arguments, value, expected):
    for step, (wanted, found) in enumerate(zip(expected["returned"], value["returned"])):
        difference = compare(wanted, found, exact_type=float) if type(found) is not float else None
        # A Python float does not say that it was worked out in float32.
        difference = difference or compare(np.float32(wanted), np.float32(found))
        if difference:
            return Difference(difference.sentence, f"the loss of step {step + 1}")
    for kind in ("weights", "bias"):
        difference = compare(expected[kind], value[kind])
        if difference:
            where = f"after {len(arguments[3])} steps, the model's {kind}{difference.where}"
            return Difference(difference.sentence, where)
    return None
