"""check, hint, solution, borrow and progress as attendees call them: rightly, wrongly, in a terminal, in a kernel."""

import functools
import subprocess
import sys
import textwrap

import pytest
from jupyter_client.manager import start_new_kernel

from workshop import borrow, check, hint, progress, solution
from workshop.exercises import records
from workshop.exercises.catalogue import BY_NAME, EXERCISES

FIVE = (check, hint, solution, borrow, progress)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def said(capsys):
    def said():
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        assert captured.err == ""
        return captured.out

    return said


def discounted_return(rewards, gamma):
    return float(sum(gamma**t * reward for t, reward in enumerate(rewards)))


def wrong(rewards, gamma):
    return float(sum(rewards))


def unattempted(rewards, gamma):
    raise NotImplementedError("Exercise 1.3, discounted_return, is not attempted yet. Replace this line")


def under(name, answer):
    """The answer as a notebook would hold it under that name."""
    answer.__name__ = name
    return answer


# check ----------------------------------------------------------------------------------------------------------------


def test_right_answer(said):
    assert check(discounted_return) is None
    assert said().startswith("✓ 1.3 discounted_return (")
    assert records.record_of("discounted_return")["status"] == records.PASSED


def test_wrong_answer_shows_the_smallest_input_and_names_the_mistake(said):
    check(under("discounted_return", wrong))
    text = said()
    assert text.startswith("✗ 1.3 discounted_return is not right yet.")
    assert "γ is not used" in text
    assert "discounted_return([0.0, 0.1], 0.5)" in text or "discounted_return([0.0, 1.0], 0.5)" in text
    assert "expected" in text and "obtained" in text
    assert records.record_of("discounted_return")["status"] == records.FAILED


def test_a_right_answer_stays_right_in_the_record(said):
    check(discounted_return)
    check(under("discounted_return", wrong))
    assert records.record_of("discounted_return")["status"] == records.PASSED
    assert records.record_of("discounted_return")["checks"] == 2


def test_not_attempted(said):
    check(under("discounted_return", unattempted))
    assert said().startswith("… 1.3 discounted_return is not attempted yet.")
    assert records.record_of("discounted_return")["checks"] == 0


def test_an_answer_that_calls_one_that_is_not_written(said):
    def returns_to_go(rewards, gamma):
        return [unattempted(rewards, gamma)]

    check(returns_to_go)
    assert "It calls discounted_return, which is not written yet" in said()


def test_wrong_number_of_parameters(said):
    check(under("discounted_return", lambda rewards: 0.0))
    assert "takes 1 positional argument but 2 were given" in said()


@pytest.mark.parametrize(
    "answer",
    [
        lambda rewards, gamma: 1 / 0,
        lambda rewards, gamma: {}[0],
        lambda rewards, gamma: sys.exit(0),
        lambda rewards, gamma: None,
        lambda rewards, gamma: object(),
        lambda *arguments: print("x" * 10**5) or 7,
        lambda rewards, gamma: discounted_return,
        lambda rewards, gamma: rewards.clear() if isinstance(rewards, list) else 0.0,
        lambda rewards, gamma: (yield),
    ],
)
def test_whatever_a_wrong_answer_does(answer, said):
    check(under("discounted_return", answer))
    text = said()
    assert text.startswith("✗ 1.3 discounted_return")
    assert "What is wrong: " in text and "None." not in text.split("What is wrong: ")[1][:5]


def test_a_coroutine_is_not_an_answer(said):
    async def answer(rewards, gamma):
        return 0.0

    check(under("discounted_return", answer))
    assert "a coroutine" in said()


@pytest.mark.parametrize(
    "make",
    [
        lambda: functools.partial(discounted_return),
        lambda: lambda rewards, gamma: discounted_return(rewards, gamma),
        lambda: type("Box", (), {"method": lambda self, rewards, gamma: discounted_return(rewards, gamma)})().method,
        lambda: type("Callable", (), {"__call__": lambda self, rewards, gamma: discounted_return(rewards, gamma)})(),
    ],
    ids=["partial", "lambda", "bound method", "callable object"],
)
def test_an_answer_is_known_by_the_name_it_has_in_the_notebook(make, said):
    notebook = {"check": check, "discounted_return": make()}
    exec(
        "alias = discounted_return\nfor answer in (discounted_return, 'discounted_return', alias): check(answer)",
        notebook,
    )
    assert [line[:21] for line in said().splitlines()] == ["✓ 1.3 discounted_return"[:21]] * 3


