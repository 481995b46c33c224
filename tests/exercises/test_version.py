"""The version of the checker: it changes with whatever decides a verdict, and with nothing else."""

import shutil

import pytest

from workshop.exercises import reference, version
from workshop.exercises.catalogue import EXERCISES, exercise_of
from workshop.exercises.version import checker_version


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A copy of the kit's sources, and a function that tells the version of the exercise `q_target` there, afresh."""
    for folder in ("exercises", "envs"):
        shutil.copytree(version._KIT / folder, tmp_path / "workshop" / folder)
    shutil.copytree(reference.SOLUTIONS, tmp_path / "solutions")
    monkeypatch.setattr(version, "_KIT", tmp_path / "workshop")
    monkeypatch.setattr(version, "_ENVIRONMENTS", tmp_path / "workshop" / "envs")
    monkeypatch.setattr(reference, "SOLUTIONS", tmp_path / "solutions")

    def afresh():
        for cached in (version._imported_by, checker_version, reference._definitions):
            cached.cache_clear()
        return checker_version("q_target")

    yield tmp_path, afresh
    for cached in (version._imported_by, checker_version, reference._definitions):
        cached.cache_clear()


DECIDES = (
    "workshop/exercises/session_1/targets.py",
    "workshop/exercises/judge.py",
    "workshop/exercises/exam.py",
    "workshop/exercises/compare.py",
    "workshop/exercises/plain.py",
    "workshop/exercises/subject.py",
    "workshop/exercises/strategies.py",
    "workshop/exercises/drivers/worlds.py",
    "workshop/envs/sokoban.py",
)
DOES_NOT = ("workshop/exercises/session_1/sokoban.py", "workshop/exercises/records.py", "workshop/exercises/message.py")


@pytest.mark.parametrize("file, counts", [*((file, True) for file in DECIDES), *((file, False) for file in DOES_NOT)])
def test_a_changed_file_is_another_version_where_it_decides(kit, file, counts):
    folder, afresh = kit
    before = afresh()
    with open(folder / file, "a", encoding="utf-8") as source:
        source.write("\n# changed\n")
    assert (afresh() != before) == counts


def test_another_reference_is_another_version(kit):
    folder, afresh = kit
    before = afresh()
    (master,) = (folder / "solutions").glob("session_1*.py")
    text = master.read_text(encoding="utf-8")
    master.write_text(text.replace("def q_target(", "def q_target(  # changed\n    "), encoding="utf-8")
    assert afresh() != before


@pytest.mark.parametrize("library", ["np", "hypothesis", "gym"])
def test_another_library_is_another_version(kit, library, monkeypatch):
    _, afresh = kit
    before = afresh()
    monkeypatch.setattr(getattr(version, library), "__version__", "0.0")
    assert afresh() != before


def test_every_exercise_has_a_version():
    versions = {checker_version(exercise.name) for exercise in EXERCISES}
    assert len(versions) == len(EXERCISES)
    assert checker_version("greedy_policy") == checker_version(exercise_of("state_count").name)
