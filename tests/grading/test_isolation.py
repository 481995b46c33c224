"""What one answer does to its process stays its own, and nothing that a process does holds or fools the grader."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import psutil
import pytest

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, slow_but, write_notebook
from workshop.exercises.catalogue import exercise_of
from workshop.exercises.exam import Rigour
from workshop.grading import grader as grading
from workshop.grading import supervisor as supervising
from workshop.grading.grader import Grader

QUICK = Rigour(examples=0.5, call_seconds=1, total_seconds=9, shrink_calls=50)
USES_NUMPY = """
import numpy as np
def discounted_return(rewards, gamma):
    return float(np.sum([gamma**t * r for t, r in enumerate(rewards)]))
"""
FORGED = "{'kind': 'returned', 'value': 0.0, 'arguments': ()}"
PIPES = "(d for d in range(4, 20) if os.path.exists(f'/dev/fd/{d}'))"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch):
    monkeypatch.setattr(grading.exam, "WHEN_GRADING", QUICK)
    monkeypatch.setattr(supervising, "_LOAD_SECONDS", 2)


def grade(tmp_path, names, *cells):
    path = write_notebook(tmp_path / "case.ipynb", *cells)
    with Grader("case.ipynb", path) as grader:
        rows = [grader.row(exercise_of(name)) for name in names]
        assert grader._supervisor._worker is None  # nothing waits for the next exercise
    return rows


def target(setup, body="return 17.0"):
    """A q_target that needs `setup` to be run before it is defined."""
    return f"def prepare():\n    {setup}\n\nREADY = prepare()", f"def q_target(*arguments):\n    READY\n    {body}"


# One answer's process and the next ------------------------------------------------------------------------------------

SPOILED = {
    "numpy": "import numpy; numpy.sum = numpy.zeros = numpy.array = numpy.save = None",
    "builtins": "import builtins; builtins.sum = builtins.len = builtins.float = builtins.isinstance = print",
    "modules": "import sys; sys.modules.clear()",
    "recursion limit": "import sys; sys.setrecursionlimit(60)",
    "plain data": "from workshop.exercises import plain; plain.encode = lambda *a, **k: b'null'",
    "outcomes": f"from workshop.exercises import subject; subject.run = lambda *a: {FORGED}",
    "every pipe": "import os; [os.close(d) for d in range(3, 20) if os.path.exists(f'/dev/fd/{d}')]",
    "standard streams": "import sys; sys.stdout = sys.stderr = sys.stdin = None",
    "memory": "global hoard; hoard = bytearray(3 * 2**30)",
    "signals": "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer = print",
    "time": "import time; time.sleep = time.monotonic = time.time = lambda *a: 0.0",
    "warnings": "import warnings; warnings.simplefilter('error')",
    "scratch directory": "import os, shutil; shutil.rmtree(os.getcwd())",
    "every later frame": f"import os; [os.write(d, b'\\x00\\x00\\x00\\x04true' * 100) for d in {PIPES}]",
    "a thread": "import threading; threading.Thread(target=lambda: [0 for _ in iter(int, 1) if 0], daemon=True).start()",
}


@pytest.mark.parametrize("what", slow_but(["numpy", "outcomes", "every later frame"], SPOILED))
def test_what_one_answer_spoils_is_whole_for_the_next(what, tmp_path):
    bad, good = grade(tmp_path, ["q_target", "discounted_return"], *target(SPOILED[what]), USES_NUMPY)
    assert bad.verdict not in ("pass", "ungradable"), bad
    assert good.verdict == "pass", good


# While it is loaded ---------------------------------------------------------------------------------------------------

LOADING = {
    "loops": ("while True: pass", "timeout", "come to an end"),
    "loops and catches": ("while True:\n        try: sum(range(9))\n        except: pass", "timeout", "come to an end"),
    "exits": ("import os; os._exit(0)", "crash", "exit status 0"),
    "dies of a signal without a name": ("import os; os.kill(os.getpid(), 40)", "crash", "signal 40"),
    "takes all memory": ("return bytearray(2**50)", "out_of_memory", "more memory"),
    "asks": ("return input()", "error", "EOFError"),
    "raises something unspeakable": (
        "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "error",
        "READY",
    ),
    "forks": ("import os; os.fork()", None, ""),
    "stops": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "timeout", ""),
}


@pytest.mark.parametrize("what", slow_but(["loops", "exits", "takes all memory"], LOADING))
def test_what_happens_while_an_answer_is_loaded(what, tmp_path):
    setup, verdict, words = LOADING[what]
    (row,) = grade(tmp_path, ["q_target"], *target(setup, "raise ValueError(READY)"))
    assert row.verdict == verdict or (verdict is None and row.verdict not in ("pass", "ungradable")), row
    assert words in row.message, row


# A grader that nobody holds -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.alone
def test_a_stopped_process_does_not_hold_the_grader(tmp_path):
    """It stops after it was loaded, and the inputs of returns_to_go are more than a pipe takes."""
    setup = "import threading, os, signal; threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGSTOP)).start()"
    cells = [cell.replace("q_target", "returns_to_go") for cell in target(setup, "import time; time.sleep(0.1)")]
    started = time.monotonic()
    (row,) = grade(tmp_path, ["returns_to_go"], *cells)
    assert row.verdict == "timeout", row
    assert time.monotonic() - started < 60


def children_called(marker):
    found = []
    for process in psutil.process_iter():
        try:
            if marker in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("session", ["False", "True"])
def test_processes_left_behind_are_killed(session, tmp_path):
    marker = f"30{os.getpid()}{session == 'True':d}"
    setup = f"import subprocess; subprocess.Popen(['sleep', '{marker}'], start_new_session={session})"
    (row,) = grade(tmp_path, ["q_target"], *target(setup))
    assert row.verdict == "fail"
    deadline = time.monotonic() + 10
    while children_called(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_called(marker)


def test_it_finds_no_reference_in_its_process(tmp_path, monkeypatch):
    """It walks its stack and its heap for another function of the same name, and the environment for anything."""
    search = """
