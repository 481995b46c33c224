"""A run's folder: what is in it, what is found in it again, and what is said where it is not as it should be."""

import dataclasses
import getpass
import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dqn.runs_for_tests import SMALL
from workshop.dqn import settings
from workshop.dqn.curve import draw_curve, save_curve
from workshop.dqn.metrics import EVALUATIONS, METRICS, Log, held_out_states
from workshop.dqn.presets import PRESETS
from workshop.dqn.provenance import provenance
from workshop.dqn.run import Run, RunError, find_runs, open_run
from workshop.nn import kernels

numbers = st.one_of(st.none(), st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6))


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("log")


@given(st.lists(numbers, max_size=20), st.integers(0, 25))
def test_rows_come_back_and_are_cut_at_a_step(log_folder, values, steps):
    log = Log(log_folder / "metrics.csv", ("steps", "value"))
    log.path.unlink(missing_ok=True)
    for step, value in enumerate(values):
        log.append(steps=step, value=value)
    for row, value in zip(log.rows(), values, strict=True):
        assert row["value"] == (None if value is None else pytest.approx(value, rel=1e-5))
    before = log.rows()
    log.cut(steps)
    assert log.rows() == before[: steps + 1]
    log.append(steps=99, value=1)
    assert [row["steps"] for row in log.rows()] == [*range(min(len(values), steps + 1)), 99]


def test_a_file_that_was_cut_short_anywhere_gives_the_rows_before(tmp_path):
    log = Log(tmp_path / "metrics.csv", ("steps", "value"))
    for step in range(5):
        log.append(steps=step, value=step / 3)
    whole, rows = log.path.read_bytes(), log.rows()
    for length in range(len(whole)):
        log.path.write_bytes(whole[:length])
        left = rows[: max(whole[:length].count(b"\n") - 1, 0)]
        assert log.rows() == left
        log.cut(2)
        log.append(steps=7, value=0)
        assert [row["steps"] for row in log.rows()] == [row["steps"] for row in left[:3]] + [7]


def test_no_half_row_stays_where_the_disk_is_full(tmp_path):
    script = """
import resource, sys
from pathlib import Path
from workshop.dqn.metrics import Log
log = Log(Path(sys.argv[1]), ("steps", "value"))
resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
for step in range(9):
    try:
        log.append(steps=step, value=12345)
    except OSError:
        print(step)
        break
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "m.csv"], capture_output=True, text=True, check=True
    )
    rows = Log(tmp_path / "m.csv", ()).rows()
    assert [row["steps"] for row in rows] == list(range(int(done.stdout)))
    assert len(rows) > 2
    assert (tmp_path / "m.csv").read_bytes().endswith(b"\n")


def test_held_out_states_are_the_same_again():
    states = held_out_states("pong", SMALL, 3, 12)
    assert (states.shape, states.dtype) == ((12, 4, 20, 20), np.uint8)
    held_out_states.cache_clear()
    np.testing.assert_array_equal(states, held_out_states("pong", SMALL, 3, 12))
    assert not np.array_equal(states, held_out_states("pong", SMALL, 4, 12))
    assert len(np.unique(states.reshape(-1, 400), axis=0)) > 12, "they are not one and the same"


# Settings


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_settings_go_through_json(preset):
    assert settings.from_json(json.loads(json.dumps(settings.as_json(preset)))) == preset


@pytest.mark.parametrize("name", settings.DEFAULTS)
def test_every_setting_of_every_preset_can_be_set_to_what_it_is(name):
    for preset in PRESETS.values():
        value = getattr(preset, name)
        assert settings.changed(preset, [f"{name}={json.dumps(value)}"]) == preset


def test_settings_are_changed_together():
    preset = settings.changed(SMALL, ["batch_size=16", " learning_rate = 1 ", "network=Laptop", "crop=null"])
    assert preset == dataclasses.replace(SMALL, batch_size=16, learning_rate=1.0, network="Laptop", crop=None)
    assert type(preset.learning_rate) is float


@pytest.mark.parametrize(
    "assignment, said",
    [
        ("batch_size", "NAME=VALUE"),
        ("batchsize=3", "batch_size"),
        ("batch_size=many", "whole number"),
        ("batch_size=1.5", "whole number"),
        ("batch_size=true", "whole number"),
        ("batch_size=0", "greater than 0"),
        ("batch_size=-3", "from 0 on"),
        ("learning_rate=NaN", "from 0 on"),
        ("learning_rate=fast", "number"),
        ("double=1", "truth value"),
        ("gamma=1.5", "from 0 to 1"),
        ("network=Resnet", "NIPS2013"),
        ("optimizer=sgd", "adam, rmsprop"),
        ("frame_shape=84", "list of whole numbers"),
        ("frame_shape=[84]", "[height, width]"),
        ("frame_shape=[84, 2.5]", "list of whole numbers"),
        ("learning_starts=3", "learning_starts"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_can(assignment, said):
    with pytest.raises(settings.BadSetting) as refused:
        settings.changed(SMALL, [assignment])
    assert said in str(refused.value)


def test_what_was_made_before_there_was_a_setting_did_as_its_default_does():
    """The shipped agents, and everybody's runs."""
    known = settings.as_json(SMALL)
    before = {name: value for name, value in known.items() if name != "press_fire"}
    assert settings.from_json(before) == SMALL
    for other in ({**known, "curiosity": 1}, {name: value for name, value in known.items() if name != "gamma"}, {}, []):
        with pytest.raises(settings.BadSetting):
            settings.from_json(other)


