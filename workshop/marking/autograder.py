"""Write Gradescope's autograder.zip: the kit, what sets it up there, and what grades a submission with it.

How Gradescope uses it: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import io
import zipfile
from pathlib import Path

from workshop.files import write_whole
from workshop.marking import CannotBuild
from workshop.marking.package import ROOT

_SCRIPTS = Path(__file__).resolve().parent / "gradescope"
_KIT = ("LICENSE", "README.md", "pyproject.toml", "workshop", "solutions")
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip knows: the same kit gives the same bytes


def build_autograder(target):
    """Write the archive to a path that is not there yet. Returns the number of files in it.

    Raises:
        CannotBuild: it is there already, or cannot be written.
    """
    if target.exists():
        raise CannotBuild(f"{target} is there already. Name a new file, or remove this one first.")
    files = autograder_files()
    try:
        write_whole(target, _zipped(files))
    except OSError as error:
        raise CannotBuild(f"{target} cannot be written: {error.strerror}.") from None
    return len(files)


def autograder_files():
    """Path in the archive -> path of the file. What only tests, slides and attendees need stays out."""
    found = [file for name in _KIT for file in _files_of(ROOT / name)]
    return {file.relative_to(ROOT).as_posix(): file for file in found} | {
        script.name: script for script in _SCRIPTS.iterdir()
    }


def _files_of(path):
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def _zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix: the permissions below count
            entry.external_attr = (0o100755 if file.parent == _SCRIPTS else 0o100644) << 16
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()
