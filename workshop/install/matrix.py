"""`make matrix`: the smoke tests on every Python found x NumPy 1.26 and 2.x, and with CuPy without a GPU.

tox runs the cells, which pyproject.toml describes ([tool.tox]). What is added here: the Pythons of pyenv are found even
where they are not on PATH, a Python that this machine does not have is absent rather than a failure, and the outcome
is a table.
"""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".tox" / "matrix.json"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
COLUMNS = {"numpy1": "NumPy 1.26", "numpy2": "NumPy 2.x", "cupy13": "CuPy 13", "cupy14": "CuPy 14"}
CUPY_PYTHON = "3.12"


def main():
    """Run every cell that this machine can run, print the table, and return the exit status."""
    pythons = {version: find_python(version) for version in PYTHONS}
    cells = [name(*cell) for cell in itertools.product(PYTHONS, COLUMNS) if not why_not(*cell, pythons)]
    print("Running", *cells, flush=True)
    folders = [str(Path(python).parent) for python in pythons.values() if python]
    environment = {**os.environ, "PATH": os.pathsep.join([*folders, os.environ["PATH"]])}
    RESULTS.unlink(missing_ok=True)
    tox = [sys.executable, "-m", "tox", "run-parallel", "--parallel-no-spinner", "--result-json", RESULTS]
    subprocess.run([*tox, "-e", ",".join(cells)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False)
    outcomes = json.loads(RESULTS.read_text(encoding="utf-8"))["testenvs"] if RESULTS.exists() else {}
    # A cell without an outcome failed too: what tox says about itself is not asked.
    succeeded = {cell for cell in cells if outcomes.get(cell, {}).get("result", {}).get("success")}
    print_table(pythons, succeeded)
    return 0 if cells and succeeded == set(cells) else 1


def find_python(version):
    """Path of an interpreter of this version ("3.12") that runs, on PATH or among pyenv's; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [Path(folder) / f"python{version}" for folder in os.environ["PATH"].split(os.pathsep)]
    candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)
    # The environment that this runs in is a candidate too; what is asked for is the interpreter below it.
    question = "import sys; print('%d.%d' % sys.version_info[:2], sys._base_executable)"
    for candidate in filter(Path.exists, candidates):
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        found, _, path = answer.stdout.strip().partition(" ")
        if answer.returncode == 0 and found == version:
            return path
    return None


def name(version, column):
    return f"py{version.replace('.', '')}-{column}"


def why_not(version, column, pythons):
    """Why a cell is not run, in a word for the table; empty where it is."""
    if pythons[version] is None:
        return "absent"
    if version == "3.13" and column == "numpy1":
        return "no wheel"
    if column.startswith("cupy") and (version != CUPY_PYTHON or sys.platform != "linux"):
        return "-"
    return ""


def print_table(pythons, succeeded):
    print("\n" + " " * 13 + "".join(f"{title:<16}" for title in COLUMNS.values()))
    for version in PYTHONS:
        row = [why_not(version, column, pythons) or verdict(name(version, column), succeeded) for column in COLUMNS]
        print(f"Python {version:<6}" + "".join(f"{cell:<16}" for cell in row))
    print("absent: no such Python on this machine. no wheel: NumPy 1.26 was never built for Python 3.13.")


def verdict(cell, succeeded):
    """For example "ok 1.26.4": the version is the one that the cell really has."""
    library = "numpy" if "numpy" in cell else "cupy_cuda12x"
    metadata = [path.name for path in (ROOT / ".tox" / cell).glob(f"lib/python3.*/site-packages/{library}-*.dist-info")]
    versions = [entry.removeprefix(f"{library}-").removesuffix(".dist-info") for entry in metadata]
    return " ".join(["ok" if cell in succeeded else "FAILED", *versions])


if __name__ == "__main__":
    sys.exit(main())
