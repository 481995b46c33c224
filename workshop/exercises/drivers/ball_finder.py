"""A driver for 2.13: a chain is made, looked at, and trained on pictures that know where their ball is."""

import numpy as np

from workshop.exercises.drivers.registry import driver

BATCH = 32
LEARNING_RATE = 1e-3
TRAINING_PICTURES, NEW_PICTURES = 5000, 500
LOOKS_AFTER = (
    1800,
    2100,
    2400,
    2700,
    3000,
)  # updates; the last comes after a minute for the usual network, on one core
_DRAWN_PICTURES, _DRAWN_UPDATES, _DRAWN_LEARNING_RATE = 8, 20, 4e-3  # a fifth of a second for the usual network


@driver
def find_the_ball(answer, pictures, seed):
    """2.13: what becomes of `answer()` on pictures that are "drawn" (a look at it) or of "Pong" (a training)."""
    model = _made(answer, seed)
    return _looked_at(model, seed) if pictures == "drawn" else _trained(model, seed)


def as_inputs(frames):
    """uint8 (N, 84, 84) as float32 (N, 1, 84, 84) in [0, 1]."""
    return (frames.astype(np.float32) / 255)[:, np.newaxis]


def _looked_at(model, seed):
    """What a chain makes of a few drawn pictures, and whether a fifth of a second of training moves it.

    Reported are facts about its parameters and its output; and where it is a chain that gives rows and columns: how many
    parameters a gradient does not reach, its answers for a ball in each of four places, and its losses, as a share of
    what the answer (0, 0) costs.
    """
    import chainer

    rng = np.random.default_rng(seed)
    pictures, places = _drawn_pictures(rng.integers(12, 70, (_DRAWN_PICTURES, 2)))
    output = model(pictures[:2])
    is_chain, is_variable = isinstance(model, chainer.Chain), isinstance(output, chainer.Variable)
    report = {
        "is_chain": is_chain,
        "is_variable": is_variable,
        "shape": tuple(output.shape) if is_variable else None,
        "parameters": len(list(model.params())) if is_chain else 0,
    }
    if report["shape"] != (2, 2) or report["parameters"] == 0:
        return report
    four_places, _ = _drawn_pictures(np.array([(20, 20), (20, 60), (60, 20), (60, 60)]))
    answers = model(four_places).array
    losses, without_gradient = [], []
    optimizer = chainer.optimizers.Adam(_DRAWN_LEARNING_RATE).setup(model)
    for update in range(_DRAWN_UPDATES):
        half = slice(update % 2, None, 2)
        losses.append(_step(model, optimizer, pictures[half], places[half]) / float(np.mean(places[half] ** 2)))
        without_gradient.append(sum(not _has_gradient(parameter) for parameter in model.params()))
    return {**report, "without_gradient": min(without_gradient), "answers": answers, "losses": losses}


def _trained(model, seed):
    """Where the ball is in 500 new pictures of Pong, says the chain, five times towards the end of its training on 5,000.

    Returns:
        (5, 500, 2) floats, if the chain gives two of them for each picture.
    """
    import chainer

    from workshop.atari.pong import frames_with_a_ball

    frames, places = frames_with_a_ball(TRAINING_PICTURES, seed)
    optimizer = chainer.optimizers.Adam(LEARNING_RATE).setup(model)
    rng = np.random.default_rng(seed)
    new_frames, _ = frames_with_a_ball(NEW_PICTURES, seed + 1)
    looks = []
    for update in range(1, LOOKS_AFTER[-1] + 1):
        chosen = rng.integers(TRAINING_PICTURES, size=BATCH)
        _step(model, optimizer, as_inputs(frames[chosen]), places[chosen])
        if update in LOOKS_AFTER:
            with chainer.no_backprop_mode(), chainer.using_config("train", False):
                batches = np.split(new_frames, NEW_PICTURES // 50)
                looks.append(np.concatenate([model(as_inputs(batch)).array for batch in batches]))
    return np.stack(looks)


def _made(answer, seed):
    """The chain, with weights that depend on the seed; the notebook's own dice stay as they were."""
    from workshop.nn import convolution, optimizers

    convolution.use()
    optimizers.use()
    dice = np.random.get_state()
    np.random.seed(seed)
    try:
        model = answer()
        model(np.zeros((1, 1, 84, 84), np.float32))  # lazy parameters are drawn at the first call
        return model
    finally:
        np.random.set_state(dice)


def _drawn_pictures(corners):
    """A light ball of 2 × 2 pixels on grey, its top left pixel in each of the corners (N, 2); and its middle."""
    pictures = np.full((len(corners), 1, 84, 84), 0.35, np.float32)
    for picture, (row, column) in zip(pictures, corners):
        picture[0, row : row + 2, column : column + 2] = 0.9
    return pictures, corners.astype(np.float32) + np.float32(0.5)


def _step(model, optimizer, inputs, places):
    import chainer.functions as F

    loss = F.mean_squared_error(model(inputs), places)
    model.cleargrads()
    loss.backward()
    optimizer.update()
    return loss.array.item()


def _has_gradient(parameter):
    return parameter.grad is not None and bool(np.any(parameter.grad))
