"""A machine without a C compiler runs the tests of what it has: the NumPy path."""

from workshop.nn import kernels


def pytest_collection_modifyitems(config, items):
    if kernels.compiler() is None:
        left_out = [item for item in items if item.get_closest_marker("compiler")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
