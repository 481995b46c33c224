"""`workshop grade --watch`: what arrives is graded once it is whole, and the page follows."""

import io
import json
import os
import sys
import time
import types
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.cli import main
from workshop.grading import room as room_module
from workshop.grading import watch as watch_module
from workshop.grading.reading import read_file
from workshop.grading.room import Begun, Ended, Graded
from workshop.grading.rows import Row
from workshop.grading.store import Store
from workshop.grading.watch import Landing


def names(landed):
    return [name for name, _ in landed]


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so."""
    now = [0.0]
    monkeypatch.setattr(watch_module.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def test_a_submission_lands_once_when_it_has_stayed_as_it_is_and_again_when_it_changes(tmp_path, clock):
    landing = Landing([tmp_path])
    assert landing.scan() == []
    file = write_notebook(tmp_path / "ann.ipynb", RIGHT_RETURN)
    assert landing.scan() == [] and landing.names == ["ann.ipynb"]
    assert names(landing.scan()) == ["ann.ipynb"]
    assert landing.scan() == []
    write_notebook(file, RIGHT_RETURN, RIGHT_TARGET)
    assert landing.scan() == []
    assert names(landing.scan()) == ["ann.ipynb"]
    file.unlink()
    assert landing.scan() == [] and landing.names == []
    write_notebook(file, RIGHT_RETURN)
    assert [names(landing.scan()) for _ in range(3)] == [[], ["ann.ipynb"], []]


def test_a_half_of_a_file_is_waited_for_but_not_for_ever(tmp_path, clock):
    landing = Landing([tmp_path])
    text = write_notebook(tmp_path / "whole.ipynb", RIGHT_RETURN).read_text()
    for name in ("ann.ipynb", "bob.ipynb"):
        (tmp_path / name).write_text(text[: len(text) // 2])
    landing.scan()
    assert names(landing.scan()) == ["whole.ipynb"]
    (tmp_path / "ann.ipynb").write_text(text)
    assert landing.scan() == []
    assert names(landing.scan()) == ["ann.ipynb"]
    clock(watch_module._PATIENCE_SECONDS + 1)
    assert names(landing.scan()) == ["bob.ipynb"]


def test_what_is_no_file_lands_too(tmp_path, clock):
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "nowhere")
    landing = Landing([tmp_path])
    landing.scan()
    assert set(landing.names) == set(names(landing.scan()))


def test_a_file_that_is_changed_with_its_time_and_size_kept_lands_again(tmp_path, clock):
    file = write_notebook(tmp_path / "ann.ipynb", RIGHT_RETURN)
    landing = Landing([tmp_path])
    landing.scan(), landing.scan()
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"gamma", b"GAMMA"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    landing.scan()
    assert names(landing.scan()) == ["ann.ipynb"]


def test_a_file_of_a_terabyte_and_a_link_are_not_read_to_see_whether_they_are_whole(tmp_path, clock, monkeypatch):
    with open(tmp_path / "huge.ipynb", "wb") as sparse:
        sparse.truncate(2**40)
    (tmp_path / "link.ipynb").symlink_to("/proc/kmsg")  # root's read of it waits until the kernel says something
    opened = []
    monkeypatch.setattr(watch_module, "read_file", lambda name, path: opened.append(name) or read_file(name, path))
    monkeypatch.setattr(Path, "read_bytes", None)
    landing = Landing([tmp_path])
    landing.scan()
    assert names(landing.scan()) == ["huge.ipynb", "link.ipynb"]
    assert opened == ["huge.ipynb", "link.ipynb"]


def test_what_holds_more_values_than_a_notebook_is_not_parsed_here(tmp_path, clock, monkeypatch):
    (tmp_path / "bomb.ipynb").write_bytes(b"[" + b"[]," * 1_600_000)
    landing = Landing([tmp_path])
    landing.scan()
    monkeypatch.setattr(watch_module.json, "loads", None)
    assert names(landing.scan()) == ["bomb.ipynb"]


def test_a_notebook_in_capitals_is_waited_for_too(tmp_path, clock):
    (tmp_path / "ANN.IPYNB").write_text('{"cells": [')
    landing = Landing([tmp_path])
    landing.scan()
    assert landing.scan() == []


def test_a_file_that_is_touched_while_it_is_graded_is_not_graded_twice(tmp_path):
    """An editor saves it again, with nothing changed."""
    file = write_notebook(tmp_path / "ann.ipynb", RIGHT_TARGET)
    rows = [Row("ann.ipynb", name, 1, "pass", 1.0, 1.0, "", "", 0.0) for name in ("td_update", "q_target")]
    submitted = []

    class Engine:
        is_busy = True

        def submit(self, task):
            submitted.append(task)

        def events(self, seconds):
            time.sleep(seconds)
            return told.pop(0) if told else []

    options = types.SimpleNamespace(paths=[tmp_path], outputs={})
    with Store([tmp_path], 7) as store:
        following = watch_module._Watch(options, store, Engine(), Console(file=io.StringIO()))

        def go(events):
            told[:] = [events]
            following._look()
            following._listen()

        told = []
        go([])
        go([])
        (task,) = submitted
        go([Begun(task, ["td_update", "q_target"]), Graded(task, rows[0])])
        os.utime(file)
        go([])
        go([Graded(task, rows[1]), Ended(task)])
        go([])
        assert submitted == [task]


def test_a_report_that_cannot_be_written_for_a_while_ends_no_watch(tmp_path, monkeypatch):
    written = []

    def write(rows, outputs, title, is_watching):
        written.append(is_watching)
        if len(written) in (2, 3, 4):
            raise OSError(28, "No space left on device", "rows.csv")

    def scan(landing):
        landing.names = [f"{len(written)}.ipynb"]  # there is always something new to write
        if len(written) >= 6:
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(watch_module.outputs, "write", write)
    monkeypatch.setattr(Landing, "scan", scan)
    options = types.SimpleNamespace(paths=[tmp_path], outputs={}, address="elsewhere", title=lambda: "")
    with Store([tmp_path], 7) as store:
        console = Console(file=io.StringIO(), width=200)
        watch_module._Watch(options, store, types.SimpleNamespace(is_busy=False), console).go()
    assert written == [True] * 6 + [False]
    said = console.file.getvalue()
    assert said.count("cannot be written: No space left on device (rows.csv)") == 1
    assert "Stopped." in said


def test_the_page_follows_what_arrives_changes_and_goes(tmp_path, monkeypatch):
    """The steps are taken one after the other, each when the row file shows the one before."""
    monkeypatch.setattr(room_module, "COMMAND", [sys.executable, "-m", "tests.grading.stand_in_desk"])
    monkeypatch.setattr(watch_module, "_is_whole", lambda path: True)
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    room, rows, page = tmp_path / "room", tmp_path / "rows.json", tmp_path / "page"
    room.mkdir()
    steps = [
        (lambda: (room / "ann.ipynb").write_text("q_target pass"), ["ann.ipynb"]),
        (lambda: (room / "bob.ipynb").write_text("q_target slow\ntd_update pass"), ["ann.ipynb", *["bob.ipynb"] * 2]),
        (lambda: (room / "bob.ipynb").write_text("td_update pass"), ["ann.ipynb", "bob.ipynb"]),
        ((room / "ann.ipynb").unlink, ["bob.ipynb"]),
    ]
    deadline = time.monotonic() + 60
    wanted = []
    scan = Landing.scan

    def step(landing):
        nonlocal wanted
        assert time.monotonic() < deadline, rows.read_text()
        if [row["submission"] for row in json.loads(rows.read_text())] == wanted:
            assert all(name.removesuffix(".ipynb") in (page / "index.html").read_text() for name in wanted)
            if not steps:
                raise KeyboardInterrupt
            act, wanted = steps.pop(0)
            act()
        return scan(landing)

    monkeypatch.setattr(Landing, "scan", step)
    result = CliRunner().invoke(main, ["grade", str(room), "--watch", "--html", str(page), "--json", str(rows)])
    assert result.exit_code == 0, result.output
    assert not steps
    assert "Stopped. Rows kept: 1;" in result.output
    assert "bob.ipynb: 2 pass" in result.output
    assert (page / "index.html").as_uri() in result.output
    assert "data-reload" not in (page / "index.html").read_text()