# Folders


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def create(**more):
    return Run.create("pong", "nips2013", SMALL, **{"seed": 0, "threads": 1, **more})


def test_a_run_is_opened_as_it_was_made(folder):
    made = create(seed=3, minutes=5.0)
    assert made.folder.parent == Path("runs")
    assert made.folder.name.startswith("pong-nips2013-seed3-")
    opened = open_run(made.folder)
    assert (opened.game, opened.seed, opened.preset, opened.card) == ("pong", 3, SMALL, made.card)
    assert opened.card["minutes"] == 5.0
    assert open_run(made.folder.name).folder == made.folder, "a name below runs/ is enough"
    assert open_run().folder == made.folder


def test_where_figures_come_from_is_said_and_whose_machine_it_is_is_not():
    said = provenance()
    assert said["versions"]["numpy"] == np.__version__
    assert said["versions"]["python"] == platform.python_version()
    assert said["machine"]["cores"] == os.cpu_count()
    text = json.dumps(said)
    for private in (platform.node(), str(Path.home()), str(Path.cwd()), f'"{getpass.getuser()}"'):
        assert private not in text


def test_products_without_a_compiler_are_another_version(monkeypatch):
    monkeypatch.setattr(kernels, "library", lambda: None)
    assert provenance()["versions"]["products"] == "NumPy"
    monkeypatch.setattr(kernels, "library", lambda: "compiled")
    assert provenance()["versions"]["products"] == "C"


def test_the_newest_run_that_fits_is_found(folder):
    wanted = [("pong", 0), ("breakout", 0), ("pong", 1)]
    for number, (game, seed) in enumerate(wanted):
        run = Run.create(game, "nips2013", SMALL, seed, threads=1, folder=f"runs/{number}")
        card = {**run.card, "begun": f"2026-01-0{number + 1}T00:00:00"}
        (run.folder / "run.json").write_text(json.dumps(card))
    (folder / "runs" / "stray").mkdir()
    assert [run.folder.name for run in find_runs()] == ["2", "1", "0"]
    assert open_run(game="breakout").folder.name == "1"
    assert open_run(game="pong", seed=0).folder.name == "0"
    with pytest.raises(RunError, match="with game pong seed 7"):
        open_run(game="pong", seed=7)


