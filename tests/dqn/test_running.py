"""A training in its run's folder: nothing that is kept of it changes a bit of it, and it can be stopped at any moment."""

import csv
import dataclasses
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.dqn.runs_for_tests import OPTIONS, SMALL, differences, start
from workshop.dqn.checkpoints import CheckpointError, CheckpointNotSaved
from workshop.dqn.presets import make_training
from workshop.dqn.run import Run
from workshop.dqn.running import Running

RARELY = {"checkpoint_minutes": 60, "evaluate_minutes": 60, "evaluate_episodes": 1}
BUSY = {"checkpoint_minutes": 0.001, "evaluate_minutes": 0.004, "evaluate_episodes": 1}


@pytest.fixture
def make(tmp_path):
    """make(steps) gives a `Running` of the same run, until so many steps, as if in a new process."""
    folder, trainings = tmp_path / "run", []

    def make(steps, preset=SMALL, **rhythm):
        training = make_training("pong", preset, 5, workers=0)
        trainings.append(training)
        exists = folder.exists()
        run = Run(folder) if exists else Run.create("pong", "small", preset, 5, threads=1, folder=folder)
        return Running(run, training, steps=steps, **{**RARELY, **rhythm})

    yield make
    for training in trainings:
        training.env.close()


def undisturbed(steps, preset=SMALL):
    """The state of a training that nothing looked at."""
    training = make_training("pong", preset, 5, workers=0)
    for _ in training.run():
        if training.steps >= steps:
            return training.get_state()


def test_saving_and_evaluating_all_the_time_changes_nothing(make):
    running = make(600, **BUSY)
    assert running.go() == 0
    assert differences(running.training.get_state(), undisturbed(600)) == []
    assert differences(running.run.checkpoints.load()["training"], undisturbed(600)) == []
    assert len(running.run.metrics.rows()) > 2
    assert len(running.run.evaluations.rows()) >= 2
    assert running.run.state() == "finished"


