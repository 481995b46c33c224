"""Which files are graded, what they are called, and whose they are."""

import os
import socket
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.notebooks import RIGHT_RETURN, version_3, write_notebook
from workshop.grading.finding import _readable, find_submissions, person_of
from workshop.grading.formats import Unreadable
from workshop.grading.reading import read_submission
from workshop.grading.reports.html import write_html
from workshop.grading.rows import Row


def put(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_notebook(path, *(cells or (RIGHT_RETURN,)))


def names(*paths):
    return [name for name, _ in find_submissions(*paths)]


def reason(name, path):
    with pytest.raises(Unreadable) as raised:
        read_submission(name, path)
    return str(raised.value)


def test_a_folder_gives_every_notebook_below_it_by_its_relative_path(tmp_path):
    for name in ("ann/session_1.ipynb", "bob/deep/er/x.ipynb", "session_1 (1).ipynb", "Carl.IPYNB"):
        put(tmp_path / name)
    assert find_submissions(tmp_path) == [
        (name, tmp_path / name)
        for name in ("Carl.IPYNB", "ann/session_1.ipynb", "bob/deep/er/x.ipynb", "session_1 (1).ipynb")
    ]


def test_files_that_nobody_handed_in(tmp_path):
    for name in (
        ".ipynb_checkpoints/session_1-checkpoint.ipynb",
        "__MACOSX/ann/._session_1.ipynb",
        "__MACOSX/session_1.ipynb",
        "ann/._session_1.ipynb",
        "ann/.~lock.session_1.ipynb#",
        "ann/~$session_1.ipynb",
        "ann/.venv/lib/x.ipynb",
        "ann/env/lib/site-packages/nbformat/x.ipynb",
    ):
        put(tmp_path / name)
    (tmp_path / "rows.json").write_text('[{"submission": "ann"}]')
    (tmp_path / "ann" / "notes.txt").write_text("ask Bob")
    (tmp_path / "ann" / "helper.py").write_text("def best(values):\n    return max(values)\n")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["s.json", "s.txt", "s.ipynb.txt", "s.ipynb.json", "s.ipynb (1)", "s.ipynb.download", "s.IPYNB.TXT"]
)
def test_a_notebook_under_another_ending(name, tmp_path):
    put(tmp_path / name)
    ((found, path),) = find_submissions(tmp_path)
    assert found == name
    assert read_submission(name, path).mentions("discounted_return")


def test_an_old_notebook_and_one_in_utf_16_are_told_by_their_content(tmp_path):
    (tmp_path / "old.txt").write_text(version_3(RIGHT_RETURN))
    (tmp_path / "wide.json").write_text(version_3(RIGHT_RETURN), encoding="utf-16")
    assert names(tmp_path) == ["old.txt", "wide.json"]


SECOND_BEST = {
    "session_1.py": b"# %%\ndef q_target():\n    pass\n",
    "colab.py": b'"""Colab."""\n\ndef q_target():\n    pass\n',
    "exported.py": b"# In[3]:\n\nx = 1\n",
    "session_1.html": b"<html>",
    "all.zip": b"PK\x03\x04",
    "all.tar.gz": b"\x1f\x8b",
}


@pytest.mark.parametrize("name", SECOND_BEST)
def test_who_has_no_notebook_gets_a_row_for_what_was_handed_in(name, tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / name).write_bytes(SECOND_BEST[name])
    put(tmp_path / "bob" / "session_1.ipynb")
    assert names(tmp_path) == [f"ann/{name}", "bob/session_1.ipynb"]
    put(tmp_path / "ann" / "session_1.ipynb")
    assert names(tmp_path) == ["ann/session_1.ipynb", "bob/session_1.ipynb"]


def test_an_archive_says_that_it_is_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "ann.zip", "w") as archive:
        archive.writestr("session_1.ipynb", "{}")
    ((name, path),) = find_submissions(tmp_path)
    assert "zip archive" in reason(name, path)


def test_our_own_pages_in_the_room_are_nobodys(tmp_path):
    """`cd handed_in; workshop grade . --watch` writes its page there: graded, it would change itself for ever."""
    put(tmp_path / "ann.ipynb")
    page = tmp_path / "class-page"
    write_html([Row("ann.ipynb", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.1)], page)
    assert names(tmp_path) == ["ann.ipynb"]
    (own,) = (page / "attendees").iterdir()
    (tmp_path / "bob").mkdir()
    own.rename(tmp_path / "bob" / own.name)  # who hands in such a page has handed in a web page
    assert names(tmp_path) == ["ann.ipynb", f"bob/{own.name}"]


