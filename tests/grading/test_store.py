"""The journal of a run: nothing lost, nothing twice, wherever it was cut off."""

import json
import os
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workshop.exercises.catalogue import EXERCISES
from workshop.grading import store as store_module
from workshop.grading.room import Begun
from workshop.grading.rows import Row
from workshop.grading.run import keep
from workshop.grading.store import Store, StoreError, digest_of

NAMES = ("ann.ipynb", "böb\udcff.ipynb")  # the second one is how Python names a file whose name is not UTF-8
FIRST, SECOND, THIRD = (exercise.name for exercise in EXERCISES[:3])


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "home"))
    return [tmp_path / "handed in"]


def row(name, exercise, verdict="pass"):
    return Row(name, exercise, 1, verdict, 1.0, 1.0, "a\nb", "", 0.25, seed=7, checker="c")


def fill(store, rows):
    """Put (submission, exercise) pairs into a store, each submission begun when its first one comes."""
    for name, exercise in rows:
        task = store.task(name, None, "digest")
        if name not in store.entries:
            store.begin(task, [FIRST, SECOND, THIRD])
        store.add(task, row(name, exercise))


def test_what_is_in_a_journal_comes_back(room):
    with Store(room, 7) as store:
        fill(store, [(NAMES[0], SECOND), (NAMES[1], FIRST), (NAMES[0], FIRST)])
        rows = store.rows(NAMES)
    with Store(room, 7, resume=True) as store:
        assert store.rows(NAMES) == rows
        assert [row.exercise for row in rows] == [FIRST, SECOND, FIRST]  # the catalogue's order, not that of arrival
        assert store.missing(NAMES[0]) == [THIRD]
        assert store.task(NAMES[0], None, "digest").done == {FIRST, SECOND}
        fill(store, [(NAMES[0], THIRD)])
        assert store.task(NAMES[0], None, "digest") is None
        assert store.missing("carl.ipynb") == [None]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 3000), tail=st.binary(max_size=8))
def test_a_journal_that_is_cut_off_anywhere_goes_on_with_what_was_whole(room, cut, tail):
    pairs = [(name, exercise) for exercise in (FIRST, SECOND, THIRD) for name in NAMES]
    with Store(room, 7) as store:
        fill(store, pairs)
        whole, everything = store.path.read_bytes(), store.rows(NAMES)
        store.path.write_bytes(whole[:cut] + tail)
    with Store(room, 7, resume=True) as store:
        kept = store.rows(NAMES)
        assert all(row in everything for row in kept)
        assert len(kept) >= whole[:cut].count(b'{"of"') - 1
        fill(store, [(name, exercise) for name, exercise in pairs if exercise not in _done(store, name)])
        assert store.rows(NAMES) == everything
    with Store(room, 7, resume=True) as store:
        assert store.rows(NAMES) == everything


def _done(store, name):
    return store.entries[name].rows if name in store.entries else ()


def test_a_row_is_kept_once_and_only_where_it_belongs(room):
    with Store(room, 7) as store:
        fill(store, [(NAMES[0], FIRST)])
        task = store.task(NAMES[0], None, "digest")
        assert not store.add(task, row(NAMES[0], FIRST, "fail"))
        assert not store.add(task, row(NAMES[0], "somebody else's"))
        assert [row.verdict for row in store.rows(NAMES)] == ["pass"]


def test_a_submission_that_changed_begins_anew(room):
    with Store(room, 7) as store:
        fill(store, [(name, FIRST) for name in NAMES])
    with Store(room, 7, resume=True) as store:
        task = store.task(NAMES[0], None, "another digest")
        assert not task.done
        store.begin(task, [SECOND])
        assert store.missing(NAMES[0]) == [SECOND]
        store.add(task, row(NAMES[0], SECOND))
    with Store(room, 7, resume=True) as store:
        assert store.task(NAMES[0], None, "another digest") is None
        assert [row.exercise for row in store.rows(NAMES[:1])] == [SECOND]


def test_rows_of_a_moment_in_which_the_file_was_another_are_not_those_of_what_comes_back(room):
    """It was away when the grader came to it, on a disk that was pulled out, and is there again."""
    with Store(room, 7) as store:
        task = store.task(NAMES[0], None, "digest")
        store.begin(task, [], "unreadable: No such file or directory")
        unread = Row(NAMES[0], None, None, "ungradable", 0.0, 0.0, "there is no file", "", 0.0)
        assert store.add(task, unread)
        assert store.rows(NAMES) == [unread] and not store.missing(NAMES[0])
        assert store.task(NAMES[0], None, "digest") == task
        store.begin(task, [FIRST], "digest")
        store.add(task, row(NAMES[0], FIRST))
        store.begin(task, [FIRST, SECOND], "another one")  # resumed, and changed at that moment
        store.add(task, row(NAMES[0], SECOND))
        assert [row.exercise for row in store.rows(NAMES)] == [FIRST, SECOND]
    with Store(room, 7, resume=True) as store:
        assert store.task(NAMES[0], None, "digest") == task