@pytest.mark.parametrize(
    "cell, words",
    [
        ("check()", "it takes an answer: check(discounted_return)"),
        ("hint()", "it takes an answer: hint(discounted_return)"),
        ("solution()", "it takes an answer"),
        ("borrow()", "it takes an answer"),
        ("progress(1)", "it takes nothing: progress()"),
        ("check(1, 2)", "it takes an answer"),
        ("check(answer=3, other=4)", "it takes an answer"),
        ("check(None)", "This is None"),
        ("check(5)", "This is an int"),
        ("check([])", "This is a list"),
        ("check(discounted_return([1.0], 0.5))", "without calling it"),
        ("check('nosuch')", "no exercise 'nosuch'"),
        ("check('discounted_retrun')", "did you mean: discounted_return"),
        ("check('')", "no exercise ''"),
        ("check('q_target')", "q_target is not defined yet"),
        ("q_target = 3.5; check(q_target)", "q_target is a float, not a function"),
        ("q_target = 3.5; check('q_target')", "q_target is a float, not a function"),
        ("check(len)", "is called 'len'"),
        ("check(lambda x: x)", "is called '<lambda>'"),
        ("import functools; check(functools.partial(len))", "has no name"),
        ("a = lambda r, g: 0.0; q_target = td_update = a; check(a)", "has several names: "),
        ("hint('nosuch')", "no exercise"),
        ("solution(None)", "This is None"),
        ("x = borrow('nosuch'); assert x is None", "no exercise"),
        ("import numpy as np; check(np.zeros(3))", "This is a ndarray"),
        ("check(check)", "is called 'check'"),
        ("check(type('C', (), {'__name__': []})())", "This is a C"),
    ],
)
def test_misuse_is_answered_with_a_sentence(cell, words, said):
    notebook = {function.__name__: function for function in (*FIVE, discounted_return)}
    exec(cell, notebook)
    text = said()
    assert text.startswith("… ") and text.count("\n") == 1
    assert words in text


def test_a_keyword_is_as_good(said):
    check(answer=discounted_return)
    hint(answer="discounted_return")
    assert said().startswith("✓ 1.3")


# hint, solution, borrow, progress -------------------------------------------------------------------------------------


def test_hints_come_one_by_one_and_the_last_stays(said):
    heads = []
    for _ in range(5):
        hint("discounted_return")
        heads.append(said().splitlines()[0])
    assert heads == [f"Hint {n} of 3 for 1.3 discounted_return" for n in (1, 2, 3, 3, 3)]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_name_has_hints_a_solution_and_can_be_borrowed(name, said):
    hint(name)
    solution(name)
    answer = borrow(name)
    text = said()
    assert f"def {name}(" in text or f"class {name}" in text
    assert "SOLUTION" not in text
    assert callable(answer)
    exec("check(answer)", {"check": check, "answer": answer, name: answer})
    assert "is borrowed" in said()
    assert borrow(answer) is not None  # borrowed again, by the function itself
    assert records.record_of(name) == {
        "status": records.BORROWED,
        "checks": 0,
        "hints": 1,
        "solution_seen": True,
        "since": records.record_of(name)["since"],
    }


def test_an_own_answer_after_a_borrowed_one_is_checked(said):
    borrow("discounted_return")
    said()
    check(discounted_return)
    assert said().startswith("✓")


def test_progress_counts(said):
    progress()
    core = [exercise for exercise in EXERCISES if not exercise.is_stretch]
    assert said().startswith(f"0 of {len(core)} core exercises are yours")
    check(discounted_return)
    borrow("returns_to_go")
    check(under("q_target", wrong))
    said()
    progress()
    text = said()
    assert text.startswith(f"1 of {len(core)} core exercises are yours")
    signs = {line.split()[2]: line.split()[0] for line in text.splitlines()[2:]}
    assert (signs["discounted_return"], signs["returns_to_go"], signs["q_target"]) == ("✓", "↺", "✗")
    assert all(exercise.number in text for exercise in EXERCISES)


def test_progress_with_a_damaged_file(home, capsys):
    home.mkdir()
    (home / "progress.json").write_text('{"discounted_return": {"since": "noon"}}')
    with pytest.warns(UserWarning, match="afresh"):
        progress()
    assert "core exercises" in capsys.readouterr().out


