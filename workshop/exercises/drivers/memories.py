"""A driver for answers that remember transitions."""

import numpy as np

from workshop.exercises.drivers.registry import driver
from workshop.transition import Transition

_REPEATED = 20
_LOOKS = 60  # one of five transitions is missed in so many with probability 2e-6


def numbered_transition(number):
    """The transition with this number, from 0 to 155: every field tells which one it is."""
    state, next_state = (np.full((2, 2), of_pixels, np.uint8) for of_pixels in (number, number + 100))
    return Transition(state, number % 3, number + 0.25, next_state, number % 4 == 3)


def _numbers(memory, size, times, rng):
    """Int array (times, size): the numbers of the transitions in so many batches."""
    return np.array([np.floor(memory.sample(size, rng).reward).astype(int) for _ in range(times)])


@driver
def use_memory(answer, capacity, operations, seed):
    """3.3: what came of each operation, and the length after it.

    Args:
        operations: ("add", how many), the transitions being numbered from 0 on; ("sample", batch size); ("count", batch
            size, how often): that many batches, given as an int array (how often, batch size) of their numbers.

    Returns:
        A dict: results, a list of None, {"error"} or {"batch", "seen", "numbers"}, of which "seen" are the numbers that
        came in some batches more; is_repeatable, whether the first of the batches that were counted came again with the
        same seed; lengths.
    """
    memory, n_added = answer(capacity), 0
    results, lengths, is_repeatable = [], [], True
    for name, size, *rest in operations:
        result = None
        if name == "add":
            for number in range(n_added, n_added + size):
                memory.add(numbered_transition(number))
            n_added += size
        else:
            rng = np.random.default_rng(seed)
            try:
                batch = memory.sample(size, rng)
                result = {"batch": batch}
                if hasattr(batch, "reward"):
                    result["seen"] = sorted(set(_numbers(memory, size, _LOOKS, rng).flat))
                if hasattr(batch, "reward") and name == "count":
                    numbers, again = (
                        _numbers(memory, size, times, np.random.default_rng(seed)) for times in (*rest, _REPEATED)
                    )
                    result["numbers"], is_repeatable = numbers, np.array_equal(again, numbers[:_REPEATED])
            except ValueError as error:
                result = {"error": str(error)}
        results.append(result)
        lengths.append(len(memory))
    return {"results": results, "lengths": lengths, "is_repeatable": is_repeatable}
