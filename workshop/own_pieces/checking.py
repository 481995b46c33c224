"""Is each piece right, and is it fast enough? Asked before a training that would take an hour to say the same.

    python -m workshop.own_pieces.checking FOLDER

is how a notebook asks, with FOLDER from `Pieces.save`: in a process of its own, where a piece that never comes back can be
ended, and where NumPy computes with one thread as it does in the training. It prints JSON.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import chainer
import numpy as np

from workshop.atari.preprocessing import luminance, max_of_two, resize_area
from workshop.dqn.agent import Agent
from workshop.dqn.exploration import epsilon_at
from workshop.dqn.pieces import FRAME_SHAPE, STACK, PieceError, Pieces, TheirMemory
from workshop.dqn.presets import PRESETS
from workshop.dqn.replay import ReplayMemory, Sample
from workshop.dqn.targets import dqn_loss, dqn_targets
from workshop.dqn.train_command import THREADS
from workshop.exercises import subject
from workshop.exercises.catalogue import exercise_of, part_of
from workshop.exercises.judge import Effort, judge
from workshop.exercises.judgement import PASS, UNATTEMPTED
from workshop.nn.networks import Nature2015
from workshop.transition import Transition

SLOW = 0.25  # a piece that adds more than this share to the time of an update is named
_SECONDS, _TRIES = 0.15, 3  # of a measurement
_PATIENTLY = Effort(examples=0.5, search_seconds=0.8, shrink_seconds=1.3, call_seconds=5, examples_seconds=30)
_LONGEST = 180  # seconds, for all of it
_TRANSITIONS = 2000  # in the memory that is measured; with more of them, most take as long
_PRESET = PRESETS["pieces"]


class Wrong(NamedTuple):
    """A piece that its check refuses.

    Attributes:
        name: str.
        sentence: what `check` says, in one sentence.
        is_open: whether it is only not written yet.
    """

    name: str
    sentence: str
    is_open: bool


class Cost(NamedTuple):
    """What a piece takes for each update, which is `steps_per_update` steps of the games and one batch.

    Attributes:
        name: str.
        theirs, ours: milliseconds, float.
        share: how much longer an update takes with it, 0.5 for half as long again.
    """

    name: str
    theirs: float
    ours: float
    share: float

    @property
    def is_slow(self):
        return self.share > SLOW


def wrong_pieces(pieces):
    """The pieces that their checks refuse, a list of `Wrong`.

    Args:
        pieces: `workshop.dqn.pieces.Pieces`. What is checked is what would train.
    """
    wrong = []
    for name in pieces.sources:
        judgement = judge(part_of(name), functools.partial(subject.run, pieces[name]), _PATIENTLY)
        if judgement.verdict != PASS:
            title = f"{exercise_of(name).number} {name}"
            sentence = judgement.mistake or judgement.sentence or f"{judgement.verdict} on {judgement.call}"
            wrong.append(Wrong(name, f"{title}: {sentence}", judgement.verdict == UNATTEMPTED))
    return wrong


def costs(pieces):
    """What each piece takes, and the engine's own beside it: a list of `Cost`, in the order of `PIECES`.

    Takes a few seconds. It is processor time that counts: what other programs do meanwhile does not.
    """
    measured = {name: _MEASUREMENTS[name] for name in pieces.sources if name in _MEASUREMENTS}
    ours = {name: measure(None) for name, measure in _MEASUREMENTS.items()}
    update = sum(ours[name] for name in ("preprocess", "ReplayMemory", "act", "dqn_loss"))
    found = []
    for name, measure in measured.items():
        theirs = measure(pieces[name])
        found.append(Cost(name, theirs, ours[name], max(theirs - ours[name], 0) / update))
    return found


def _milliseconds(call, times=1):
    """The least of some tries, in ms, times `times`."""
    call()
    found, began = [], time.process_time()
    while len(found) < _TRIES or (time.process_time() - began < _SECONDS and len(found) < 1000):
        started = time.process_time()
        call()
        found.append(time.process_time() - started)
        if time.process_time() - began > 10 * _SECONDS:
            break
    return 1000 * times * min(found)


def _preprocess(theirs):
    screens = np.random.default_rng(0).integers(256, size=(2, 210, 160, 3), dtype=np.uint8)
    make = theirs or (lambda a, b: resize_area(luminance(max_of_two(a, b)), *FRAME_SHAPE))
    return _milliseconds(lambda: make(screens[0], screens[1]), _PRESET.steps_per_update)


def _memory(theirs):
    shape = {"environments": 1, "frame_shape": FRAME_SHAPE, "stack": STACK, "n_step": _PRESET.n_step}
    memory = TheirMemory(theirs, _TRANSITIONS, **shape) if theirs else ReplayMemory(_TRANSITIONS, **shape)
    frame, rng = np.zeros(FRAME_SHAPE, np.uint8), np.random.default_rng(0)
    for _ in range(_TRANSITIONS + _PRESET.n_step):
        memory.add(0, frame, 0, 0.0, False)

    def of_an_update():
        for _ in range(_PRESET.steps_per_update):
            memory.add(0, frame, 0, 0.0, False)
        memory.sample(_PRESET.batch_size, rng)

    return _milliseconds(of_an_update)


@functools.cache
def _networks():
    networks = Nature2015(6), Nature2015(6)
    for network in networks:
        network(np.zeros((1, STACK, *FRAME_SHAPE), np.uint8))
    return networks


def _batch():
    rng, size = np.random.default_rng(0), _PRESET.batch_size
    states = rng.integers(256, size=(2, size, STACK, *FRAME_SHAPE), dtype=np.uint8)
    actions, rewards = rng.integers(6, size=size, dtype=np.int32), rng.random(size, np.float32)
    return Transition(states[0], actions, rewards, states[1], np.arange(size) % 8 == 0)


def _network(theirs):
    network = theirs(6) if theirs else _networks()[0]
    states = _batch().state

    def forth_and_back():
        loss = chainer.functions.sum(network(states))
        network.cleargrads()
        loss.backward()

    return _milliseconds(forth_and_back)


def _epsilon(theirs):
    make = theirs or epsilon_at
    return _milliseconds(lambda: make(1000, 1.0, 0.1, 50_000))


def _act(theirs):
    states, rng, online_network = _batch().state[: _PRESET.environments], np.random.default_rng(0), _networks()[0]
    rounds = _PRESET.steps_per_update / _PRESET.environments
    if theirs:
        return _milliseconds(lambda: [theirs(online_network, state, 0.0, rng) for state in states], rounds)
    agent = Agent(online_network, chainer.optimizers.SGD(), states.shape[1:])
    return _milliseconds(lambda: agent.act(states, 0.0, rng), rounds)


def _targets(theirs):
    batch, next_q = _batch(), np.random.default_rng(0).random((_PRESET.batch_size, 6), np.float32)
    make = theirs or dqn_targets
    return _milliseconds(lambda: make(batch.reward, next_q, batch.terminated, 0.95))


def _loss(theirs):
    batch, (online_network, target_network) = _batch(), _networks()
    sample = Sample(batch, np.full(len(batch.reward), 0.95, np.float32), None, None)

    def forth_and_back():
        if theirs:
            loss = theirs(online_network, target_network, batch, 0.95)
        else:
            loss, _ = dqn_loss(online_network, target_network, sample)
        online_network.cleargrads()
        loss.backward()

    return _milliseconds(forth_and_back)


_MEASUREMENTS = {
    "preprocess": _preprocess,
    "ReplayMemory": _memory,
    "QNetwork": _network,
    "epsilon_at": _epsilon,
    "td_targets": _targets,
    "dqn_loss": _loss,
    "act": _act,
}


def ask(sources):
    """`wrong_pieces`, and where there are none `costs`, from a process of its own.

    Args:
        sources: as in `Pieces`.

    Returns:
        (list of `Wrong`, list of `Cost`).

    Raises:
        PieceError: a source that does not define its piece, or a process that does not come back.
    """
    Pieces(sources)
    with tempfile.TemporaryDirectory() as folder:
        Pieces(sources).save(folder)
        command = [sys.executable, "-m", __name__, folder]
        environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=_LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            raise PieceError(
                f"checking the pieces takes more than {_LONGEST} s: is one of them without an end?"
            ) from None
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise PieceError(
            f"checking the pieces ended without a result (exit status {done.returncode}): {last}"
        ) from None
    return [Wrong(*row) for row in answer["wrong"]], [Cost(*row) for row in answer["costs"]]


if __name__ == "__main__":
    pieces = Pieces.load(sys.argv[1])
    wrong = wrong_pieces(pieces)
    print(json.dumps({"wrong": wrong, "costs": [] if wrong else costs(pieces)}))
