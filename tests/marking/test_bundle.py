"""The bundle for a marked course: complete, the same every time, and without an answer in it."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import textwrap

import nbformat
import pytest
from click.testing import CliRunner

from workshop.cli import main
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.reference import reference_source
from workshop.marking import CannotBuild, bundle_folder, package
from workshop.notebooks import attendee_notebook, masters

SMALL = tuple(exercise for exercise in EXERCISES if exercise.number in ("1.3", "1.8"))
RIGHT = "def discounted_return(rewards, gamma):\n    return float(sum(gamma**t * r for t, r in enumerate(rewards)))"
WRONG = "def q_target(reward, next_q_values, terminated, gamma):\n    return float(reward + gamma * max(next_q_values))"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A bundle in which only two exercises are recorded."""
    folder = tmp_path_factory.mktemp("small") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle_folder, "EXERCISES", SMALL)
        bundle_folder.build_bundle(folder)
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "bundle"
    bundle_folder.build_bundle(folder)
    return folder


def in_the_bundle(folder, code, home):
    """Run code in a clean process that knows the bundle's `workshop`, and says so if another one is imported."""
    guard = (
        f"\nimport sys\nassert all({str(folder)!r} in (m.__file__ or {str(folder)!r}) for n, m in sys.modules.items()"
    )
    guard += " if n.split('.')[0] == 'workshop')"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "WORKSHOP_HOME": str(home), "HOME": str(home)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # the bundle stays as it was built
    command = [sys.executable, "-W", "error::ImportWarning", "-c", textwrap.dedent(code) + guard]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_the_training_engine_which_holds_answers_stays_outside(small):
    inside = {path.stem for path in (small / "workshop" / "dqn").glob("*.py")}
    assert not inside & {"agent", "exploration", "pieces", "presets", "replay", "targets", "training"}
    assert not (small / "workshop" / "own_pieces").exists()


def test_attendees_are_helped_and_told_who_has_the_answers(small, tmp_path):
    said = in_the_bundle(
        small,
        f"""
        from workshop import borrow, check, hint, progress, solution
        exec({RIGHT!r}); check(discounted_return)
        exec({WRONG!r}); check(q_target)
        solution("q_target")
        assert borrow("q_target") is None
        hint("q_target"); hint("q_target"); hint("q_target")
        progress()
        def q_target(*arguments): raise NotImplementedError
        check(q_target)
        """,
        tmp_path,
    )
    assert "✓ 1.3 discounted_return" in said
    assert "✗ 1.8 q_target is not right yet" in said
    assert "smallest failing input  q_target(reward=" in said and "What is wrong: should be" in said
    assert said.count("your instructor has our answer to q_target") == 2
    assert "Hint 2 of 2" in said and "solution(q_target) shows" not in said and "Hint 3" not in said
    assert "1 of 2 core exercises are yours" in said
    assert "… 1.8 q_target is not attempted yet." in said


def body_lines(source):
    """The lines of a function that say something, without signature and docstring, spaces left out."""
    try:
        tree = ast.parse(textwrap.dedent(source)).body[0]
    except SyntaxError:  # a lambda in the middle of a table
        return set()
    if not isinstance(tree, (ast.FunctionDef, ast.ClassDef)):
        return set()
    first = tree.body[1 if ast.get_docstring(tree) is not None and len(tree.body) > 1 else 0]
    lines = textwrap.dedent(source).splitlines()[first.lineno - 1 :]
    return {line for line in map(squeezed, lines) if len(line) > 20 and not line.startswith(EVERYBODYS)}


def squeezed(line):
    return re.sub(r"\s+", "", line)


def text_of_the_questions():
    """What stands in the cells to be filled in, such as the methods of a class; all attendees see it."""
    notebooks = [nbformat.reads(attendee_notebook(master), as_version=4) for master in masters()]
    cells = [
        cell for notebook in notebooks for cell in notebook.cells if "exercise" in cell.metadata.get("workshop", {})
    ]
    return squeezed("".join(cell.source for cell in cells))


# What starts a line that everybody writes: comments, heads of blocks, imports, and gym's calls.
EVERYBODYS = ("#", "def", "import", "from", "with", "state,info=env.reset", "next_state,reward,", "rng=np.random")


