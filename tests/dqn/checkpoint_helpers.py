"""What the tests of checkpoints share."""

import hashlib
import json

import numpy as np


def state_of(step, size=1000):
    """A small state that belongs to this step alone; every bit of it follows from the step."""
    rng = np.random.default_rng(step)
    return {"step": step, "weights": rng.standard_normal(size).astype(np.float32), "emulator": rng.bytes(200)}


def flip(path, bit):
    """In place: many file systems wait for the disk where a file is written anew."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(bit // 8)
        [byte] = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def resign(manifest, change):
    """Change a manifest's first two lines, and make its checksum right again."""
    header, tree = map(json.loads, manifest.read_text().splitlines()[:2])
    content = "".join(json.dumps(line) + "\n" for line in change(header, tree)).encode()
    manifest.write_bytes(content + json.dumps(hashlib.sha256(content).hexdigest()).encode() + b"\n")
