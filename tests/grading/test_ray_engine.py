"""Grading on Ray: a cluster of two nodes on this machine, one of which is killed in the middle."""

import functools
import shutil
import sys
import tempfile
import types
from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.grading import ray_engine
from workshop.grading import room as room_module
from workshop.grading.ray_engine import RayEngine
from workshop.grading.room import Ended, EngineError, Graded, Room
from workshop.grading.store import Task

SEED, TWO = 3, frozenset(["discounted_return", "q_target"])
ROOT = Path(__file__).resolve().parents[2]
SLOWLY = "import time\ntime.sleep(0.3)\n"


@pytest.fixture
def tasks(tmp_path):
    for name in "abcdef":
        write_notebook(tmp_path / f"{name}.ipynb", SLOWLY + RIGHT_RETURN, RIGHT_TARGET)
    (tmp_path / "g.ipynb").write_text("{")
    (tmp_path / "h.ipynb").mkdir()
    return [Task(path.name, path, "digest") for path in sorted(tmp_path.iterdir())]


def follow(engine, tasks, at_first_row=lambda: None):
    """Have tasks graded. Returns the rows, each once, by submission and exercise."""
    rows, ended = {}, []
    for task in tasks:
        engine.submit(task)
    while engine.is_busy:
        for event in engine.events(0.5):
            if isinstance(event, Graded):
                if not rows:
                    at_first_row()
                key = event.task.name, event.row.exercise
                assert key not in rows
                rows[key] = replace(event.row, seconds=0.0)
            elif isinstance(event, Ended):
                ended.append(event.task.name)
    assert sorted(ended) == [task.name for task in tasks]
    return rows


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineError, match=r"setup\.sh ray"):
        RayEngine(1, SEED)


class RayError(Exception):
    pass


class StandInRay(types.ModuleType):
    """Ray without processes: whatever is remote runs here, after the answers of `fails` as to whether it is lost."""

    def __init__(self, fails=lambda content, only: False):
        super().__init__("ray")
        self.exceptions = types.SimpleNamespace(RayError=RayError)
        self.fails, self.sent = fails, []

    def init(self, address, **settings):
        self.address = address

    def shutdown(self):
        self.address = None

    def cluster_resources(self):
        return {"CPU": 1.0}

    def remote(self, **options):
        def wrap(function):
            def send(name, file_name, content, wanted):
                self.sent.append((name, wanted["only"]))
                is_lost = self.fails(content, wanted["only"])
                return functools.partial(self.lose if is_lost else function, name, file_name, content, wanted)

            return types.SimpleNamespace(remote=send)

        return wrap

    def wait(self, references, timeout):
        return references[-1:], references[:-1]

    def get(self, reference):
        return reference()

    def lose(self, *arguments, **options):
        raise RayError


