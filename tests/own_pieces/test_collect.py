"""Pieces are found by name, with what they need, in whatever order the cells were run."""

from pathlib import Path

import nbformat
import pytest

from tests.dqn import an_attendee
from workshop import notebooks
from workshop.dqn.pieces import PIECES, PieceError, Pieces
from workshop.own_pieces.collect import ABSENT, BORROWED, THERE, UNATTEMPTED, from_cells, from_file, from_notebook

SESSION_3 = next(path for path in notebooks.masters() if path.stem.startswith("session_3"))


def test_every_piece_of_an_attendee_runs_alone():
    collected = from_file(an_attendee.__file__)
    assert set(collected.states.values()) == {THERE}
    pieces = Pieces(collected.sources)
    assert set(pieces.sources) == set(PIECES)
    assert "chainer" not in collected.sources["preprocess"], "the processes that play need not import it"
    assert "def td_targets" in collected.sources["dqn_loss"]


def test_the_attendees_notebook_has_nothing_written_and_the_solved_one_all(tmp_path):
    for text, state in (
        (notebooks.attendee_notebook(SESSION_3), UNATTEMPTED),
        (notebooks.solved_notebook(SESSION_3), THERE),
    ):
        file = tmp_path / "session_3_dqn.ipynb"
        file.write_text(text, encoding="utf-8")
        collected = from_file(file)
        assert set(collected.states.values()) == {state}
        assert bool(collected.sources) == (state == THERE)


def test_the_last_word_counts_and_helpers_come_along():
    cells = [
        "import numpy as np\nhalf = 0.5",
        "def epsilon_at(step, start, end, decay_steps):\n    return 0.0",
        "def share(step, steps):\n    return min(max(step / steps, 0), 1) * 2 * half",
        "def epsilon_at(step, start, end, decay_steps):\n    return start + (end - start) * share(step, decay_steps)",
        "print('not a definition'); raise SystemExit",
    ]
    collected = from_cells(cells)
    assert Pieces(collected.sources)["epsilon_at"](50, 1.0, 0.0, 100) == 0.5
    assert collected.states["act"] == ABSENT


def test_what_is_borrowed_is_the_engines_and_what_a_piece_calls_is_ours():
    source = Path(an_attendee.__file__).read_text(encoding="utf-8")
    stub = (
        'def td_targets(rewards, next_q, terminated, gamma):\n    """Targets."""\n    raise NotImplementedError("open")'
    )
    for instead, state in (('td_targets = borrow("td_targets")', BORROWED), (stub, UNATTEMPTED)):
        collected = from_cells([source, "from workshop import borrow", instead])
        assert collected.states["td_targets"] == state
        assert "td_targets" not in collected.sources
        assert "def td_targets" in collected.sources["dqn_loss"]
        assert 'borrow("' not in collected.sources["dqn_loss"]
        assert "NotImplementedError" not in collected.sources["dqn_loss"]
        Pieces(collected.sources)


def test_a_class_that_is_begun_is_not_written_yet():
    begun = "class ReplayMemory:\n    def add(self, t):\n        pass\n    def sample(self, n, rng):\n"
    begun += '        raise NotImplementedError("open")'
    assert from_cells([begun]).states["ReplayMemory"] == UNATTEMPTED


def test_a_file_that_cannot_be_read_and_no_notebook_are_sentences(tmp_path):
    with pytest.raises(PieceError, match="cannot be read"):
        from_file(tmp_path / "none.ipynb")
    (tmp_path / "empty.ipynb").write_text("")
    with pytest.raises(PieceError, match="the file is empty"):
        from_file(tmp_path / "empty.ipynb")
    with pytest.raises(PieceError, match="no notebook open here"):
        from_notebook()


def test_saved_pieces_are_read_back(tmp_path):
    sources = from_file(an_attendee.__file__).sources
    Pieces(sources).save(tmp_path / "pieces")
    again = from_file(tmp_path / "pieces")
    assert {name: text.strip() for name, text in again.sources.items()} == {
        name: text.strip() for name, text in sources.items()
    }


def test_a_piece_that_python_cannot_read_is_no_piece_that_is_not_there(tmp_path):
    """The engine's would be trained, and nobody would notice; but a later cell that can be read counts."""
    broken, whole = "def act(network, stack, epsilon, rng:\n    return 0\n", "def act(*arguments):\n    return 0\n"
    for name, sources, state in (
        ("a", [broken], None),
        ("b", [broken, whole], THERE),
        ("c", ["def other(:"], ABSENT),
    ):
        file = tmp_path / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in sources]), file)
        if state is None:
            with pytest.raises(PieceError, match="the cell with act .* cannot be read by Python"):
                from_file(file)
        else:
            assert from_file(file).states["act"] == state
