"""The script of a `Scrubber` in Chromium: mouse, keyboard, several on one page, and a page that runs no script."""

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.notebooks.lab import BROWSER_OPTIONS, find_browser
from workshop.plots import Picture, Scrubber

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def scrubber(name, length, start=0, milliseconds=30):
    frames = [np.full((30, 40, 3), 20 * number, np.uint8) for number in range(length)]
    pictures = [
        Picture.from_array(frame, f"{name} picture {number}", f"{name} caption {number}")
        for number, frame in enumerate(frames)
    ]
    return Scrubber(pictures, name, start, milliseconds)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Scrubbers -> the page that shows them. Fails if a script fails, or if the page asks for anything."""
    problems, contexts = [], []

    def open_page(*scrubbers, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        page.set_content("\n".join(shown._repr_mimebundle_()["text/html"] for shown in scrubbers))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def expect_picture(figure, shown, number):
    picture = shown.pictures[number]
    expect(figure.locator("img")).to_have_attribute("src", picture.uri)
    expect(figure.locator("img")).to_have_attribute("alt", picture.alt)
    expect(figure.locator("figcaption")).to_have_text(picture.caption)
    expect(figure.locator("input")).to_have_attribute("aria-valuetext", picture.caption)
    expect(figure.locator("input")).to_have_value(str(number))


def test_keyboard_moves_one_and_leaves_the_other_alone(opened):
    first, second = scrubber("first", 5), scrubber("second", 4, start=-1)
    page = opened(first, second)
    left, right = page.locator("figure").all()
    expect_picture(left, first, 0)
    expect_picture(right, second, 3)
    page.get_by_label("first").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_picture(left, first, 2)
    page.keyboard.press("End")
    expect_picture(left, first, 4)
    page.keyboard.press("Home")
    expect_picture(left, first, 0)
    expect_picture(right, second, 3)


def test_play_runs_to_the_end_and_then_from_the_start(opened):
    shown = scrubber("film", 4)
    page = opened(shown)
    figure, button = page.locator("figure"), page.get_by_role("button")
    expect(button).to_have_text("▶ Play")
    button.click()
    expect_picture(figure, shown, 3)
    expect(button).to_have_text("▶ Play")
    page.evaluate("document.querySelector('figure').dataset.milliseconds = 100000")
    button.click()
    expect_picture(figure, shown, 0)
    expect(button).to_have_text("❚❚ Pause")


def test_pause_and_a_moved_slider_stop_the_film(opened):
    shown = scrubber("film", 12, milliseconds=100000)
    page = opened(shown)
    figure, button = page.locator("figure"), page.get_by_role("button")
    button.click()
    button.click()
    expect(button).to_have_text("▶ Play")
    button.click()
    expect(button).to_have_text("❚❚ Pause")
    page.get_by_label("film").press("ArrowRight")
    expect(button).to_have_text("▶ Play")
    expect_picture(figure, shown, 1)


def test_without_its_script_it_is_a_picture(opened):
    shown = scrubber("film", 4, start=2)
    page = opened(shown, java_script_enabled=False)
    expect(page.get_by_alt_text("film picture 2")).to_be_visible()
    expect(page.locator("figcaption")).to_have_text("film caption 2")
    expect(page.get_by_role("button")).not_to_be_visible()
