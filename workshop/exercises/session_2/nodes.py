"""2.2: a scalar that remembers how it was made, with the local rule of each operation."""

import math

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.graphs import same_graph, values_and_gradients
from workshop.exercises.session_2.graphs import EXAMPLES, graphs, written


class _Node:
    """A right Node, in the words of the reference; each mistake changes one of its rules."""

    def __init__(self, value, parents=()):
        self.value = value
        self.grad = 0.0
        self.parents = parents

    def __add__(self, other):
        return type(self)(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return type(self)(self.value * other.value, ((self, other.value), (other, self.value)))

    def relu(self):
        return type(self)(max(self.value, 0.0), ((self, float(self.value > 0)),))

    def tanh(self):
        value = math.tanh(self.value)
        return type(self)(value, ((self, 1 - value**2),))


class _NodeWithOwnFactors(_Node):
    def __mul__(self, other):
        return type(self)(self.value * other.value, ((self, self.value), (other, other.value)))


class _NodeWhoseProductHasSlopesOfOne(_Node):
    def __mul__(self, other):
        return type(self)(self.value * other.value, ((self, 1.0), (other, 1.0)))


class _NodeWhoseSumHasSlopesOfAProduct(_Node):
    def __add__(self, other):
        return type(self)(self.value + other.value, ((self, other.value), (other, self.value)))


class _NodeThatKnowsOneParent(_Node):
    def __mul__(self, other):
        return type(self)(self.value * other.value, ((self, other.value),))


class _NodeWithParentsInADict(_Node):
    def __add__(self, other):
        return type(self)(self.value + other.value, tuple({self: 1.0, other: 1.0}.items()))

    def __mul__(self, other):
        return type(self)(self.value * other.value, tuple({self: other.value, other: self.value}.items()))


class _NodeThatAddsInPlace(_Node):
    def __add__(self, other):
        self.value += other.value
        return self


class _NodeWhoseReluLetsAllThrough(_Node):
    def relu(self):
        return type(self)(max(self.value, 0.0), ((self, 1.0),))


class _NodeWhoseReluLetsNothingThrough(_Node):
    def relu(self):
        return type(self)(max(self.value, 0.0), ((self, 0.0),))


class _NodeWhoseReluHasItsValueAsSlope(_Node):
    def relu(self):
        return type(self)(max(self.value, 0.0), ((self, max(self.value, 0.0)),))


class _NodeWhoseReluIsTheSize(_Node):
    def relu(self):
        return type(self)(abs(self.value), ((self, math.copysign(1.0, self.value)),))


class _NodeWhoseTanhTakesItsInput(_Node):
    def tanh(self):
        return type(self)(math.tanh(self.value), ((self, 1 - self.value**2),))


class _NodeWhoseTanhIsNotSquared(_Node):
    def tanh(self):
        value = math.tanh(self.value)
        return type(self)(value, ((self, 1 - value),))


class _NodeWhoseTanhIsASigmoid(_Node):
    def tanh(self):
        value = 1 / (1 + math.exp(-self.value))
        return type(self)(value, ((self, value * (1 - value)),))


class _NodeWhoseGradientBeginsAtOne(_Node):
    def __init__(self, value, parents=()):
        super().__init__(value, parents)
        self.grad = 1.0


node = Part(
    name="Node",
    parameters=("steps", "start"),
    examples=EXAMPLES,
    cases=graphs(),
    driver="nodes_of_a_graph",
    companions=("backward",),
    judge=same_graph,
    describe=written,
    shown=values_and_gradients,
    examples_per_check=40,
    mistakes=(
        Mistake(
            "The slopes of your product have changed places: if `a` grows by a little, a · b grows b times as much. The "
            "slope for `a` is the value of `b`.",
            _NodeWithOwnFactors,
        ),
        Mistake(
            "Your product hands its gradient on as it is, as a sum does. For `a` it is multiplied by the value of `b`, "
            "and for `b` by the value of `a`.",
            _NodeWhoseProductHasSlopesOfOne,
        ),
        Mistake(
            "Your sum has the slopes of a product. If one of its terms grows by a little, the sum grows by just as much: "
            "both slopes are 1.",
            _NodeWhoseSumHasSlopesOfAProduct,
        ),
        Mistake(
            "Your product remembers the first factor only, and the second one never gets a gradient.",
            _NodeThatKnowsOneParent,
        ),
        Mistake(
            "A node may be used twice in one operation, as in a + a or a * a, and both uses count. A dict or a set keeps "
            "only one of them: take a tuple or a list.",
            _NodeWithParentsInADict,
        ),
        Mistake(
            "`+` changes the node on its left and gives it back. Make a new Node for the sum: the old ones are still "
            "needed.",
            _NodeThatAddsInPlace,
        ),
        Mistake(
            "Your relu lets the gradient through everywhere. Where its input is negative, its output is flat: slope 0.",
            _NodeWhoseReluLetsAllThrough,
        ),
        Mistake(
            "Your relu never lets a gradient through. Where its input is positive, output and input are equal: slope 1.",
            _NodeWhoseReluLetsNothingThrough,
        ),
        Mistake(
            "Your relu takes its own value for its slope. The slope is 1 wherever the input is positive, however large.",
            _NodeWhoseReluHasItsValueAsSlope,
        ),
        Mistake(
            "Your relu turns the sign of a negative input. It should cut it off: max(x, 0).", _NodeWhoseReluIsTheSize
        ),
        Mistake(
            "The slope of tanh is 1 − t², where t is what tanh gave. You put in what tanh was given.",
            _NodeWhoseTanhTakesItsInput,
        ),
        Mistake("The slope of tanh is 1 − t²: the square is missing.", _NodeWhoseTanhIsNotSquared),
        Mistake(
            "This is the sigmoid: it runs from 0 to 1. tanh runs from −1 to 1; `math.tanh` has it ready.",
            _NodeWhoseTanhIsASigmoid,
        ),
        Mistake(
            "A new node's gradient is 0: contributions are added to it. The 1 is for the node that `backward` starts "
            "at, and `backward` puts it there.",
            _NodeWhoseGradientBeginsAtOne,
        ),
    ),
    hints=(
        "Each operation makes a new Node. What is its value, and by how much does it grow if one operand grows a little?",
        "Remember (operand, slope) for each operand. A sum has the slopes 1 and 1; a product a * b has b for a, and a for b.",
        (
            "`return Node(self.value * other.value, ((self, other.value), (other, self.value)))`; relu has the slope "
            "`float(self.value > 0)`, tanh `1 - value**2` with value = math.tanh(self.value)."
        ),
    ),
    explanation=(
        "A node only knows its own operation: its value, and how strongly it answers to each operand. These slopes are "
        "numbers, worked out while the values are. Nothing here knows the formula as a whole, and nothing has to: putting "
        "the slopes together is the work of backward."
    ),
)

EXERCISES = (Exercise("2.2", "A node that knows its slopes", 6, (node,)),)
