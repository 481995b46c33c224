"""Reads a deck: a Markdown file whose slides begin with `## ` and whose speaker notes stand below a line `???`.

## The title {#name .split}

Text, and on lines of their own what is shown: {figure: name}, {code: name}, {video: name}, {table: name},
{exercise: name}. In the text a number from its source: {number: name}.

???
Say: what to say.
Ask: a question for the room, and its answer.
Confusion: what people get wrong here, and what helps.
Notebook: where this belongs.
"""

import re
from dataclasses import dataclass
from pathlib import Path

DECKS = Path(__file__).with_name("decks")
NOTES = ("Say", "Ask", "Confusion", "Notebook")
LAYOUTS = {"title", "split", "stretch"}
DIRECTIVE = re.compile(r"\{(figure|code|video|table|exercise|number): ([^{}]+)\}")
_HEADING = re.compile(r"^## (?P<title>.+?) \{#(?P<name>[a-z0-9-]+)(?P<layouts>( \.[a-z]+)*)\}$")


class DeckError(ValueError):
    """A deck that cannot be read; the text says which slide and what is wrong with it."""


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes:
        name: unique in the talk; part of its address.
        layouts: set of str, of `LAYOUTS`. "stretch" marks what is shown only when there is time.
        text: Markdown, without what is shown.
        shown: tuple of (kind, argument), the directives that stand on lines of their own.
        notes: dict with the keys of `NOTES`, Markdown.
    """

    name: str
    title: str
    layouts: frozenset
    text: str
    shown: tuple
    notes: dict


@dataclass(frozen=True)
class Deck:
    """All slides of one file, which is called `name`."""

    name: str
    title: str
    slides: tuple


def deck_files():
    """The files of all decks, in the order of the talk."""
    return sorted(DECKS.glob("*.md"))


def read_deck(file):
    """The `Deck` in a file (a path). Raises DeckError."""
    head, *parts = re.split(r"^(?=## )", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    title = re.fullmatch(r"# (.+)\s*", head)
    if title is None:
        raise DeckError(f"{file.name} does not begin with one line `# The deck's title`.")
    name = file.stem.split("_", 1)[1]
    return Deck(name, title[1], tuple(_read_slide(part, file.name) for part in parts))


def _read_slide(part, where):
    heading, _, rest = part.partition("\n")
    found = _HEADING.match(heading)
    if found is None:
        raise DeckError(f"{where}: `{heading}` should be `## Title {{#name .layout}}`.")
    where = f"{where}, slide {found['name']}"
    layouts = frozenset(found["layouts"].replace(".", " ").split())
    if not layouts <= LAYOUTS:
        raise DeckError(f"{where}: no such layout: {', '.join(sorted(layouts - LAYOUTS))}.")
    body, mark, notes = rest.partition("\n???\n")
    if not mark:
        raise DeckError(f"{where} has no speaker notes: a line `???` and what follows it.")
    text, shown = [], []
    for line in body.splitlines():
        directive = DIRECTIVE.fullmatch(line.strip())
        if directive and directive[1] != "number":
            shown.append((directive[1], directive[2].strip()))
        else:
            text.append(line)
    return Slide(
        found["name"], found["title"], layouts, "\n".join(text).strip(), tuple(shown), _read_notes(notes, where)
    )


def _read_notes(text, where):
    parts = re.split(rf"^({'|'.join(NOTES)}):[ \n]", text, flags=re.MULTILINE)
    notes = {name: said.strip() for name, said in zip(parts[1::2], parts[2::2])}
    if parts[0].strip() or tuple(notes) != NOTES or not all(notes.values()):
        raise DeckError(f"{where}: its notes should be {', '.join(NOTES)}, in this order; found {', '.join(notes)}.")
    return notes
