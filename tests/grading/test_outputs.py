"""What a run writes besides the terminal, and where."""

import errno
import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from workshop.grading import outputs
from workshop.grading.rows import Row


def rows(*people):
    return [Row(f"{person}/session_1.ipynb", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.1) for person in people]


def test_every_kind_is_written_where_it_was_asked_for(tmp_path):
    kinds = {kind: tmp_path / kind for kind in ("json", "csv", "junit", "gradescope", "html")}
    assert outputs.problem_of(kinds) == ""
    outputs.write(rows("ann"), kinds, "Tuesday")
    assert json.loads(kinds["json"].read_text())[0]["exercise"] == "q_target"
    assert "q_target" in kinds["csv"].read_text()
    assert ET.parse(kinds["junit"]).getroot().find("testsuite") is not None
    assert json.loads(kinds["gradescope"].read_text())["tests"][0]["score"] == 1.0
    page = (kinds["html"] / "index.html").read_text()
    assert "Tuesday" in page and "data-reload" not in page
    assert outputs.place_of("html", kinds["html"]) == (kinds["html"] / "index.html").as_uri()


def test_pages_load_themselves_again_while_there_is_more_to_come(tmp_path):
    outputs.write(rows("ann"), {"html": tmp_path}, "", is_watching=True)
    assert 'data-reload="1"' in (tmp_path / "index.html").read_text()
    outputs.write(rows("ann"), {"html": tmp_path}, "")
    assert "data-reload" not in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize("is_there", [False, True])
def test_gradescopes_file_becomes_a_folder_for_several_people(tmp_path, is_there):
    target = tmp_path / "results"
    if is_there:
        target.mkdir()
    assert outputs.problem_of({"gradescope": target}) == ""
    outputs.write(rows("ann", "bob"), {"gradescope": target}, "")
    assert len([*target.glob("*.json")]) == 2


def test_somebody_elses_file_is_not_made_a_folder(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("precious")
    with pytest.raises(OSError):
        outputs.write(rows("ann", "bob"), {"gradescope": target}, "")
    assert target.read_text() == "precious"


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in outputs.problem_of({"html": tmp_path / "file" / "page"})
    assert "nowhere" in outputs.problem_of({"junit": tmp_path / "nowhere" / "x.xml"})
    (tmp_path / "index.html").write_text("a page of somebody else's")
    assert "another page" in outputs.problem_of({"html": tmp_path})  # before anything is graded
    with pytest.raises(OSError) as error:
        outputs.write(rows("ann"), {"html": tmp_path}, "")
    assert error.value.errno == errno.EEXIST


def test_a_folder_that_may_be_read_and_not_written_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: not mode & os.W_OK)
    assert "Permission denied" in outputs.problem_of({"html": tmp_path})


def test_a_full_disk_names_the_file(tmp_path):
    with pytest.raises(OSError) as error:
        outputs.write(rows("ann"), {"csv": Path("/dev/full")}, "")
    assert (error.value.errno, str(error.value.filename)) == (errno.ENOSPC, "/dev/full")


def test_one_report_that_cannot_be_written_costs_no_other(tmp_path):
    with pytest.raises(OSError) as error:
        outputs.write(rows("ann"), {"csv": Path("/dev/full"), "json": tmp_path / "rows.json"}, "")
    assert error.value.filename == "/dev/full"
    assert len(json.loads((tmp_path / "rows.json").read_text())) == 1


def test_two_reports_are_two_files(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "rows")
    words = outputs.problem_of({"json": tmp_path / "rows", "csv": tmp_path / "link"})
    assert "--json and --csv" in words
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize("name", ["ann.ipynb", "Ann.IPYNB", "ann.py", "handed_in.zip"])
def test_no_report_overwrites_what_was_handed_in(tmp_path, name):
    """`workshop grade --csv *.ipynb` names the first notebook as the file to write."""
    path = tmp_path / name
    path.write_text("precious")
    submissions = [("ann", path)] if name.endswith("zip") else []
    assert str(path) in outputs.problem_of({"csv": path}, submissions)
    assert path.read_text() == "precious"


def test_a_pipe_is_not_opened_before_there_is_something_to_write(tmp_path):
    """Nobody may be reading it yet; and whoever is would take its end for the end of it all."""
    os.mkfifo(tmp_path / "rows")
    assert outputs.problem_of({"json": tmp_path / "rows"}) == ""


def test_gradescopes_file_is_refused_for_several_people_before_they_are_graded(tmp_path):
    target = tmp_path / "results.json"
    target.write_text("{}")
    several = [("ann/s.ipynb", tmp_path / "a"), ("bob/s.ipynb", tmp_path / "b")]
    assert outputs.problem_of({"gradescope": target}, several[:1]) == ""
    assert "folder" in outputs.problem_of({"gradescope": target}, several)
    assert "folder" in outputs.problem_of({"gradescope": target}, is_watching=True)
    assert target.read_text() == "{}"


def test_gradescopes_target_is_a_folder_while_people_arrive(tmp_path):
    target = tmp_path / "results"
    assert outputs.problem_of({"gradescope": target}, is_watching=True) == ""
    for people in ((), ("ann",), ("ann", "bob"), ("bob",)):
        outputs.write(rows(*people), {"gradescope": target}, "", is_watching=True)
    assert len([*target.glob("*.json")]) == 2
