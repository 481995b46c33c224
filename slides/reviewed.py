"""What the slides showed when somebody last read them, in reviewed.json: figures in words, code, numbers.

Figures, code and numbers come from their sources, so a slide cannot disagree with them. But the sentences around them
can. When a source changes, a test fails and says on which slides; read them, then run `python -m slides --accept`.
"""

import json
from pathlib import Path

from slides import figures
from slides.build import decks
from slides.deck import DIRECTIVE
from slides.exhibits import TABLES, fragment
from slides.numbers import number
from workshop.exercises.catalogue import exercise_of

FILE = Path(__file__).with_name("reviewed.json")


def shown_now():
    """(kind, argument) as "kind: argument" -> (what it shows, a str, and the names of its slides, a list)."""
    found = {}
    for deck in decks():
        for slide in deck.slides:
            texts = " ".join([slide.title, slide.text, *slide.notes.values()])
            numbers = [(kind, argument.strip()) for kind, argument in DIRECTIVE.findall(texts)]
            for kind, argument in [*slide.shown, *numbers]:
                key = f"{kind}: {argument}"
                found.setdefault(key, (in_words(kind, argument), []))[1].append(slide.name)
    return found


def accept():
    """Write the file. Returns its path."""
    shown = {key: words for key, (words, _) in sorted(shown_now().items())}
    FILE.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return FILE


def read():
    """What was recorded: dict, "kind: argument" -> str."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def changes():
    """Sentences: what shows something else than when it was read, and on which slides."""
    before, now = read(), shown_now()
    told = [
        f"{key} on {', '.join(names)}: was {before.get(key, 'not there')!r}, is {words!r}"
        for key, (words, names) in now.items()
        if before.get(key) != words
    ]
    return told + [f"{key} is on no slide any more" for key in before if key not in now]


def in_words(kind, argument):
    """What a directive shows, as a text that can be compared and read."""
    if kind in ("figure", "video"):
        return figures.picture(argument).alt
    if kind == "code":
        return fragment(argument)
    if kind == "table":
        head, rows, caption = TABLES[argument]()
        return "\n".join(" | ".join(row) for row in [head, *rows, (caption,)])
    if kind == "exercise":
        exercise = exercise_of(argument)
        return f"{exercise.number} {exercise.title}, {exercise.minutes} minutes: {', '.join(exercise.names)}"
    return number(argument)
