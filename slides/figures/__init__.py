"""The pictures and films of the slides, all made by the kit: `picture(name)`.

A function with `@shown` in one of the modules of this folder draws the picture of its name; the picture says in its text
alternative what it shows, with its numbers.
"""

import functools
import importlib

MODULES = ("session_1", "learning", "session_2", "session_3", "later", "closing", "films")
_DRAW = {}


class UnknownPicture(LookupError):
    """No picture has this name."""


def shown(draw):
    """Decorator: `draw` makes the picture, or the film, of its name."""
    _DRAW[draw.__name__] = functools.cache(draw)
    return _DRAW[draw.__name__]


def names():
    """The names of all pictures and films."""
    for module in MODULES:
        importlib.import_module(f"slides.figures.{module}")
    return sorted(_DRAW)


def picture(name):
    """The `workshop.plots.Picture`, or the `Film`, of this name. Raises UnknownPicture."""
    if name not in names():
        raise UnknownPicture(f"no picture is called {name!r}; there are: {', '.join(names())}")
    return _DRAW[name]()
