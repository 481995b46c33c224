"""Whole files as they arrive: name of the case -> (name of the file, bytes, words).

Every one holds, or is meant to hold, a right `discounted_return`. Those in `READ` get `pass` for it, and the words stand
in the remark on what was assumed; those in `UNGRADABLE` get one row, and the words stand in its reason.
"""

import gzip
import io
import json
import zipfile

from tests.grading.notebooks import RIGHT_RETURN, version_3

_COMMENTED = RIGHT_RETURN + "  # größer als über ± §\nlabel = 'é'"
_JAPANESE = RIGHT_RETURN + "  # 割引された報酬の合計"
_CHINESE = RIGHT_RETURN + "  # 折扣回报 你好"


def code(source, **fields):
    """The JSON of a code cell."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": 1, **fields}


def notebook(*cells, **fields):
    """The JSON of a notebook, as text. Strings are code cells."""
    cells = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields})


def raw(text, encoding="utf-8"):
    """Text within a notebook that is not escaped, in some encoding."""
    return json.dumps(json.loads(notebook(text)), ensure_ascii=False).encode(encoding)


def _zip(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


_GOOD = notebook(RIGHT_RETURN)
_LINES = RIGHT_RETURN.split("\n")
_PERCENT = f'# %% exercise="discounted_return"\n{RIGHT_RETURN}\n\n# %% [markdown]\n# # Text: it\'s\n'

READ = {
    # encodings
    "UTF-8 with a mark": ("s.ipynb", raw(_COMMENTED, "utf-8-sig"), ""),
    "UTF-16 with a mark": ("s.ipynb", raw(_COMMENTED, "utf-16"), ""),
    "UTF-16, little end first": ("s.ipynb", raw(_COMMENTED, "utf-16-le"), ""),
    "UTF-16, big end first": ("s.ipynb", raw(_COMMENTED, "utf-16-be"), ""),
    "UTF-32 with a mark": ("s.ipynb", raw(_COMMENTED, "utf-32"), ""),
    "UTF-32, big end first": ("s.ipynb", raw(_COMMENTED, "utf-32-be"), ""),
    "Latin-1": ("s.ipynb", raw(_COMMENTED, "latin-1"), "cp1252"),
    "Windows": ("s.ipynb", raw(_COMMENTED + " # €", "cp1252"), "cp1252"),
    "GB 18030": ("s.ipynb", raw(_CHINESE, "gb18030"), "not UTF-8"),
    "Shift JIS": ("s.ipynb", raw(_JAPANESE, "shift_jis"), "not UTF-8"),
    "UTF-16 Python file": ("s.py", _PERCENT.encode("utf-16-le"), ""),
    "Latin-1 Python file": ("s.py", f"# %%\n{_COMMENTED}".encode("latin-1"), "cp1252"),
    # what tools and people make of the text
    "carriage returns only": ("s.ipynb", json.dumps(json.loads(_GOOD), indent=1).replace("\n", "\r").encode(), ""),
    "carriage returns in the source": ("s.ipynb", notebook(RIGHT_RETURN.replace("\n", "\r")).encode(), ""),
    "null bytes at the end": ("s.ipynb", _GOOD.encode() + b"\0" * 4096, ""),
    "a line end inside of a string": ("s.ipynb", _GOOD.replace("\\n", "\n").encode(), ""),
    "half of a surrogate pair": ("s.ipynb", _GOOD.replace("gamma**t", "(gamma + 0 * len('\\ud83d'))**t").encode(), ""),
    "an integer of 100,000 digits": (
        "s.ipynb",
        notebook(RIGHT_RETURN, x=0).replace('"x": 0', '"x": ' + "9" * 10**5).encode(),
        "",
    ),
    "NaN and infinity": ("s.ipynb", notebook(RIGHT_RETURN, x=[float("nan"), float("inf")]).encode(), ""),
    "the same key twice": ("s.ipynb", ('{"cells": [], ' + _GOOD[1:]).encode(), ""),
    # formats
    "nbformat 3": ("s.ipynb", version_3(RIGHT_RETURN).encode(), ""),
    "nbformat 2": ("s.ipynb", version_3(RIGHT_RETURN).replace('"nbformat": 3', '"nbformat": 2').encode(), ""),
    "nbformat 5": ("s.ipynb", notebook(RIGHT_RETURN, nbformat=5).encode(), ""),
    "nbformat of nonsense": (
        "s.ipynb",
        notebook(RIGHT_RETURN, nbformat=None, metadata=[], nbformat_minor="x").encode(),
        "",
    ),
    "cells beside empty worksheets": ("s.ipynb", notebook(RIGHT_RETURN, worksheets=[]).encode(), ""),
    "no metadata at all": (
        "s.ipynb",
        json.dumps({"cells": [{"cell_type": "code", "source": RIGHT_RETURN}]}).encode(),
        "",
    ),
    "wrong fields": (
        "s.ipynb",
        notebook(code(RIGHT_RETURN, metadata=7, outputs="x", execution_count={}, id=[1])).encode(),
        "",
    ),
    "duplicate ids": ("s.ipynb", notebook(code("x = 1", id="a"), code(RIGHT_RETURN, id="a")).encode(), ""),
    "a cell without its type": ("s.ipynb", notebook({"source": RIGHT_RETURN, "outputs": []}).encode(), ""),
    "a type in capitals": ("s.ipynb", notebook(code(RIGHT_RETURN, cell_type="Code")).encode(), ""),
    "lines": ("s.ipynb", notebook(code([line + "\n" for line in _LINES])).encode(), ""),
    "lines without their ends": ("s.ipynb", notebook(code(_LINES)).encode(), ""),
    "lines with nonsense between": ("s.ipynb", notebook(code([_LINES[0] + "\n", None, 3, _LINES[1]])).encode(), ""),
    "cells of nonsense beside it": ("s.ipynb", notebook(code({"a": 1}), 7, [], None, RIGHT_RETURN).encode(), ""),
    "as Jupyter's server hands it out": (
        "s.ipynb",
        json.dumps({"name": "s.ipynb", "type": "notebook", "content": json.loads(_GOOD)}).encode(),
        "",
    ),
    "Colab": (
        "s.ipynb",
        json.dumps(
            {
                "nbformat": 4,
                "nbformat_minor": 0,
                "metadata": {"colab": {"provenance": []}, "accelerator": "GPU"},
                "cells": [
                    code(['#@title Mine { run: "auto" }\n', RIGHT_RETURN], metadata={"id": "x", "cellView": "form"})
                ],
            }
        ).encode(),
        "",
    ),
    "Kaggle": (
        "s.ipynb",
        notebook(code(RIGHT_RETURN, metadata={"_uuid": "a", "trusted": True, "_kg_hide-input": True})).encode(),
        "",
    ),
    "VS Code": (
        "s.ipynb",
        notebook(
            code(RIGHT_RETURN, metadata={"vscode": {"languageId": "python"}}),
            code("def discounted_return(:", metadata={"vscode": {"languageId": "sql"}}),
        ).encode(),
        "",
    ),
    # under another name
    "a notebook called .txt": ("s.ipynb.txt", _GOOD.encode(), ""),
    "a notebook called .json": ("s.json", _GOOD.encode(), ""),
    "a notebook called .py": ("s.py", _GOOD.encode(), ""),
    "a copy": ("s (1).ipynb", _GOOD.encode(), ""),
    # Python files
    "py:percent": ("s.py", _PERCENT.encode(), ""),
    "VS Code's cells": ("s.py", f"#%%\nx = 1\n#%% mine\n{RIGHT_RETURN}\n#%% [markdown]\n# it's\n".encode(), ""),
    "exported by nbconvert": (
        "s.py",
        f"#!/usr/bin/env python\n# coding: utf-8\n\n# # Text: it's\n\n# In[ ]:\n\n\ndef broken(:\n\n\n# In[12]:\n\n\n"
        f"get_ipython().run_line_magic('matplotlib', 'inline')\n{RIGHT_RETURN}\n".encode(),
        "",
    ),
    "exported by Kaggle": ("s.py", f'# %% [markdown]\n# it\'s\n# %% [code] {{"x": 1}}\n{RIGHT_RETURN}\n'.encode(), ""),
    "a Python file without cells": ("s.py", f'"""Colab."""\n\n{RIGHT_RETURN}\n\nprint(1 / 0)\n'.encode(), ""),
    "a Python file without cells, broken elsewhere": (
        "s.py",
        f"x = (\n\n{RIGHT_RETURN}\n\n!pip install it's\n".encode(),
        "",
    ),
    "a cell magic in a comment": ("s.py", f"# %%\n# %%time\n{RIGHT_RETURN}\n".encode(), ""),
}

UNGRADABLE = {
    "empty": ("s.ipynb", b"", "empty"),
    "white space": ("s.ipynb", b" \r\n\t", "empty"),
    "null bytes": ("s.ipynb", b"\0" * 5000, "empty"),
    "a merge that is not settled": ("s.ipynb", _GOOD.replace("{", "{\n<<<<<<< HEAD\n", 1).encode(), "merge conflict"),
    "a merge, carriage returns only": ("s.ipynb", b'{\r<<<<<<< HEAD\r"cells": []\r=======\r}', "merge conflict"),
    "a merge in a Python file": ("s.py", f"# %%\n<<<<<<< HEAD\n{RIGHT_RETURN}\n=======\n>>>>>>> b\n".encode(), "merge"),
    "half of the file": ("s.ipynb", _GOOD.encode()[: len(_GOOD) // 2], "breaks off"),
    "two notebooks in one file": ("s.ipynb", (_GOOD + _GOOD).encode(), "damaged"),
    "single quotes": ("s.ipynb", str(json.loads(_GOOD)).encode(), "damaged"),
    "a word": ("s.ipynb", b'"cells"', "not a notebook"),
    "cells that are no list": ("s.ipynb", b'{"cells": {"0": 1}}', "no cells"),
    "a notebook as a text within JSON": ("s.ipynb", json.dumps(_GOOD).encode(), "not a notebook"),
    "a web page": ("s.ipynb", b"\n\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page"),
    "a saved page": ("s.html", f"<html><pre>{RIGHT_RETURN}</pre></html>".encode(), "web page"),
    "Git LFS's pointer": (
        "s.ipynb",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n",
        "git lfs pull",
    ),
    "a zip archive": ("s.ipynb", _zip("s.ipynb", _GOOD), "zip archive"),
    "packed": ("s.ipynb", gzip.compress(_GOOD.encode()), "gzip"),
    "a PDF": ("s.ipynb", b"%PDF-1.7\n\xe2\xe3", "PDF"),
    "a picture": ("s.ipynb", b"\x89PNG\r\n\x1a\n\xff\xfe", "UTF-8"),
    "a mark and then no UTF-8": ("s.ipynb", b"\xef\xbb\xbf\xff", "UTF-8"),
    "half of a character": ("s.ipynb", _GOOD.encode("utf-16")[:-1], "UTF-8"),
    "bytes above ASCII": ("s.ipynb", bytes(range(128, 256)) * 30, "UTF-8"),
    "nested too deep": ("s.ipynb", b'{"cells": ' + b"[" * 100_000, "damaged"),
    "nested too deep, closed": ("s.ipynb", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "damaged"),
    "a million cells": ("s.ipynb", b'{"cells": [' + b"{}," * 999_999 + b"{}]}", "10,000 cells"),
    "a million cells in a Python file": ("s.py", b"# %%\n" * 10**6, "10,000 cells"),
    "ten megabytes of Python": ("s.py", b"x = 1\n" * 1_700_000, "characters of code"),
    "a million broken paragraphs": ("s.txt", b"x = (\n\n" * 10**6, "characters of code"),
    "a bomb of empty lists": ("s.ipynb", b"[" + b"[]," * 10**7 + b"[]]", "more values"),
    "another notebook": ("s.ipynb", notebook("print(1)").encode(), "right notebook"),
    "another Python file": ("s.py", b"print(1)\n", "right notebook"),
    "an essay": ("s.txt", b"Dear teacher, my dog ate it.\n", "right notebook"),
}
