"""Less of Chainer's bookkeeping around each function of a graph.

On a network for 40 × 40 pixels, most of an update passes between the functions: Chainer asks of every array whether it
lives on a GPU, in ChainerX or in iDeep, in which layout, and who else wants to know. And it computes gradients by more
functions of a graph, so that they can be differentiated again, though in a training nobody does. Here are the same steps
for the one case of a training on a CPU: NumPy arrays, no hooks, no debug mode. Everything else still goes to Chainer.
"""

import weakref

import chainer
import numpy as np
from chainer import FunctionNode, Variable

from workshop import compat


def use():
    """Put this under Chainer's functions, in this process. Calling it again changes nothing."""
    from chainer.functions.activation.relu import ReLU

    compat.replace_method(FunctionNode, "apply", _apply, _is_unwatched)
    replace_backward(ReLU, lambda node, gy: [lambda: gy * (node._retained_output_data[0] > 0)], _is_unwatched)


def replace_backward(node_class, gradients, is_covered):
    """Where nobody will differentiate a gradient again, let it be an array instead of a function's result.

    Args:
        node_class: a `FunctionNode` with one output.
        gradients: `gradients(node, gy)` gives for each input a function without arguments, which returns the array.
        is_covered: `is_covered(node, gy)` says whether that can be done.
    """

    def backward(node, indexes, grad_outputs):
        functions = gradients(node, grad_outputs[0]._data[0])
        return tuple([_variable(functions[index](), requires_grad=True) for index in indexes])

    def is_final(node, indexes, grad_outputs):
        if _setting("enable_backprop") or grad_outputs[0] is None or grad_outputs[0]._layout is not None:
            return False
        gy = grad_outputs[0]._data[0]
        return type(gy) is np.ndarray and _is_unwatched(node) and is_covered(node, gy)

    compat.replace_method(node_class, "backward", backward, is_final)


def _apply(node, inputs):
    """Chainer's `FunctionNode.apply`, step by step, without the steps that do nothing here."""
    arrays = tuple([x._data[0] if isinstance(x, Variable) and x._layout is None else x for x in inputs])
    if not arrays or not _are_plain(arrays):
        return FunctionNode.apply.stock(node, inputs)
    variables = [x if isinstance(x, Variable) else Variable(x, requires_grad=False) for x in inputs]
    node._input_layouts = (None,) * len(arrays)
    if _setting("type_check"):
        node._check_data_type_forward(arrays)
    node._input_indexes_to_retain = node._output_indexes_to_retain = None
    results = node.forward(arrays)
    if type(results) is not tuple or not _are_plain(results) or node._output_layouts is not None:
        return FunctionNode.apply.stock(node, inputs)  # which knows what to do, or what to say
    if node.is_elementwise and len(results) > 1 and len({result.shape for result in results}) > 1:
        return FunctionNode.apply.stock(node, inputs)
    node._output_layouts = (None,) * len(results)
    node._output_count = len(results)
    requires_grad = True in [x._requires_grad for x in variables]
    outputs = tuple([_variable(result, requires_grad) for result in results])
    if _setting("enable_backprop"):
        node.rank = max([x._node._rank for x in variables])
        for output in outputs:
            output.creator_node = node
        node.inputs = tuple([x._node for x in variables])
        node.outputs = tuple([weakref.ref(output._node) for output in outputs])
        for index in node._input_indexes_to_retain or ():
            variables[index].retain_data()
        if node._output_indexes_to_retain is not None:
            for index in node._output_indexes_to_retain:
                outputs[index].retain_data()
            node._retained_output_data = tuple([results[index] for index in node._output_indexes_to_retain])
        node.lazy_grad_sum = _setting("lazy_grad_sum")
    return outputs


def _variable(array, requires_grad):
    return Variable._init_unchecked(array, requires_grad=requires_grad, is_chainerx_array=False)


def _is_unwatched(node, *_):
    """Does nobody look on: no hook, no debug mode, no recording of a static graph?"""
    if node._n_local_function_hooks or chainer.get_function_hooks():
        return False
    return not _setting("debug") and _setting("schedule_func") is None


def _setting(name):
    """`chainer.config`'s, three times as fast."""
    local = chainer.config._local.__dict__
    return local[name] if name in local else getattr(chainer.global_config, name)


def _are_plain(arrays):
    for array in arrays:  # `all` with a generator takes three times as long
        if type(array) is not np.ndarray:
            return False
    return True
