"""Adam, RMSprop and Graves' RMSprop for Chainer on a CPU, without temporaries.

Chainer's own updates allocate an array of the parameter's size for every operation, and each of them travels to memory
and back. Here C does all the operations in one pass (float32, where the machine can compile; not of plain RMSprop, which no
preset uses), or NumPy does them in blocks that stay in the cache while all the operations pass over them. The arithmetic
is the same, term by term.
"""

import numpy as np

from workshop.nn import kernels

BLOCK = 2**15  # numbers: with parameter, gradient and two states about 640 kB of float32, which the L2 cache holds


def adam(parameter, gradient, m, v, step_size, beta1, beta2, epsilon):
    """One step of Adam (Kingma and Ba, 2015), in place.

    Args:
        parameter, gradient, m, v: arrays of one dtype and shape, C-contiguous but for the gradient.
        step_size: float, the learning rate with the bias correction of this step (Chainer's `alpha_t`).
        beta1, beta2, epsilon: floats; epsilon stands outside the root.
    """
    if kernels.in_one_pass("adam", gradient, (parameter, m, v), (step_size, 1 - beta1, 1 - beta2, epsilon)):
        return
    for p, g, m_, v_, scratch in _blocks(parameter, gradient, m, v):
        np.subtract(g, m_, out=scratch)
        scratch *= 1 - beta1
        m_ += scratch
        np.multiply(g, g, out=scratch)
        scratch -= v_
        scratch *= 1 - beta2
        v_ += scratch
        np.sqrt(v_, out=scratch)
        scratch += epsilon
        np.divide(m_, scratch, out=scratch)
        scratch *= step_size
        p -= scratch


def rmsprop(parameter, gradient, mean_square, learning_rate, decay, epsilon, is_epsilon_inside):
    """One step of RMSprop (Tieleman and Hinton, 2012, lecture 6.5), in place.

    Args:
        parameter, gradient, mean_square: arrays of one dtype and shape, C-contiguous but for the gradient.
        learning_rate, decay, epsilon: floats.
        is_epsilon_inside: bool, whether epsilon stands inside the root.
    """
    for p, g, ms, scratch in _blocks(parameter, gradient, mean_square):
        np.multiply(g, g, out=scratch)
        scratch *= 1 - decay
        ms *= decay
        ms += scratch
        if is_epsilon_inside:
            np.add(ms, epsilon, out=scratch)
            np.sqrt(scratch, out=scratch)
        else:
            np.sqrt(ms, out=scratch)
            scratch += epsilon
        np.divide(g, scratch, out=scratch)
        scratch *= learning_rate
        p -= scratch


def rmsprop_graves(parameter, gradient, n, g_mean, delta, learning_rate, decay, momentum, epsilon):
    """One step of centred RMSprop with epsilon inside the root (Graves, 2013, equations 38 to 41), in place.

    Args:
        parameter, gradient, n, g_mean, delta: arrays of one dtype and shape, C-contiguous but for the gradient.
        learning_rate, decay, momentum, epsilon: floats.
    """
    states, numbers = (parameter, n, g_mean, delta), (learning_rate, decay, momentum, epsilon)
    if kernels.in_one_pass("rmsprop_graves", gradient, states, numbers):
        return
    for p, g, n_, g_, d, scratch in _blocks(parameter, gradient, n, g_mean, delta):
        np.multiply(g, g, out=scratch)
        scratch *= 1 - decay
        n_ *= decay
        n_ += scratch
        np.multiply(g, 1 - decay, out=scratch)
        g_ *= decay
        g_ += scratch
        np.multiply(g_, g_, out=scratch)
        np.subtract(n_, scratch, out=scratch)
        scratch += epsilon
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= learning_rate
        d *= momentum
        d -= scratch
        p += d


def _blocks(*arrays):
    """Views of all arrays, block by block, with one scratch block that they share."""
    flat = [array.reshape(-1) for array in arrays]
    scratch = np.empty(min(BLOCK, flat[0].size), flat[0].dtype)
    for start in range(0, flat[0].size, BLOCK):
        views = [array[start : start + BLOCK] for array in flat]
        yield (*views, scratch[: len(views[0])])


def use():
    """Put these under Chainer's optimizers, in this process. Calling it again changes nothing."""
    from chainer.optimizers.adam import AdamRule
    from chainer.optimizers.rmsprop import RMSpropRule
    from chainer.optimizers.rmsprop_graves import RMSpropGravesRule

    from workshop import compat

    def update_adam(rule, parameter):
        hp, state = rule.hyperparam, rule.state
        adam(parameter.data, parameter.grad, state["m"], state["v"], hp.eta * rule.alpha_t, hp.beta1, hp.beta2, hp.eps)

    def update_rmsprop(rule, parameter):
        hp = rule.hyperparam
        mean_square = rule.state["ms"]
        rmsprop(parameter.data, parameter.grad, mean_square, hp.lr, hp.alpha, hp.eps, hp.eps_inside_sqrt)

    def update_rmsprop_graves(rule, parameter):
        hp, state = rule.hyperparam, rule.state
        states = (state["n"], state["g"], state["delta"])
        rmsprop_graves(parameter.data, parameter.grad, *states, hp.lr, hp.alpha, hp.momentum, hp.eps)

    def is_plain_adam(rule, parameter):
        hp = rule.hyperparam
        is_variant = hp.amsgrad or hp.adabound or hp.weight_decay_rate
        return not is_variant and np.float32(hp.eps) > 0 and _is_covered(rule, parameter)

    def is_plain_rmsprop(rule, parameter):
        return np.float32(rule.hyperparam.eps) > 0 and _is_covered(rule, parameter)

    compat.replace_method(AdamRule, "update_core_cpu", update_adam, is_plain_adam)
    compat.replace_method(RMSpropRule, "update_core_cpu", update_rmsprop, is_plain_rmsprop)
    compat.replace_method(RMSpropGravesRule, "update_core_cpu", update_rmsprop_graves, _is_covered)


def _is_covered(rule, parameter):
    dtype = parameter.dtype
    in_place = (parameter.data, *rule.state.values())
    for array in (parameter.grad, *in_place):
        if type(array) is not np.ndarray or array.dtype != dtype:
            return False
    return dtype in (np.float32, np.float64) and not [1 for array in in_place if not array.flags.c_contiguous]
