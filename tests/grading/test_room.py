"""The local engine: every row once, whatever becomes of the grading processes."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.exercises.catalogue import EXERCISES
from workshop.grading import room as room_module
from workshop.grading.room import Begun, EngineError, Graded, Room, usable_cores
from workshop.grading.store import Task

SEED = 3
TWO = frozenset(["discounted_return", "q_target"])
WRONG_TARGET = "def q_target(reward, next_q_values, terminated, gamma):\n    return reward + gamma * max(next_q_values)"
STAND_IN = [sys.executable, "-m", "tests.grading.stand_in_desk"]
NAMES = [exercise.name for exercise in EXERCISES[:4]]


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr(room_module, "COMMAND", STAND_IN)
    monkeypatch.chdir(Path(__file__).resolve().parents[2])


def task_of(path, *lines):
    path.write_text("\n".join(lines))
    return Task(path.name, path, "digest")


def follow(room, tasks):
    """Have tasks graded. Returns the rows, each once, by submission and exercise."""
    rows, begun, ended = {}, set(), set()
    for task in tasks:
        room.submit(task)
    while room.is_busy:
        for event in room.events(0.5):
            if isinstance(event, Begun):
                assert event.task.name not in begun
                begun.add(event.task.name)
            elif isinstance(event, Graded):
                key = event.task.name, event.row.exercise
                assert event.task.name in begun - ended and key not in rows
                rows[key] = replace(event.row, seconds=0.0)
            else:
                ended.add(event.task.name)
    assert begun == ended == {task.name for task in tasks}
    return rows


def grade(tasks, workers=1, only=None, **settings):
    with Room(workers, SEED, only, **settings) as room:
        rows = follow(room, tasks)
        pids = [desk.process.pid for desk in room._desks]
    assert not any(map(psutil.pid_exists, pids))
    return rows


BEHAVIOUR = st.one_of(
    st.sampled_from([["unreadable"], ["kills-its-reader"]]),
    st.lists(st.sampled_from(["pass", "pass", "kill-once", "kill-always"]), min_size=1, max_size=4).map(
        lambda does: [f"{name} {what}" for name, what in zip(NAMES, does)]
    ),
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(room=st.lists(BEHAVIOUR, min_size=1, max_size=5), workers=st.integers(1, 3))
def test_every_row_is_there_once_whatever_ends_the_grading_processes(stand_in, tmp_path_factory, room, workers):
    folder = tmp_path_factory.mktemp("room")
    rows = grade([task_of(folder / f"{number}.ipynb", *lines) for number, lines in enumerate(room)], workers)
    for number, lines in enumerate(room):
        name = f"{number}.ipynb"
        own = {exercise: row for (submission, exercise), row in rows.items() if submission == name}
        if len(lines[0].split()) == 1:
            assert [row.verdict for row in own.values()] == ["ungradable"] and list(own) == [None]
            assert ("signal SIGKILL" in own[None].message) == (lines == ["kills-its-reader"])
            continue
        assert list(own) == NAMES[: len(lines)]
        for line in lines:
            exercise, does = line.split()
            assert own[exercise].verdict == ("ungradable" if does == "kill-always" else "pass")
            assert ("signal SIGKILL" in own[exercise].message) == (does == "kill-always")


def test_a_process_that_hangs_on_an_exercise_is_given_up(stand_in, tmp_path):
    task = task_of(tmp_path / "x.ipynb", "td_update pass", "q_target hang", "returns_to_go pass")
    rows = grade([task], row_seconds=0.7)
    assert [row.verdict for row in rows.values()] == ["pass", "ungradable", "pass"]
    lost = rows["x.ipynb", "q_target"]
    assert "said nothing for 0.7 seconds" in lost.message
    assert (lost.session, lost.points, lost.max_points) == (1, 0.0, 1.0)


def test_only_what_is_wanted_and_not_done_is_graded(stand_in, tmp_path):
    task = replace(task_of(tmp_path / "x.ipynb", *(f"{name} pass" for name in NAMES)), done=frozenset(NAMES[:2]))
    assert [exercise for _, exercise in grade([task])] == NAMES[2:]
    assert [exercise for _, exercise in grade([task], only=frozenset(NAMES[1:3]))] == [NAMES[2]]


def test_a_process_that_is_killed_while_it_has_nothing_to_do_is_no_matter(stand_in, tmp_path):
    task = task_of(tmp_path / "x.ipynb", "q_target pass")
    with Room(1, SEED) as room:
        assert len(follow(room, [task])) == 1
        room._desks[0].process.kill()
        room._desks[0].process.wait()
        assert room.events(1) == []
        assert len(follow(room, [task])) == 1


def test_processes_that_do_not_start_are_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(room_module, "COMMAND", ["/bin/false"])
    with pytest.raises(EngineError, match="exit status 1"):
        grade([task_of(tmp_path / "x.ipynb", "q_target pass")])


def test_a_process_that_does_not_start_once_is_started_again(stand_in, monkeypatch, tmp_path):
    """Where memory is short, say, it is the newest process that is ended."""
    flaky = f"[ -e started ] || {{ touch started; kill -9 $$; }}; cd {os.getcwd()}; exec {sys.executable} -m tests.grading.stand_in_desk"
    monkeypatch.setattr(room_module, "COMMAND", ["sh", "-c", f"cd {tmp_path}; {flaky}"])
    rows = grade([task_of(tmp_path / "x.ipynb", "q_target pass")])
    assert [row.verdict for row in rows.values()] == ["pass"]


def test_a_system_without_a_process_to_spare_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(room_module, "COMMAND", ["/no/such/python"])
    with pytest.raises(EngineError, match="No such file"):
        grade([task_of(tmp_path / "x.ipynb", "q_target pass")])


def test_what_is_under_way_ends_with_the_room(tmp_path):
    endless = "def q_target(*arguments):\n    while True: pass"
    task = Task("x.ipynb", write_notebook(tmp_path / "x.ipynb", endless), "digest")
    with Room(1, SEED, TWO) as room:
        room.submit(task)
        while not any(isinstance(event, Graded) for event in room.events(0.5)):
            pass
        desk = psutil.Process(room._desks[0].process.pid)
        while not desk.children():
            time.sleep(0.05)
        family = [desk, *desk.children(recursive=True)]
    assert not psutil.wait_procs(family, timeout=5)[1]


BUSY_DRAWING = """
import time
import hypothesis
from hypothesis import strategies as st
from workshop.grading import desk, grader

