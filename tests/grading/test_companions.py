"""Answers that are graded together: a class of nodes, and the function that walks over them."""

import inspect
import textwrap

import pytest

from tests.exercises.right_answers.autodiff import ClosureNode, recursive_with_closures
from tests.grading.notebooks import write_notebook
from workshop.exercises.reference import reference_source
from workshop.grading.grader import Grader

OWN_NODE = textwrap.dedent(inspect.getsource(ClosureNode)).replace("ClosureNode", "Node")
OWN_BACKWARD = inspect.getsource(recursive_with_closures).replace("recursive_with_closures", "backward")
NODE, BACKWARD = reference_source("Node"), reference_source("backward")
STUB = 'def backward(node):\n    raise NotImplementedError("Exercise 2.3, backward, is not attempted yet.")'
CASES = {
    "a pair of one's own": ((OWN_NODE, OWN_BACKWARD), "pass", "pass"),
    "the other way round": ((BACKWARD, NODE), "pass", "pass"),
    "a pair that does not fit": ((OWN_NODE, BACKWARD), "error", "error"),
    "backward borrowed": ((NODE, 'backward = workshop.borrow("backward")'), "pass", "borrowed"),
    "backward missing": ((NODE,), "unattempted", "unattempted"),
    "backward not attempted": ((NODE, STUB), "unattempted", "unattempted"),
    "backward wrong": ((NODE, "def backward(node):\n    node.grad = 1.0"), "fail", "fail"),
}
FAST = ("a pair of one's own",)


@pytest.mark.parametrize("case", [c if c in FAST else pytest.param(c, marks=pytest.mark.slow) for c in CASES])
def test_each_gets_its_row(case, tmp_path):
    cells, node, backward = CASES[case]
    path = write_notebook(tmp_path / "session_2.ipynb", "import math\nimport workshop", *cells)
    with Grader("ann", path) as grader:
        rows = {row.exercise: row for row in grader.rows() if row.exercise in ("Node", "backward")}
    assert {name: row.verdict for name, row in rows.items()} == {"Node": node, "backward": backward}
    if case == "backward missing":
        assert "graded together with backward" in rows["Node"].message
    if case == "backward wrong":
        assert "checked together" in rows["Node"].message + rows["Node"].counterexample
