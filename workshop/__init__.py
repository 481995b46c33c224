"""Playing Atari with deep RL: the helper package of the workshop."""

import importlib

from workshop import compat

compat.apply()

__version__ = "0.1.0"

# Loaded when first used: gym imports this package as a plugin, and must not import the whole kit with it.
_LAZY = {
    "Transition": "workshop.transition",
    "check": "workshop.exercises",
    "hint": "workshop.exercises",
    "solution": "workshop.exercises",
    "borrow": "workshop.exercises",
    "progress": "workshop.exercises",
}
__all__ = sorted(_LAZY)


def __getattr__(name):
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'workshop' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_LAZY])
