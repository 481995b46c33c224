"""The agents that come with the kit as players, which act and cannot learn: NumPy and nothing of the engine.

`workshop.dqn.agent_files.pretrained` gives the same agents with everything that learning needs. The notebooks take this, as
the bundle for a marked course has no engine: that holds answers.
"""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
STRIDES = {"Laptop": (4, 2), "NIPS2013": (4, 2), "Nature2015": (4, 2, 1)}
FIVE_MINUTES = 5 * 60 * 60  # frames of the emulator


class Player:
    """A trained network and what it plays by.

    Attributes:
        game: str. actions: tuple of str, what its actions do.
        rules: dict, arguments of `VectorAtari`, and "stack".
        card: dict, how it was made.
    """

    def __init__(self, card, parameters, actions):
        self.card, self.game, self.actions = card, card["game"], actions
        self._parameters, self._strides = parameters, STRIDES[card["settings"]["network"]]
        settings = card["settings"]
        names = ("stack", "frame_shape", "crop", "contrast", "frame_skip", "noop_max", "press_fire", "actions")
        self.rules = {name: settings[name] for name in names}
        sticky = "repeat_action_probability"
        self.rules[sticky] = settings.get(sticky, 0.0)  # older cards do not say it
        self.rules["max_frames"] = min(FIVE_MINUTES, settings["max_frames"])

    def q_values(self, states):
        """Q(s, ·) of each state: (B, stack, H, W) uint8 to (B, A) float32."""
        layer = self._parameters
        h = states * np.float32(1 / 255)
        for number, stride in enumerate(self._strides):
            filters, biases = layer[f"convolutions/{number}/W"], layer[f"convolutions/{number}/b"]
            patches = np.lib.stride_tricks.sliding_window_view(h, filters.shape[2:], axis=(2, 3))
            sums = np.tensordot(patches[:, :, ::stride, ::stride], filters, ([1, 4, 5], [1, 2, 3]))
            h = (sums + biases).clip(0).transpose(0, 3, 1, 2)
        h = (h.reshape(len(h), -1) @ layer["fc/W"].T + layer["fc/b"]).clip(0)
        return h @ layer["out/W"].T + layer["out/b"]


def load_player(game):
    """The kit's agent for a game ("pong"), a `Player`. Raises FileNotFoundError where there is none."""
    from workshop.atari.vector import VectorAtari

    card = json.loads((FOLDER / f"{game}.json").read_text(encoding="utf-8"))
    with np.load(FOLDER / f"{game}.npz", allow_pickle=False) as arrays:
        parameters = dict(arrays)
    with VectorAtari(game, 1, seed=0, workers=0, actions=card["settings"]["actions"]) as env:
        return Player(card, parameters, env.action_meanings)
