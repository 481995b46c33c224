"""What arrives: each case gets its verdict, one row an exercise, and costs only the exercise that it is about.

Every case stands in `q_target` of a notebook whose `discounted_return` is right.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, slow_but, version_3, write_notebook
from workshop.exercises.catalogue import EXERCISES, exercise_of
from workshop.grading import grader as grading
from workshop.grading.grader import Grader

HEAD = "def q_target(reward, next_q_values, terminated, gamma):\n    "
RIGHT_BODY = "return float(reward) if terminated else float(reward + gamma * max(next_q_values))"

# name -> (body of q_target, verdict, words of the message)
IN_THE_ANSWER = {
    "infinite loop": ("while True: pass", "timeout", "never ends"),
    "infinite loop that catches everything": ("while True:\n        try: 1 / 0\n        except: pass", "timeout", ""),
    "sleeps for an hour": ("import time; time.sleep(3600)", "timeout", ""),
    "memory bomb": ("import numpy as np; return np.ones(10**12)", "out_of_memory", "memory"),
    "slow memory bomb": (
        "import numpy as np; x = []\n    while True: x.append(np.zeros(10**8))",
        "out_of_memory",
        "memory",
    ),
    "sys.exit": ("import sys; sys.exit()", "error", "SystemExit"),
    "os._exit": ("import os; os._exit(0)", "crash", "exit status 0"),
    "os.abort": ("import os; os.abort()", "crash", "SIGABRT"),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", "crash", "SIGSEGV"),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "crash", "SIGKILL"),
    "pytest.exit": ("import pytest; pytest.exit('', returncode=0)", "error", ""),
    "recursion without end": ("return q_target(reward, next_q_values, terminated, gamma)", "error", "RecursionError"),
    "asks for input": ("return float(input())", "error", "EOFError"),
    "breakpoint": ("breakpoint()", "error", ""),
    "equal to everything": (
        "return type('Same', (), {'__eq__': lambda *_: True, '__float__': lambda _: 1.0})()",
        "fail",
        "hould be a number",
    ),
    "ignores terminated": (
        "return reward + gamma * max(next_q_values)",
        "fail",
        "bootstraps through the terminal state",
    ),
    "changes its argument": ("next_q_values *= 0\n    return float(reward)", "fail", "next_q_values"),
    "gives NaN": ("return float('nan')", "fail", "finite"),
    "gives an array": ("import numpy as np; return np.array([1.0])", "fail", "hould be a number"),
    "gives nothing": ("pass", "fail", "return"),
    "gives a hundred megabytes": ("import numpy as np; return np.zeros(13_000_000)", "fail", "larger than"),
    "prints a forged verdict": ('print(\'[{"verdict": "pass"}]\')\n    return 17.0', "fail", ""),
    "raises": ("raise KeyError('left')", "error", "KeyError"),
    "not attempted": ("raise NotImplementedError", "unattempted", "Not attempted"),
    # None of these is worth a word: they are graded on what they return.
    "a flood of output": (f"print('x' * 10**8)\n    {RIGHT_BODY}", "pass", ""),
    "warns": (f"import warnings; warnings.warn('look')\n    {RIGHT_BODY}", "pass", ""),
    "leaves a thread behind": (
        f"import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()\n    {RIGHT_BODY}",
        "pass",
        "",
    ),
    "leaves a child behind": (f"import subprocess; subprocess.Popen(['sleep', '61'])\n    {RIGHT_BODY}", "pass", ""),
    "changes the clock": (f"import time; time.time = time.monotonic = lambda: 0.0\n    {RIGHT_BODY}", "pass", ""),
    "takes the environment": (f"import os; assert 'WORKSHOP_SECRET' not in os.environ\n    {RIGHT_BODY}", "pass", ""),
    "finds no checker in the process": (
        "import sys; assert not any('judge' in n or 'catalogue' in n or 'reference' in n for n in sys.modules)\n    "
        + RIGHT_BODY,
        "pass",
        "",
    ),
}

ROOT = Path(__file__).resolve().parents[2]
if sys.platform == "linux":  # elsewhere the documentation asks for a container
    IN_THE_ANSWER |= {
        "reads the reference": (
            f"return float(len(open({str(ROOT / 'solutions/session_1_reinforcement_learning.py')!r}).read()))",
            "error",
            "",
        ),
        "imports the reference": (
            (
                "from workshop.exercises.reference import reference\n"
                "    return reference('q_target')(reward, next_q_values, terminated, gamma)"
            ),
            "error",
            "",
        ),
        "imports the checkers": ("import workshop.exercises.session_1.targets as t; return t.MISTAKES", "error", ""),
        "writes a results file": (f"open({str(ROOT / 'rows.json')!r}, 'w').write('[]')", "error", "Error"),
        "calls home": ("import urllib.request; urllib.request.urlopen('http://192.0.2.1/')", "error", "Error"),
        "leaves a daemon behind": (
            "import subprocess; subprocess.Popen(['sleep', '62'], start_new_session=True)\n    " + RIGHT_BODY,
            "pass",
            "",
        ),
    }


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch):
    """The limits of a real run, ten times as short; and something in the environment that is nobody's business."""
    monkeypatch.setenv("WORKSHOP_SECRET", "the seed")
    quick = grading.exam.Rigour(examples=1, call_seconds=1, total_seconds=9, shrink_calls=50)
    monkeypatch.setattr(grading.exam, "WHEN_GRADING", quick)