def test_whoever_keeps_the_rows_looks_whether_the_file_is_still_the_same(room, tmp_path):
    file = tmp_path / NAMES[0]
    file.write_text("{}")
    with Store(room, 7) as store:
        task = store.task(NAMES[0], file, digest_of(file))
        file.unlink()
        keep(store, Begun(task, []))
        file.write_text("{}")
        assert store.task(NAMES[0], file, digest_of(file)) == task


@pytest.mark.parametrize(
    "line",
    [
        {"begun": "ann.ipynb", "digest": "digest", "exercises": "abc"},
        {"begun": "ann.ipynb", "digest": "digest", "exercises": [["q_target"], 3]},
        {"begun": "ann.ipynb", "digest": "digest", "exercises": ["no such exercise"]},
        {"begun": ["ann.ipynb"], "digest": "digest", "exercises": [FIRST]},
        {"begun": "ann.ipynb", "digest": "digest"},
        {"of": "ann.ipynb", "row": {**asdict(row("ann.ipynb", FIRST)), "message": 5}},
        {"of": "ann.ipynb", "row": {**asdict(row("ann.ipynb", FIRST)), "points": "all"}},
        {"of": "ann.ipynb", "row": {**asdict(row("ann.ipynb", FIRST)), "verdict": "splendid"}},
        {"of": "ann.ipynb", "row": asdict(row("ann.ipynb", "no such exercise"))},
        {"of": "ann.ipynb", "row": asdict(row("bob.ipynb", FIRST))},
        {"of": "ann.ipynb", "row": [FIRST]},
        {"of": "nobody", "row": asdict(row("nobody", FIRST))},
        {"of": "ann.ipynb"},
        {},
    ],
)
def test_a_line_that_we_did_not_write_counts_as_not_written(room, line):
    with Store(room, 7) as store:
        fill(store, [(NAMES[0], SECOND)])
        with open(store.path, "a") as file:
            file.write(json.dumps(line) + "\n")
    with Store(room, 7, resume=True) as store:
        assert [row.exercise for row in store.rows(NAMES)] == [SECOND]
        assert store.missing(NAMES[0]) == [FIRST, THIRD]


@pytest.mark.parametrize("what", ["seed", "version", "nothing there", "no journal"])
def test_rows_of_another_seed_or_version_are_not_kept_and_it_is_said(room, monkeypatch, what):
    if what != "nothing there":
        with Store(room, 7) as store:
            fill(store, [(NAMES[0], FIRST)])
            if what == "no journal":
                store.path.write_bytes(b"\xff\n[]\n")
    if what == "version":
        monkeypatch.setattr(store_module, "version", lambda: "another")
    with Store(room, 8 if what == "seed" else 7, resume=True) as store:
        assert not store.rows(NAMES)
        words = {"seed": "another seed (7)", "version": "have changed since"}
        assert words.get(what, "no earlier run") in store.news


def test_only_some_exercises_are_missing_where_only_some_are_asked_for(room):
    with Store(room, 7, only=frozenset([SECOND])) as store:
        fill(store, [(NAMES[0], SECOND)])
        assert store.task(NAMES[0], None, "digest") is None
    with Store(room, 7, resume=True) as store:
        assert store.missing(NAMES[0]) == [FIRST, THIRD]


def test_two_runs_of_a_room_at_once_are_refused(room):
    with Store(room, 7), pytest.raises(StoreError, match="Another"):
        Store(room, 7)
    with Store(room, 7):
        pass


def test_a_full_disk_is_a_sentence_and_leaves_whole_lines(room, monkeypatch):
    write = store_module.os.write
    with Store(room, 7) as store:
        fill(store, [(NAMES[0], FIRST)])
        monkeypatch.setattr(store_module.os, "write", lambda file, data: write(file, data[: len(data) // 2]))
        with pytest.raises(StoreError, match="disk is full. Make room"):
            fill(store, [(NAMES[0], SECOND)])
        monkeypatch.undo()
        assert store.missing(NAMES[0]) == [SECOND, THIRD]
        for line in store.path.read_bytes().splitlines():
            json.loads(line)


def test_a_home_that_cannot_be_written_is_a_sentence(room, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be kept.*Set WORKSHOP_HOME to"):
        Store(room, 7)


def test_a_digest_follows_what_the_file_holds_and_waits_for_nobody(tmp_path):
    file = tmp_path / "x"
    file.write_text("one")
    first = digest_of(file)
    file.write_text("two")
    assert digest_of(file) != first
    os.mkfifo(tmp_path / "pipe")
    assert digest_of(tmp_path / "pipe") == "not a file"
    assert "directory" in digest_of(tmp_path)
    assert "unreadable" in digest_of(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to(file)
    assert "unreadable" in digest_of(tmp_path / "link")  # as for the reader: it is not followed


def test_a_digest_reads_no_more_than_is_graded_and_still_sees_a_change(tmp_path, monkeypatch):
    file = tmp_path / "x"
    with open(file, "wb") as sparse:
        sparse.truncate(2**42)  # four terabytes of nothing
    first = digest_of(file)
    with open(file, "ab") as sparse:
        sparse.truncate(2**42 + 1)
    assert digest_of(file) != first
