"""The builder: repeatable, nothing of an answer left, ids that stay, and the committed notebooks fresh."""

import json
import re

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workshop import notebooks
from workshop.cli import main
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.reference import reference_source

MASTERS = notebooks.masters()
MASTER = MASTERS[0]
of_each_master = pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.stem)
ANSWER = '# %% exercise="q_target"\ndef q_target():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION'


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


def names_of(master):
    session = int(re.match(r"session_(\d+)", master.stem)[1])
    return [name for exercise in EXERCISES if exercise.session == session for name in exercise.names]


@of_each_master
def test_attendee_notebook_holds_no_answer(master):
    text = notebooks.attendee_notebook(master)
    assert "SOLUTION" not in text
    sources = [cell.source for cell in cells_of(text)]
    answers = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", master.read_text(encoding="utf-8"), re.DOTALL)
    lines = {line.strip() for answer in answers for line in answer.splitlines() if len(line.strip()) > 12}
    for name in names_of(master):
        (own,) = [source for source in sources if re.match(rf"(?:def|class) {name}\b", source)]
        assert "raise NotImplementedError(" in own
        assert not [line for line in own.splitlines() if line.strip() in lines]
        given_away = [line for line in lines if line in own and line in reference_source(name)]
        assert not given_away


@of_each_master
def test_every_name_has_one_exercise_cell_and_one_check_cell(master):
    cells = cells_of(notebooks.attendee_notebook(master))
    names = names_of(master)
    for kind in ("exercise", "check"):
        marked = [cell.metadata.workshop[kind] for cell in cells if kind in cell.metadata.get("workshop", {})]
        assert sorted(marked) == sorted(names)


@of_each_master
def test_cells_carry_nbgraders_metadata(master):
    for cell in cells_of(notebooks.attendee_notebook(master)):
        own = cell.metadata.get("nbgrader")
        if own:
            assert own["schema_version"] == 3
            assert own["solution"] != own["grade"]
            assert ("points" in own) == own["grade"]


@of_each_master
def test_solved_notebook_keeps_the_answers_and_no_markers(master):
    text = notebooks.solved_notebook(master)
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
        ('# %% check="no_such_name"\ncheck(f)', "no_such_name"),
        (ANSWER.replace("### ", "###").replace("pass", "secret = 1"), "in pairs"),
        (ANSWER.replace("BEGIN SOLUTION", "begin solution").replace("END SOLUTION", "end solution"), "in pairs"),
        (ANSWER.replace("### END SOLUTION", ""), "in pairs"),
        (ANSWER.replace("    pass", "    ### BEGIN SOLUTION\n    pass"), "in pairs"),
        (ANSWER + "\n    ### Begin solution\n    secret = 1", "in pairs"),
        ("# %% [markdown]\n# ### BEGIN SOLUTION", "without exercise"),
    ],
)
def test_bad_master_is_named_with_its_cell(cell, words, tmp_path):
    master = tmp_path / "session_9.py"
    master.write_text(f"# %% [markdown]\n# text\n\n{cell}\n")
    with pytest.raises(notebooks.BadMaster, match="session_9.py, cell 2") as error:
        notebooks.attendee_notebook(master)
    assert words in str(error.value)


@pytest.mark.parametrize("kind", ["exercise", "check"])
def test_a_name_has_one_cell_of_each_kind(kind, tmp_path):
    master = tmp_path / "session_9.py"
    cell = ANSWER if kind == "exercise" else '# %% check="q_target"\ncheck(q_target)'
    master.write_text(f"{cell}\n\n{cell}\n")
    with pytest.raises(notebooks.BadMaster, match=f"cell 2: a second cell with {kind}='q_target'"):
        notebooks.attendee_notebook(master)


_words = st.sampled_from(
    ["secret_a", "secret_b", "return secret_c", "'secret_d'", "# secret_e", "secret_f = (", ")", "", "if secret_g:"]
)
_plain_cells = st.sampled_from(["x = 1", "# only a comment", '"""a text"""', "print('é ✓')", "1 + 1\n\n2 + 2"])


@given(
    st.lists(st.lists(_words, max_size=5), min_size=1, max_size=3),
    st.lists(_plain_cells, max_size=4),
    st.sampled_from(["", "    ", "\t"]),
)
def test_nothing_of_any_answer_is_left(tmp_path_factory, answers, plain_cells, indent):
    """Answers of any lines, several in a cell, between any other cells."""
    parts = ["kept_before = 0"]
    for answer in answers:
        lines = ["### BEGIN SOLUTION", *answer, "### END SOLUTION", "kept_between = 0"]
        parts += [(indent + line).rstrip() if line else "" for line in lines]
    body = "\n".join(parts)
    cells = [*plain_cells, f'# %% exercise="q_target"\n{body}', *plain_cells]
    master = tmp_path_factory.getbasetemp() / "session_9.py"
    master.write_text(
        "\n\n".join(cell if cell.startswith("# %%") else f"# %%\n{cell}" for cell in cells), encoding="utf-8"
    )
    text = notebooks.attendee_notebook(master)
    assert "secret" not in text and "SOLUTION" not in text
    assert text == notebooks.attendee_notebook(master)
    own = next(cell for cell in cells_of(text) if "workshop" in cell.metadata)
    assert own.source.count("raise NotImplementedError(") == len(answers)
    assert own.source.count("kept_between") == len(answers)
    assert len({cell.id for cell in cells_of(text)}) == len(cells)
    solved = notebooks.solved_notebook(master)
    assert solved.count("secret") == body.count("secret")
    assert "SOLUTION" not in solved


def test_a_file_that_is_no_text_is_stale(tmp_path):
    path = notebooks.build(tmp_path)[0]
    path.write_bytes(b"\xff\xfe")
    assert path.name in notebooks.stale_notebooks(tmp_path)


def test_a_bad_master_leaves_the_notebooks_as_they_are(tmp_path, monkeypatch):
    good, bad = tmp_path / "session_1.py", tmp_path / "session_2.py"
    good.write_text("# %%\nx = 1\n")
    bad.write_text("# %%\n### BEGIN SOLUTION\n")
    monkeypatch.setattr(notebooks, "masters", lambda: [good, bad])
    with pytest.raises(notebooks.BadMaster):
        notebooks.build(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_command_says_which_notebooks_are_stale(tmp_path):
    def build(*options):
        return CliRunner().invoke(main, ["build", *options, "--output", str(tmp_path)])

    result = build()
    assert result.exit_code == 0 and "wrote" in result.output
    assert build("--check").exit_code == 0
    name = f"{MASTER.stem}.ipynb"
    (tmp_path / name).write_text("{}")
    result = build("--check")
    assert result.exit_code == 1 and name in result.output


def test_notebooks_are_valid_json_without_outputs():
    for path in notebooks.NOTEBOOKS.glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook["cells"])


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["build", "--output", str(tmp_path / "file" / "folder")])
    assert result.exit_code == 1
    assert "cannot be written: " in result.output
