"""Where the rows of a run are written, besides the terminal."""

import os
import time
from pathlib import Path

from workshop.files import write_whole
from workshop.grading.finding import person_of
from workshop.grading.reports.gradescope import to_gradescope, write_gradescope
from workshop.grading.reports.junit import to_junit
from workshop.grading.rows import to_csv, to_json

_AS_TEXT = {"json": to_json, "csv": to_csv, "junit": to_junit}
_RELOAD_SECONDS = 1


def problem_of(outputs):
    """A sentence about the first output that cannot be written, or "". It is asked before anything is graded.

    Args:
        outputs: dict, kind ("json", "csv", "junit", "gradescope" or "html") -> Path.
    """
    for kind, target in outputs.items():
        if str(target) == "-":
            return f"Name a file for --{kind}: what goes to the terminal is the table. Nothing was graded."
        try:
            if kind == "html":
                target.mkdir(parents=True, exist_ok=True)
                os.scandir(target).close()
            elif not target.is_dir():
                target.open("a").close()
        except OSError as error:
            return f"The rows cannot be written to {target}: {error.strerror}. Nothing was graded."
    return ""


def write(rows, outputs, title, is_watching=False):
    """Write every output, each file of it whole or not at all.

    Args:
        rows: list of Row.
        outputs: dict, as for `problem_of`.
        title: of the class page.
        is_watching: whether the pages are to load themselves again, as there is more to come.

    Raises:
        OSError: one cannot be written.
    """
    for kind, target in outputs.items():
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
        if target.is_file() and not target.stat().st_size:  # ours, from looking whether it can be written
            target.unlink()
        write_gradescope(rows, target)
    else:
        write_whole(target, to_gradescope(rows).encode("utf-8"))


def place_of(kind, target):
    """Where to look for an output, in words; a page as an address to open."""
    return Path(target, "index.html").resolve().as_uri() if kind == "html" else str(target)
