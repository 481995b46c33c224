"""From the bytes of a file to the cells of a notebook, whatever a person or a tool has made of them.

Read are notebooks of nbformat 2 to 4 and what calls itself newer, and Python files: py:percent (Jupytext, VS Code,
Spyder, Kaggle), what nbconvert exports, and plain ones. What the file is called does not matter, its content does.
"""

import ast
import itertools
import json
import re
import warnings
from dataclasses import dataclass

MAX_CELLS = 10_000
MAX_CODE_CHARACTERS = 500_000  # of all code cells; a session's notebook has a tenth of it, its text included
MAX_JSON_PARTS = 3_000_000  # a part takes Python some 70 bytes, however short it is in the file

_PERCENT_CELL = re.compile(r"^# ?%%((?:[ \t].*)?)$", re.MULTILINE)
_EXPORTED_CELL = re.compile(r"^# In ?\[[ \d*]*\]:?(.*)$", re.MULTILINE)
_EXERCISE_OF_PERCENT_CELL = re.compile(r'\b(?:exercise|check)="(\w+)"')
_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)
# Bytes that a file starts with -> what it is.
_OTHER_FILES = {
    b"PK\x03\x04": "a zip archive (or an office program's document)",
    b"\x1f\x8b": "a packed archive (gzip)",
    b"7z\xbc\xaf": "a packed archive (7z)",
    b"Rar!": "a packed archive (rar)",
    b"%PDF": "a PDF",
}
# Tried in this order once a file is not Unicode. In the first no byte of a character of its own looks like ASCII, so
# JSON's structure is safe; the next two are strict enough to notice most of what is not theirs; the last takes anything.
_OLD_ENCODINGS = {"cp1252": "Western European", "gb18030": "Chinese", "shift_jis": "Japanese", "latin-1": "unknown"}


class Unreadable(ValueError):
    """The file is not something to grade; the text says why, for its author."""


class _Damaged(Unreadable):
    """It is no JSON; in another encoding it may be."""


@dataclass(frozen=True)
class RawCell:
    """A cell as it stands in the file.

    Attributes:
        number: its position among all cells, from 1.
        is_code: whether it is a code cell.
        source: its text.
        exercise: the exercise that its metadata name, or "".
    """

    number: int
    is_code: bool
    source: str
    exercise: str = ""