import gc, os, sys, types
def q_target(*arguments):
    frame, names = sys._getframe(), set()
    while frame is not None:
        names |= set(frame.f_locals) | set(frame.f_globals)
        frame = frame.f_back
    functions = [f for f in gc.get_objects() if isinstance(f, types.FunctionType) and f is not q_target]
    others = [f for f in functions if f.__name__ == "q_target"]
    if others or {"reference", "judge", "expected", "mistakes", "EXERCISES"} & names:
        return 0.0
    raise KeyError(os.environ.get("SECRET_OF_THE_GRADER"))
"""
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "the seed")
    (row,) = grade(tmp_path, ["q_target"], search)
    assert row.verdict == "error", row
    assert "KeyError: None" in row.message, row


# References only where they were borrowed -----------------------------------------------------------------------------

BORROWING = {
    "under another name": ["helper = borrow('q_target')", "def q_target(*a):\n    return helper(*a)"],
    "inside of a table": ["table = {'mine': borrow('q_target')}", "def q_target(*a):\n    return table['mine'](*a)"],
    "as a default": ["def q_target(*a, mine=borrow('q_target')):\n    return mine(*a)"],
    "while it is called": ["def q_target(*a):\n    return borrow('q_target')(*a)"],
    "out of a reference that is built on it": [
        "learner = borrow('q_learning')",
        "def q_target(*a):\n    return learner.__globals__['q_target'](*a)",
    ],
}


@pytest.mark.parametrize("how", slow_but(["under another name"], BORROWING))
def test_what_is_borrowed_by_a_detour_is_borrowed(how, tmp_path):
    (row,) = grade(tmp_path, ["q_target"], "from workshop import borrow", *BORROWING[how])
    assert (row.verdict, row.points) == ("borrowed", 0.0), row


@pytest.mark.parametrize(
    "cell",
    [
        "helper = borrow('no_such_exercise')",
        "helper = borrow(7)",
        "helper = borrow()",
        "name = 'q_target'\nhelper = borrow(name)",
    ],
)
def test_what_cannot_be_borrowed_is_an_error_of_the_answer(cell, tmp_path):
    (row,) = grade(
        tmp_path,
        ["q_target"],
        "from workshop import borrow",
        *cell.split("\n"),
        "def q_target(*a):\n    return helper(*a)",
    )
    assert row.verdict == "error", row


def test_a_borrowed_answer_may_be_used_by_another(tmp_path):
    cells = [
        "from workshop import borrow",
        "def discounted_return(rewards, gamma):\n    raise NotImplementedError",
        "discounted_return = borrow('discounted_return')",
        (
            "import numpy as np\ndef returns_to_go(rewards, gamma):\n"
            "    return np.array([discounted_return(rewards[t:t + 300], gamma) for t in range(len(rewards))])"
        ),
    ]
    (row,) = grade(tmp_path, ["returns_to_go"], *cells)
    assert row.verdict in ("pass", "timeout"), row  # right, and slow on a hundred thousand steps
    assert "NotImplemented" not in row.message


# One row, whatever happens --------------------------------------------------------------------------------------------


def test_a_fault_of_the_grader_is_a_row(tmp_path, monkeypatch):
    def fault(*arguments):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(grading.exam.Exam, "judge", fault)
    (row,) = grade(tmp_path, ["q_target"], RIGHT_TARGET)
    assert (row.verdict, row.exercise, row.points) == ("ungradable", "q_target", 0.0)
    assert "by hand" in row.message
    monkeypatch.setattr(grading, "read_submission", fault)
    with Grader("case.ipynb", tmp_path / "case.ipynb") as grader:
        rows = list(grader.rows())
    assert [(row.verdict, row.exercise) for row in rows] == [("ungradable", None)]


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError('\\x1b[2J \\ud800 \\x9b31m \\u202e')",
        "return type('\\x1b[2J', (), {'__repr__': lambda s: '\\ud800\\x1b[2J'})()",
    ],
)
def test_texts_of_a_submission_steer_nothing_and_can_be_written(body, tmp_path):
    (row,) = grade(tmp_path, ["q_target"], f"def q_target(*a):\n    {body}")
    text = row.message + row.counterexample
    assert all(character.isprintable() or character == "\n" for character in text), row
    text.encode()


def test_an_attempt_that_python_cannot_read_is_said_beside_the_stub(tmp_path):
    stub = "def q_target(*a):\n    '''What to do.'''\n    raise NotImplementedError('Exercise 1.8')"
    (row,) = grade(tmp_path, ["q_target"], stub, "def q_target(*a):\n    return (")
    assert row.verdict == "error", row
    assert "Cell 2" in row.message


def test_stubs_need_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(supervising.Supervisor, "load", None)
    for stub in ("raise NotImplementedError", "'''Doc.'''\n    raise NotImplementedError('x' 'y')"):
        (row,) = grade(tmp_path, ["q_target"], f"def q_target(*a):\n    {stub}")
        assert row.verdict == "unattempted"


def test_an_error_quotes_its_line_although_more_stands_in_the_cell(tmp_path):
    cell = "def helper(x):\n    return x['key']\n\ndef q_target(*a):\n    return helper(a)"
    (row,) = grade(tmp_path, ["q_target"], cell)
    assert "cell 1, line 2: `return x['key']`" in row.message


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGTERM, signal.SIGINT))]
)
def test_a_grader_that_is_ended_loses_no_row_and_leaves_nothing(number, tmp_path):
    folder, written = tmp_path / "handed in", tmp_path / "rows.json"
    folder.mkdir()
    write_notebook(folder / "a.ipynb", RIGHT_RETURN)
    write_notebook(folder / "b.ipynb", "import time\ndef discounted_return(rewards, gamma):\n    time.sleep(60)")
    command = [sys.executable, "-m", "workshop", "grade", str(folder), "--json", str(written), "--workers", "1"]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    options["env"] = {**os.environ, "WORKSHOP_HOME": str(tmp_path / "home")}
    # Whoever runs these tests in the background has made them deaf to Ctrl-C, and their children with them.
    options["preexec_fn"] = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)

    def is_kept(text):
        return any(text in file.read_text() for file in (tmp_path / "home").glob("grading/*.jsonl"))

    with subprocess.Popen(command, **options) as run:
        deadline = time.monotonic() + 100
        while not is_kept('"begun": "b.ipynb"') and time.monotonic() < deadline:
            time.sleep(0.05)
        below = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(number)
    assert run.returncode != 0
    _, alive = psutil.wait_procs(below, timeout=20)
    assert not alive  # nobody was there any more to end them
    assert subprocess.run([*command, "--resume"], **options, check=False).returncode == 0
    rows = json.loads(written.read_text())
    assert Counter(row["submission"] for row in rows) == {"a.ipynb": 14, "b.ipynb": 14}
    assert {row["verdict"] for row in rows if row["submission"] == "a.ipynb"} == {"pass", "unattempted"}
    assert {row["verdict"] for row in rows if row["submission"] == "b.ipynb"} == {"timeout", "unattempted"}
