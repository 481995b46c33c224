"""The texts of the slides: well formed, complete, and with numbers and exercises from where they come."""

import re

import pytest

from slides import exhibits, figures, numbers
from slides.build import decks, with_numbers
from slides.deck import DIRECTIVE, NOTES, DeckError, read_deck
from workshop.exercises.catalogue import BY_NAME, EXERCISES
from workshop.exercises.reference import reference_source

NUMBERS = {exercise.number for exercise in EXERCISES}
SLIDES = [slide for deck in decks() for slide in deck.slides]
each_slide = pytest.mark.parametrize("slide", SLIDES, ids=lambda slide: slide.name)


def texts_of(slide):
    return "\n".join([slide.title, slide.text, *slide.notes.values()])


def exercises_in(text):
    """Numbers such as 1.3 that a text speaks of as exercises; those of a session that is not in the catalogue are left out."""
    spoken = re.findall(r"[Ee]xercises? ((?:\d\.\d+(?:, | and | to )?)+)", text)
    sessions = {number.split(".")[0] for number in NUMBERS}
    return {number for part in spoken for number in re.findall(r"\d\.\d+", part) if number.split(".")[0] in sessions}


def test_the_talk_has_an_opening_three_sessions_and_a_closing():
    assert [deck.name for deck in decks()] == ["opening", "session_1", "session_2", "session_3", "closing"]


@each_slide
def test_a_slide_has_notes_of_all_four_kinds_and_little_text(slide):
    assert tuple(slide.notes) == NOTES
    words = len(re.sub(r"\$[^$]*\$|\{[^}]*\}|[|*`-]", " ", slide.text).split())
    assert words <= 85, f"{words} words"
    assert slide.text or slide.shown


@each_slide
def test_the_exercises_that_a_slide_speaks_of_exist(slide):
    assert exercises_in(texts_of(slide)) <= NUMBERS
    assert all(argument in BY_NAME for kind, argument in slide.shown if kind == "exercise")


@each_slide
def test_a_number_that_could_go_stale_comes_from_its_source(slide):
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\{[^}]*\}", " ", texts_of(slide), flags=re.DOTALL)
    found = re.findall(r"(?<![\d.])\d+(?:[.,]\d+)+|\b\d{3,}\b", text)
    may_stand = NUMBERS | {"10,000", "100"}  # what the paper copies after, and what the cliff costs
    bare = [each for each in found if each not in may_stand and not re.fullmatch(r"(?:19|20)\d\d", each)]
    assert bare == []


@each_slide
def test_what_a_slide_asks_for_is_there(slide):
    for kind, argument in slide.shown:
        if kind in ("figure", "video"):
            assert argument in figures.names()
        else:
            exhibits.exhibit(kind, argument, "split" in slide.layouts)
    assert "{" + "number:" not in with_numbers(texts_of(slide))


def test_every_figure_and_every_number_is_used():
    shown = {argument for slide in SLIDES for kind, argument in slide.shown if kind in ("figure", "video")}
    assert set(figures.names()) == shown
    used = {
        argument.strip()
        for slide in SLIDES
        for kind, argument in DIRECTIVE.findall(texts_of(slide))
        if kind == "number"
    }
    by_table = {name for name in numbers.names() if re.match("pong_|breakout_|our_pong", name)}
    assert set(numbers.names()) - by_table <= used


def test_code_is_that_of_the_solution_without_docstrings_and_comments():
    for argument in (
        "q_learning",
        "ReplayMemory | from: def add | to: n_added += 1",
        "train | from: batch = | to: loss =",
    ):
        fragment = exhibits.fragment(argument)
        source = [line.strip() for line in reference_source(argument.split("|")[0].strip()).splitlines()]
        for line in filter(None, fragment.splitlines()):
            assert any(whole.startswith(line.strip()) for whole in source), line
    assert '"""' not in exhibits.fragment("q_learning")
    assert exhibits.fragment("train | from: batch = | to: loss =").startswith("batch = memory.sample")


@pytest.mark.parametrize("argument", ["train | from: no such line", "train | until: x", "no_such_exercise"])
def test_code_that_is_not_there_is_an_error(argument):
    with pytest.raises(LookupError):
        exhibits.fragment(argument)


def test_code_that_would_be_too_small_is_an_error():
    with pytest.raises(exhibits.TooLarge, match="lines of"):
        exhibits.exhibit("code", "train", False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no title\n", "title"),
        ("# T\n\n## No name\n\n???\n", "should be"),
        ("# T\n\n## A {#a .loud}\n\n???\n", "no such layout: loud"),
        ("# T\n\n## A {#a}\n\ntext\n", "no speaker notes"),
        ("# T\n\n## A {#a}\n\ntext\n\n???\nSay: x\nAsk: y\n", "found Say, Ask"),
    ],
)
def test_a_deck_that_is_wrong_says_where(tmp_path, text, told):
    file = tmp_path / "1_x.md"
    file.write_text(text)
    with pytest.raises(DeckError, match=told):
        read_deck(file)
