"""Less of Chainer's bookkeeping around each function of a graph.

On a network for 40 × 40 pixels, most of an update passes between the functions: Chainer asks of every array whether it
lives on a GPU, in ChainerX or in iDeep, in which layout, and who else wants to know. Here are the same steps for the one
case of a training on a CPU: NumPy arrays, no hooks, no debug mode. Everything else still goes to Chainer.
"""

import weakref

import numpy as np


def use():
    """Put this under Chainer's functions, in this process. Calling it again changes nothing."""
    import chainer
    from chainer import FunctionNode, Variable

    from workshop import compat

    config = chainer.config
    stock_apply = getattr(FunctionNode.apply, "stock", FunctionNode.apply)

    def apply(node, inputs):
        """Chainer's `FunctionNode.apply`, step by step, without the steps that do nothing here."""
        variables = [x if isinstance(x, Variable) else Variable(x, requires_grad=False) for x in inputs]
        arrays = tuple([x._data[0] for x in variables])
        node._input_layouts = (None,) * len(arrays)
        if config.type_check:
            node._check_data_type_forward(arrays)
        node._input_indexes_to_retain = node._output_indexes_to_retain = None
        results = node.forward(arrays)
        if type(results) is not tuple or not _are_plain(results) or node._output_layouts is not None:
            return stock_apply(node, inputs)  # which knows what to do, or what to say
        if node.is_elementwise and len(results) > 1 and len({result.shape for result in results}) > 1:
            return stock_apply(node, inputs)
        node._output_layouts = (None,) * len(results)
        node._output_count = len(results)
        requires_grad = True in [x._requires_grad for x in variables]
        outputs = tuple(
            [Variable._init_unchecked(y, requires_grad=requires_grad, is_chainerx_array=False) for y in results]
        )
        if config.enable_backprop:
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
            node.lazy_grad_sum = config.lazy_grad_sum
        return outputs

    def is_covered(node, inputs):
        if config.debug or config.schedule_func is not None or node._n_local_function_hooks:
            return False
        if not inputs or chainer.get_function_hooks():
            return False
        arrays = [x._data[0] if isinstance(x, Variable) and x._layout is None else x for x in inputs]
        return _are_plain(arrays)

    compat.replace_method(FunctionNode, "apply", apply, is_covered)


def _are_plain(arrays):
    for array in arrays:  # `all` with a generator takes three times as long
        if type(array) is not np.ndarray:
            return False
    return True
