"""Which files are to be graded, what each is called, and whose it is."""

import functools
import itertools
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path

from workshop.exercises.catalogue import BY_NAME
from workshop.exercises.reference import SOLUTIONS

_NOT_HANDED_IN = ("__MACOSX", "__pycache__", "node_modules", "site-packages")
# Where somebody handed in nothing better, these give a row that says what to do instead.
_SECOND_BEST = (".html", ".htm", ".pdf", ".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".docx")
_LEFT_BEHIND = re.compile(
    r"\.ipynb(?:~|\.(?:bak|orig|part|crdownload))$"
)  # by editors, and by browsers that were ended
OUR_PAGE = b'<meta name="generator" content="workshop grade">'  # stands in every page that we write
_SNIFFED_BYTES = 2**16
_KEY_OF_NOTEBOOK = re.compile(rb'"(?:cells|nbformat|worksheets)"\s*:')
_PYTHON_ANSWERS = re.compile(rf"^(?:# ?(?:%%|In ?\[)|def (?:{'|'.join(BY_NAME)})\b)".encode(), re.MULTILINE)

_MOODLE = re.compile(r"_\d+_assignsubmission_[a-z]+_?")  # "Ann Example_12345_assignsubmission_file_"
_CANVAS = re.compile(r"(?P<person>[^_]+)_(?:LATE_)?\d{2,}_\d{2,}_")  # "exampleann_LATE_123_45678_"
_ENDINGS = re.compile(
    r"(?:\.(?:ipynb|json|txt|py|html?|pdf|zip|tar|t?gz|7z|rar|docx|bak|orig|part|crdownload))+~?$", re.IGNORECASE
)
_COPIES = re.compile(r"^copy of |(?:[ _-]*\(\d+\)|[ _-]+(?:copy ?\d*|kopie|copie|copia))+$", re.IGNORECASE)
_SESSION = re.compile(r"session[ _-]?\d+", re.IGNORECASE)


def find_submissions(*paths):
    """The files to grade: those that are named, and below a folder every notebook that somebody handed in.

    Below a folder, notebooks are told by their name or, among `.json` and `.txt`, by their content. Whoever has handed
    in none has their Python file graded, or a copy that an editor left; and their archive, web page or document gives a
    row that says what to do. Hidden files, those that a computer makes on its own, and our own reports are nobody's. No
    link is followed: it may lead to another person's file.

    Args:
        paths: files and folders.

    Returns:
        List of (name, path), sorted by name, each file once. A name is a relative path with slashes, printable, and no
        other's: two folders that hold the same names are told apart by their own, in brackets.
    """
    roots = [Path(os.path.realpath(path)) if os.path.islink(path) else Path(os.path.abspath(path)) for path in paths]
    folders = sorted(filter(os.path.isdir, set(roots)), key=lambda root: -len(root.parts))  # the outermost names last
    files = [root for root in set(roots) if not os.path.isdir(root)]
    base = Path(os.path.commonpath([file.parent for file in files])) if files else None
    found = [(base, _readable(path.relative_to(base)), path) for path in files]
    for root in folders:
        for path in _handed_in(root):
            above = root.parent if path == root else root  # a folder that cannot be opened goes by its own name
            found.append((above, _readable(path.relative_to(above)), path))
    once = {os.path.join(os.path.realpath(path.parent), path.name): (root, name, path) for root, name, path in found}
    return _told_apart(list(once.values()))


def person_of(name):
    """Whose submission it is, told by its name as `find_submissions` gives it; reports group by it.

    It is the first folder of the path, or the file's name without its ending, what the notebooks of the kit are called
    and the marks of copies: `ann/session_1.ipynb`, `session_2/ann.ipynb` and `ann_session_1 (1).ipynb` are all ann's.
    What Moodle and Canvas add to names is taken off. A file of which nothing is left is a person of its own.
    """
    parts = name.split("/")
    for part in parts:
        canvas = _CANVAS.match(part)
        person = canvas["person"] if canvas else _MOODLE.split(part)[0]
        if part is parts[-1]:
            person = _COPIES.sub("", _ENDINGS.sub("", person))
        for title in _titles():
            person = person.replace(title, "")
        person = _SESSION.sub("", person).strip(" _-.")
        if person:
            return person
    return _ENDINGS.sub("", parts[-1]) or name


@functools.cache
def _titles():
    return [path.stem for path in SOLUTIONS.glob("session_*.py")]


def _handed_in(root):
    """The paths below a folder that somebody handed in, or meant to."""
    unopened, best, second_best = [], [], []
    for folder, folders, files in os.walk(root, onerror=unopened.append):
        here = Path(folder)
        folders[:] = filter(_is_somebodys, folders)
        if ".ipynb" in here.name.lower() and here != root and not folders + files:
            best.append(here)  # an empty folder of that name: a notebook that went wrong while it was unpacked
        best += [here / name for name in folders if os.path.islink(here / name)]  # not followed, but not lost either
        for path in (here / name for name in files if _is_somebodys(name)):
            if _is_notebook(path):
                best.append(path)
            elif _is_second_best(path):
                second_best.append(path)
    best += [Path(error.filename) for error in unopened]
    provided = {person_of(_readable(path.relative_to(root))) for path in best}
    return best + [path for path in second_best if person_of(_readable(path.relative_to(root))) not in provided]


def _is_somebodys(name):
    return not name.startswith((".", "~$")) and name not in _NOT_HANDED_IN


def _is_notebook(path):
    name = path.name.lower()
    return (".ipynb" in name and not _LEFT_BEHIND.search(name)) or (
        name.endswith((".json", ".txt")) and _starts_with(path, _KEY_OF_NOTEBOOK)
    )


def _is_second_best(path):
    ending = path.suffix.lower()
    if ending == ".py":
        return _starts_with(path, _PYTHON_ANSWERS)
    if ending == ".html" and _is_of_a_report(path):
        return False
    return ending in _SECOND_BEST or _LEFT_BEHIND.search(path.name.lower()) is not None


def _is_of_a_report(path):
    """Whether it is our class page, or an attendee's in the folder beside our class page."""
    ours = re.compile(re.escape(OUR_PAGE))
    folder = path.parent if path.name == "index.html" else path.parent.parent
    return _starts_with(path, ours) and _starts_with(folder / "index.html", ours)


def _starts_with(path, pattern):
    """Whether a regular file has the pattern somewhere at its start."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    try:
        with path.open("rb") as file:
            return pattern.search(file.read(_SNIFFED_BYTES).replace(b"\0", b"")) is not None
    except OSError:
        return False


def _readable(path):
    """A relative path as text that can be printed, with slashes."""
    name = os.fsencode(path.as_posix())
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _told_apart(found):
    """(name, path) of (root, name, path), every name once."""
    base = os.path.commonpath([root for root, _, _ in found]) if found else ""
    clashes = Counter(name for _, name, _ in found)
    apart = {}
    for root, name, path in sorted(found, key=lambda item: (item[1], item[2])):
        if clashes[name] > 1 and str(root) != base:
            name = _with_label(name, _readable(root.relative_to(base)).replace("/", "-"))
        apart[_free(name, apart)] = path
    return sorted(apart.items())


def _with_label(name, label):
    """The name with a label behind its first part, so that it still begins with its person."""
    first, slash, rest = name.partition("/")
    stem, ending = (first, "") if slash else os.path.splitext(first)
    return f"{stem} ({label}){ending}{slash}{rest}"


def _free(name, taken):
    stem, ending = os.path.splitext(name)
    numbered = (f"{stem} ({number}){ending}" for number in itertools.count(2))
    return next(own for own in itertools.chain([name], numbered) if own not in taken)
