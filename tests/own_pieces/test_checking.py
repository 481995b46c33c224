"""A wrong piece is refused with its check's words, a slow one is named with how slow it is."""

from pathlib import Path

import pytest

from tests.dqn import an_attendee
from workshop import own_pieces
from workshop.dqn.pieces import PieceError, Pieces
from workshop.own_pieces import checking, collect

SOURCE = Path(an_attendee.__file__).read_text(encoding="utf-8")
IGNORES_THE_END = """
import numpy as np


def td_targets(rewards, next_q, terminated, gamma):
    return (rewards + gamma * next_q.max(axis=1)).astype(np.float32)
"""
SLOW = (
    SOURCE
    + """

quick = preprocess


def preprocess(frame, previous_frame):
    for _ in range(200_000):
        pass
    return quick(frame, previous_frame)
"""
)


def collected(source, *names):
    found = collect.from_cells([source])
    return found._replace(sources={name: found.sources[name] for name in names})


def test_a_wrong_piece_is_refused_in_the_words_of_its_check():
    (wrong,) = checking.wrong_pieces(Pieces({"td_targets": IGNORES_THE_END}))
    assert (wrong.name, wrong.is_open) == ("td_targets", False)
    assert wrong.sentence.startswith("3.6 td_targets: ")
    assert "terminal" in wrong.sentence


def test_nothing_trains_with_a_wrong_piece_and_the_engines_is_offered():
    inspected = own_pieces._Inspected(collected(IGNORES_THE_END, "td_targets"))
    said = inspected.message().text()
    assert [piece.name for piece in inspected.wrong] == ["td_targets"]
    assert said.startswith("✗ One piece is not right yet, so nothing is trained with them.")
    assert '`own_pieces.train_pong(use={"td_targets": "ours"})`' in said


def test_the_engines_own_takes_the_place_of_a_wrong_piece():
    inspected = own_pieces._Inspected(collected(IGNORES_THE_END, "td_targets"), use={"td_targets": "ours"})
    assert (inspected.wrong, inspected.sources) == ([], {})
    assert "you asked for it" in inspected.message().text()


def test_a_piece_that_is_right_and_slow_is_named_with_how_slow():
    inspected = own_pieces._Inspected(collected(SLOW, "preprocess", "td_targets"))
    assert inspected.wrong == []
    costs = {cost.name: cost for cost in inspected.costs}
    assert costs["preprocess"].is_slow
    assert not costs["td_targets"].is_slow
    said = inspected.message().text()
    assert "preprocess is right, and slow: " in said
    assert 'The engine\'s own: `own_pieces.train_pong(use={"preprocess": "ours"})`' in said


@pytest.mark.parametrize("use", [{"preprocess": "mine"}, {"train": "ours"}])
def test_use_takes_names_of_pieces_and_ours(use):
    with pytest.raises(PieceError, match=r'use takes \{"preprocess": "ours"\}'):
        own_pieces._Inspected(collected(SOURCE, "preprocess"), use)


def test_a_piece_that_ends_its_process_is_a_sentence():
    with pytest.raises(PieceError, match="checking the pieces ended without a result"):
        checking.ask({"act": "import os\n\n\ndef act(*arguments):\n    os._exit(3)\n"})


@pytest.mark.slow
@pytest.mark.alone
def test_the_pieces_of_an_attendee_are_right_and_none_is_slow():
    wrong, costs = checking.ask(collect.from_file(an_attendee.__file__).sources)
    assert wrong == []
    assert [cost.name for cost in costs if cost.is_slow] == []
