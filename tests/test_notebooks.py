"""The builder: repeatable, nothing of an answer left, ids that stay, and the committed notebooks fresh."""

import json

import nbformat
import pytest

from workshop import notebooks
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.reference import reference_source

MASTER = notebooks.masters()[0]


def cells_of(text):
    return nbformat.reads(text, as_version=4).cells


def test_committed_notebooks_are_what_the_masters_give():
    assert notebooks.stale_notebooks() == [], "run: workshop build"


def test_building_twice_gives_the_same_bytes(tmp_path):
    one, two = (notebooks.build(tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert notebooks.stale_notebooks(tmp_path / "one") == []
    one[0].write_text("{}")
    assert notebooks.stale_notebooks(tmp_path / "one") == [one[0].name]


def test_attendee_notebook_holds_no_answer():
    text = notebooks.attendee_notebook(MASTER)
    assert "SOLUTION" not in text
    sources = [cell.source for cell in cells_of(text)]
    for exercise in EXERCISES:
        for name in exercise.names:
            body = reference_source(name).split('"""')[-1].strip().splitlines()
            (own,) = [source for source in sources if source.startswith((f"def {name}(", f"class {name}("))]
            assert "raise NotImplementedError(" in own
            assert not [line for line in body if len(line.strip()) > 12 and line.strip() in own]


def test_every_name_has_one_exercise_cell_and_one_check_cell():
    cells = cells_of(notebooks.attendee_notebook(MASTER))
    names = [name for exercise in EXERCISES if exercise.session == 1 for name in exercise.names]
    for kind in ("exercise", "check"):
        marked = [cell.metadata.workshop[kind] for cell in cells if kind in cell.metadata.get("workshop", {})]
        assert sorted(marked) == sorted(names)


def test_cells_carry_nbgraders_metadata():
    for cell in cells_of(notebooks.attendee_notebook(MASTER)):
        own = cell.metadata.get("nbgrader")
        if own:
            assert own["schema_version"] == 3
            assert own["solution"] != own["grade"]
            assert ("points" in own) == own["grade"]


def test_solved_notebook_keeps_the_answers_and_no_markers():
    text = notebooks.solved_notebook(MASTER)
    assert "SOLUTION" not in text
    assert "NotImplementedError(" not in "".join(cell.source for cell in cells_of(text) if cell.cell_type == "code")


def test_a_cell_put_in_elsewhere_leaves_all_ids_as_they_were(tmp_path):
    longer = tmp_path / MASTER.name
    longer.write_text(MASTER.read_text().replace("# %%\nplots.agent_loop()", "# %%\n1 + 1\n\n# %%\nplots.agent_loop()"))
    before, after = ([cell.id for cell in cells_of(notebooks.attendee_notebook(m))] for m in (MASTER, longer))
    assert len(after) == len(before) + 1
    assert [cell_id for cell_id in after if cell_id in before] == before
    assert len(set(after)) == len(after)


@pytest.mark.parametrize(
    "cell, words",
    [
        ('# %% exercise="discounted_return"\ndef discounted_return(r, g):\n    return 0', "needs ### BEGIN"),
        ('# %% exercise="discounted_return"\ndef f():\n    ### BEGIN SOLUTION\n    return 0', "in pairs"),
        ('# %% exercise="discounted_return"\ndef f():\n    ### END SOLUTION\n    ### BEGIN SOLUTION', "in this order"),
        ("# %%\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "without exercise"),
        ('# %% exercise="no_such_name"\n### BEGIN SOLUTION\n### END SOLUTION', "no_such_name"),
    ],
)
def test_bad_master_is_named_with_its_cell(cell, words, tmp_path):
    master = tmp_path / "session_9.py"
    master.write_text(f"# %% [markdown]\n# text\n\n{cell}\n")
    with pytest.raises(notebooks.BadMaster, match="session_9.py, cell 2") as error:
        notebooks.attendee_notebook(master)
    assert words in str(error.value)


def test_notebooks_are_valid_json_without_outputs():
    for path in notebooks.NOTEBOOKS.glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook["cells"])
