"""Somebody's own pieces inside the loop: what they compute is unchanged, and what the loop learns is the engine's."""

import dataclasses
from pathlib import Path

import chainer
import numpy as np
import pytest

from tests.dqn import an_attendee
from tests.dqn.runs_for_tests import differences
from tests.exercises.right_answers import RIGHT_ANSWERS
from workshop.atari.emulator import EmulatorError
from workshop.atari.vector import VectorAtari
from workshop.dqn.agent_files import AgentError, export, from_run
from workshop.dqn.pieces import PIECES, PieceError, Pieces, TheirMemory, matched, taken_over
from workshop.dqn.presets import PRESETS, make_agent, make_training
from workshop.dqn.replay import ReplayMemory
from workshop.dqn.run import Run
from workshop.dqn.running import Running
from workshop.exercises.reference import reference_steps

SOURCE = Path(an_attendee.__file__).read_text(encoding="utf-8")
SMALL = {
    "environments": 2,
    "max_frames": 240,
    "replay_capacity": 400,
    "batch_size": 4,
    "learning_starts": 32,
    "target_sync_updates": 3,
    "epsilon_decay_steps": 100,
    "steps": 96,
}
PRESET = dataclasses.replace(PRESETS["pieces"], **SMALL)


def training_with(sources, preset=PRESET, seed=0):
    pieces = Pieces(sources)
    return make_training("pong", pieces.preset(preset), seed, workers=0, pieces=pieces)


def after(training, steps=PRESET.steps):
    for _ in training.run():
        if training.steps >= steps:
            return training


def of(*names):
    return dict.fromkeys(names, SOURCE)


@pytest.mark.parametrize("name", ["QNetwork", "epsilon_at", "sync_target"])
def test_a_right_piece_learns_the_very_weights_of_the_engines_own(name):
    own, theirs = training_with({}), training_with({name: reference_steps(name)})
    pieces = Pieces({name: reference_steps(name)})
    theirs.set_state(taken_over(own.get_state(), pieces, PRESET, 6))  # each author draws first weights of his own
    after(own)
    after(theirs)
    assert theirs.updates == own.updates > 5
    arrays = matched(theirs.agent.get_state()["online"], own.agent.online_network)
    # Who divides by 255 and who multiplies by 1 / 255 differ in the last bit.
    tolerance = {"rtol": 1e-3, "atol": 1e-5} if name == "QNetwork" else {"rtol": 0, "atol": 0}
    for parameter, array in own.agent.get_state()["online"].items():
        np.testing.assert_allclose(arrays[parameter], array, **tolerance)