@pytest.mark.parametrize("name", ["s.ipynb~", "s.ipynb.bak", "s.ipynb.orig", "s.ipynb.part"])
def test_what_an_editor_or_a_browser_leaves_beside_a_notebook_counts_where_there_is_no_other(name, tmp_path):
    put(tmp_path / "ann" / name)
    assert names(tmp_path) == [f"ann/{name}"]
    put(tmp_path / "ann" / "s.ipynb")
    assert names(tmp_path) == ["ann/s.ipynb"]
    put(tmp_path / name)
    assert names(tmp_path) == ["ann/s.ipynb", name]
    put(tmp_path / "s.ipynb")
    assert names(tmp_path) == ["ann/s.ipynb", "s.ipynb"]


def test_an_ending_in_capitals_is_the_same(tmp_path):
    (tmp_path / "S.PY").write_text(f"# %%\n{RIGHT_RETURN}\n")
    ((name, path),) = find_submissions(tmp_path)
    assert read_submission(name, path).mentions("discounted_return")


# Things that are no files ---------------------------------------------------------------------------------------------


def test_what_is_no_file_is_one_row_and_nobodys_file_is_read(tmp_path):
    secret = put(tmp_path / "secret" / "of_bob.ipynb")
    room = tmp_path / "room"
    (room / "empty.ipynb").mkdir(parents=True)
    put(room / "folder.ipynb" / "inside.ipynb")
    (room / "loop.ipynb").symlink_to("loop.ipynb")
    (room / "lost.ipynb").symlink_to("nowhere")
    (room / "device.ipynb").symlink_to("/dev/zero")
    (room / "passwords.ipynb").symlink_to("/etc/passwd")
    (room / "thief.ipynb").symlink_to(secret)
    (room / "neighbour.ipynb").symlink_to("folder.ipynb/inside.ipynb")
    (room / "elsewhere").symlink_to(secret.parent, target_is_directory=True)
    (room / "circle").symlink_to(room, target_is_directory=True)
    os.mkfifo(room / "pipe.ipynb")
    found = find_submissions(room)
    assert [name for name, _ in found] == [
        "circle",
        "device.ipynb",
        "elsewhere",
        "empty.ipynb",
        "folder.ipynb/inside.ipynb",
        "loop.ipynb",
        "lost.ipynb",
        "neighbour.ipynb",
        "passwords.ipynb",
        "pipe.ipynb",
        "thief.ipynb",
    ]
    for name, path in found:
        if name == "folder.ipynb/inside.ipynb":
            assert read_submission(name, path).mentions("discounted_return")
        else:
            assert "hand in the notebook itself" in reason(name, path)


def test_a_socket_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path may have 108 characters only
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.ipynb")
        ((name, path),) = find_submissions(tmp_path)
        assert "cannot be read" in reason(name, path)


def test_a_link_that_the_instructor_names_is_followed(tmp_path):
    target = put(tmp_path / "handed in" / "ann.ipynb")
    (tmp_path / "latest.ipynb").symlink_to(target)
    (tmp_path / "latest").symlink_to(target.parent, target_is_directory=True)
    ((name, path),) = find_submissions(tmp_path / "latest.ipynb")
    assert (name, path.read_bytes()) == ("ann.ipynb", target.read_bytes())
    assert names(tmp_path / "latest") == ["ann.ipynb"]
    assert names(tmp_path / "latest", target, tmp_path / "latest.ipynb", tmp_path / "handed in") == ["ann.ipynb"]


def test_what_may_not_be_opened_is_a_row(tmp_path, monkeypatch):
    put(tmp_path / "ann.ipynb")
    put(tmp_path / "locked" / "bob.ipynb")
    opened, listed = os.open, os.scandir

    def refuse(path, *arguments, **options):
        if str(path).endswith(("ann.ipynb", "locked")):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options) if arguments else listed(path)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "scandir", refuse)
    found = find_submissions(tmp_path)
    assert [name for name, _ in found] == ["ann.ipynb", "locked"]
    for name, path in found:
        assert "Permission denied" in reason(name, path)


