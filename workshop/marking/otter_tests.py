"""Write test files for Otter-Grader: one a name, which asks the kit's grader."""

from workshop.exercises.catalogue import EXERCISES
from workshop.marking.bundle_folder import write_folder

_TEST = """\
OK_FORMAT = False

from otter.test_files import test_case

name = "{name}"
points = {points}


@test_case()
def test_{name}():
    from workshop.grading.in_a_kernel import award

    award("{name}")
"""


def build_tests(folder):
    """Write the tests into a new or empty folder outside the kit. Returns the number of files. Raises `CannotBuild`."""
    return write_folder(folder, test_files)


def test_files():
    """Path below the folder -> bytes; each session has a folder of tests."""
    return {
        f"session_{exercise.session}/tests/{name}.py": _TEST.format(name=name, points=1 / len(exercise.names)).encode()
        for exercise in EXERCISES
        for name in exercise.names
    }
