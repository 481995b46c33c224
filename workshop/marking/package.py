"""Which files of the `workshop` package a bundle needs: what its notebooks and its checks import, and nothing else."""

import ast
import re
from pathlib import Path

import jupytext

from workshop.exercises import drivers
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.drivers import DRIVERS
from workshop.marking import CannotBuild
from workshop.notebooks import masters

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent
_BUNDLE = Path(__file__).resolve().parent / "bundle"
# What is imported late, gym's entry points among it, stands there as a text: "workshop.envs.catch:Catch".
_MODULE_BY_NAME = re.compile(r"workshop(\.\w+)+(:\w+)?$")
_DATA = (".c", ".css", ".html", ".js", ".json", ".npz")

_ALWAYS = ("workshop.registration", "workshop.exercises.interactive")  # gym asks for the one, attendees for the other


def package_files(recorded):
    """Path below the bundle -> bytes, for the modules that a bundle needs and for the data files beside them.

    Sessions are declared anew, from what is recorded of them. A driver goes along only if something recorded needs it:
    some of the others train with pieces of their own.

    Args:
        recorded: the `Part`s that are recorded.

    Raises:
        CannotBuild: a notebook needs a module of the kit that holds answers.
    """
    ours = _modules_of_the_bundle({exercise.session for exercise in EXERCISES}) | _drivers(
        {part.driver for part in recorded}
    )
    wanted = [*_ALWAYS, *(name for master in masters() for name in _imported(_code_of(master), "workshop"))]
    found = {}
    while wanted:
        name = wanted.pop()
        path = _path_of(name)
        if path is None or path in found:
            continue
        if path not in ours and _holds_answers(name):
            raise CannotBuild(f"{name} holds answers, and what the notebooks import leads to it")
        text = ours.get(path) or (ROOT / path).read_text(encoding="utf-8")
        found[path] = text.encode()
        package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
        wanted += [*_imported(text, package), *_packages_above(name)]
    folders = {(ROOT / path).parent for path in found}
    data = {file for folder in folders for file in folder.glob("*") if file.suffix in _DATA}
    return found | {str(file.relative_to(ROOT)): file.read_bytes() for file in data}


def _modules_of_the_bundle(sessions):
    """Path -> text of the modules that are others here than in the kit."""
    texts = {
        "workshop/exercises/judge.py": (_BUNDLE / "judge.py").read_text(encoding="utf-8"),
        "workshop/exercises/reference.py": (_BUNDLE / "reference.py").read_text(encoding="utf-8"),
        "workshop/exercises/recorded/__init__.py": (_BUNDLE / "recorded.py").read_text(encoding="utf-8"),
    }
    for session in sessions:
        lines = (
            f'"""Session {session}, as it was recorded for a marked course."""',
            "",
            "from workshop.exercises.recorded import exercises",
            "",
            f"EXERCISES = exercises(session={session})",
        )
        texts[f"workshop/exercises/session_{session}/__init__.py"] = "\n".join(lines) + "\n"
    return texts


def _drivers(needed):
    """Path -> text of the package of drivers, which imports only the modules of the needed ones."""
    modules = {driver.__module__.rpartition(".")[2] for name, driver in DRIVERS.items() if name in needed}
    text = Path(drivers.__file__).read_text(encoding="utf-8")
    for module in {driver.__module__.rpartition(".")[2] for driver in DRIVERS.values()} - modules - {"drivers"}:
        text = re.sub(rf'^    ("?){module}\1,\n', "", text, flags=re.MULTILINE)  # in the import and in __all__
    text = text.replace("from workshop.exercises.drivers import (\n)\n", "")  # where nothing is left to import
    return {"workshop/exercises/drivers/__init__.py": text}


def _holds_answers(name):
    return name.startswith(
        ("workshop.exercises.session_", "workshop.grading", "workshop.marking", "workshop.notebooks")
    )


def _path_of(name):
    """The file of a module of the kit, or of the bundle, relative to the folder that `workshop` is in; else None."""
    if name == "workshop.exercises.recorded":
        return "workshop/exercises/recorded/__init__.py"
    path = Path(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if (ROOT / candidate).is_file():
            return candidate.as_posix()
    return None


def _packages_above(name):
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _imported(text, package):
    """The names of `workshop`'s that a text of Python may import, at its top or later; some are no modules."""
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE_BY_NAME.match(node.value):
            names.append(node.value.partition(":")[0])
    return [name for name in names if name.split(".")[0] == "workshop"]


def _code_of(master):
    notebook = jupytext.reads(master.read_text(encoding="utf-8"), fmt="py:percent")
    left_out = ("reveals", "needs")  # see `workshop.notebooks`
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and not set(left_out) & set(cell.metadata)]
    return "\n".join(cell.source for cell in cells)