def test_a_folder_with_something_in_it_is_not_taken(folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("…")
    with pytest.raises(RunError, match="not empty"):
        create(folder="mine")
    (folder / "mine" / "thesis.txt").rename(folder / "a file")
    with pytest.raises(RunError, match="cannot be made"):
        create(folder="a file/run")


def spoil(**changes):
    return lambda card: json.dumps({**card, **changes})


@pytest.mark.parametrize(
    "spoiled, said",
    [
        (lambda card: "", "damaged"),
        (lambda card: "[1, 2]", "damaged"),
        (lambda card: json.dumps(card)[:-40], "damaged"),
        (lambda card: json.dumps({"game": "pong"}), "another version"),
        (spoil(kit="9.0.0", settings={**dataclasses.asdict(SMALL), "noise": 1}), "version 9.0.0 .* noise"),
        (spoil(kit="0.0.1", settings={"gamma": 1}), "version 0.0.1"),
        (spoil(settings=None), "settings"),
    ],
)
def test_a_card_that_cannot_be_used_is_explained(folder, spoiled, said):
    run = create(folder="run")
    (run.folder / "run.json").write_text(spoiled(run.card))
    with pytest.raises(RunError, match=said):
        Run("run")
    assert find_runs(".") == [], "it does not stop the others from being listed"


def test_what_is_no_run_is_explained(folder):
    (folder / "empty").mkdir()
    (folder / "file").touch()
    for named, said in (("nothing", "no folder nothing"), ("empty", "no run"), ("file", "no run"), (None, "Begin one")):
        with pytest.raises(RunError, match=said):
            open_run(named)


def test_running_stopped_finished_and_crashed(folder):
    run = create(folder="run")
    assert run.state() == "crashed", "it never began"
    for state in ("running", "stopped", "finished"):
        run.set_state(state)
        assert Run("run").state() == state
    script = "import time; from workshop.dqn.run import Run; Run('run').set_state('running'); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        assert run.state() == "running"
        other.send_signal(signal.SIGKILL)
        while psutil.Process(other.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert run.state() == "crashed", "dead, though its parent has not asked yet"
    assert run.state() == "crashed"
    said = json.loads((run.folder / "state.json").read_text())
    said["process"] = os.getpid()  # the number of the dead process belongs to another one now
    (run.folder / "state.json").write_text(json.dumps(said))
    assert run.state() == "crashed"


def test_size_counts_what_is_shared_once(folder):
    run = create(folder="run")
    empty = run.size()
    (run.folder / "piece").write_bytes(bytes(1000))
    os.link(run.folder / "piece", run.folder / "the same piece")
    assert run.size() == empty + 1000


# The curve


def row(columns, steps, **values):
    return {**dict.fromkeys(columns), "minutes": steps / 100, "steps": steps, **values}


def test_the_curve_says_its_numbers_and_the_published_ones():
    metrics = [row(METRICS, steps, score=steps / 100 - 20, q=0.5) for steps in range(0, 1000, 100)]
    evaluations = [
        row(EVALUATIONS, steps, mean=mean, std=1.0) for steps, mean in ((300, -5.0), (600, 12.5), (900, 7.0))
    ]
    alt = draw_curve(metrics, evaluations, "pong", "a run").alt
    for number in ("9.0 minutes", "training score -11.0", "best 12.5 after 6.0", "human 9.3", "random -20.7", "Q 0.50"):
        assert number in alt
    assert "human" not in draw_curve(metrics, evaluations, "skiing", "a run").alt


def test_the_curve_grows_from_nothing(folder):
    run = create(folder="run")
    for steps in (0, 100, 200):
        save_curve(run)
        assert (run.folder / "curve.png").read_bytes().startswith(b"\x89PNG")
        run.metrics.append(**row(METRICS, steps))
        run.evaluations.append(**row(EVALUATIONS, steps, mean=-21.0, std=0.0))


def test_a_long_curve_is_thinned_out_and_ends_where_it_ends():
    metrics = [row(METRICS, steps, score=0.0, q=float(steps)) for steps in range(9999)]
    assert "Q 9998.00" in draw_curve(metrics, [], "pong", "a run").alt
