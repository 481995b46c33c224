"""What an agent looks at: cover a patch of what it sees, and see how far its values move.

The idea is Zeiler and Fergus's ("Visualizing and Understanding Convolutional Networks", 2014, section 4.2: a grey square is
moved over the image); Greydanus and others did it to agents that play Atari ("Visualizing and Understanding Atari Agents",
2018, who blur where this covers).
"""

import numpy as np

BATCH = 256  # covered states in one pass


def occlusion(q_values, state, patch=5):
    """How far the values of a state move when a square of it is covered, for every place of the square.

    The square takes the grey of the background, the median of each frame, in all frames of the stack at once: a thing that
    is covered was never there.

    Args:
        q_values: (B, stack, H, W) uint8 to (B, A) floats; `Agent.q_values`.
        state: (stack, H, W) uint8.
        patch: int, the side of the square in pixels, at most H and W.

    Returns:
        (H, W) float32: for each pixel the mean, over all squares that cover it, of the largest |change of Q| of an action.
    """
    height, width = state.shape[1:]
    background = np.median(state, axis=(1, 2)).astype(np.uint8)[:, None, None]
    corners = [(row, col) for row in range(height - patch + 1) for col in range(width - patch + 1)]
    before = q_values(state[None])[0]
    total, count = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for first in range(0, len(corners), BATCH):
        chunk = corners[first : first + BATCH]
        covered = np.repeat(state[None], len(chunk), axis=0)
        for number, (row, col) in enumerate(chunk):
            covered[number, :, row : row + patch, col : col + patch] = background
        moved = np.abs(q_values(covered) - before).max(axis=1)
        for (row, col), change in zip(chunk, moved):
            total[row : row + patch, col : col + patch] += change
            count[row : row + patch, col : col + patch] += 1
    return total / count
