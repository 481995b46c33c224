"""Scores that papers published, to put beside one's own, each with the protocol that it was measured by."""

from typing import NamedTuple


class Published(NamedTuple):
    """A row: the mean scores of a random player, a human and DQN, and where they stand."""

    random: float
    human: float
    dqn: str
    source: str


NATURE = "Mnih et al. 2015, Extended Data Table 2 (30 episodes of up to 5 minutes, ε 0.05, up to 30 no-ops)"
NIPS = "Mnih et al. 2013, Table 1 (ε 0.05)"

PUBLISHED = {
    "pong": (
        Published(-20.7, 9.3, "18.9 ± 1.3", NATURE),
        Published(-20.4, -3.0, "20 (best 21)", NIPS),
    ),
    "breakout": (
        Published(1.7, 31.8, "401.2 ± 26.9", NATURE),
        Published(1.2, 31.0, "168 (best 225)", NIPS),
    ),
}
