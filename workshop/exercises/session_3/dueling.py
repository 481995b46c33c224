"""3.12: how a dueling network puts its two streams together."""

import chainer
import chainer.functions as F
import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, compare, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.show import show_named_call
from workshop.exercises.strategies import arrays


def _dueling(combined):
    """dueling_q with another way to put the streams together."""

    def q_values(value, advantages):
        is_array = not isinstance(advantages, chainer.Variable)
        v, a = chainer.as_variable(value), chainer.as_variable(advantages)
        q = combined(v, a)
        return q.array if is_array else q

    return q_values


def _mean(advantages):
    return F.mean(advantages, axis=1, keepdims=True)


def _graph_cut_at_the_mean(value, advantages):
    mean = chainer.as_array(advantages).mean(axis=1, keepdims=True)
    return value + (advantages - mean)


def _without_a_graph(value, advantages):
    value, advantages = map(chainer.as_array, (value, advantages))
    q = value + advantages - advantages.mean(axis=1, keepdims=True)
    return q


def _constant_variable(value, advantages):
    q = _without_a_graph(value, advantages)
    return chainer.Variable(q) if isinstance(advantages, chainer.Variable) else q


def _always_a_variable(value, advantages):
    return chainer.as_variable(value) + (chainer.as_variable(advantages) - _mean(chainer.as_variable(advantages)))


def _centres_its_argument(value, advantages):
    if isinstance(advantages, chainer.Variable):
        return value + (advantages - _mean(advantages))
    advantages -= advantages.mean(axis=1, keepdims=True)
    return value + advantages


def _dueling_judge(arguments, value, expected):
    upstream = arguments[-1]
    if upstream is not None and not value["is_variable"]:
        return Difference(f"Variables went in, so a Variable should come out; it is {kind_of(value['q'])}")
    if upstream is None and value["is_variable"]:
        return Difference("arrays went in, so an array should come out; it is a Variable")
    difference = compare(expected["q"], value["q"])
    if difference or upstream is None:
        return difference
    for name, right, found in zip(("value", "advantages"), expected["gradients"], value["gradients"]):
        difference = compare(right, found)
        if difference:
            return Difference(difference.sentence, f"the gradient of {name}{difference.where}")
    return None


def _dueling_described(name, arguments):
    value, advantages, upstream = arguments
    call = show_named_call("value", "advantages")(name, (value, advantages))
    return call if upstream is None else f"{call}, both as Variables; the gradient of the result is {upstream.tolist()}"


def _streams(shape):
    numbers, (size, n_actions) = st.integers(-9, 9).map(float), shape
    table = arrays(numbers, size, n_actions, dtype=np.float32)
    return st.tuples(arrays(numbers, size, 1, dtype=np.float32), table, st.none() | table)


def _stream(*rows):
    return np.array(rows, np.float32)


dueling_q = Part(
    name="dueling_q",
    parameters=("value", "advantages", "upstream"),
    driver="dueling_values",
    judge=_dueling_judge,
    demand=demand_equal,
    describe=_dueling_described,
    shown=lambda value: value if "gradients" in value else value["q"],
    examples=(
        (_stream([1.0]), _stream([1.0, 3.0]), None),
        (_stream([1.0]), _stream([1.0, 3.0]), _stream([1.0, 0.0])),
        (_stream([1.0], [-2.0]), _stream([1.0, 3.0], [0.0, 8.0]), None),
        (_stream([5.0], [0.0]), _stream([1.0, 2.0, 6.0], [-4.0, 0.0, 1.0]), _stream([0.0, 1.0, 0.0], [2.0, 0.0, 1.0])),
        (_stream([2.0], [3.0], [4.0]), _stream([7.0], [8.0], [9.0]), None),  # a single action
    ),
    cases=st.tuples(st.integers(1, 3), st.integers(1, 4)).flatmap(_streams),
    mistakes=(
        Mistake(
            "V + A alone does not say which part is value and which is advantage: subtract the mean of the advantages.",
            _dueling(lambda v, a: v + a),
        ),
        Mistake(
            "This subtracts the largest advantage, the paper's first idea (its equation 8). Subtract the mean.",
            _dueling(lambda v, a: v + (a - F.max(a, axis=1, keepdims=True))),
        ),
        Mistake(
            "This subtracts the mean of the whole batch. Each state has a mean of its own: `axis=1`, with keepdims.",
            _dueling(lambda v, a: v + (a - F.mean(a))),
        ),
        Mistake(
            "The mean runs over the batch (axis 0). It should run over the actions: `axis=1`.",
            _dueling(lambda v, a: v + (a - F.mean(a, axis=0, keepdims=True))),
        ),
        Mistake(
            "This subtracts the sum of the advantages. Subtract their mean.",
            _dueling(lambda v, a: v + (a - F.sum(a, axis=1, keepdims=True))),
        ),
        Mistake("The value is missing: V + A − mean A.", _dueling(lambda v, a: a - _mean(a))),
        Mistake("The value is subtracted here. Add it.", _dueling(lambda v, a: a - _mean(a) - v)),
        Mistake("The mean is added. Subtract it.", _dueling(lambda v, a: v + (a + _mean(a)))),
        Mistake(
            "The mean is a plain number in your graph, so no gradient goes through it. Take F.mean of the Variable.",
            _graph_cut_at_the_mean,
        ),
        Mistake(
            "Variables go in, and an array comes out: no gradient can ever come back.",
            _without_a_graph,
        ),
        Mistake(
            "The Variable that you return hangs on nothing: it was made of arrays, and no gradient comes back.",
            _constant_variable,
        ),
        Mistake("Arrays go in, so an array should come out; this is a Variable.", _always_a_variable),
        Mistake(
            "This changes `advantages` in place. Make a new array: `advantages - mean`.",
            _centres_its_argument,
        ),
    ),
    hints=(
        (
            "Add a number to every advantage of a state and subtract it from the value: V + A stays the same. What "
            "removes this freedom?"
        ),
        "Subtract the mean over the actions, (B, 1) with `keepdims=True`. For a Variable that is F.mean.",
        (
            "`if isinstance(advantages, chainer.Variable): mean = F.mean(advantages, axis=1, keepdims=True)`, else "
            "`advantages.mean(axis=1, keepdims=True)`. Then `return value + (advantages - mean)`."
        ),
    ),
    explanation=(
        "With the mean taken out, the advantages of a state add up to 0, and the value is the mean of its Q-values. Every "
        "transition now teaches V, whichever action was taken. The gradient flows through the mean as well, so it has to "
        "be part of the graph."
    ),
)

EXERCISES = (Exercise("3.12", "Dueling", 2, (dueling_q,), is_stretch=True),)
