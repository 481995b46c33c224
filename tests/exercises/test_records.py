"""Progress survives a restart, a damaged file and two notebooks at once, and never costs a check."""

import json
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.exercises import records


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_what_was_written_is_read():
    assert records.load() == {}
    first = records.update("f", status=records.FAILED, checks=lambda old: old + 1)
    again = records.update("f", status=records.PASSED, checks=lambda old: old + 1)
    records.update("g", hints=2)
    assert again == {**first, "status": records.PASSED, "checks": 2}
    assert records.load() == {"f": again, "g": records.record_of("g")}
    assert records.record_of("g")["hints"] == 2
    assert records.record_of("never touched")["status"] is None


DAMAGED = {
    "empty": b"",
    "cut off": b'{"f": {"status": "pass',
    "null bytes": b"\0" * 50,
    "a list": b"[]",
    "null": b"null",
    "not a record": b'{"f": 3}',
    "not UTF-8": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
    "hints of another type": b'{"f": {"hints": "two"}}',
    "hints below nothing": b'{"f": {"hints": -5}}',
    "half a hint": b'{"f": {"hints": 1.5}}',
    "a state that nobody knows": b'{"f": {"status": "excellent"}}',
    "a state of another type": b'{"f": {"status": []}}',
    "no time": b'{"f": {"since": NaN}}',
    "far away": b'{"f": {"since": 1e300}}',
    "since a word": b'{"f": {"since": "noon"}}',
    "merge conflict": b"<<<<<<< HEAD\n{}\n",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_put_aside(folder, content):
    folder.mkdir()
    (folder / "progress.json").write_bytes(content)
    with pytest.warns(UserWarning, match="afresh"):
        record = records.update("f", checks=lambda old: old + 1)
    assert record["checks"] == 1
    assert (folder / "progress.json.broken").read_bytes() == content
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert records.load() == {"f": record}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["passed", "x"]),
    lambda inner: st.dictionaries(st.sampled_from(["f", "status", "checks", "hints", "since", "solution_seen"]), inner),
)


@given(_json)
def test_any_json_is_a_table_of_records(tmp_path_factory, value):
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("WORKSHOP_HOME", str(tmp_path_factory.getbasetemp()))
        (tmp_path_factory.getbasetemp() / "progress.json").write_text(json.dumps(value))
        for record in records.load().values():
            whole = {**records.record_of("none", {}), **record}
            assert whole["checks"] + 1 > 0 and range(3)[: whole["hints"]] is not None


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "file" / "folder"))
    with pytest.warns(UserWarning, match="not saved"):
        assert records.update("f", checks=lambda old: old + 1)["checks"] == 1
    with pytest.warns(UserWarning, match="could not be read"):
        assert records.load() == {}


def test_a_system_without_a_home(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("WORKSHOP_HOME")
    monkeypatch.setattr(records.Path, "home", no_home)
    with pytest.warns(UserWarning, match="set WORKSHOP_HOME"):
        records.update("f", hints=1)
    with pytest.warns(UserWarning, match="set WORKSHOP_HOME"):
        assert records.load() == {}


def test_a_failed_write_leaves_the_old_file(folder, monkeypatch):
    records.update("f", hints=1)
    before = (folder / "progress.json").read_bytes()
    with pytest.raises(TypeError):
        records.update("f", hints=object())
    assert (folder / "progress.json").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["progress.json", "progress.lock"]


def test_two_notebooks_lose_no_update():
    script = (
        "import sys\nfrom workshop.exercises import records\n"
        "for _ in range(100):\n"
        "    records.update('both', checks=lambda old: old + 1)\n"
        "    records.update(sys.argv[1], hints=1)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, name]) for name in ("one", "two")]
    assert [process.wait() for process in running] == [0, 0]
    assert records.record_of("both")["checks"] == 200
    assert records.record_of("one")["hints"] == records.record_of("two")["hints"] == 1
