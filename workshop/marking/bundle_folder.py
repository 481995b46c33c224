"""Write the bundle for a marked course: notebooks, what they import, recorded results, a set-up; and no answer."""

import re
from pathlib import Path

from workshop.exercises import plain
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.rules import RULES
from workshop.marking import CannotBuild, package, recording
from workshop.marking.package import ROOT
from workshop.notebooks import attendee_notebook, masters

_BUNDLE = Path(__file__).resolve().parent / "bundle"
_INSTALL = ("bootstrap.py", "build_backend.py", "build_constraints.txt", "constraints.txt", "setup.sh")
_ONLY_THE_GRADER = "nothing: only your instructor's grader can judge it"
_RECORDED = "workshop/exercises/recorded"

# The kit's pyproject.toml without its command, its extras, its plugin for pytest and the settings of its tools.
_SECTIONS = ("build-system", "project", 'project.entry-points."gym.envs"', "tool.setuptools", "tool.uv")


def build_bundle(folder):
    """Write the bundle into a new or empty folder. The same kit gives the same bytes.

    Args:
        folder: path, outside the kit.

    Returns:
        The number of files.

    Raises:
        CannotBuild: the folder is not fit for it, or cannot be written.
    """
    return write_folder(folder, bundle_files)


def write_folder(folder, files_for_it):
    """Write files into a new or empty folder outside the kit.

    Args:
        folder: path.
        files_for_it: () -> dict, path below the folder -> bytes; asked when the folder is known to be fit for them.

    Returns:
        The number of files.

    Raises:
        CannotBuild: the folder is not fit, or cannot be written.
    """
    folder = Path(folder).resolve()
    if folder.is_relative_to(ROOT):
        raise CannotBuild(f"{folder} is inside the kit, which holds the answers. Name a folder outside it.")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise CannotBuild(f"{folder} is not empty. Name a new folder, or empty this one first.")
        folder.mkdir(parents=True, exist_ok=True)  # now: making the files takes a while, and should not be for nothing
        files = files_for_it()
        for path, content in sorted(files.items()):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except OSError as error:
        raise CannotBuild(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    return len(files)


def bundle_files():
    """Path below the bundle -> bytes, for every file of it."""
    parts = [part for exercise in EXERCISES for part in exercise.parts]
    recorded = recording.record_all([part.name for part in parts])
    files = {
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "Makefile": (_BUNDLE / "Makefile").read_bytes(),
        "README.md": _readme(recorded).encode(),
        "pyproject.toml": _pyproject().encode(),
        f"{_RECORDED}/catalogue.json": recording.catalogue_of(EXERCISES).encode(),
    }
    files |= {
        f"notebooks/{master.stem}.ipynb": attendee_notebook(master, is_marked=True).encode() for master in masters()
    }
    files |= {f"workshop/install/{name}": (ROOT / "workshop/install" / name).read_bytes() for name in _INSTALL}
    files |= {f"{_RECORDED}/{name}.json": plain.encode(inputs) for name, inputs in recorded.items()}
    return files | package.package_files([part for part in parts if recorded[part.name]])


def _pyproject():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    sections = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    names = (section.partition("]")[0].lstrip("[") for section in sections)
    kept = [
        section for name, section in zip(names, sections) if name in _SECTIONS or name.startswith("tool.setuptools")
    ]
    return "".join(kept).rstrip() + "\n"


def _readme(recorded):
    rows = ["| exercise | inputs | what is compared |", "|---|---|---|"]
    for exercise in EXERCISES:
        for part in exercise.parts:
            inputs = recorded[part.name]
            rules = {each["rule"] for each in inputs}
            seen = "; ".join(RULES[rule].words for rule in sorted(rules)) or _ONLY_THE_GRADER
            rows.append(f"| {exercise.number} `{part.name}` | {len(inputs)} | {seen} |")
    return (_BUNDLE / "README.md").read_text(encoding="utf-8").replace("{table}", "\n".join(rows))
