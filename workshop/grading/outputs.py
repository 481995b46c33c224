"""Where the rows of a run are written, besides the terminal."""

import errno
import os
import time
from pathlib import Path

from workshop.files import write_whole
from workshop.grading.finding import person_of
from workshop.grading.reports.gradescope import to_gradescope, write_gradescope
from workshop.grading.reports.junit import to_junit
from workshop.grading.rows import to_csv, to_json

_AS_TEXT = {"json": to_json, "csv": to_csv, "junit": to_junit}
_ANSWERS = (".ipynb", ".py")
_RELOAD_SECONDS = 1


def problem_of(outputs, submissions=(), is_watching=False):
    """A sentence about the first output that cannot be written, or "". It is asked before anything is graded.

    Args:
        outputs: dict, kind ("json", "csv", "junit", "gradescope" or "html") -> Path.
        submissions: pairs (name, path), what is going to be graded.
        is_watching: whether more of them may arrive.
    """
    handed_in = {os.path.realpath(path) for _, path in submissions}
    several = is_watching or len({person_of(name) for name, _ in submissions}) > 1
    kinds = {}
    for kind, target in outputs.items():
        if str(target) == "-":
            return f"Name a file for --{kind}: what goes to the terminal is the table. Nothing was graded."
        place = os.path.realpath(target)
        if place in handed_in or place.lower().endswith(_ANSWERS):
            return f"Name a file for --{kind}: {target} is somebody's notebook. Nothing was graded."
        if place in kinds:
            return f"--{kinds[place]} and --{kind} would write the same file, {target}. Nothing was graded."
        kinds[place] = kind
        try:
            _try(kind, target, several)
        except OSError as error:
            return f"The rows cannot be written to {target}: {error.strerror}. Nothing was graded."
    return ""


def _try(kind, target, several):
    """Raises OSError where an output cannot be written. No file is there afterwards that was not there before."""
    if kind == "html":
        from workshop.grading.reports.html import refuse_another_page

        target.mkdir(parents=True, exist_ok=True)
        refuse_another_page(target)
    elif kind == "gradescope" and several:
        if target.is_file():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file, and for several people there has to be a folder")
        target.mkdir(parents=True, exist_ok=True)
    elif target.is_file():  # and not of a pipe: whoever reads it would take that for the end
        target.open("a").close()
    elif not target.exists():
        target.open("a").close()
        os.unlink(os.path.realpath(target))
    if target.is_dir() and not os.access(target, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def write(rows, outputs, title, is_watching=False):
    """Write every output, each file of it whole or not at all.

    Args:
        rows: list of Row.
        outputs: dict, as for `problem_of`.
        title: of the class page.
        is_watching: whether the pages are to load themselves again, as there is more to come.

    Raises:
        OSError: one cannot be written; the others are.
    """
    problems = []
    for kind, target in outputs.items():
        try:
            _write_one(kind, target, rows, title, is_watching)
        except OSError as error:
            problems.append(error)
    if problems:
        raise problems[0]


def _write_one(kind, target, rows, title, is_watching):
    if kind == "html":
        from workshop.grading.reports.html import write_html  # a second, which the others do not need

        reload = _RELOAD_SECONDS if is_watching else None
        write_html(rows, target, title=title, when=time.strftime("%Y-%m-%d %H:%M"), seconds_until_reload=reload)
    elif kind == "gradescope":
        _write_gradescope(rows, target)
    else:
        write_whole(target, _AS_TEXT[kind](rows).encode("utf-8"))


def _write_gradescope(rows, target):
    """Gradescope runs a grader for one person, and reads one file. With several people it is a folder of such files."""
    if target.is_dir() or len({person_of(row.submission) for row in rows}) > 1:
        write_gradescope(rows, target)
    else:
        write_whole(target, to_gradescope(rows).encode("utf-8"))


def place_of(kind, target):
    """Where to look for an output, in words; a page as an address to open."""
    return Path(target, "index.html").resolve().as_uri() if kind == "html" else str(target)
