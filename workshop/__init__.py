"""Playing Atari with deep RL: the helper package of the workshop."""

import importlib

from workshop import compat

compat.apply()

__version__ = "0.1.0"

# Loaded when first used: gym imports this package as a plugin, and must not import the whole kit with it.
__all__ = ["Transition", "borrow", "check", "hint", "progress", "solution"]


def __getattr__(name):
    if name in __all__:
        module = "workshop.transition" if name == "Transition" else "workshop.exercises"
        return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'workshop' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
