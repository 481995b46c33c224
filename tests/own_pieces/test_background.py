"""A training that a kernel began lives without it: found again, continued after a kill, taken over by new pieces."""

import dataclasses
import os
import re
import signal
import time

import psutil
import pytest

from tests.dqn import an_attendee
from tests.dqn.runs_for_tests import start
from workshop import own_pieces
from workshop.dqn.pieces import Pieces
from workshop.dqn.presets import PRESETS
from workshop.own_pieces import background, collect, live

SMALL = {"environments": 2, "max_frames": 400, "replay_capacity": 400, "learning_starts": 64, "steps_per_update": 16}
PRESET = dataclasses.replace(PRESETS["pieces"], **SMALL)
RHYTHM = {"checkpoint_minutes": 0.05, "evaluate_minutes": 60, "evaluate_episodes": 1}
COLLECTED = collect.from_file(an_attendee.__file__)


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Begins a small training with these pieces; what still runs afterwards is ended."""
    monkeypatch.chdir(tmp_path)
    begun = []

    def beginning(sources, minutes=10):
        begun.append(background.begin(Pieces(sources), PRESET, minutes=minutes, rhythm=RHYTHM))
        return begun[-1]

    yield beginning
    for run in begun:
        if run.state() == "running":
            kill(run)


def kill(run):
    """As a closed laptop ends it, at once and without a word."""
    import json

    number = json.loads((run.folder / "state.json").read_text())["process"]
    os.kill(number, signal.SIGKILL)
    until(lambda: run.state() != "running")


def until(is_so, seconds=120):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def said(capsys):
    return capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.alone
def test_killed_found_and_continued(begin, capsys, monkeypatch):
    monkeypatch.setattr(collect, "_history", list)  # a kernel that was restarted: nothing is defined in it
    run = begin(COLLECTED.sources)
    assert background.find().folder.resolve() == run.folder
    own_pieces.train_pong()
    assert re.search(r"✓ It trains already: minute \d of 10\.", said(capsys))
    until(lambda: run.checkpoints.list())
    kill(run)
    assert run.state() == "crashed"
    with (run.folder / "log.txt").open("a") as log:
        log.write("12 steps/s\rError: the disk is full.\n")
    own_pieces.train_pong(minutes=10)
    how = r"ended without a word, as when a laptop closes, after \d minutes?, and now goes on from its last checkpoint"
    words = said(capsys)
    assert re.search(how, words)
    assert "What it said in the end: Error: the disk is full." in words
    assert run.state() == "running"
    steps = run.checkpoints.list()[-1].step
    until(lambda: run.checkpoints.list()[-1].step > steps)
    assert psutil.pid_exists(os.getpid())
    own_pieces.stop()
    assert "✓ It has stopped." in said(capsys)
    assert run.state() == "stopped"


@pytest.mark.slow
@pytest.mark.alone
def test_new_pieces_take_over_what_the_engines_own_have_learnt(begin, capsys, monkeypatch):
    source = COLLECTED.sources["QNetwork"], COLLECTED.sources["ReplayMemory"], COLLECTED.sources["dqn_loss"]
    run = begin({})
    until(lambda: run.checkpoints.list())
    monkeypatch.setattr(collect, "_history", lambda: list(source))
    own_pieces.train_pong()
    assert "✓ Your pieces have taken over: ReplayMemory, QNetwork, td_targets, dqn_loss." in said(capsys)
    steps = run.checkpoints.list()[-1].step
    until(lambda: run.checkpoints.list()[-1].step > steps)
    assert set(background.find().pieces.sources) == {"ReplayMemory", "QNetwork", "td_targets", "dqn_loss"}
    assert "goes on at step" in (run.folder / "log.txt").read_text()


def test_sentences_where_there_is_nothing_yet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for call in (own_pieces.watch, own_pieces.stop):
        call()
        assert "… " in said(capsys)
    own_pieces.table()
    assert "there is no notebook open here" in said(capsys)


def test_an_interrupt_is_no_traceback(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(background, "find", interrupted)
    own_pieces.watch()
    assert "watch is interrupted. A training in the background goes on." in said(capsys)


def test_the_picture_of_a_run_says_where_it_should_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from workshop.dqn.run import Run

    run = Run.create("pong", "pieces", PRESET, 0, threads=1, minutes=50)
    assert "It has begun" in live.draw(run).alt
    row = {"minutes": 3.0, "steps": 9000, "updates": 1000, "episodes": 9, "epsilon": 0.9, "loss": 0.1, "q": 0.0}
    run.metrics.append(**row, score=-20.4, steps_per_second=200.0, updates_per_second=25.0)
    alt = live.draw(run).alt
    assert "By now, after 1,000 updates, it should be between" in alt
    assert "it is at −20.4" in alt


@pytest.mark.slow
@pytest.mark.alone
def test_from_a_terminal(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("def sync_target(online_network, target_network):\n    pass\n")
    refused = start("train", "pong", "--pieces", file, "--run", tmp_path / "run")
    out, _ = refused.communicate(timeout=120)
    assert refused.returncode == 1
    assert "Nothing is trained with a piece that is not right." in out
    assert "Traceback" not in out
    assert not (tmp_path / "run").exists()
    small = [f"--set={name}={value}" for name, value in SMALL.items()]
    command = ["train", "pong", "--pieces", an_attendee.__file__, "--run", tmp_path / "run", "--steps", 400, *small]
    trained = start(*command, "--evaluate-episodes", 1)
    out, _ = trained.communicate(timeout=240)
    assert trained.returncode == 0, out
    assert "8 of 8 pieces are yours." in out
    played = start("evaluate", tmp_path / "run", "--episodes", 1)
    out, _ = played.communicate(timeout=240)
    assert played.returncode == 0, out
