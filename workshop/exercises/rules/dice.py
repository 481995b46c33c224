"""The rule about actions that come by chance."""

import numpy as np

from workshop.exercises.compare import Difference, kind_of
from workshop.exercises.rules.registry import rule


def shown_dice(value):
    """What the reader sees of many draws."""
    return value["no_action"] if value["counts"] is None else {"times of each action": value["counts"]}


def fault_of_dice(value, n_actions):
    """1.9: something came that is no action, or not all randomness came from `rng`. A `Difference` or None."""
    if value["counts"] is None:
        action = value["no_action"]
        if isinstance(action, (int, np.integer)) and not isinstance(action, bool):
            return Difference(f"there is no action {action}: they are numbered from 0 to {n_actions - 1}")
        return Difference(f"the action should be an int; it is {kind_of(action)}")
    if not value["is_repeatable"]:
        return Difference(
            "two runs with the same rng give different actions: take all randomness from `rng`, such as rng.random() "
            "and rng.integers(n), and none from np.random or random"
        )
    return None


@rule("how often each action comes in many draws, and that all randomness comes from `rng`", shown=shown_dice)
def counted(arguments, value, lowest, highest):
    """1.9: how often each action may come."""
    fault = fault_of_dice(value, len(lowest))
    if fault:
        return fault
    for action, (count, low, high) in enumerate(zip(value["counts"], lowest, highest)):
        if not low <= count <= high:
            right = f"come {low} to {high} times" if high else "never come"
            return Difference(f"action {action} came {count} times in {sum(value['counts'])} draws; it should {right}")
    return None
