"""README.md and run_sheet.md name slides and exercises that exist, and forget none of them."""

import re

import pytest

from slides.build import HERE, decks
from workshop.exercises.catalogue import EXERCISES

BY_NUMBER = {exercise.number: exercise for exercise in EXERCISES}
DECKS = {deck.name: [slide.name for slide in deck.slides] for deck in decks()}
SLIDES = {name for names in DECKS.values() for name in names}
README = (HERE / "README.md").read_text(encoding="utf-8")
RUN_SHEET = (HERE / "run_sheet.md").read_text(encoding="utf-8")
COVERAGE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in README[README.index("| topic |") :].splitlines()[2:]
    if line.startswith("|")
]
TOPICS = (
    "loop; cart-pole; locomotion; Atari; Go; Markov decision; return; value; Bellman; value iteration; temporal; Q-learning; "
    "exploration; function approximation; graph; differentiation; linear regression; convolution; activation; optimisers; DQN; "
    "replay; target network; clipping; double; dueling; prioritised; parallel; policy gradients; actor and critic; "
    "recurrent attention; reward design; representations; sensitivity; tricks; cost; open problems"
)


@pytest.mark.parametrize("row", COVERAGE, ids=lambda row: row[0])
def test_a_topic_has_slides_and_exercises_that_exist(row):
    _, slides, exercises, where = row
    named = re.findall(r"`([^`]+)`", slides)
    assert named and set(named) <= SLIDES
    sessions = {number.split(".")[0] for number in BY_NUMBER}
    numbers = [number.strip() for number in exercises.split(",")]
    assert all(number in BY_NUMBER for number in numbers if number.split(".")[0] in sessions)
    assert where == "**new**" or 1 <= int(where) <= 5


@pytest.mark.parametrize("topic", TOPICS.split("; "))
def test_every_topic_is_covered(topic):
    assert any(topic.lower() in row[0].lower() for row in COVERAGE)


def test_every_exercise_is_in_the_table():
    covered = {number.strip() for row in COVERAGE for number in row[2].split(",")}
    assert set(BY_NUMBER) <= covered


def test_the_run_sheet_knows_every_slide_and_no_other():
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)*)`", RUN_SHEET))
    assert SLIDES <= named
    assert named - SLIDES <= {"borrow", "check"}


@pytest.mark.parametrize("session", [1, 2, 3])
def test_a_session_of_the_run_sheet_fills_its_minutes(session):
    part = RUN_SHEET[RUN_SHEET.index(f"### Session {session}") :].split("\n\n")[0]
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.*?) \| (.*?) ?\|$", part, flags=re.MULTILINE)
    starts, ends = [int(row[0]) for row in rows], [int(row[1]) for row in rows]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == 50
    slides = re.findall(r"`([a-z0-9-]+)`", part)
    in_deck = [name for name in DECKS[f"session_{session}"] if name in slides]
    assert sorted(slides, key=in_deck.index) == slides  # in the order of the deck
    done = dict(re.findall(r"(\d\.\d+) \((\d+) min\)", part))
    core = {
        number: str(each.minutes)
        for number, each in BY_NUMBER.items()
        if each.session == session and not each.is_stretch
    }
    assert done == core
    for start, end, _, exercises in rows:
        assert sum(map(int, re.findall(r"\((\d+) min\)", exercises))) <= int(end) - int(start)