def test_a_folder_that_may_not_be_opened_is_called_by_its_name(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    assert find_submissions(tmp_path / "handed in") == [("handed in", tmp_path / "handed in")]
    (tmp_path / "handed in").mkdir()
    assert find_submissions(tmp_path / "handed in") == [("handed in", tmp_path / "handed in")]


def test_a_path_longer_than_the_system_takes_is_a_reason(tmp_path):
    assert "too long" in reason("x.ipynb", tmp_path / ("x" * 5000) / "x.ipynb")
    assert "null" in reason("x.ipynb", "x\0.ipynb")


# Names ----------------------------------------------------------------------------------------------------------------


def test_several_files_are_called_by_what_tells_them_apart(tmp_path):
    for name in ("ann/session_1.ipynb", "bob/session_1.ipynb", "bob/session_2.ipynb"):
        put(tmp_path / name)
    bob = tmp_path / "bob"
    assert names(tmp_path / "ann" / "session_1.ipynb") == ["session_1.ipynb"]
    assert names(bob / "session_1.ipynb", bob / "session_2.ipynb") == ["session_1.ipynb", "session_2.ipynb"]
    assert names(*sorted(tmp_path.rglob("*.ipynb"))) == [
        "ann/session_1.ipynb",
        "bob/session_1.ipynb",
        "bob/session_2.ipynb",
    ]


def test_two_folders_with_the_same_names_are_told_apart(tmp_path):
    for name in ("monday/ann/s.ipynb", "tuesday/ann/s.ipynb", "tuesday/bob.ipynb", "monday/x.ipynb", "tuesday/x.ipynb"):
        put(tmp_path / name)
    found = find_submissions(tmp_path / "tuesday", tmp_path / "monday")
    assert [(name, path.relative_to(tmp_path).as_posix()) for name, path in found] == [
        ("ann (monday)/s.ipynb", "monday/ann/s.ipynb"),
        ("ann (tuesday)/s.ipynb", "tuesday/ann/s.ipynb"),
        ("bob.ipynb", "tuesday/bob.ipynb"),
        ("x (monday).ipynb", "monday/x.ipynb"),
        ("x (tuesday).ipynb", "tuesday/x.ipynb"),
    ]


def test_a_file_given_twice_is_graded_once(tmp_path, monkeypatch):
    path = put(tmp_path / "ann" / "s.ipynb")
    monkeypatch.chdir(tmp_path)
    for paths in (("ann", tmp_path), (tmp_path, "ann"), (path, tmp_path, "ann/../ann/s.ipynb", "./ann/s.ipynb")):
        assert find_submissions(*paths) == [("ann/s.ipynb", path)]


def test_names_are_text_that_a_terminal_and_a_file_take(tmp_path):
    for name in ("a\x1b[2J.ipynb", "a\x07[2J.ipynb", "b\n\u202e.ipynb"):
        (tmp_path / name).write_text("{}")
    assert names(tmp_path) == ["a\ufffd[2J (2).ipynb", "a\ufffd[2J.ipynb", "b\ufffd\ufffd.ipynb"]


@pytest.mark.parametrize("raw", ["m\u00fcller", "mu\u0308ller", os.fsdecode(b"m\xfcller")])
def test_a_name_reads_the_same_in_whatever_encoding_it_was_written(raw):
    assert _readable(Path(raw)) == "m\u00fcller"


_parts = st.lists(st.sampled_from(["ann", "bob", "x.ipynb", "y.ipynb", "(2).ipynb", "x (2).ipynb"]), max_size=3)


@settings(max_examples=30)
@given(st.lists(_parts, max_size=8))
def test_names_are_unique_and_every_file_has_one(tmp_path_factory, paths):
    room = tmp_path_factory.mktemp("room")
    for parts in paths:
        path = room.joinpath(*parts, "s.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    found = find_submissions(*room.iterdir(), room)
    assert len({name for name, _ in found}) == len(found) == len(list(room.rglob("s.ipynb")))
    assert {path for _, path in found} == set(room.rglob("s.ipynb"))


# People ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, person",
    [
        ("ann/session_1.ipynb", "ann"),
        ("ann/deep/session_1.ipynb", "ann"),
        ("ann/x.ipynb (2)", "ann"),
        ("session_1/ann.ipynb", "ann"),
        ("Session 2/ann.ipynb", "ann"),
        ("ann.ipynb", "ann"),
        ("ann (1).ipynb", "ann"),
        ("ann - Kopie.ipynb", "ann"),
        ("ann-Copy1.ipynb", "ann"),
        ("Copy of ann.ipynb", "ann"),
        ("ann_session_1.ipynb", "ann"),
        ("session_1_ann.ipynb", "ann"),
        ("ann_session_1 (1).ipynb", "ann"),
        ("session_1_reinforcement_learning_ann.ipynb", "ann"),
        ("ann-session-1.ipynb.txt", "ann"),
        ("Ann Example_12345_assignsubmission_file_/session_1.ipynb", "Ann Example"),
        ("Ann Example_12345_assignsubmission_file/session_1.ipynb", "Ann Example"),
        ("Ann Example_12345_assignsubmission_file_session_1.ipynb", "Ann Example"),
        ("exampleann_123_456_session_1.ipynb", "exampleann"),
        ("exampleann_LATE_12345_67890_session_1-2.ipynb", "exampleann"),
        ("group-1.ipynb", "group-1"),
        ("telescopy.ipynb", "telescopy"),
        ("session_1.ipynb", "session_1"),
        ("session_1 (1).ipynb", "session_1 (1)"),
        ("session_1/session_1.ipynb", "session_1"),
        ("ann (monday)/session_1.ipynb", "ann (monday)"),
    ],
)
def test_whose_it_is(name, person):
    assert person_of(name) == person


@given(st.text(max_size=30))
def test_every_name_is_somebodys(name):
    assert person_of(name) or not name
