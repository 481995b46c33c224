"""Judges that know no answer. They go with a bundle for a marked course; all others stay with the kit.

Such a judge is told what is demanded of one value (`Demand`): a result that was recorded, a return to reach, bounds for
counts. It holds neither the reference nor a known mistake, and nothing from which the right value could be read.
"""

from workshop.exercises.rules import chains, dice, elementwise, episodes, graphs, pictures, tables, values
from workshop.exercises.rules.registry import RULES, Demand, rule_of

__all__ = [
    "RULES",
    "Demand",
    "chains",
    "dice",
    "elementwise",
    "episodes",
    "graphs",
    "pictures",
    "rule_of",
    "tables",
    "values",
]
