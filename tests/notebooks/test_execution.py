"""Every notebook from top to bottom: solved, not attempted, and with every answer borrowed."""

import re
import time
from html.parser import HTMLParser

import nbclient
import nbformat
import pytest

from tests.notebooks.surroundings import attendees_environment
from workshop import notebooks
from workshop.exercises.catalogue import BY_NAME, EXERCISES

pytestmark = [pytest.mark.slow, pytest.mark.alone]
MASTERS = notebooks.masters()


@pytest.fixture(scope="module", params=MASTERS, ids=lambda path: path.stem)
def master(request):
    return request.param


@pytest.fixture(scope="module")
def solved(master, tmp_path_factory):
    return _executed(notebooks.solved_notebook(master), tmp_path_factory.mktemp("solved"), f"{master.stem}, solved")


@pytest.fixture(scope="module")
def unattempted(master, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unattempted")
    return _executed(notebooks.attendee_notebook(master), folder, f"{master.stem}, not attempted")


@pytest.fixture(scope="module")
def borrowed(master, tmp_path_factory):
    """Every answer borrowed with the very line that the unattempted cell's message proposes."""
    notebook = nbformat.reads(notebooks.attendee_notebook(master), as_version=4)
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("workshop", {}):
            proposed = re.search(r'go on with: "\n\s*"(.*)"', cell.source)[1]
            cell.source += f"\n\n{proposed}"
    folder = tmp_path_factory.mktemp("borrowed")
    return _executed(nbformat.writes(notebook), folder, f"{master.stem}, borrowed")


def _executed(text, folder, title):
    """The notebook after all its cells ran, also those behind a cell that stopped with an error."""
    notebook = nbformat.reads(text, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": folder}})
    started = time.perf_counter()
    client.execute(env=attendees_environment(folder))
    print(f"{title}: {time.perf_counter() - started:.1f} s")
    return notebook


def _outputs(notebook, kind):
    return [
        (cell, o) for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs if o.output_type == kind
    ]


def _errors(notebook):
    return [f"{cell.source}\n{error.ename}: {error.evalue}" for cell, error in _outputs(notebook, "error")]


def _warnings(notebook):
    return [f"{cell.source}\n{stream.text}" for cell, stream in _outputs(notebook, "stream") if stream.name == "stderr"]


def _checks(notebook):
    """What each check cell says, name -> text."""
    return {
        cell.metadata.workshop.check: "".join(output.data["text/plain"] for output in cell.outputs)
        for cell in notebook.cells
        if "check" in cell.metadata.get("workshop", {})
    }


def _names_of(master):
    session = int(re.match(r"session_(\d+)", master.stem)[1])
    return {name for exercise in EXERCISES if exercise.session == session for name in exercise.names}


def test_solved_notebook_runs_to_its_end_without_an_error_or_a_warning(solved):
    assert _errors(solved) == []
    assert _warnings(solved) == []


def test_every_check_of_the_solved_notebook_says_yes(master, solved):
    checks = _checks(solved)
    assert set(checks) == _names_of(master)
    for name, said in checks.items():
        assert said.startswith(f"✓ {BY_NAME[name].number} {name} "), said


class _Images(HTMLParser):
    def __init__(self):
        super().__init__()
        self.alternatives = []

    def handle_starttag(self, tag, attributes):
        if tag in ("img", "video"):
            self.alternatives.append(dict(attributes).get({"img": "alt", "video": "aria-label"}[tag]) or "")


def test_every_picture_says_in_words_what_it_shows(solved):
    shown = _outputs(solved, "display_data") + _outputs(solved, "execute_result")
    images = _Images()
    for cell, output in shown:
        assert not any(kind.startswith("image/") for kind in output.data), f"a picture without words:\n{cell.source}"
        images.feed(output.data.get("text/html", ""))
    assert len(images.alternatives) >= 10
    assert all(len(text) >= 10 for text in images.alternatives), images.alternatives


def test_unattempted_notebook_stops_only_where_an_answer_is_missing(master, unattempted):
    stops = _outputs(unattempted, "error")
    assert stops
    for cell, error in stops:
        assert error.ename == "NotImplementedError", f"{cell.source}\n{error.ename}: {error.evalue}"
        number, name = re.match(r"Exercise (\S+), (\w+), is not attempted yet\.", error.evalue).groups()
        assert name in _names_of(master)
        assert BY_NAME[name].number == number
        assert error.evalue.endswith(f"{name} = borrow('{name}')")
    assert _warnings(unattempted) == []


def test_every_check_of_the_unattempted_notebook_says_so(master, unattempted):
    checks = _checks(unattempted)
    assert set(checks) == _names_of(master)
    for name, said in checks.items():
        assert said.startswith(f"… {BY_NAME[name].number} {name} is not attempted yet."), said


def test_borrowed_answers_lead_to_the_end(master, borrowed):
    assert _errors(borrowed) == []
    assert _warnings(borrowed) == []
    checks = _checks(borrowed)
    assert set(checks) == _names_of(master)
    for name, said in checks.items():
        assert said.startswith(f"↺ {BY_NAME[name].number} {name} is borrowed"), said
