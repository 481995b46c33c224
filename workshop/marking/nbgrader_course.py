"""Write a course folder for nbgrader: the masters as its source notebooks, and the settings that they need."""

from workshop.marking.bundle_folder import write_folder
from workshop.notebooks import masters, nbgrader_source

_CONFIG = """\
# nbgrader's settings for the workshop's notebooks; all others are its own.
c = get_config()

# Training takes a while in some cells, and a wrong answer may run into the grader's limits.
c.ExecutePreprocessor.timeout = 900
"""


def build_course(folder):
    """Write the course into a new or empty folder outside the kit. Returns the number of files. Raises `CannotBuild`."""
    return write_folder(folder, course_files)


def course_files():
    """Path below the course folder -> bytes; each session is an assignment."""
    files = {"nbgrader_config.py": _CONFIG.encode()}
    for master in masters():
        assignment = "_".join(master.stem.split("_")[:2])
        files[f"source/{assignment}/{master.stem}.ipynb"] = nbgrader_source(master).encode()
    return files