def assert_gives_nothing_away(folder, exercises):
    files = {path: path.read_text("utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()}
    text = squeezed("\n".join(file.replace("\\n", "\n") for file in files.values()).replace('\\"', '"'))
    assert len(text) > 10_000
    asked = text_of_the_questions()
    for exercise in exercises:
        for part in exercise.parts:
            shown = [line for line in body_lines(reference_source(part.name)) if line in text and line not in asked]
            assert shown == [], part.name
            assert squeezed(part.explanation) not in text
            for mistake in part.mistakes:
                assert squeezed(mistake.sentence) not in text
                lines = body_lines(inspect.getsource(mistake.answer))
                shown = [line for line in lines if line in text and line not in asked]
                assert shown == [], mistake
    names = {path.relative_to(folder).as_posix() for path in files}
    assert not [
        name for name in names if name.startswith(("solutions", "tests", "workshop/grading", "workshop/marking"))
    ]
    sessions = {name for name in names if "/session_" in name and name.endswith(".py")}
    assert all(files[folder / name].count("\n") == 5 for name in sessions), (
        "a session is five lines, and no declaration"
    )


def test_nothing_is_given_away(small):
    assert_gives_nothing_away(small, SMALL)


@pytest.mark.slow
def test_nothing_of_any_exercise_is_given_away(bundle):
    assert_gives_nothing_away(bundle, EXERCISES)


def test_the_scan_would_find_an_answer(small, tmp_path):
    (tmp_path / "notes.txt").write_text("x" * 20_000 + "\n" + reference_source("q_target"))
    with pytest.raises(AssertionError, match="q_target"):
        assert_gives_nothing_away(tmp_path, SMALL)


@pytest.mark.slow
def test_whole_package_imports_and_knows_every_exercise(bundle, tmp_path):
    said = in_the_bundle(
        bundle,
        """
        import importlib, pathlib, workshop
        root = pathlib.Path(workshop.__file__).parent
        for path in sorted(root.rglob("*.py")):
            if "install" not in path.parts:
                importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__"))
        import gym
        gym.make("workshop/Sokoban-v0", level="tiny").reset(seed=0)
        gym.make("PongNoFrameskip-v4").reset(seed=0)
        from workshop.exercises.catalogue import EXERCISES
        from workshop.exercises.recorded import inputs_of
        print(*[part.name for exercise in EXERCISES for part in exercise.parts if inputs_of(part.name)])
        """,
        tmp_path,
    )
    assert said.split() == [part.name for exercise in EXERCISES for part in exercise.parts if part.can_be_recorded]


def test_building_again_elsewhere_gives_the_same_bytes(small, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_folder, "EXERCISES", SMALL)
    bundle_folder.build_bundle(tmp_path / "again")
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (small, tmp_path / "again")
    )
    assert one == two


def test_notebooks_are_the_attendees_with_a_word_about_marking(small):
    for master in masters():
        text = (small / "notebooks" / f"{master.stem}.ipynb").read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert "marked course" in notebook.cells[1].source
        stubs = [cell.source for cell in notebook.cells if "exercise" in cell.metadata.get("workshop", {})]
        assert stubs and all("is not attempted yet. Replace this line." in stub for stub in stubs)
        assert not any("borrow(" in stub for stub in stubs)


def test_what_the_notebooks_import_is_there(small):
    for path in (small / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        for name in re.findall(r"(?:from|import) (workshop[\w.]*)", code):
            there = small / name.replace(".", "/")
            assert there.is_dir() or there.with_suffix(".py").is_file(), name


def test_its_set_up_is_the_kits(small):
    project = (small / "pyproject.toml").read_text(encoding="utf-8")
    assert '"chainer>=7.8.1,<7.9"' in project and "gym.envs" in project
    assert "workshop.cli" not in project and "pytest11" not in project and "[tool.ruff" not in project
    for name in ("setup.sh", "bootstrap.py", "constraints.txt", "build_backend.py"):
        own = small / "workshop" / "install" / name
        assert own.read_bytes() == (bundle_folder.ROOT / "workshop" / "install" / name).read_bytes()
    for target in ("setup", "lab"):
        done = subprocess.run(["make", "--dry-run", target], cwd=small, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "setup.sh" in done.stdout


def test_readme_says_what_a_check_sees(small):
    text = (small / "README.md").read_text(encoding="utf-8")
    assert "| 1.8 `q_target` |" in text and "{table}" not in text
    assert re.search(r"\| 1\.3 `discounted_return` \| \d\d \| the value", text)


@pytest.mark.slow
def test_a_notebook_filled_in_there_is_graded_by_the_full_kit(bundle, tmp_path):
    path = bundle / "notebooks" / f"{masters()[0].stem}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.get("id") == "exercise-discounted_return":
            cell.source = RIGHT
        if cell.get("id") == "exercise-q_target":
            cell.source = WRONG
    nbformat.write(notebook, tmp_path / "ada.ipynb")
    in_the_bundle(bundle, f"import workshop, runpy\nexec({RIGHT!r})\nworkshop.check(discounted_return)", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "workshop", "grade", tmp_path / "ada.ipynb", "--json", tmp_path / "rows.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    rows = rows["rows"] if isinstance(rows, dict) else rows
    verdicts = {row["exercise"]: row["verdict"] for row in rows}
    assert verdicts.pop("discounted_return") == "pass"
    assert verdicts.pop("q_target") == "fail"
    assert set(verdicts.values()) == {"unattempted"}


def test_mistakes_in_calling_the_command_are_answered(tmp_path):
    def said(*options):
        result = CliRunner().invoke(main, ["build", *map(str, options)])
        assert result.exit_code != 0 and "Traceback" not in result.output
        return result.output

    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    assert "is not empty" in said("--for-marking", tmp_path / "full")
    assert "inside the kit" in said("--for-marking", bundle_folder.ROOT / "bundle")
    assert not (bundle_folder.ROOT / "bundle").exists()
    (tmp_path / "file").write_text("")
    assert "is a file" in said("--for-marking", tmp_path / "file")
    assert "cannot be written" in said("--for-marking", tmp_path / "file" / "below")
    assert "goes alone" in said("--for-marking", tmp_path / "new", "--check")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]


def test_a_notebook_that_imports_answers_is_no_bundle(tmp_path, monkeypatch):
    master = tmp_path / "session_9.py"
    master.write_text("# %%\nfrom workshop.grading import grader\n")
    monkeypatch.setattr(package, "masters", lambda: [master])
    with pytest.raises(CannotBuild, match=r"workshop\.grading"):
        package.package_files([])
