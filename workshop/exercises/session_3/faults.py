"""3.15: six agents with one silent fault each, to be told from their curves.

The curves are recordings (see `workshop.dqn.faulty_curves`): a check shows those of the notebook, grading adds agents of
other seeds. What is right is known from the recording, not from the reference.
"""

from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from workshop.dqn.faulty_curves import CURVES, FAULTS, load
from workshop.exercises.compare import Difference, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.show import show

_SHOWN = load()
# In a folder of its own: a bundle for a marked course takes the data that lies beside its modules.
_HELD_OUT = load(Path(__file__).parent / "held_out" / "curves.npz")


def _agents(recorded):
    """The faulty agents of a file, seed by seed, as (fault, curves)."""
    return [
        (fault, curves) for agents in zip(*(zip([f] * 99, recorded[f]) for f in FAULTS)) for fault, curves in agents
    ]


def _key(curves):
    return b"".join(np.asarray(curves[name]).tobytes() for name in ("loss", "return"))


_FAULT_OF = {_key(curves): fault for recorded in (_SHOWN, _HELD_OUT) for fault, curves in _agents(recorded)}


def _judge(arguments, value, expected):
    (curves,) = arguments
    right = _FAULT_OF[_key(curves)]
    if not isinstance(value, str):
        return Difference(f"should be a string, one of the six names; it is {kind_of(value)}")
    if value not in FAULTS:
        return Difference(f"there is no fault named {show(value)}; there are: {', '.join(FAULTS)}")
    return None if value == right else Difference(f"this agent's fault is {right}; it says {value}")


def _describe(name, arguments):
    (curves,) = arguments
    ends = {curve: f"{curves[curve][0]:.3g} … {curves[curve][-1]:.3g}" for curve in CURVES if curve != "step"}
    return f"{name}(curves), which begin and end so: {', '.join(f'{curve} {text}' for curve, text in ends.items())}"


def _tail(curve):
    """The mean of the last quarter."""
    return float(np.mean(curve[-(len(curve) // 4) :]))


def _right(curves):
    if curves["epsilon"][-1] > 0.5:
        return "epsilon_never_falls"
    if curves["target_distance"].max() == 0:
        return "network_never_updated"
    if curves["target_distance"].min() > 0:
        return "target_never_synced"
    if _tail(curves["loss"]) > 0.05:
        return "learning_rate_too_high"
    return "terminated_ignored" if _tail(curves["q_mean"]) > 1 else "reward_lost_at_the_end"


def _taking(one, for_another):
    """Right, but for one fault, which is taken for another."""

    def name(curves):
        found = _right(curves)
        return for_another if found == one else found

    return name


def _always_epsilon(curves):
    return "epsilon_never_falls"


def _by_the_return(curves):
    best = _tail(curves["return"])
    return "terminated_ignored" if best > 0.5 else "target_never_synced" if best > -0.3 else "epsilon_never_falls"


def _number_of_the_fault(curves):
    return list(FAULTS).index(_right(curves))


def _in_other_words(curves):
    return _right(curves).replace("_", " ")


def _all_that_may_be(curves):
    return [_right(curves)]


def _its_explanation(curves):
    return FAULTS[_right(curves)]


def _nothing_when_unsure(curves):
    found = _right(curves)
    return found if found in ("epsilon_never_falls", "network_never_updated") else None


def _sorts(curves):
    found = _right(curves)
    curves["return"].sort()
    return found


find_the_bug = Part(
    name="find_the_bug",
    parameters=("curves",),
    judge=_judge,
    demand=lambda arguments, expected: demand_equal(arguments, _FAULT_OF[_key(*arguments)]),
    describe=_describe,
    examples=tuple((curves,) for _, curves in _agents(_SHOWN)),
    thorough=tuple((curves,) for _, curves in _agents(_HELD_OUT)),
    cases=st.sampled_from([(curves,) for _, curves in _agents(_SHOWN)[: len(FAULTS)]]),
    needs_reference=False,
    examples_per_check=1,
    mistakes=(
        Mistake("It always gives the same answer. Look at `curves`: the six agents differ.", _always_epsilon),
        Mistake(
            "The return alone cannot tell them apart: most of them fail. Loss, Q-values, ε and the distance of the target "
            "network say how.",
            _by_the_return,
        ),
        Mistake(
            "An agent whose ε never falls is not recognised. Its network learns well; it just never gets to act.",
            _taking("epsilon_never_falls", "reward_lost_at_the_end"),
        ),
        Mistake(
            "A network that is never updated is taken for a target network that is never synced. Where nothing changes, "
            "the distance is 0 from beginning to end; where nothing is synced, it is never 0.",
            _taking("network_never_updated", "target_never_synced"),
        ),
        Mistake(
            "A target network that is never synced is taken for one whose agent is not updated. Its distance grows and "
            "grows, and never comes back to 0.",
            _taking("target_never_synced", "network_never_updated"),
        ),
        Mistake(
            "Q-values above 1 are no sign of a high learning rate. No return in Catch is more than 1, so something is "
            "added behind the end: the terminal state is bootstrapped through.",
            _taking("terminated_ignored", "learning_rate_too_high"),
        ),
        Mistake(
            "A learning rate that is too high is taken for a lost reward. Where there is nothing to predict, the loss goes "
            "to 0; where every step goes too far, it never does.",
            _taking("learning_rate_too_high", "reward_lost_at_the_end"),
        ),
        Mistake(
            "A lost reward is taken for an agent that does not learn. It learns: its loss and its Q-values go to 0, since "
            "no reward ever comes.",
            _taking("reward_lost_at_the_end", "network_never_updated"),
        ),
        Mistake("This is the number of the fault. Return its name.", _number_of_the_fault),
        Mistake(
            "The name is written with blanks. Return it as it stands in the table, with underscores.", _in_other_words
        ),
        Mistake("This is a list. Commit yourself: return one name.", _all_that_may_be),
        Mistake("This is the description of the fault. Return its name.", _its_explanation),
        Mistake("Some agents get None. Return one of the six names for every agent.", _nothing_when_unsure),
        Mistake("This sorts a curve in place, and its story is gone. Use np.sort, which makes a copy.", _sorts),
    ),
    hints=(
        "Draw all six agents beside the healthy one. For each of them: which curve could never look like this otherwise?",
        (
            "Two are in a curve of their own: ε, and the distance of the target network (always 0? never 0?). Then the "
            "loss: whose does not come down? And Q: what is the largest return that there is in Catch?"
        ),
        (
            'One `if` after the other: `curves["epsilon"][-1] > 0.5`, `curves["target_distance"].max() == 0`, '
            '`curves["target_distance"].min() > 0`, then the mean of the last quarter of `curves["loss"]` above 0.05, then '
            'that of `curves["q_mean"]` above 1. One name is left.'
        ),
    ),
    explanation=(
        "Each rule is a thing that cannot be otherwise: a synced copy has distance 0 right after the sync, a frozen "
        "network always has it, and no Q-value may stay above the largest return. The order matters: a learning rate that "
        "is too high can drive Q anywhere, so the loss is asked first. Log these curves in your own runs."
    ),
)

EXERCISES = (Exercise("3.15", "Find the bug", 8, (find_the_bug,), is_stretch=True),)
