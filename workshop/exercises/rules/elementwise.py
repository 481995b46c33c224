"""Rules about functions of arrays that are called in a special way: far out, or on each device."""

from workshop.exercises.compare import Difference, compare
from workshop.exercises.rules.registry import rule


def the_numbers(value):
    return value["value"]


@rule("the numbers, and that NumPy does not warn on the way to them", shown=the_numbers)
def within_the_range(arguments, value, expected):
    """The numbers first; then no warning may have come on the way to them."""
    difference = compare(expected["value"], value["value"])
    if difference or not value["overflow"]:
        return difference
    return Difference(f"is right, but NumPy warns on the way: {value['overflow']}")


def result_on_cpu(value):
    return value["on_cpu"]


@rule("the numbers, and that an array stays on its device", shown=result_on_cpu)
def on_each_device(arguments, value, expected):
    """A worker may not reach the GPU that the judge has, so the judge asks for no result of its own there."""
    difference = compare(expected["on_cpu"], value["on_cpu"])
    if difference or value["on_gpu"] is None:
        return difference
    if not value["on_gpu"]["is_on_gpu"]:
        return Difference("leaves the GPU: a CuPy array should come back as one. Use `xp = get_array_module(x)`")
    difference = compare(expected["on_cpu"], value["on_gpu"]["value"])
    return difference and Difference(difference.sentence, f"on the GPU, {difference.where}")
