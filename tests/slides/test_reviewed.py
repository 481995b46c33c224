"""A figure, a piece of code or a number that no longer matches what was read: which, and on which slides."""

import pytest

from slides import exhibits, reviewed


@pytest.mark.slow
def test_what_slides_show_is_what_somebody_has_read():
    changed = reviewed.changes()
    assert changed == [], "Read these slides, then run `python -m slides --accept`:\n" + "\n".join(changed)


def test_a_change_names_its_slides(monkeypatch, tmp_path):
    words = {"number: plan_moves": ("11", ["sokoban"])}
    monkeypatch.setattr(reviewed, "FILE", tmp_path / "reviewed.json")
    monkeypatch.setattr(reviewed, "shown_now", lambda: words)
    reviewed.accept()
    assert reviewed.changes() == []
    words["number: plan_moves"] = ("12", ["sokoban", "q-sokoban"])
    assert reviewed.changes() == ["number: plan_moves on sokoban, q-sokoban: was '11', is '12'"]
    words.clear()
    assert reviewed.changes() == ["number: plan_moves is on no slide any more"]


def test_code_and_numbers_match_without_drawing_anything(monkeypatch):
    """The quick half of the test above: figures and films count as read."""
    read = reviewed.read()
    monkeypatch.setattr(reviewed, "in_words", _without_figures(read))
    assert reviewed.changes() == []


def test_another_solution_is_noticed(monkeypatch):
    read = reviewed.read()
    monkeypatch.setattr(reviewed, "in_words", _without_figures(read))
    source = exhibits.reference_source
    monkeypatch.setattr(
        exhibits, "reference_source", lambda name: source(name).replace("rng.random()", "rng.uniform()")
    )
    (changed,) = reviewed.changes()
    assert changed.startswith("code: act on act: was 'def act(")


def _without_figures(read):
    in_words = reviewed.in_words

    def words(kind, argument):
        return read[f"{kind}: {argument}"] if kind in ("figure", "video") else in_words(kind, argument)

    return words
