"""One step of an agent's life, the record that every learning rule of the kit is fed with."""

from collections import namedtuple

Transition = namedtuple("Transition", ["state", "action", "reward", "next_state", "terminated"])
Transition.__doc__ = """(state, action, reward, next_state, terminated): what happened in one step.

`reward` arrives with the step that earned it: r_t follows a_t. `terminated` is the end of the task; a step that the
clock cut off (`truncated`) has `terminated` False, because the task would have gone on.
"""