def read_cells(data, is_notebook=True):
    """The cells of a file.

    Args:
        data: its bytes.
        is_notebook: whether its name says that it is a notebook; if not, what is no JSON is taken for Python.

    Returns:
        (list of `RawCell`, list of sentences about what had to be assumed).

    Raises:
        Unreadable: with a sentence that says what is wrong with the file.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("the file is empty")
    for start, kind in _OTHER_FILES.items():
        if data.startswith(start):
            raise Unreadable(f"the file is {kind}, not a notebook; hand in the .ipynb itself, as it is")
    encoding = json.detect_encoding(data)  # by the byte order mark, or by where the first null bytes are
    try:
        text, remarks = data.decode(encoding), []
    except UnicodeDecodeError:
        cells, remarks = _cells_in_an_old_encoding(data, is_notebook)
    else:
        cells = _cells_of_text(text, is_notebook)
    code = sum(len(cell.source) for cell in cells if cell.is_code)
    if code > MAX_CODE_CHARACTERS:
        raise Unreadable(f"the notebook has more than {MAX_CODE_CHARACTERS:,} characters of code")
    return cells, remarks


def _cells_in_an_old_encoding(data, is_notebook):
    problem = Unreadable("the file is not UTF-8 text; save it from Jupyter again")
    if data[:1] not in (b"{", b"#"):  # a notebook or a Python file, as tools write them; else it may be anything
        raise problem
    for encoding, where in _OLD_ENCODINGS.items():
        try:
            cells = _cells_of_text(data.decode(encoding), is_notebook)
        except (UnicodeDecodeError, _Damaged):
            continue
        return cells, [f"The file is not UTF-8; it was read as {encoding} ({where})."]
    raise problem


def _cells_of_text(text, is_notebook):
    # One kind of line end, and without the null bytes that a full disk or a crash leaves behind.
    text = text.rstrip("\0").replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<svg")):
        raise Unreadable(
            "the file is a web page, not the notebook; download the .ipynb itself (on GitHub: Raw, in Jupyter: File, "
            "Download)"
        )
    if start.startswith("version https://git-lfs"):
        raise Unreadable(
            "the file is only Git LFS's pointer to a notebook; run `git lfs pull` and hand in what it gives"
        )
    if is_notebook or start.startswith("{"):
        return _cells_of_notebook(text)
    if _CONFLICT.search(text):
        raise _conflict()
    return _cells_of_python(text)


def _conflict():
    return Unreadable("the file holds merge conflict markers (<<<<<<<); settle the merge and save it again")


# Notebooks ------------------------------------------------------------------------------------------------------------


def _cells_of_notebook(text):
    if sum(map(text.count, ",[{")) > MAX_JSON_PARTS:
        raise Unreadable("the file holds more values than a notebook can have; clear its outputs and save it again")
    try:
        # Not strict: a line end within a string is somebody's editor. Digits become a float: no number is too long.
        notebook = json.loads(text, strict=False, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise _conflict() if _CONFLICT.search(text) else _damaged(error, text) from None
    if not isinstance(notebook, dict):
        raise Unreadable("the file is JSON, but not a notebook")
    if isinstance(notebook.get("content"), dict):  # as Jupyter's server hands it out
        notebook = notebook["content"]
    cells = _list_of_cells(notebook)
    if cells is None:
        raise Unreadable("the file is JSON, but not a notebook: it has no cells")
    _refuse_too_many(cells)
    found = (_cell_of(number, cell) for number, cell in enumerate(cells, start=1) if isinstance(cell, dict))
    return [cell for cell in found if cell is not None]


def _damaged(error, text):
    is_cut = isinstance(error, json.JSONDecodeError) and (
        error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
    )
    if is_cut:
        return _Damaged("the file is not a notebook: its JSON is damaged (it breaks off; was it saved to the end?)")
    return _Damaged(f"the file is not a notebook: its JSON is damaged ({error})")


def _refuse_too_many(cells):
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS:,} cells")


def _list_of_cells(notebook):
    cells = notebook.get("cells")
    if not cells and isinstance(notebook.get("worksheets"), list):  # nbformat 2 and 3
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    return cells if isinstance(cells, list) else None


def _cell_of(number, cell):
    """The `RawCell` of a cell's JSON, or None if it has no text."""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        lines = list(_lines(source))
        is_without_ends = len(lines) > 1 and not any("\n" in line for line in lines)
        source = ("\n" if is_without_ends else "").join(lines)
    if not isinstance(source, str):
        return None
    kind = cell.get("cell_type")
    is_code = kind.lower() == "code" if isinstance(kind, str) else "outputs" in cell or "input" in cell
    metadata = _dictionary(cell.get("metadata"))
    language = _dictionary(metadata.get("vscode")).get("languageId", "python")
    ours = _dictionary(metadata.get("workshop"))
    exercise = ours.get("exercise", ours.get("check"))
    return RawCell(
        number,
        is_code and language == "python",
        source.replace("\0", "").encode("utf-8", "replace").decode("utf-8"),  # without halves of surrogate pairs
        exercise if isinstance(exercise, str) else "",
    )


def _lines(source):
    """The texts in a list, and in the lists in it, one after the other."""
    waiting = [source]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += reversed(part)
        elif isinstance(part, str):
            yield part


def _dictionary(value):
    return value if isinstance(value, dict) else {}


# Python files ---------------------------------------------------------------------------------------------------------


def _cells_of_python(text):
    text = text.replace("\0", "")
    for marker in (_PERCENT_CELL, _EXPORTED_CELL):
        starts = list(itertools.islice(marker.finditer(text), MAX_CELLS + 1))
        _refuse_too_many(starts)
        if starts:
            ends = [*(start.start() for start in starts[1:]), len(text)]
            cells = [(start[1], text[start.start() : end]) for start, end in zip(starts, ends)]
            before = text[: starts[0].start()]
            if any(line.strip() and not line.startswith("#") for line in before.split("\n")):
                cells.insert(0, ("", before))
            return [_cell_of_python(number, *cell) for number, cell in enumerate(cells, start=1)]
    blocks = [text] if _is_python(text) else re.split(r"\n(?=\n\S)", text, maxsplit=MAX_CELLS)
    return [RawCell(number, True, block) for number, block in enumerate(blocks, start=1)]


def _is_python(text):
    """Whether all of it can be read at once; if not, what is wrong costs the paragraph that it stands in."""
    if len(text) > MAX_CODE_CHARACTERS:  # of which a tree would fill the memory
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return False
    return True


def _cell_of_python(number, header, source):
    is_text = re.match(r".*(?:\[(?:markdown|md|raw)\]|^ *md\b)", header) is not None
    exercise = _EXERCISE_OF_PERCENT_CELL.search(header)
    return RawCell(number, not is_text, source, exercise[1] if exercise else "")
