"""`workshop train`, `evaluate`, `play`, `export` and `runs` as somebody types them."""

import dataclasses
import json
import re
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner
from PIL import Image

from tests.dqn import runs_for_tests
from tests.dqn.checkpoint_helpers import flip
from tests.dqn.runs_for_tests import differences
from workshop.cli import main
from workshop.dqn import agent_files, train_command
from workshop.dqn.run import Run

# One game needs no process of its own, which would take longer to start than all the rest.
SMALL = dataclasses.replace(runs_for_tests.SMALL, environments=1)
OPTIONS = [*runs_for_tests.OPTIONS, "--set=environments=1"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder; and one thread, or else `train` would begin anew, in the place of these tests."""
    monkeypatch.chdir(tmp_path)
    for name in train_command.THREADS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def workshop(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(*arguments):
    """What is said to somebody who made a mistake: one sentence, no traceback, and an exit status for scripts."""
    result = workshop(*arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert result.output.count("Error:") == 1
    return result.output[result.output.index("Error:") :]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which a run was trained, in runs/a."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in train_command.THREADS:
            patch.setenv(name, "1")
        result = workshop("train", "pong", *OPTIONS, "--steps", 300, "--run", "runs/a", "--minutes", 30)
    assert result.exit_code == 0, result.output
    assert "workshop train --resume runs/a" in result.output
    Run(folder / "runs/a").checkpoints.close()
    return folder


@pytest.fixture
def run(finished, here):
    """The same run, to do with as one likes."""
    subprocess.run(["cp", "-R", finished / "runs", here], check=True)
    return Run("runs/a")


# train


def test_a_run_says_all_that_it_takes_to_have_it_again(run, here):
    card = run.card
    assert (card["game"], card["preset"], card["seed"], card["threads"]) == ("pong", "nips2013", 0, 1)
    assert run.preset == SMALL
    words = shlex.split(card["command"])
    assert words[:2] == ["workshop", "train"]
    result = workshop(*words[1:], "--run", "again", "--evaluate-episodes", 1)
    assert result.exit_code == 0, result.output
    one, other = (found.checkpoints.load()["training"] for found in (run, Run("again")))
    assert differences(one, other) == []


def test_the_folder_holds_rows_evaluations_a_curve_and_checkpoints(run):
    [row], [evaluation] = run.metrics.rows(), run.evaluations.rows()
    assert row["steps"] == evaluation["steps"] == 300
    assert None not in row.values()
    assert row["updates"] == evaluation["updates"] == 50
    assert row["epsilon"] == pytest.approx(1 - 0.9 * 300 / 500)
    with Image.open(run.folder / "curve.png") as curve:
        assert curve.width > 800
    assert [checkpoint.best for checkpoint in run.checkpoints.list()] == [False, True]


def test_a_finished_run_goes_on_when_it_is_given_more(run):
    said = refused("train", "--resume")
    assert "already" in said
    assert "--steps 600" in said
    result = workshop("train", "--resume", "--steps", 400)
    assert result.exit_code == 0, result.output
    assert "goes on at step 300" in result.output
    assert [row["steps"] for row in run.metrics.rows()] == [300, 400]


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_again(run):
    for checkpoint in run.checkpoints.list():
        subprocess.run(["rm", "-r", checkpoint.path], check=True)
    result = workshop("train", "--resume", "a")
    assert result.exit_code == 0, result.output
    assert "begins again" in result.output
    assert [row["steps"] for row in run.metrics.rows()] == [300]


def test_what_is_different_from_the_beginning_is_said(run):
    card = {**run.card, "threads": 1, "versions": {**run.card["versions"], "numpy": "0.9"}}
    (run.folder / "run.json").write_text(json.dumps(card))
    result = workshop("train", "--resume", "a", "--steps", 350)
    assert result.exit_code == 0
    assert "other versions" in result.output
    assert "last bits" in result.output


def test_a_damaged_checkpoint_is_not_used_and_the_one_before_is_offered(run):
    assert workshop("train", "--resume", "--steps", 400).exit_code == 0
    newest = [checkpoint.path for checkpoint in run.checkpoints.list() if not checkpoint.best][-1]
    flip(newest / "manifest.jsonl", 5000)
    said = refused("train", "--resume", "--steps", 500)
    assert "damaged" in said
    assert "step 300" in said
    assert "--resume --previous" in said
    result = workshop("train", "--resume", "--previous", "--steps", 500)
    assert result.exit_code == 0, result.output
    assert "goes on at step 300" in result.output
    assert [row["steps"] for row in run.metrics.rows()] == [300, 500]


def test_a_finished_run_says_how_to_get_more_and_takes_it_also_the_next_time(run):
    said = refused("train", "--resume", "a")  # its 300 steps are over, its 30 minutes are not
    assert said.rstrip().endswith("workshop train --resume runs/a --steps 600")
    assert workshop("train", "--resume", "a", "--steps", 400).exit_code == 0
    assert Run("runs/a").card["steps"] == 400
    Run("runs/a").checkpoints.close()
    assert "--steps 800" in refused("train", "--resume", "a")


def test_a_run_that_is_training_loses_nothing_when_somebody_resumes_it(run):
    rows = [log.path.read_bytes() for log in (run.metrics, run.evaluations)]
    script = "import sys; from workshop.dqn.run import Run; run = Run('runs/a'); run.checkpoints.lock()"
    script += "; print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=runs_for_tests.environment()
    ) as other:
        assert other.stdout.readline()
        log = run.metrics.path.read_text() + run.metrics.path.read_text().splitlines()[-1].replace("300", "350") + "\n"
        run.metrics.path.write_text(log)  # it went on after its checkpoint
        assert f"process {other.pid}" in refused("train", "--resume", "a", "--steps", 500)
        assert run.metrics.path.read_text() == log
        for checkpoint in run.checkpoints.folder.glob("0*"):
            checkpoint.rename(checkpoint.with_name("elsewhere-" + checkpoint.name))  # and it has none yet
        assert f"process {other.pid}" in refused("train", "--resume", "a", "--steps", 500)
        assert [run.metrics.path.read_text().encode(), run.evaluations.path.read_bytes()] == [log.encode(), rows[1]]


def test_sticky_actions_are_a_setting_and_stand_beside_the_score(here):
    sticky = ["--set", "repeat_action_probability=0.25"]
    result = workshop("train", "pong", *OPTIONS, *sticky, "--steps", 150, "--run", "runs/a")
    assert result.exit_code == 0, result.output
    assert "sticky actions with a probability of 0.25" in workshop("evaluate", "--episodes", 1).output


def test_the_command_on_a_card_has_all_that_was_said(run):
    assert run.card["command"].startswith("workshop train pong --preset nips2013 --seed 0 --minutes 30 --steps 300")
    assert "--evaluate-minutes 60 --evaluate-episodes 1 --set" in run.card["command"]
    assert "--threads" not in run.card["command"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["train", "pnog"], "nearest names: pong"),
        (["train", "combat"], "two players"),
        (["train"], "Usage"),
        (["train", "--steps", "5"], "Name a game"),
        (["train", "pong", "--preset", "lapptop"], "laptop"),
        (["train", "pong", "--preset", "fast"], "laptop, nips2013, nature2015"),
        (["train", "pong", "--set", "batchsize=3"], "batch_size"),
        (["train", "pong", "--set", "crop=[0, 500, 0, 10]"], "do not go together"),
        (
            ["train", "pong", "--set", "crop=5"],
            "crop is [top, bottom, left, right] or null for the whole screen, not 5",
        ),
        (["train", "pong", "--set", "crop=true"], "crop is"),
        (["train", "pong", "--set", "crop=[1, 2]"], "crop is"),
        (["train", "pong", "--set", "contrast=true"], "contrast is a whole number or null"),
        (["train", "pong", "--set", "contrast=[1]"], "contrast is a whole number or null"),
        (["train", "pong", "--set", "frame_shape=[10, 10]"], "at least [20, 20] for the network Laptop"),
        (["train", "pong", "--set", "repeat_action_probability=2.0"], "from 0 to 1"),
        (["train", "pong", "--set", "replay_capacity=10"], "do not go together"),
        (["train", "pong", "--set", "replay_capacity=1000000000000"], "Ask for a capacity of"),
        (["train", "pong", "--device", "gpu"], "GPU"),
        (["train", "pong", "--previous"], "goes with --resume"),
        (["train", "--resume"], "There is no run"),
        (["train", "pong", "--resume"], "with game pong"),
        (["train", "--resume", "pnog"], "no folder pnog"),
        (["train", "--resume", "--set", "batch_size=3"], "cannot be changed"),
        (["evaluate"], "There is no run"),
        (["evaluate", "nowhere"], "no folder nowhere"),
        (["evaluate", "."], "no run.json"),
        (["evaluate", "--pretrained", "pitfall"], "No trained agent"),
        (["evaluate", "somewhere", "--pretrained", "pong"], "without a run"),
        (["play", "--video", "film.avi"], "neither"),
        (["play", "--video", "nowhere/film.gif"], "no folder nowhere"),
        (["play", "--pretrained", "pitfall"], "No trained agent"),
        (["export", "nowhere", "--output", "agent.npz"], "no folder nowhere"),
        (["export", "nowhere", "--output", "agent.txt"], "is a .npz"),
    ],
)
def test_a_mistake_is_explained_in_a_sentence_and_leaves_nothing(here, arguments, said):
    if arguments == ["train"]:
        result = workshop(*arguments)
        assert result.exit_code == 2
        assert said in result.output
        assert "workshop train pong" in result.output
    else:
        assert said in refused(*arguments)
    assert list(here.iterdir()) == []


def test_mistakes_with_a_run_that_is_there(run):
    assert "has the seed 0, not 3" in refused("train", "--resume", "a", "--seed", 3)
    assert "has the preset nips2013" in refused("train", "--resume", "a", "--preset", "laptop")
    assert "not empty" in refused("train", "pong", "--run", "runs/a", *OPTIONS)
    (run.folder / "run.json").write_text(json.dumps({**run.card, "kit": "9.9.9", "settings": {"depth": 3}}))
    for command in (["train", "--resume", "a"], ["evaluate", "a"], ["play", "a"], ["export", "a", "--output", "x.npz"]):
        assert "version 9.9.9" in refused(*command)


def test_the_command_begins_anew_with_the_threads_that_it_needs(here):
    script = """
import os, sys
from workshop.dqn import train_command
if len(sys.argv) == 1:
    sys.orig_argv.append("again")
    os.environ.pop("OMP_NUM_THREADS", None)
    train_command._compute_with(2)
print({os.environ[name] for name in train_command.THREADS})
"""
    (here / "script.py").write_text(script)
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=True)
    assert done.stdout == "{'2'}\n"


# evaluate, play, export, runs


def test_evaluate_prints_the_protocol_and_what_papers_published(run):
    result = workshop("evaluate", "--episodes", 2)
    assert result.exit_code == 0, result.output
    for part in ("pong", "a, best", "2 episodes", "ε 0.05", "30 no-ops", "seed 0", "LEFTFIRE", "18.9 ± 1.3", "9.3"):
        assert part in result.output
    assert re.search(r"-?\d+\.\d ± \d+\.\d \(mean ± standard deviation\)", result.output)


def test_evaluate_as_json_is_json_and_is_the_same_again(run):
    one, other, another = (
        workshop("evaluate", "a", "--json", "--episodes", 3, "--epsilon", 0.5, "--checkpoint", "last", "--seed", seed)
        for seed in (1, 1, 2)
    )
    found = json.loads(one.stdout)
    assert found == json.loads(other.stdout) != json.loads(another.stdout)
    assert (found["game"], found["episodes"], found["epsilon"], found["seed"]) == ("pong", 3, 0.5, 1)
    assert len(found["scores"]) == len(found["frames"]) == 3
    assert found["min"] <= found["mean"] <= found["max"]
    assert max(found["frames"]) <= found["max_frames"] == SMALL.max_frames


def test_play_writes_a_film_into_the_runs_folder_or_where_it_is_told(run, here):
    result = workshop("play")
    assert result.exit_code == 0, result.output
    assert "runs/a/play.gif" in result.output
    with Image.open("runs/a/play.gif") as film:
        assert film.n_frames > 20
    result = workshop("play", "a", "--video", "film.gif", "--episodes", 2, "--epsilon", 1, "--seed", 3)
    assert re.search(r"scored -?\d+, -?\d+\.", result.output)
    with Image.open("film.gif") as longer, Image.open("runs/a/play.gif") as film:
        assert longer.n_frames > 1.5 * film.n_frames


def test_an_exported_agent_is_played_as_the_one_that_comes_with_the_kit(run, here, monkeypatch):
    monkeypatch.setattr(agent_files, "FOLDER", here / "trained")
    agent_files.FOLDER.mkdir()
    result = workshop("export", "a", "--output", "trained/pong.npz")
    assert result.exit_code == 0, result.output
    result = workshop("play", "--pretrained", "pong")
    assert "pong.gif" in result.output
    with Image.open("pong.gif") as film:
        assert film.n_frames > 20
    result = workshop("evaluate", "--pretrained", "pong", "--episodes", 1)
    assert "18.9 ± 1.3" in result.output


def test_runs_are_listed_newest_first_within_80_columns(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    name = "breakout-laptop-seed4-20990101-000000"
    Run.create("breakout", "laptop", SMALL, 4, threads=1, folder=f"runs/{name}")
    lines = workshop("runs").output.splitlines()
    assert all(len(line) <= 80 for line in lines)
    newest, oldest = (line for line in lines if "seed" in line and "," in line)
    assert newest.split()[:5] == ["breakout,", "laptop,", "seed", "4", "crashed"], "it never began"
    assert oldest.split()[:5] == ["pong,", "nips2013,", "seed", "0", "finished"]
    assert oldest.split()[6:8] == ["300", "50"]
    below = lines[lines.index(newest) + 1 : lines.index(oldest)]
    assert "".join(line.strip() for line in below) == name
    assert not any("…" in line for line in lines)


def test_an_empty_list_says_how_to_begin(here):
    result = workshop("runs")
    assert result.exit_code == 0
    assert "workshop train pong" in result.output


@pytest.mark.parametrize("command", ("train", "evaluate", "play", "export", "runs"))
def test_help_has_examples(command):
    result = workshop(command, "--help")
    assert result.exit_code == 0
    assert f"workshop {command}" in result.output.split("Options:")[0].split("\n", 1)[1]
