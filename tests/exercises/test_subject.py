"""One call of an answer, whatever it does: an outcome of plain data, and a process that is as it was before."""

import io
import linecache
import sys
import time
import warnings

import numpy as np
import pytest

from workshop.exercises import plain, subject


def run(answer, *arguments, seconds=5.0):
    outcome = subject.run(answer, "call", plain.encode(arguments), seconds)
    assert plain.decode(plain.encode(outcome)).keys() == outcome.keys()  # it can travel
    return outcome


def test_value_and_arguments_come_back():
    outcome = run(lambda x, y: (x, y.append(1)), 1, [2.0])
    seconds = outcome.pop("seconds")
    assert outcome == {"kind": "returned", "value": (1, None), "arguments": (1, [2.0, 1]), "printed": ""}
    assert 0 <= seconds < 5


def test_arguments_are_as_they_are_after_the_call():
    outcome = run(lambda x, y: x.append(y) or y.fill(7), [1], np.zeros(2))
    assert outcome["arguments"][0][0] == 1
    np.testing.assert_array_equal(outcome["arguments"][1], [7, 7])


UNTOUCHED = ([1.5, -0.0], {3, "a"}, {"b": 1, "a": (2,)}, np.asfortranarray(np.eye(3, 2)), np.float32(1), float("nan"))


def test_arguments_that_are_left_alone_do_not_travel():
    assert run(lambda *arguments: None, *UNTOUCHED)["arguments"] is None
    assert run(lambda *arguments: arguments[3].fill(0), *UNTOUCHED)["arguments"] is not None


def test_processor_time_is_told():
    def works():
        started = time.process_time()
        while time.process_time() < started + 0.05:
            pass

    assert run(works)["seconds"] >= 0.05 > run(lambda: time.sleep(0.1))["seconds"]


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


class Endless(Exception):
    def __str__(self):  # noqa: PLE0307
        while True:
            pass


class NotWritten(NotImplementedError):
    def __str__(self):
        raise RuntimeError


class EndlessRepr:
    def __repr__(self):
        while True:
            pass


def raising(error):
    def answer():
        raise error

    return answer


@pytest.mark.parametrize(
    "answer, kind, error",
    [
        (raising(ValueError("what is wrong")), "raised", "ValueError: what is wrong"),
        (raising(KeyError("a")), "raised", "KeyError: 'a'"),
        (raising(SystemExit(0)), "raised", "SystemExit: 0"),
        (raising(GeneratorExit()), "raised", "GeneratorExit"),
        (raising(RecursionError("deep")), "raised", "RecursionError: deep"),
        (raising(NotImplementedError("write me")), "not_attempted", "write me"),
        (raising(NotWritten()), "not_attempted", ""),
        (raising(ValueError("\ud800")), "raised", "ValueError: ?"),
        (raising(ValueError("x" * 10**6)), "raised", None),
        (raising(MemoryError()), "out_of_memory", None),
        (lambda: bytearray(2**60), "out_of_memory", None),
        (lambda: np.zeros(2**27), "too_large", "the value is larger than 32 MB"),
        (raising(TimeoutError("own")), "raised", "TimeoutError: own"),
        (lambda: time.sleep(3600), "timeout", None),
        (lambda: EndlessRepr(), "timeout", None),
        (raising(Endless()), "timeout", None),
        (lambda x: x, "raised", None),
        (lambda: 1 / 0, "raised", "ZeroDivisionError: division by zero"),
    ],
)
def test_kinds(answer, kind, error):
    outcome = run(answer, seconds=0.2 if kind == "timeout" else 5.0)
    assert outcome["kind"] == kind
    if error is not None:
        assert outcome["error"] == error
    assert len(outcome.get("error", "")) <= 2000


def test_an_exception_that_cannot_be_described():
    assert run(raising(Unspeakable()))["kind"] == "raised"


def test_a_value_without_a_bottom():
    deep = []
    for _ in range(10**5):
        deep = [deep]
    outcome = run(lambda: deep)
    assert (outcome["kind"], outcome["error"]) == ("too_large", f"the value is nested more than {plain.MAX_DEPTH} deep")


def test_ctrl_c_is_the_attendees_own():
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()))


def test_output_is_kept_and_capped():
    def answer():
        print("to the terminal")
        print("and to the other", file=sys.stderr)
        warnings.warn("a warning", stacklevel=1)

    assert run(answer)["printed"] == "to the terminal\nand to the other\n"
    assert run(lambda: print("x" * 10**7))["printed"] == "x" * 2000
    assert run(lambda: [print("line") for _ in range(10**5)] and None)["printed"] == ("line\n" * 400)
    assert run(lambda: print("\ud800"))["printed"] == "?\n"


def test_output_without_end():
    def answer():
        while True:
            print("step")

    outcome = run(answer, seconds=0.2)
    assert outcome["kind"] == "timeout"
    assert outcome["printed"] == "step\n" * 400


def test_streams_and_filters_are_put_back():
    def answer():
        sys.stdout = io.StringIO()
        warnings.simplefilter("error")

    before = sys.stdout, sys.stderr, list(warnings.filters)
    run(answer)
    assert (sys.stdout, sys.stderr, warnings.filters) == before


def _typed_in(source, filename):
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = {}
    exec(compile(source, filename, "exec"), namespace)
    return namespace["f"]


@pytest.mark.parametrize(
    "filename, where",
    [
        ("<cell 3>", "cell 3, line 2: `return helper(x)[5]`"),
        ("<ipython-input-3-abc>", "line 2: `return helper(x)[5]`"),
        ("/tmp/ipykernel_12/345.py", "line 2: `return helper(x)[5]`"),
        ("/usr/lib/somewhere.py", ""),
    ],
)
def test_error_names_the_line_of_the_attendees_own_code(filename, where):
    answer = _typed_in("def f(x):\n    return helper(x)[5]\n\ndef helper(x):\n    return x\n", filename)
    assert run(answer, [1])["line"] == where


def test_error_inside_a_library_names_the_line_that_called_it():
    answer = _typed_in("import json\n\ndef f(x):\n    return json.loads(x)\n", "<cell 1>")
    assert run(answer, "{")["line"] == "cell 1, line 4: `return json.loads(x)`"
    answer = _typed_in("def f(x):\n    import no_such_module_anywhere\n", "<cell 1>")
    assert run(answer, "{")["line"] == "cell 1, line 2: `import no_such_module_anywhere`"


def test_companions_reach_the_driver(monkeypatch):
    def joined(answer, companions, *arguments):
        return companions["after"](answer(*arguments))

    monkeypatch.setitem(subject.DRIVERS, "joined", joined)
    pair = subject.accompanied(lambda x: x + 1, {"after": lambda x: 10 * x})
    assert subject.run(pair, "joined", plain.encode((2,)), 5.0)["value"] == 30
    assert subject.accompanied(len, {}) is len
