"""Rows of all kinds: those that Hypothesis makes, and a room of thirty that was really graded."""

import random

from hypothesis import settings
from hypothesis import strategies as st

from workshop.exercises.catalogue import EXERCISES
from workshop.grading.rows import VERDICTS, Row, printable

few = settings(max_examples=40)  # rows take long to make
MARKUP = (
    "<script>alert(1)</script>",
    "</title><h1>x",
    "</style>",
    "]]>",
    "<!--",
    "&amp;",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "\x00\x07\x1b[31m",
    "\ud800",
    "\ufffe",
    "שלום",
    "👩‍🔬",
)
NAMES = (
    "Ada Lovelace",
    "Alan Turing",
    "Grace Hopper",
    "José Álvarez",
    "Zoë van der Berg",
    "山田 太郎",
    "علی رضایی",
    "Olga Ladyzhenskaya",
    "Srinivasa Ramanujan",
    "Chien-Shiung Wu",
    "Nkechi Obi",
    "Łukasz Żak",
    "Søren Ågård",
    "Bartholomew Featherstonehaugh-Cholmondeley",
    "Li Na",
    "Emmy Noether",
    "D’Arcy O’Neill",
    "Mary Jackson",
    "Katherine Johnson",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Tim",
    "Radia Perlman",
    "Shafi Goldwasser",
    "Donald Knuth",
    "Frances Allen",
    "Leslie Lamport",
    "Margaret Hamilton",
    "Niklaus Wirth",
    "Vint Cerf",
)
_anything = st.text(st.characters(exclude_categories=()), max_size=10)
texts = st.tuples(st.sampled_from(("", *MARKUP)), _anything).map("".join)
names = texts | st.sampled_from(["../../x.ipynb", "a/b.ipynb", "a_b.ipynb", "A_b.ipynb", "con", "n" * 300, "", "."])
_exercises = st.sampled_from([(exercise.name, exercise.session) for exercise in EXERCISES] + [("of_another_kit", 9)])


@st.composite
def rows_of(draw):
    """Lists of rows as a grader gives them: one for each exercise of a submission."""
    rows = []
    for submission in draw(st.lists(names, max_size=3, unique_by=printable)):
        own = draw(st.lists(_exercises, max_size=3, unique=True))
        for exercise, session in own or [(None, None)]:
            rows.append(draw(_row(submission, exercise, session)))
    return rows


def _row(submission, exercise, session):
    worth = 0.0 if exercise is None else 1.0
    return st.builds(
        Row,
        submission=st.just(submission),
        exercise=st.just(exercise),
        session=st.just(session),
        verdict=st.just("ungradable") if exercise is None else st.sampled_from(VERDICTS),
        points=st.sampled_from([0.0, worth / 2, worth]),
        max_points=st.just(worth),
        message=texts,
        counterexample=texts,
        seconds=st.floats(0, 5000),
        mistake=texts,
        detail=texts,
        seed=st.none() | st.integers(0, 2**63),
        checker=st.sampled_from(["", "3f9a1c2b7d4e"]),
    )


def room(size=30, seed=0):
    """Rows of a believable room in the middle of Session 1, with the catalogue's own mistakes and sentences."""
    rng = random.Random(seed)
    rows = []
    for number in range(size):
        name = f"{NAMES[number % len(NAMES)]}{'' if number < len(NAMES) else f' {number}'}"
        submission = f"{name}/session_1_reinforcement_learning.ipynb"
        if number == 4:
            message = "It is not a notebook: the JSON ends early, at line 212. Was it still being saved?"
            rows.append(Row(submission, None, None, "ungradable", 0.0, 0.0, message, "", 0.0))
            continue
        skill, reached = rng.betavariate(5, 2), rng.randint(6, 14)
        for place, exercise in enumerate(exercise for exercise in EXERCISES if exercise.session == 1):
            rows.append(_believable(submission, exercise, place, skill, reached, rng))
    return rows


def _believable(submission, exercise, place, skill, reached, rng):
    part = exercise.parts[0]
    luck = rng.random()
    verdict = "pass" if luck < skill else rng.choice(["fail"] * 8 + ["error"] * 3 + ["timeout", "borrowed", "borrowed"])
    if place >= reached:
        verdict = "borrowed" if luck > 0.95 else "unattempted"
    if place == 6 and luck > 0.97:
        verdict = rng.choice(["crash", "out_of_memory"])
    message, counterexample, mistake, detail = "", "", "", ""
    if verdict == "fail":
        mistake = part.mistakes[min(int(rng.expovariate(1)), len(part.mistakes) - 1)].sentence
        call = part.describe(part.name, part.examples[0]) if part.examples else f"{part.name}(…)"
        message = f"{mistake} Next: {part.hints[0]}"
        counterexample = f"{call}\nexpected 0.75\nobtained 1.5"
        detail = "returned after 17 inputs; loaded from cells 4 and 9"
    elif verdict == "error":
        message = (
            f"It raises IndexError: list index out of range (line 3: `return rewards[t + 1]`). Next: {part.hints[0]}"
        )
        counterexample = f"{part.name}([], 0.9)"
    elif verdict == "timeout":
        message = "No result after 10 s: is there a loop that never ends?"
    elif verdict == "crash":
        message = "It ends the whole process (signal 11)."
    elif verdict == "out_of_memory":
        message = "It needs more memory than there is: does an array or a list grow without end?"
    elif verdict == "borrowed":
        message = "The reference was borrowed; an answer of your own is still to be written."
    elif verdict == "unattempted":
        message = "Not attempted yet."
    return Row(
        submission,
        exercise.name,
        exercise.session,
        verdict,
        1.0 if verdict == "pass" else 0.0,
        1.0,
        message,
        counterexample,
        round(rng.expovariate(4) + (10 if verdict == "timeout" else 0.02), 3),
        mistake,
        detail,
        None if verdict in ("unattempted", "borrowed") else 20151130,
        "" if verdict in ("unattempted", "borrowed") else f"{3141592 * (place + 1):012x}",
    )
