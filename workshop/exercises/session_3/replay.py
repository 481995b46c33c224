"""3.3: the replay memory, judged against a list that forgets, and its dice by how often each transition comes."""

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, compare, kind_of
from workshop.exercises.drivers.memories import numbered_transition
from workshop.exercises.exercise import Exercise, Part
from workshop.exercises.plain import Record
from workshop.exercises.session_1.exploration import divergence
from workshop.exercises.session_3.replay_mistakes import MISTAKES
from workshop.transition import Transition

_TIMES = 300

# Chernoff, as in 1.9: a count k of n draws with probability p is refused when n · KL(k / n ‖ p) > 20, which happens to a
# right answer with probability 2e-9 at most on each side. Without replacement the rows of a batch are negatively
# associated, and the bound holds all the same. A check counts 5 + 6 and 6 + 10 things on two sides: 1e-7 in all.
_LIMIT = 20


def held_after(capacity, operations):
    """The numbers of the transitions in the memory after each operation, oldest first: a memory without arrays."""
    held, n_added, history = [], 0, []
    for name, size, *_ in operations:
        if name == "add":
            held = [*held, *range(n_added, n_added + size)][-capacity:]
            n_added += size
        history.append(held)
    return history


def _judge(arguments, value, expected):
    capacity, operations, _ = arguments
    history = held_after(capacity, operations)
    for number, (operation, held) in enumerate(zip(operations, history)):
        difference = _about_length(held, value["lengths"][number])
        if not difference and operation[0] != "add":
            difference = _about_sample(operation, held, value["results"][number])
        if difference:
            return Difference(difference.sentence, f"after {_in_words(operations[: number + 1])}:")
    if not value["is_repeatable"]:
        return Difference("two samples with the same rng differ: take all randomness from `rng`")
    return None


def _about_length(held, length):
    difference = compare(len(held), length)
    return difference and Difference(f"len(memory) {difference.sentence}")


def _about_sample(operation, held, result):
    size = operation[1]
    if size > len(held):
        if "error" in result:
            return None
        return Difference(
            f"sample({size}, rng) should raise a ValueError, since the memory holds {len(held)} transitions"
        )
    if "error" in result:
        return Difference(f"sample({size}, rng) raises ValueError: {result['error']}")
    return (
        _about_batch(size, result["batch"])
        or _about_rows(result["batch"])
        or _about_members(held, result["seen"])
        or ("numbers" in result and _about_counts(held, result["numbers"]))
        or None
    )


def _about_batch(size, batch):
    if not isinstance(batch, Record) or batch.fields != Transition._fields:
        what = f"a {batch.type} of {', '.join(batch.fields)}" if isinstance(batch, Record) else kind_of(batch)
        return Difference(f"sample({size}, rng) should return a Transition of five arrays; it returns {what}")
    right = numbered_transition(0)
    for field, one, array in zip(batch.fields, right, batch.values):
        column = np.array([one] * size)
        difference = compare(column, array, dtype="uint8" if field.endswith("state") else None)
        if difference and difference.where == "":
            return Difference(f"sample({size}, rng).{field} {difference.sentence}")
    return None


def _about_rows(batch):
    for row in range(len(batch.values[0])):
        number = int(batch.values[0][row].flat[0])
        for field, right, array in zip(batch.fields, numbered_transition(number), batch.values):
            difference = compare(np.asarray(right), np.asarray(array[row]))
            if difference:
                return Difference(
                    f"row {row} of a sample has the state of transition {number}, but another {field}: it "
                    f"{difference.sentence}"
                )
    return None


def _about_members(held, seen):
    strange = [int(number) for number in seen if number not in held]
    if strange:
        return Difference(f"samples hold the transitions {strange}, and the memory should hold {held}")
    return None


def _about_counts(held, numbers):
    times, size = numbers.shape
    for number in held:
        count = int((numbers == number).sum())
        if times * size * divergence(count / (times * size), 1 / len(held)) > _LIMIT:
            return Difference(
                f"transition {number} came {count} times in {times} samples of {size}; all {len(held)} should come alike, "
                f"about {times * size / len(held):.0f} times"
            )
    pairs = np.sort(numbers[:, :2], axis=1)
    n_same = int((pairs[:, 0] == pairs[:, 1]).sum())
    if n_same / times > 1 / len(held) and times * divergence(n_same / times, 1 / len(held)) > _LIMIT:
        return Difference(
            f"in {n_same} of {times} samples the first two rows are the same transition; that should be rare: draw each "
            "row by itself"
        )
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    for pair in combinations(held, 2):
        count, share = int((pairs == pair).all(axis=1).sum()), 2 / (len(held) * (len(held) - 1))
        if len(pairs) and len(pairs) * divergence(count / len(pairs), share) > _LIMIT:
            return Difference(
                f"transitions {pair[0]} and {pair[1]} came together {count} times in {times} samples; every pair should "
                f"come alike, about {len(pairs) * share:.0f} times: draw each row by itself"
            )
    return None