# Before learning starts, at its very beginning, in the middle; with Adam's state and with RMSprop's.
@pytest.mark.parametrize("stop, optimizer", [(60, "adam"), (102, "rmsprop"), (350, "adam")])
def test_a_training_goes_on_to_the_same_bits_and_the_same_rows(make, stop, optimizer):
    preset = dataclasses.replace(SMALL, optimizer=optimizer)
    before = make(stop, preset)
    before.go()
    running = make(500, preset)
    running.resume()
    assert running.training.steps == stop
    assert running.scores == before.scores
    assert len(running.scores) == 2 * (stop // 200), "an episode lasts 100 steps, and two are played at once"
    running.go()
    assert differences(running.training.get_state(), undisturbed(500, preset)) == []
    assert [row["steps"] for row in running.run.metrics.rows()] == [stop, 500]
    assert [row["steps"] for row in running.run.evaluations.rows()] == [stop, 500]


def test_rows_that_came_after_the_checkpoint_are_forgotten(make):
    running = make(200)
    running.go()
    running.run.checkpoints.close()
    for steps in (300, 400):
        running.run.metrics.append(**{**dict.fromkeys(running.run.metrics.columns), "steps": steps, "minutes": 1.0})
        running.run.evaluations.append(**{**dict.fromkeys(running.run.evaluations.columns), "steps": steps})
    running = make(600)
    running.resume()
    running.go()
    assert [row["steps"] for row in running.run.metrics.rows()] == [200, 600]
    assert [row["steps"] for row in running.run.evaluations.rows()] == [200, 600]


def test_minutes_are_those_of_all_parts(make):
    running = make(200)
    running.go()
    before = running.run.checkpoints.load()["minutes"]
    assert before > 0
    running.run.checkpoints.close()
    running = make(600)
    running.resume()
    assert running.minutes == before
    running.go()
    rows = running.run.metrics.rows()
    assert running.minutes > before
    assert rows[0]["minutes"] <= rows[1]["minutes"]
    running.run.checkpoints.close()
    running = make(10**9)
    running.resume()
    running.limit_minutes = running.run.checkpoints.load()["minutes"] + 0.3 / 60
    assert not running.is_over()
    assert running.go() == 0
    assert running.minutes >= running.limit_minutes
    assert running.training.steps > 600


def test_the_best_agent_is_kept_and_is_the_one_that_was_evaluated(make):
    running = make(400, **BUSY)
    running.go()
    best = running.run.checkpoints.load_best()
    rows = running.run.evaluations.rows()
    assert best["row"]["mean"] == max(row["mean"] for row in rows) == running.run.checkpoints.best_score()
    first = next(row for row in rows if row["mean"] == best["row"]["mean"])
    assert (best["row"]["steps"], best["scores"].mean()) == (first["steps"], first["mean"])
    online = undisturbed(best["row"]["steps"])["agent"]["online"]
    assert differences(best["agent"], online) == []


def test_another_trainings_checkpoint_is_refused(make):
    make(150).go()
    other = make(300, dataclasses.replace(SMALL, replay_capacity=500))
    with pytest.raises(CheckpointError, match="another training"):
        other.resume()


def test_two_trainings_in_one_folder_are_refused(make):
    script = (
        "import sys, time; from workshop.dqn.checkpoints import Checkpoints; c = Checkpoints(sys.argv[1]); c.lock()"
    )
    running = make(150)
    command = [
        sys.executable,
        "-c",
        f"{script}; print(flush=True); time.sleep(600)",
        running.run.folder / "checkpoints",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(CheckpointError, match=f"process {other.pid}"):
            running.go()
        other.kill()
    assert running.training.steps == 0
    assert running.go() == 0


# A full disk


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(tmp_path):
    # No file may grow beyond 100 kB: the pieces of a checkpoint do not fit, all else does.
    process = start(
        *("train", "pong", *OPTIONS, "--run", tmp_path / "run", "--checkpoint-minutes", "0.01"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    said, _ = process.communicate()
    assert process.returncode == 1
    assert "was not saved" in said
    assert "Training goes on." in said
    assert "Traceback" not in said
    run = Run(tmp_path / "run")
    assert run.metrics.rows()[-1]["steps"] == SMALL.steps
    assert run.checkpoints.list() == []


def test_when_the_last_checkpoint_does_not_fit_this_is_an_error(make, monkeypatch):
    running = make(150)
    real = os.rename

    def full(source, target):
        if "step-150" in str(target):
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(CheckpointNotSaved, match="No space left"):
        running.go()


# Signals


def wait_for(condition, process):
    """Wait until it holds; fail with what the process says if it ends before."""
    while not condition():
        if process.poll() is not None:
            pytest.fail(process.stdout.read())
        time.sleep(0.01)


def test_killed_and_interrupted_it_ends_with_the_bits_of_a_run_that_nobody_touched(tmp_path):
    """SIGKILL, then Ctrl-C, then SIGTERM, and each time --resume."""
    folder, saving = tmp_path / "run", ("--checkpoint-minutes", "0.003")
    process = start("train", "pong", *OPTIONS, "--steps", "100000", "--run", folder, *saving)
    wait_for(lambda: len(list((folder / "checkpoints").glob("0*"))) == 2, process)
    process.kill()
    process.communicate()
    run, steps = Run(folder), []
    assert run.state() == "crashed"
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        steps.append(run.checkpoints.list()[-1].step)
        process = start("train", "--resume", folder, *saving)
        wait_for(lambda: run.state() == "running", process)
        rows = len(run.metrics.rows())
        wait_for(lambda rows=rows: len(run.metrics.rows()) > rows, process)
        process.send_signal(number)
        said, _ = process.communicate()
        assert process.returncode == status, said
        assert f"workshop train --resume {folder}" in said
        assert "Traceback" not in said
        assert run.state() == "stopped"
    steps.append(run.checkpoints.list()[-1].step)
    assert steps == sorted(set(steps)), "each part went further"
    training = make_training("pong", SMALL, 0, workers=0)
    for _ in training.run():
        if training.steps >= steps[-1]:
            break
    assert differences(run.checkpoints.load()["training"], training.get_state()) == []
    with open(folder / "metrics.csv", newline="") as file:
        logged = [int(row["steps"]) for row in csv.DictReader(file)]
    assert logged == sorted(set(logged))
    assert logged[-1] == steps[-1]


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGHUP))
def test_a_signal_to_the_whole_group_saves(tmp_path, number):
    """As `timeout` sends it, and a terminal that is closed: to the processes that play, too."""
    folder = tmp_path / "run"
    options = [*OPTIONS, "--steps", "10000000", "--run", folder]
    # As in a terminal: where these tests run under nohup, SIGHUP is ignored from the beginning, and a training respects that.
    as_in_a_terminal = {"start_new_session": True, "preexec_fn": lambda: signal.signal(number, signal.SIG_DFL)}
    process = start("train", "pong", *options, **as_in_a_terminal)
    wait_for(lambda: (folder / "metrics.csv").exists(), process)
    os.killpg(process.pid, number)
    try:
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + number, said
    run = Run(folder)
    assert run.state() == "stopped"
    assert run.checkpoints.list()[-1].step == run.metrics.rows()[-1]["steps"]


def test_a_folder_that_is_gone_costs_the_checkpoint_and_is_said(make):
    running = make(150)
    running.run.checkpoints.lock()
    shutil.rmtree(running.run.folder)
    with pytest.raises(CheckpointNotSaved, match="the folder is gone"):
        running.go()


def test_a_second_ctrl_c_stops_at_once(tmp_path):
    folder = tmp_path / "run"
    process = start("train", "pong", *OPTIONS, "--steps", "10000000", "--run", folder)
    wait_for(lambda: (folder / "state.json").exists(), process)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130, said
    assert "Stopped at once" in said
    assert "Traceback" not in said
    assert Run(folder).checkpoints.list() == []
    assert Run(folder).state() == "crashed"


def test_ctrl_c_during_an_evaluation_saves(make):
    running = make(10**9, evaluate_minutes=0.001, evaluate_episodes=3)
    q_values, asked = running.training.agent.q_values, []

    def interrupting(states):
        if len(states) == 3:  # the games of an evaluation; in training there are two
            asked.append(running.training.steps)
            if len(asked) == 5:
                os.kill(os.getpid(), signal.SIGINT)
        return q_values(states)

    running.training.agent.q_values = interrupting
    assert running.go() == signal.SIGINT
    assert len(asked) == 5, "the evaluation ended at once"
    assert running.run.evaluations.rows() == []
    assert running.run.state() == "stopped"
    saved = running.run.checkpoints.load()["training"]
    assert saved["steps"] == asked[-1]
    assert differences(saved, undisturbed(saved["steps"])) == []
