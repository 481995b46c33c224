"""Grading on Ray: a cluster of two nodes on this machine, one of which is killed in the middle."""

import functools
import shutil
import sys
import tempfile
import types
from dataclasses import replace

import pytest

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.grading import ray_engine
from workshop.grading.ray_engine import RayEngine
from workshop.grading.room import Ended, EngineError, Graded, Room
from workshop.grading.store import Task

SEED, TWO = 3, frozenset(["discounted_return", "q_target"])
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


class StandInRay(types.ModuleType):
    """Ray without processes: whatever is remote runs here, after the answers of `fails` as to whether it is lost."""

    def __init__(self, fails=lambda content, only: False):
        super().__init__("ray")
        self.exceptions = types.SimpleNamespace(RayError=LookupError)
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

    def lose(self, *arguments):
        raise self.exceptions.RayError


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
    assert "LookupError" in rows["a.ipynb", "q_target"].message
    assert ray.sent[2:] == [("a.ipynb", ["discounted_return"]), ("a.ipynb", ["q_target"])]


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
