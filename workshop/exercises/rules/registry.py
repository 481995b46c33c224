"""Rules by name, and what a rule demands of one value."""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Demand = namedtuple("Demand", ["rule", "facts"])
Demand.__doc__ = "The name of a rule, and its facts: a dict of plain data, the rule's arguments after the value."


@dataclass(frozen=True)
class Rule:
    """A judge that knows no answer.

    Attributes:
        judge: (arguments, value, **facts) -> `Difference` or None.
        words: what of an answer it looks at, for the people whose answers are looked at.
        shown: (value) -> what of it the reader sees.
    """

    judge: Callable
    words: str
    shown: Callable[[Any], Any]


RULES = {}


def itself(value):
    """The usual thing to show of a value."""
    return value


def rule(words, shown=itself):
    """Make a judge known by its name, with the words for it and what it shows of a value (see `Rule`)."""

    def known(judge):
        RULES[judge.__name__] = Rule(judge, words, shown)
        return judge

    return known


def rule_of(judge):
    """The name under which a judge is known as a rule, or None: then it may hold answers, and stays with the kit."""
    name = getattr(judge, "__name__", "")
    return name if name in RULES and RULES[name].judge is judge else None
