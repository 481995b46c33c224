"""Drivers by name: a name is all that the grader sends of them."""

DRIVERS = {}


def driver(function):
    """Make a function known by its name."""
    DRIVERS[function.__name__] = function
    return function
