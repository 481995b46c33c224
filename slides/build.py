"""Decks as pages: one self-contained HTML file a deck, and the same on paper."""

import re
from pathlib import Path

import jinja2

from slides import markup
from slides.deck import DIRECTIVE, NOTES, DeckError, deck_files, read_deck
from slides.exhibits import exhibit
from slides.fonts import font_css
from slides.numbers import number

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "build" / "slides"
_PAGE = HERE / "page"
_NOTE_TITLES = dict(zip(NOTES, ("Say", "Ask the room", "Likely confusion", "In the notebook")))


def decks():
    """All decks, in the order of the talk. Raises DeckError."""
    found = [read_deck(file) for file in deck_files()]
    names = [slide.name for deck in found for slide in deck.slides]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeckError(f"two slides have the same name: {', '.join(twice)}")
    return found


def with_numbers(text):
    """The text with every {number: name} replaced by the number."""
    return DIRECTIVE.sub(lambda found: number(found[2].strip()) if found[1] == "number" else found[0], text)


def page(deck, every_deck):
    """The HTML of a deck; `every_deck` for the way to the others."""
    slides = [
        {
            "name": slide.name,
            "title": markup.inline(with_numbers(slide.title)),
            "plain_title": re.sub(r"[$\\{}`*]", "", slide.title),
            "layouts": " ".join(sorted(slide.layouts)),
            "is_stretch": "stretch" in slide.layouts,
            "text": markup.markdown(with_numbers(slide.text)),
            "shown": [exhibit(kind, argument, "split" in slide.layouts) for kind, argument in slide.shown],
            "is_few": [kind for kind, _ in slide.shown] == ["exercise"],
            "notes": [(_NOTE_TITLES[name], markup.markdown(with_numbers(text))) for name, text in slide.notes.items()],
        }
        for slide in deck.slides
    ]
    css = (_PAGE / "deck.css").read_text(encoding="utf-8") + markup.code_css()
    script = (_PAGE / "deck.js").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((_PAGE / "deck.html").read_text(encoding="utf-8"))
    html = template.render(deck=deck, decks=every_deck, slides=slides, css=css, fonts="", script=script)
    letters = re.sub(r'(src|poster)="data:[^"]*"', "", html)
    return html.replace("/* fonts */", font_css(letters), 1)


def write_html(folder=OUTPUT):
    """Write every deck, and a page that leads to them. Returns the paths of the decks."""
    folder.mkdir(parents=True, exist_ok=True)
    every_deck, files = decks(), []
    for deck in every_deck:
        files.append(folder / f"{deck.name}.html")
        files[-1].write_text(page(deck, every_deck), encoding="utf-8")
    return files
