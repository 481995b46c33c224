"""Recorded curves of agents with one silent fault each, for exercise 3.15. `benchmarks/faulty_curves.py` trained them.

All play Catch in 6 rows and columns: a reward of 1 or −1 at the end, γ = 0.9, so that no return is above 1. Nothing of a
fault is in their code's messages: they run to the end, and do not learn, or not as they should.
"""

from pathlib import Path

import numpy as np

FAULTS = {
    "epsilon_never_falls": "ε stays at 1: every action is random to the end",
    "network_never_updated": "the gradients are computed, and the optimizer's update is never called",
    "target_never_synced": "the target network stays as it was before the first update",
    "terminated_ignored": "the targets bootstrap through the end, into the first state of the next episode",
    "reward_lost_at_the_end": "the reward of the last step of an episode is stored as 0",
    "learning_rate_too_high": "the learning rate of Adam is 1 instead of 0.002",
}
HEALTHY = "healthy"

CURVES = {
    "step": "agent steps so far",
    "loss": "mean loss of the updates since the point before",
    "q_mean": "mean over states of the memory of the largest Q-value, since the point before",
    "return": "mean return of the last 50 episodes",
    "epsilon": "ε at this step",
    "target_distance": "how far the parameters of the two networks are apart (Euclidean), at this step",
}
_RECORDED = Path(__file__).with_suffix(".npz")


def load(path=_RECORDED):
    """The curves of a file.

    Returns:
        {fault or "healthy": a list of agents, one for each seed}; an agent is a dict, the names in `CURVES` -> float32
        (T,), one value for each 80 steps.
    """
    agents = {}
    with np.load(path, allow_pickle=False) as arrays:
        for key, values in arrays.items():
            fault, seed, curve = key.split("/")
            agents.setdefault(fault, {}).setdefault(int(seed), {})[curve] = values
    return {fault: [by_seed[seed] for seed in sorted(by_seed)] for fault, by_seed in agents.items()}