class Drawing:
    exercises = ()

    def __init__(self, name, path, seed):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def rows(self):
        @hypothesis.settings(deadline=None, database=None)
        @hypothesis.given(st.integers())
        def draw(number):
            time.sleep(60)
        draw()
        yield

grader.Grader = Drawing
desk._LAST_SECONDS = 60
try:
    desk.main()
except desk._Over:
    pass
"""


def test_a_grading_process_that_draws_inputs_ends_with_its_room():
    """Hypothesis takes a SystemExit for a failure, and tries the same input again."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", BUSY_DRAWING], **pipes) as process:
        assert json.loads(process.stdout.readline()) == {"ready": True}
        process.stdin.write(
            json.dumps({"name": "x", "path": "x", "seed": 0, "skip": [], "only": None}).encode() + b"\n"
        )
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"begun": []}
        time.sleep(1)  # it draws
        process.stdin.close()
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.alone
def test_a_room_gives_the_same_rows_with_any_number_of_processes(tmp_path):
    """Four submissions: right, wrong, half done, unreadable."""
    write_notebook(tmp_path / "ann.ipynb", RIGHT_RETURN, RIGHT_TARGET)
    write_notebook(tmp_path / "bob.ipynb", RIGHT_RETURN, WRONG_TARGET)
    write_notebook(tmp_path / "carl.ipynb", RIGHT_TARGET)
    (tmp_path / "dora.ipynb").write_text("{")
    tasks = [Task(path.name, path, "digest") for path in sorted(tmp_path.iterdir())]
    alone = grade(tasks, 1, TWO)
    assert [row.verdict for _, row in sorted(alone.items(), key=lambda pair: pair[0][0])] == [
        *("pass", "pass"),
        *("pass", "fail"),
        *("unattempted", "pass"),
        "ungradable",
    ]
    assert grade(tasks, 2, TWO) == grade(tasks, 4, TWO) == alone


def test_usable_cores_is_what_this_process_may_use():
    assert 1 <= usable_cores() <= os.cpu_count()