def grade(path, *names):
    with Grader(path.name, path) as grader:
        return [grader.row(exercise_of(name)) for name in names]


FAST = (
    "infinite loop that catches everything",
    "memory bomb",
    "sys.exit",
    "os._exit",
    "segmentation fault",
    "pytest.exit",
    "asks for input",
    "equal to everything",
    "changes its argument",
    "gives a hundred megabytes",
    "warns",
)


@pytest.mark.parametrize("case", slow_but(FAST, IN_THE_ANSWER))
def test_case_in_the_answer(case, tmp_path):
    body, verdict, words = IN_THE_ANSWER[case]
    path = write_notebook(tmp_path / "case.ipynb", HEAD + body, RIGHT_RETURN)
    with Grader("case.ipynb", path) as grader:
        bad = grader.row(exercise_of("q_target"))
        assert bad.verdict == verdict, bad
        assert words in bad.message, bad
        assert bad.points == (1.0 if verdict == "pass" else 0.0)
        if verdict in ("crash", "timeout", "out_of_memory"):  # tests/grading/test_isolation.py has the rest
            assert grader.row(exercise_of("discounted_return")).verdict == "pass"


# name -> (cells, verdict of q_target, words of the message)
IN_THE_NOTEBOOK = {
    "syntax error": ([HEAD + "return (", RIGHT_RETURN], "error", "Cell 1"),
    "syntax error in another cell": (["def broken(:", RIGHT_TARGET, RIGHT_RETURN], "pass", ""),
    "magics": (["%matplotlib inline\n!pip install nothing\n?help\n" + RIGHT_TARGET, RIGHT_RETURN], "pass", ""),
    "cell magic": (["%%time\n" + RIGHT_TARGET, RIGHT_RETURN], "pass", ""),
    "exits while it is loaded": (["import sys\nsys.exit(0)", RIGHT_TARGET, RIGHT_RETURN], "pass", ""),
    "duplicated": ([HEAD + "return 0.0", RIGHT_TARGET, RIGHT_RETURN], "pass", "defined 2 times"),
    "duplicated, the wrong one last": ([RIGHT_TARGET, HEAD + "return 0.5", RIGHT_RETURN], "fail", ""),
    "split over two cells": (
        ["def best(values):\n    return max(values)", RIGHT_TARGET.replace("max(", "best("), RIGHT_RETURN],
        "pass",
        "",
    ),
    "helper below": (
        [RIGHT_TARGET.replace("max(", "best("), "def best(values):\n    return max(values)", RIGHT_RETURN],
        "pass",
        "",
    ),
    "moved to the end": ([RIGHT_RETURN, "print(1)", ("markdown", "text"), RIGHT_TARGET], "pass", ""),
    "in Markdown": ([("markdown", RIGHT_TARGET), RIGHT_RETURN], "unattempted", "Markdown"),
    "missing": ([RIGHT_RETURN], "unattempted", "no definition"),
    "a lambda": (
        ["q_target = lambda r, q, t, g: float(r) if t else float(r + g * max(q))", RIGHT_RETURN],
        "pass",
        "",
    ),
    "an alias": ([RIGHT_TARGET.replace("q_target", "mine") + "\nq_target = mine", RIGHT_RETURN], "pass", ""),
    "under if and try": (
        [
            "if True:\n    try:\n        "
            + RIGHT_TARGET.replace("\n", "\n        ")
            + "\n    except ValueError:\n        pass",
            RIGHT_RETURN,
        ],
        "pass",
        "",
    ),
    "decorated": (
        [
            "import functools\n\ndef same(f):\n    return functools.wraps(f)(lambda *a: f(*a))",
            "@same\n" + RIGHT_TARGET,
            RIGHT_RETURN,
        ],
        "pass",
        "",
    ),
    "name used for a value later": ([RIGHT_TARGET, "q_target = 3.5", RIGHT_RETURN], "pass", ""),
    "works only out of order": (
        ["limit = later + 1", RIGHT_TARGET.replace("max(next", "limit * max(next"), "later = 0", RIGHT_RETURN],
        "error",
        "later",
    ),
    "borrowed": (["from workshop import borrow\nq_target = borrow('q_target')", RIGHT_RETURN], "borrowed", "borrowed"),
    "training does not run": (
        [RIGHT_TARGET, "while True:\n    pass", "Q = [q_target(0, [1], False, 1) for _ in iter(int, 1)]", RIGHT_RETURN],
        "pass",
        "",
    ),
    "overwrites check, sum and np": (
        [
            "import numpy as np\nnp.testing.assert_allclose = print\nnp.max = lambda *_: 7\ncheck = sum = len = print",
            RIGHT_TARGET,
            RIGHT_RETURN,
        ],
        "pass",
        "",
    ),
    "writes on every descriptor": (
        [
            (
                "import os\nfor descriptor in range(50):\n"
                "    try: os.write(descriptor, b'x' * 100)\n    except OSError: pass\n"
                "leak = 0"
            ),
            RIGHT_TARGET.replace("max(next", "leak + max(next"),
            RIGHT_RETURN,
        ],
        None,  # it breaks the worker's pipe or it does not; what counts is that nobody is fooled and nothing hangs
        "",
    ),
}