@pytest.mark.parametrize("name", ["td_targets", "dqn_loss"])
def test_a_loss_of_one_step_learns_n_steps_as_the_engine_does(name):
    """The last bit may differ: the engine multiplies by a float32."""
    own, theirs = after(training_with({})), after(training_with(of(name)))
    for parameter, array in own.agent.get_state()["online"].items():
        np.testing.assert_allclose(theirs.agent.get_state()["online"][parameter], array, rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("names", [(name,) for name in PIECES] + [PIECES])
def test_each_piece_alone_and_all_together_take_part(names):
    training = after(training_with(of(*names)))
    assert training.updates > 5
    assert np.isfinite(float(training.loss))


def played(memory, steps, seed=0, environments=2):
    """Random frames, rewards and ends, the same ones for every memory."""
    rng = np.random.default_rng(seed)
    everywhere = np.arange(environments)
    for _ in range(steps):
        frames = rng.integers(256, size=(2, environments, 84, 84), dtype=np.uint8)
        ended = rng.random(environments) < 0.1
        terminated = ended & (rng.random(environments) < 0.7)
        memory.add(everywhere, frames[0], rng.integers(6, size=environments), rng.normal(size=environments), terminated)
        memory.end_episode(everywhere[ended], frames[1][ended])


class Keeping:
    """An author's memory that shows what it was given."""

    def __init__(self, capacity):
        self.transitions = []

    def add(self, transition):
        self.transitions.append(transition)

    def __len__(self):
        return len(self.transitions)


@pytest.mark.parametrize("n_step", [1, 3])
def test_their_memory_gets_every_transition_once_and_as_the_engine_rebuilds_it(n_step):
    shape = {"environments": 2, "frame_shape": (84, 84), "stack": 4, "n_step": n_step}
    memory, engine = TheirMemory(Keeping, 300, **shape), ReplayMemory(300, **shape)
    for each in (memory, engine):
        played(each, 60)
    expected = []
    for environment, (first, end) in enumerate(zip(*engine._range(), strict=True)):
        steps = np.array([s for s in range(first, end) if not engine.is_last[environment, s]])
        batch, discounts = engine.rebuild(np.full(len(steps), environment), steps)
        cut_short = ~batch.terminated & (discounts > 0.99**n_step + 1e-4)
        expected += [[field[row].tobytes() for field in batch] for row in np.flatnonzero(~cut_short)]
    given = [[np.asarray(field).tobytes() for field in transition] for transition in memory.theirs.transitions]
    assert sorted(given) == sorted(expected)
    assert len(given) > 60


def test_dtypes_that_their_memory_gets_are_those_of_the_exercises():
    memory = TheirMemory(an_attendee.ReplayMemory, 100, environments=2)
    played(memory, 20)
    sample = memory.sample(8, np.random.default_rng(0))
    batch = sample.transition
    assert [field.dtype.kind for field in batch] == ["u", "i", "f", "u", "b"]
    assert (batch.reward.dtype, batch.state.shape, sample.discounts.shape) == (np.float32, (8, 4, 84, 84), (8,))


@pytest.mark.parametrize("make", RIGHT_ANSWERS["ReplayMemory"], ids=lambda make: make.__name__)
def test_a_memory_that_is_given_back_holds_the_same_again(make):
    memory, again = (TheirMemory(make, 200, environments=2, n_step=3) for _ in range(2))
    played(memory, 200)
    again.set_state({name: array.copy() for name, array in memory.get_state().items()})
    assert 0.75 * 200 <= len(again) <= len(memory) == 200  # episodes of ten steps leave many last frames in the ring
    again.sample(32, np.random.default_rng(0))


def test_a_memory_that_does_not_fit_is_refused_before_it_is_taken(monkeypatch):
    pieces = Pieces(of("ReplayMemory"))
    with pytest.raises(MemoryError, match=r"A replay memory of 9,000,000 frames.*Ask for a capacity"):
        pieces.make_memory(dataclasses.replace(PRESET, replay_capacity=9_000_000))


@pytest.mark.parametrize("free, capacity", [(50e9, 30_000), (2e9, 15_000), (1.1e9, None)])
def test_the_memory_is_fitted_to_the_machine_or_refused(monkeypatch, free, capacity):
    from workshop.dqn import pieces as module
    from workshop.dqn.planning import Available

    monkeypatch.setattr(module, "available_memory", lambda: Available(int(free), "this machine"))
    own, theirs = Pieces({}), Pieces(of("ReplayMemory"))
    assert own.fitted(PRESETS["pieces"]) == PRESETS["pieces"]
    if capacity is None:
        with pytest.raises(MemoryError, match="keeps whole transitions, 56,448 bytes each.*Take the engine's own"):
            theirs.fitted(PRESETS["pieces"])
    else:
        assert theirs.fitted(PRESETS["pieces"]).replay_capacity == pytest.approx(capacity, rel=0.1)


@pytest.mark.parametrize(
    "body, words",
    [
        ("return 1 / 0", "preprocess stops with ZeroDivisionError: division by zero"),
        ("return frame", r"preprocess gives uint8 \(210, 160, 3\), and not uint8 \(84, 84\)"),
        ("return None", r"preprocess gives NoneType"),
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_a_preprocess_that_fails_in_the_games_is_named(body, words, workers):
    source = f"def preprocess(frame, previous_frame):\n    {body}\n"
    with pytest.raises(EmulatorError, match=words):
        VectorAtari("pong", 1, seed=0, preprocess=source, workers=workers)


def test_frames_of_a_right_preprocess_are_the_engines_to_a_grey_level():
    theirs = VectorAtari("pong", 1, seed=3, preprocess=SOURCE, workers=0)
    own = VectorAtari("pong", 1, seed=3, workers=0)
    for _ in range(40):
        for env in (theirs, own):
            env.step(np.array([2]))
        assert np.abs(theirs.frames.astype(int) - own.frames).max() <= 1


def test_what_is_no_piece_is_refused():
    with pytest.raises(PieceError, match="train is no piece of the loop"):
        Pieces({"train": "train = 1"})
    with pytest.raises(PieceError, match="the source of act does not define it"):
        Pieces({"act": "x = 1"})
    with pytest.raises(PieceError, match="the source of act stops with NameError"):
        Pieces({"act": "act = undefined"})


def run_in(folder, sources, steps=PRESET.steps):
    """A finished small run in a folder."""
    pieces = Pieces(sources)
    run = Run.create("pong", "pieces", PRESET, 0, threads=1, folder=folder, pieces=pieces)
    running = Running(run, training_with(sources), steps=steps, evaluate_episodes=1)
    running.go()
    run.checkpoints.close()
    running.training.env.close()
    return run, running.training


def test_a_run_keeps_its_pieces_and_goes_on_with_them(tmp_path):
    _, before = run_in(tmp_path / "run", of(*PIECES))
    run = Run(tmp_path / "run")
    assert set(run.pieces.sources) == set(PIECES) == set(run.card["pieces"])
    again = make_training("pong", run.preset, 0, workers=0, pieces=run.pieces)
    running = Running(run, again, steps=2 * PRESET.steps)
    running.resume()
    assert (again.steps, again.updates) == (before.steps, before.updates)
    assert differences(before.agent.get_state(), again.agent.get_state()) == []
    after(again, 2 * PRESET.steps)
    assert again.updates > before.updates


def test_a_trained_agent_of_pieces_plays_and_is_not_exported(tmp_path):
    run, training = run_in(tmp_path / "run", of(*PIECES))
    trained = from_run(Run(tmp_path / "run"))
    states = np.zeros((2, 4, 84, 84), np.uint8)
    np.testing.assert_array_equal(trained.agent.q_values(states), training.agent.q_values(states))
    with pytest.raises(AgentError, match="pieces of your own"):
        export(run, tmp_path / "agent.npz")


def test_pieces_take_over_what_others_have_learnt(tmp_path):
    before = after(training_with({}))
    state, q = before.get_state(), before.agent.q_values(states := np.ones((3, 4, 84, 84), np.uint8))
    pieces = Pieces(of(*PIECES))
    later = training_with(of(*PIECES))
    later.set_state(taken_over(state, pieces, pieces.preset(PRESET), 6))
    np.testing.assert_allclose(later.agent.q_values(states), q, rtol=1e-5)
    assert (later.steps, later.updates) == (before.steps, before.updates)
    assert len(later.memory) > 0
    after(later, 2 * PRESET.steps)
    assert later.updates > before.updates


@pytest.mark.parametrize("make", RIGHT_ANSWERS["QNetwork"], ids=lambda make: make.__name__)
def test_layers_are_found_whatever_they_are_called(make):
    one, other = an_attendee.QNetwork(3), make(3)
    state = np.random.default_rng(0).integers(256, size=(2, 4, 84, 84), dtype=np.uint8)
    for network in (one, other):
        network(state)
    arrays = {name: parameter.array for name, parameter in one.namedparams()}
    for name, array in matched(arrays, other).items():
        dict(other.namedparams())[name].array[...] = array
    np.testing.assert_allclose(other(state).array, one(state).array, rtol=1e-4, atol=1e-5)


def test_another_network_cannot_take_over():
    other = make_agent(PRESETS["nips2013"], 3, 0).online_network
    network = an_attendee.QNetwork(3)
    with pytest.raises(PieceError, match="has no equal"):
        matched({name: parameter.array for name, parameter in other.namedparams()}, network)
    assert chainer.config.train
