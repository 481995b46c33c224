"""Drivers for Chainer: chains, optimizers and data are built here, from arrays, and arrays come back.

Chainer is imported when a driver is called, so that a notebook without it does not wait for it.
"""

from workshop.exercises.drivers.registry import driver


@driver
def one_linear_layer(answer, weights, bias, x):
    """2.6: what `answer()` holds and, with these weights (1, D) and bias (1,) put into it, computes of x (N, D).

    The gradients are those of the sum of the squared outputs.
    """
    import chainer

    model = answer()
    first = model(x)  # now a layer knows how many inputs it has
    is_chain = isinstance(model, chainer.Chain)
    parameters = list(model.params()) if is_chain else []
    report = {
        "is_chain": is_chain,
        "is_variable": isinstance(first, chainer.Variable),
        "shapes": sorted(parameter.shape for parameter in parameters),
        "output": None,
        "gradients": None,
    }
    if not report["is_variable"] or report["shapes"] != sorted([weights.shape, bias.shape]):
        return report
    for parameter in parameters:
        parameter.array[...] = weights if parameter.ndim == 2 else bias
    output = model(x)
    model.cleargrads()  # until then they are NaN
    chainer.functions.sum(output * output).backward()
    gradients = {parameter.ndim: parameter.grad for parameter in parameters}
    return {**report, "output": output.array, "gradients": {"weights": gradients[2], "bias": gradients[1]}}


@driver
def training_steps(answer, optimizer, weights, bias, x, y):
    """2.6: the answer takes a step on each batch of x (steps, N, D) and y (steps, N, 1), with a model of one L.Linear.

    `optimizer` is the name of one of Chainer's. Reported is what each step returned, and the model after all of them.
    """
    import chainer

    model = chainer.Sequential(chainer.links.Linear(x.shape[2], 1, initialW=weights, initial_bias=bias))
    rule = getattr(chainer.optimizers, optimizer)()
    rule.setup(model)
    returned = [answer(model, rule, inputs, targets) for inputs, targets in zip(x, y)]
    return {"returned": returned, "weights": model[0].W.array, "bias": model[0].b.array}