def _in_words(operations):
    words = {"add": "{} more", "sample": "sample({}, rng)", "count": "sample({}, rng), {} times"}
    return ", ".join(words[name].format(*rest) for name, *rest in operations)


def _same_behaviour(value, other):
    """The same lengths and errors, batches of the same make, and shares that differ by less than 0.16."""
    if any(value[key] != other[key] for key in ("lengths", "is_repeatable")):
        return False
    return all(_alike(*results) for results in zip(value["results"], other["results"]))


def _alike(result, other):
    if result is None or result.keys() != other.keys():
        return result == other
    if "error" in result:
        return True
    if "numbers" in result:
        mine, theirs = (_shares(of["numbers"]) for of in (result, other))
        if any(abs(mine.get(key, 0) - theirs.get(key, 0)) > 0.16 for key in {*mine, *theirs}):
            return False
    return result.get("seen") == other.get("seen") and _make_of(result["batch"]) == _make_of(other["batch"])


def _shares(numbers):
    """How often each transition came, and how far apart in number the first two of a batch were."""
    apart = np.abs(np.diff(numbers[:, :2], axis=1)).ravel()
    seen = [("number", n) for n in numbers.ravel()], [("apart", n) for n in apart]
    return {key: keys.count(key) / len(keys) for keys in seen for key in set(keys)}


def _make_of(batch):
    """What a batch is made of, and whether its rows hang together."""
    if not isinstance(batch, Record):
        return kind_of(batch)
    kinds = [kind_of(array) for array in batch.values]
    if batch.fields != Transition._fields or not all(isinstance(array, np.ndarray) for array in batch.values):
        return kinds
    if any(len(array) != len(batch.values[0]) for array in batch.values):
        return kinds
    is_whole = [
        bool(np.all(array[row] == one)) if array[row].shape == np.shape(one) else False
        for row in range(len(batch.values[0]))
        for array, one in zip(batch.values, numbered_transition(int(np.ravel(batch.values[0][row])[0])))
    ]
    return kinds, all(is_whole)


def _describe(name, arguments):
    capacity, operations, _ = arguments
    return f"memory = {name}({capacity}); transitions are added and sampled: {_in_words(operations)}"


def _shown(value):
    last = value["results"][-1] or {}
    return {"len": value["lengths"], **{key: last[key] for key in ("batch", "error") if key in last}}


def _filled(capacity, added, size):
    return capacity, [("add", added), ("count", size, _TIMES)], 1


_operations = st.lists(
    st.tuples(st.just("add"), st.integers(1, 7)) | st.tuples(st.just("sample"), st.integers(1, 4)),
    min_size=1,
    max_size=5,
)

ReplayMemory = Part(
    name="ReplayMemory",
    parameters=("capacity", "operations", "seed"),
    driver="use_memory",
    judge=_judge,
    agrees=_same_behaviour,
    describe=_describe,
    shown=_shown,
    examples=(
        (3, [("add", 1), ("sample", 1)], 1),
        _filled(4, 6, 2),
        (3, [("add", 3), ("sample", 3), ("sample", 4)], 1),
        (3, [("add", 5), ("sample", 2), ("add", 2), ("sample", 2)], 2),
        (5, [("add", 2), ("sample", 3), ("add", 1), ("sample", 3)], 3),
        (1, [("add", 3), ("sample", 1), ("sample", 2)], 4),
        (4, [("sample", 1)], 5),
        _filled(8, 5, 2),
    ),
    cases=st.tuples(st.integers(1, 5), _operations, st.integers(0, 9)),
    needs_reference=False,
    examples_per_check=40,
    mistakes=MISTAKES,
    hints=(
        "A list and a counter are enough. Into which slot does transition number n go, when there are `capacity` of them?",
        (
            "Slot n % capacity: append while the list is short, replace after that. `rng.integers(len(self), "
            "size=batch_size)` draws the rows."
        ),
        (
            "The batch: `rows = [self.transitions[i] for i in indices]`, then `Transition(*map(np.array, zip(*rows)))`. "
            "Before that: `if batch_size > len(self): raise ValueError(…)`."
        ),
    ),
    explanation=(
        "Counted modulo the capacity, the slots are used in turn, so the one that is overwritten is the oldest. A uniform "
        "draw breaks up the order in time: the rows of a batch come from different games and places, and old experience is "
        "learned from again and again. zip(*rows) turns a list of transitions into five columns."
    ),
)

EXERCISES = (Exercise("3.3", "Replay memory", 6, (ReplayMemory,)),)
