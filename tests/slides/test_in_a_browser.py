"""The decks in Chromium: nothing sticks out, nothing is asked for, everybody can use them; and they are on paper too."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from slides.build import decks, page, write_html
from slides.deck import Deck
from slides.paper import open_browser, write_pdf
from slides.photograph import PHONE, PROJECTOR, open_deck, photograph

pytestmark = [pytest.mark.slow, pytest.mark.alone]
DECKS = {deck.name: deck for deck in decks()}


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(browser, tmp_path_factory):
    """All decks, as HTML and as PDF."""
    folder = tmp_path_factory.mktemp("slides")
    write_pdf(browser, write_html(folder))
    return folder


def test_every_slide_fits_on_a_projector_and_on_a_phone(browser, folder):
    pictures = folder / "pictures"
    pictures.mkdir()
    taken, problems = photograph(browser, folder, pictures)
    assert problems == []
    assert taken == 2 * sum(len(deck.slides) for deck in DECKS.values())


@pytest.mark.parametrize("name", DECKS)
def test_a_page_of_the_pdf_for_every_slide(folder, name):
    pages = re.findall(rb"/Type\s*/Page\b", (folder / f"{name}.pdf").read_bytes())
    assert len(pages) == len(DECKS[name].slides)


@pytest.mark.parametrize("size", [PROJECTOR, PHONE], ids=["projector", "phone"])
@pytest.mark.parametrize("name", DECKS)
def test_axe_finds_nothing_that_keeps_slides_from_anybody(browser, folder, name, size):
    problems = []
    page = open_deck(browser, folder / f"{name}.html", size, problems, query="?all")
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    assert problems == []
    page.close()


def test_axe_finds_nothing_while_slides_are_shown(browser, folder):
    page = open_deck(browser, folder / "session_1.html", PROJECTOR, problems := [])
    for key in ("Home", "n", "End", "?"):
        page.keyboard.press(key)
        page.evaluate(
            "Promise.all(document.getAnimations().map((animation) => animation.finished))"
        )  # half faded in, it is pale
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert problems == []
    page.close()


def current(page):
    return page.evaluate("document.querySelector('.slide.current').id")


def test_the_keyboard_is_enough(browser, folder):
    page = open_deck(browser, folder / "opening.html", PROJECTOR, problems := [])
    names = [slide.name for slide in DECKS["opening"].slides]
    for key, name in (
        ("ArrowRight", names[1]),
        (" ", names[2]),
        ("PageUp", names[1]),
        ("End", names[-1]),
        ("Home", names[0]),
    ):
        page.keyboard.press(key)
        assert current(page) == name
        assert page.evaluate("location.hash") == f"#{name}"
    expect(page.get_by_role("status")).to_have_text(re.compile("^Slide 1 of 5: "))
    notes = page.locator(f"#{names[0]} .notes")
    page.keyboard.press("n")
    expect(notes).to_be_visible()
    page.keyboard.press("n")
    expect(notes).to_be_hidden()
    page.keyboard.press("a")
    assert page.locator(".slide:visible").count() == len(names)
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("v")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.current video')].every((video) => video.currentTime > 0.2)"
    )
    assert problems == []
    page.close()


def test_the_speakers_window_and_the_slides_go_together(browser, folder):
    page = open_deck(browser, folder / "opening.html", PROJECTOR, problems := [])
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    speaker.wait_for_selector(".clock b:not(:empty)")
    speaker.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.slide.current').id === 'before-and-after'")
    page.keyboard.press("ArrowRight")
    speaker.wait_for_function("() => document.querySelector('.slide.current').id === 'afternoon'")
    expect(speaker.locator(".slide.current .notes")).to_contain_text("Ask the room")
    expect(speaker.locator(".next")).to_have_text("Next: How you work")
    assert problems == []
    speaker.close()
    page.close()


def test_our_answer_is_covered_until_it_is_asked_for(browser, tmp_path):
    """Attendees look at the slide while they write their own."""
    slides = (slide for slide in DECKS["session_1"].slides if slide.name in ("bellman", "target"))
    deck = Deck("answers", "Answers", tuple(slides))
    file = tmp_path / "answers.html"
    file.write_text(page(deck, [deck]), encoding="utf-8")
    opened = open_deck(browser, file, PROJECTOR, problems := [])
    answer = opened.locator(".current pre.answer code")
    expect(answer).to_be_hidden()
    opened.keyboard.press("c")
    expect(answer).to_be_visible()
    opened.keyboard.press("ArrowRight")
    expect(answer).to_be_hidden()
    opened.locator(".current pre.answer").click()
    expect(answer).to_be_visible()
    opened.keyboard.press("ArrowLeft")
    expect(answer).to_be_hidden()
    opened.keyboard.press("a")
    assert opened.locator("pre.answer code:visible").count() == 2
    opened.keyboard.press("a")
    with opened.expect_popup() as popup:
        opened.keyboard.press("s")
    popup.value.wait_for_selector(".clock b:not(:empty)")
    expect(popup.value.locator(".current pre.answer code")).to_be_visible()
    popup.value.keyboard.press("c")
    expect(answer).to_be_visible()
    opened.emulate_media(media="print")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.locator(".current pre.answer code:visible").count() == 1
    assert problems == []
    opened.close()


def test_without_scripts_all_slides_and_notes_are_there(browser, folder):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto((folder / "closing.html").as_uri())
    assert page.locator(".slide").count() == len(DECKS["closing"].slides)
    expect(page.locator("#tricks h2")).to_be_visible()
    context.close()
