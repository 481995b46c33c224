"""How often the agent acts at random."""


def epsilon_at(step, start, end, decay_steps):
    """The share of random actions at an agent step: linear from `start` to `end`, then flat (Mnih et al. 2015, Methods).

    The decay is a number of steps and no fraction of the whole run: a longer run does not explore differently.

    Args:
        step: int, agent steps so far (one step is `frame_skip` frames of the emulator).
        start, end: floats in [0, 1].
        decay_steps: int > 0, the step at which `end` is reached.
    """
    done = min(max(step / decay_steps, 0.0), 1.0)
    return start + (end - start) * done
