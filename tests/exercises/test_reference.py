"""References come out of the masters by name: whole, runnable by themselves, and untouched by whoever used them."""

import builtins
import dis
import types

import pytest

from workshop.exercises import reference as references
from workshop.exercises.catalogue import BY_NAME
from workshop.exercises.reference import (
    ReferenceMissing,
    reference,
    reference_names,
    reference_source,
    reference_steps,
)


@pytest.mark.parametrize("name", BY_NAME)
def test_source_is_the_answer_without_its_markers(name):
    source = reference_source(name)
    assert source.startswith((f"def {name}(", f"class {name}"))
    assert "SOLUTION" not in source and "NotImplementedError" not in source
    assert source == source.rstrip()
    compile(source, name, "exec")


@pytest.mark.parametrize("name", BY_NAME)
def test_steps_run_by_themselves_and_miss_no_name(name):
    namespace = {"__name__": name}
    exec(compile(reference_steps(name), name, "exec"), namespace)
    assert name in reference_names(name)
    members = vars(namespace[name]).values() if isinstance(namespace[name], type) else [namespace[name]]
    waiting = [member.__code__ for member in members if hasattr(member, "__code__")]
    while waiting:
        code = waiting.pop()
        loaded = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
        assert not [other for other in loaded if other not in namespace and not hasattr(builtins, other)]
        waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


@pytest.mark.parametrize("name", BY_NAME)
def test_reference_is_that_of_the_master(name):
    answer = reference(name)
    assert answer.__name__ == name
    assert answer.__doc__


def test_names_of_a_reference_that_is_built_on_others():
    assert {"q_learning", "q_target", "epsilon_greedy"} <= reference_names("q_learning")
    assert reference_names("discounted_return") & set(BY_NAME) == {"discounted_return"}


def test_a_name_that_no_master_defines():
    for ask in (reference, reference_source, reference_steps, reference_names):
        with pytest.raises(ReferenceMissing, match="complete copy"):
            ask("no_such_name")


def test_other_cells_of_a_master_are_not_run(tmp_path, monkeypatch):
    master = tmp_path / "session_1.py"
    master.write_text(
        "# %% [markdown]\n# def f(): a text\n\n# %%\nraise SystemExit('run')\n\n# %%\nSTEP = 1\nspoiled = 1 / 0\n\n"
        "# %%\ndef f(x):\n    ### BEGIN SOLUTION\n    return x + STEP\n    ### END SOLUTION\n"
    )
    monkeypatch.setattr(references, "SOLUTIONS", tmp_path)
    assert reference("f")(1) == 2
    assert reference_source("f") == "def f(x):\n    return x + STEP"
    assert reference_names("f") == {"f", "STEP"}