def test_a_home_that_cannot_be_written_does_not_cost_the_check(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "file" / "home"))
    with pytest.warns(UserWarning, match="not saved"):
        check(discounted_return)
    assert capsys.readouterr().out.startswith("✓ 1.3")


def test_signatures_show_what_attendees_pass():
    import inspect

    assert [str(inspect.signature(function)) for function in FIVE] == [
        "(answer)",
        "(answer)",
        "(answer)",
        "(name)",
        "()",
    ]
    assert all(function.__doc__ for function in FIVE)


# A terminal and a kernel ----------------------------------------------------------------------------------------------


def test_plain_python_leaves_no_traces(tmp_path):
    """No file appears where the attendee works, and random numbers go on as if nothing had been checked."""
    script = """
    import random, numpy as np
    from workshop import check
    def discounted_return(rewards, gamma):
        return 0.0
    random.seed(1); np.random.seed(1)
    check(discounted_return)
    first = random.random(), np.random.random()
    random.seed(1); np.random.seed(1)
    assert first == (random.random(), np.random.random())
    """
    (tmp_path / "work").mkdir()
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        cwd=tmp_path / "work",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert run.stdout.startswith("✗ 1.3")
    assert list((tmp_path / "work").iterdir()) == []


class Kernel:
    """A running kernel; `run` gives what a cell showed: (texts, HTML pages, errors)."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    def run(self, cell):
        texts, pages, errors = [], [], []

        def collect(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                texts.append(content["text"])
            elif message["msg_type"] == "error":
                errors.append(content["evalue"])
            elif "data" in content:
                texts.append(content["data"].get("text/plain", ""))
                pages.append(content["data"].get("text/html", ""))

        self.client.execute_interactive(textwrap.dedent(cell), output_hook=collect, timeout=60, store_history=True)
        return "".join(texts), "".join(pages), errors

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_HOME", str(tmp_path_factory.mktemp("home")))
        patch.chdir(tmp_path_factory.mktemp("work"))
        kernel = Kernel()
    kernel.run("from workshop import check, hint, solution, borrow, progress")
    yield kernel
    kernel.close()


def test_a_kernel_gets_html_and_plain_text(kernel):
    text, page, errors = kernel.run(
        "def discounted_return(rewards, gamma):\n    return 0.0 < 1\ncheck(discounted_return)"
    )
    assert not errors
    assert text.startswith("✗ 1.3 discounted_return is not right yet.")
    assert "<table" in page and "✗ 1.3" in page


LOOPS = {
    "catches twice": "while 1:\n        try:\n            try: sum(rewards)\n            except: pass\n        except: pass",
    "plain": "while True: pass",
    "catches": "while True:\n        try: sum(rewards)\n        except: pass",
    "sleeps": "import time; time.sleep(3600)",
    "prints": "while True: print(gamma)",
    "on some inputs only": "return [0 for _ in iter(int, 1)] and 0.0 if len(rewards) > 1 else 0.0",
}


@pytest.mark.parametrize(
    "loop", [pytest.param(loop, marks=[pytest.mark.slow] * (loop != "catches twice")) for loop in LOOPS]
)
def test_a_loop_without_end_comes_back_and_the_variables_live_on(kernel, loop):
    kernel.run("treasure = [1, 2, 3]")
    cell = (
        f"def discounted_return(rewards, gamma):\n    {LOOPS[loop]}\n\ncheck(discounted_return)\nlater = len(treasure)"
    )
    text, _, errors = kernel.run(cell)
    assert not errors
    assert text.startswith("✗ 1.3 discounted_return")
    assert kernel.run("print(treasure, later)")[0] == "[1, 2, 3] 3\n"


def test_an_error_names_the_line_of_the_cell(kernel):
    text, _, errors = kernel.run(
        "def discounted_return(rewards, gamma):\n    first = 0\n    return rewards[5]\n\ncheck(discounted_return)"
    )
    assert not errors
    assert "line 3: `return rewards[5]`" in text


def test_everything_works_in_a_kernel(kernel):
    for cell in (
        "hint('q_target')",
        "solution('q_target')",
        "q_target = borrow('q_target')",
        "check(q_target)",
        "progress()",
        "check()",
    ):
        text, page, errors = kernel.run(cell)
        assert not errors and text and page