FAST_NOTEBOOKS = (
    "syntax error",
    "magics",
    "duplicated",
    "in Markdown",
    "missing",
    "works only out of order",
    "borrowed",
)


@pytest.mark.parametrize("case", slow_but(FAST_NOTEBOOKS, IN_THE_NOTEBOOK))
def test_case_in_the_notebook(case, tmp_path):
    cells, verdict, words = IN_THE_NOTEBOOK[case]
    path = write_notebook(tmp_path / "case.ipynb", *cells)
    bad, good = grade(path, "q_target", "discounted_return")
    if verdict is not None:
        assert bad.verdict == verdict, bad
    assert words in bad.message, bad
    assert good.verdict == "pass", good


UNGRADABLE = {
    "empty": (b"", "empty"),
    "null bytes": (b"\0" * 100, "empty"),
    "invalid JSON": (b'{"cells": [', "damaged"),
    "merge conflict": (b'{\n<<<<<<< HEAD\n "cells": []\n=======\n', "merge conflict"),
    "not a notebook": (b'{"a": 1}', "no cells"),
    "a list": (b"[1, 2]", "not a notebook"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xfe", "UTF-8"),
    "another notebook": (b'{"cells": [{"cell_type": "code", "source": "print(1)"}], "nbformat": 4}', "right notebook"),
    "cells of nonsense": (b'{"cells": [1, null, {"cell_type": 3, "source": {"a": []}}]}', "right notebook"),
    "nested too deep": (b"[" * 100_000, "damaged"),
}


@pytest.mark.parametrize("case", UNGRADABLE)
def test_unreadable_file_is_one_row_with_the_reason(case, tmp_path):
    content, words = UNGRADABLE[case]
    path = tmp_path / "case.ipynb"
    path.write_bytes(content)
    with Grader("case.ipynb", path) as grader:
        rows = list(grader.rows())
    assert [(row.exercise, row.verdict) for row in rows] == [(None, "ungradable")]
    assert words in rows[0].message, rows[0]


def test_old_notebook_format_and_byte_order_mark(tmp_path):
    path = tmp_path / "old.ipynb"
    path.write_text("\ufeff" + version_3(RIGHT_TARGET), encoding="utf-8")
    assert [row.verdict for row in grade(path, "q_target")] == ["pass"]


def test_every_exercise_of_the_session_has_exactly_one_row(tmp_path):
    path = write_notebook(tmp_path / "one.ipynb", RIGHT_RETURN)
    with Grader("one.ipynb", path) as grader:
        rows = list(grader.rows())
    assert [row.exercise for row in rows] == [exercise.name for exercise in EXERCISES if exercise.session == 1]
    assert [row.exercise for row in rows if row.verdict == "pass"] == ["discounted_return"]


def test_points_of_an_exercise_with_two_names_are_partial(tmp_path):
    path = write_notebook(tmp_path / "half.ipynb", "def greedy_policy(q_table):\n    return q_table.argmax(axis=1)")
    (row,) = grade(path, "greedy_policy")
    assert (row.verdict, row.points, row.max_points) == ("unattempted", 0.5, 1.0)
    assert "state_count" in row.message


def test_an_answer_may_use_what_was_borrowed(tmp_path):
    learner = """
def q_learning(env, episodes, alpha, gamma, epsilon, rng):
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, _ = env.reset(seed=int(rng.integers(2**31)))
        terminated = truncated = False
        while not (terminated or truncated):
            action = epsilon_greedy(Q[state], epsilon, rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            Q[state, action] += alpha * (q_target(reward, Q[next_state], terminated, gamma) - Q[state, action])
            state = next_state
    return Q
"""
    imports = "import numpy as np\nfrom workshop import borrow"
    borrowed = "q_target = borrow('q_target')\nepsilon_greedy = borrow('epsilon_greedy')"
    path = write_notebook(tmp_path / "borrower.ipynb", imports, borrowed, learner)
    learned, target = grade(path, "q_learning", "q_target")
    assert learned.verdict == "pass", learned
    assert target.verdict == "borrowed"


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))  # other gradings on this machine have their own
    body = f"import subprocess; subprocess.Popen(['sleep', '98761'])\n    {RIGHT_BODY}"
    path = write_notebook(tmp_path / "case.ipynb", HEAD + body)
    assert [row.verdict for row in grade(path, "q_target")] == ["pass"]
    assert list(scratch.iterdir()) == []
    processes = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 98761" not in processes


def test_what_it_writes_stays_in_the_scratch_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write = "open('here', 'w').write('x'); import os; open(os.path.expanduser('~/there'), 'w').write('x')"
    body = f"{write}\n    {RIGHT_BODY}"
    path = write_notebook(tmp_path / "case.ipynb", HEAD + body)
    before = sorted(os.listdir(tmp_path))
    assert [row.verdict for row in grade(path, "q_target")] == ["pass"]
    assert sorted(os.listdir(tmp_path)) == before
