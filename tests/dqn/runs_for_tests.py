"""Small trainings on real Pong, which take a second or two, and what compares them."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from workshop.dqn.presets import PRESETS

ROOT = Path(__file__).resolve().parents[2]

CHANGES = {
    "frame_shape": (20, 20),
    "max_frames": 400,
    "environments": 2,
    "replay_capacity": 600,
    "n_step": 2,
    "batch_size": 8,
    "steps_per_update": 4,
    "learning_starts": 100,
    "target_sync_updates": 20,
    "epsilon_decay_steps": 500,
    "steps": 800,
}
SMALL = dataclasses.replace(PRESETS["nips2013"], **CHANGES)
OPTIONS = ["--preset", "nips2013", "--evaluate-episodes", "1", "--evaluate-minutes", "60"]
OPTIONS += [f"--set={name}={json.dumps(value)}" for name, value in CHANGES.items()]


def environment():
    """What a command is started with: one thread, so that it need not begin anew to have it."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, **dict.fromkeys(names, "1"), "PYTHONPATH": path}


def start(*arguments, **kwargs):
    """`workshop` with these arguments, in a process of its own; its two outputs come as one text."""
    command = [sys.executable, "-m", "workshop", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), **kwargs
    )


def differences(one, other, path="state"):
    """The places where two states differ in type or in any bit, a list of texts."""
    if type(one) is not type(other):
        return [f"{path}: {type(one)} and {type(other)}"]
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [f"{path}: {sorted(one.keys() ^ other.keys())}"]
        return [text for key in one for text in differences(one[key], other[key], f"{path}.{key}")]
    if isinstance(one, (list, tuple)):
        if len(one) != len(other):
            return [f"{path}: {len(one)} and {len(other)} long"]
        pairs = enumerate(zip(one, other, strict=True))
        return [text for i, pair in pairs for text in differences(*pair, f"{path}[{i}]")]
    if isinstance(one, np.ndarray):
        same = (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    else:
        same = one == other
    return [] if same else [path]