def test_the_rows_are_those_of_the_local_engine_in_whatever_order_they_come(tasks, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", StandInRay())
    with RayEngine(1, SEED, TWO) as engine:
        rows = follow(engine, [tasks[0], replace(tasks[1], done=frozenset(["q_target"])), *tasks[-2:]])
    assert list(rows) == [
        ("h.ipynb", None),
        ("g.ipynb", None),
        ("b.ipynb", "discounted_return"),
        ("a.ipynb", "discounted_return"),
        ("a.ipynb", "q_target"),
    ]


def test_what_every_process_is_lost_on_costs_one_exercise(tasks, monkeypatch):
    """`a` is lost whenever its q_target is graded, `g` always."""

    def fails(content, only):
        return b"sleep" not in content or (b"q_target" in content and "q_target" in only)

    ray = StandInRay(fails)
    monkeypatch.setitem(sys.modules, "ray", ray)
    with RayEngine(1, SEED, TWO) as engine:
        rows = follow(engine, [tasks[0], tasks[-2]])
    assert {key: row.verdict for key, row in rows.items()} == {
        ("a.ipynb", "discounted_return"): "pass",
        ("a.ipynb", "q_target"): "ungradable",
        ("g.ipynb", None): "ungradable",
    }
    assert "RayError" in rows["a.ipynb", "q_target"].message
    assert sorted(ray.sent[2:]) == [
        ("a.ipynb", []),  # which exercises there are is asked there too: reading it may be what ends a process
        ("a.ipynb", ["discounted_return"]),
        ("a.ipynb", ["q_target"]),
        ("g.ipynb", []),
    ]


@pytest.fixture
def stand_in_desk(monkeypatch):
    """Verdicts that cost nothing, from processes that do what the submission says."""
    monkeypatch.setattr(room_module, "COMMAND", [sys.executable, "-m", "tests.grading.stand_in_desk"])
    monkeypatch.chdir(ROOT)
    ray_engine.room_here.cache_clear()
    yield
    ray_engine.room_here.cache_clear()


def test_an_exercise_on_which_grading_hangs_costs_its_own_row(stand_in_desk, monkeypatch, tmp_path):
    """And whatever that process had started: its node goes on with another one."""
    monkeypatch.setitem(sys.modules, "ray", StandInRay())
    tasks = [Task(name, tmp_path / name, "digest") for name in ("a.ipynb", "b.ipynb")]
    tasks[0].path.write_text("td_update pass\nq_target hang\nreturns_to_go pass")
    tasks[1].path.write_text("q_target pass")
    with RayEngine(1, SEED, row_seconds=0.7) as engine:
        rows = follow(engine, tasks)
    assert {(name[0], exercise): row.verdict for (name, exercise), row in rows.items()} == {
        ("a", "td_update"): "pass",
        ("a", "q_target"): "ungradable",
        ("a", "returns_to_go"): "pass",
        ("b", "q_target"): "pass",
    }
    assert "said nothing for 0.7 seconds" in rows["a.ipynb", "q_target"].message


def test_a_file_that_ends_whoever_reads_it_costs_one_row(stand_in_desk, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", StandInRay())
    (tmp_path / "a.ipynb").write_text("kills-its-reader")
    with RayEngine(1, SEED) as engine:
        rows = follow(engine, [Task("a.ipynb", tmp_path / "a.ipynb", "digest")])
    assert [(key, row.verdict) for key, row in rows.items()] == [(("a.ipynb", None), "ungradable")]


def test_a_node_that_cannot_grade_is_a_sentence(stand_in_desk, monkeypatch, tmp_path):
    """Its rows would be ungradable, and as it fails fast, it would get most of them."""
    monkeypatch.setitem(sys.modules, "ray", StandInRay())
    monkeypatch.setattr(room_module, "COMMAND", ["/bin/false"])
    (tmp_path / "a.ipynb").write_text("q_target pass")
    with RayEngine(1, SEED) as engine, pytest.raises(EngineError, match=r"do not start .exit status 1.*on the node"):
        follow(engine, [Task("a.ipynb", tmp_path / "a.ipynb", "digest")])
    monkeypatch.setattr(room_module, "COMMAND", [sys.executable, "-m", "tests.grading.stand_in_desk"])
    with RayEngine(1, SEED) as engine:  # and nothing of that is left in the process
        assert len(follow(engine, [Task("a.ipynb", tmp_path / "a.ipynb", "digest")])) == 1


def test_a_cluster_that_is_gone_is_a_sentence(monkeypatch, tasks):
    ray = StandInRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr(ray, "wait", ray.lose)
    with RayEngine(1, SEED) as engine, pytest.raises(EngineError, match="cluster cannot be reached any more .RayError"):
        follow(engine, tasks)


def test_another_version_of_the_kit_on_a_node_is_a_sentence(tasks, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", StandInRay())
    monkeypatch.setattr(ray_engine, "version", iter(("there", "here")).__next__)
    with RayEngine(1, SEED, TWO) as engine, pytest.raises(EngineError, match="another version"):
        follow(engine, tasks[-2:])


@pytest.fixture
def cluster(monkeypatch):
    """A Ray cluster of a head, which computes nothing, and two nodes."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    small = {"object_store_memory": 80 * 2**20}
    folder = tempfile.mkdtemp(prefix="ray-")  # a socket's path is short: no folder of pytest's
    monkeypatch.setenv("RAY_TMPDIR", folder)
    cluster = Cluster()
    try:
        cluster.add_node(num_cpus=0, include_dashboard=False, **small)
        for _ in range(2):
            cluster.add_node(num_cpus=1, **small)
        yield cluster
    finally:
        cluster.shutdown()
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.alone
def test_a_node_that_is_killed_in_the_middle_costs_no_row(tasks, cluster):
    import ray

    def kill_one():
        """One of the two, but not the one by which this process speaks with the cluster: Ray may choose any of them."""
        own = ray._private.worker.global_worker.node.raylet_socket_name
        node = next(node for node in cluster.worker_nodes if node.raylet_socket_name != own)
        cluster.remove_node(node, allow_graceful=False)

    with RayEngine(2, SEED, TWO, cluster.address) as engine:
        rows = follow(engine, tasks, kill_one)
    with Room(1, SEED, TWO) as room:
        assert follow(room, tasks) == rows
    assert [row.verdict for row in rows.values()].count("pass") == 12
    assert rows["g.ipynb", None].verdict == rows["h.ipynb", None].verdict == "ungradable"
