"""For marked courses: a bundle of the kit without answers, and what nbgrader, Gradescope and Otter need to mark with it."""

import importlib


class CannotBuild(ValueError):
    """What was asked for cannot be made, or not there; the text says why."""


# Purpose -> (module, function that writes it to a path, what to say afterwards).
_PURPOSES = {
    "marking": ("bundle_folder", "build_bundle", "Give the folder to your course, and keep this kit for grading."),
    "nbgrader": ("nbgrader_course", "build_course", "Go on there with: nbgrader generate_assignment session_1"),
    "gradescope": ("autograder", "build_autograder", "Upload it as the autograder of a programming assignment."),
    "otter": ("otter_tests", "build_tests", "Go on there with: otter generate -t session_1/tests"),
}


def build_for(purpose, target):
    """Write what a marked course needs to a path, and return what to tell the instructor. Raises `CannotBuild`.

    Args:
        purpose: "marking", "nbgrader", "gradescope" or "otter".
        target: Path.
    """
    module, function, then = _PURPOSES[purpose]
    count = getattr(importlib.import_module(f"workshop.marking.{module}"), function)(target)
    return f"wrote {count} files into {target}. {then}"
