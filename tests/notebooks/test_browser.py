"""Session 1 in JupyterLab, in a browser, by keyboard and mouse, as an attendee meets it.

Set the environment variable `WORKSHOP_SCREENSHOTS` to a folder to keep what the browser showed.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.notebooks.lab import BROWSER_OPTIONS, Attendee, Lab, find_browser
from workshop import notebooks
from workshop.exercises.catalogue import EXERCISES

pytestmark = [pytest.mark.slow, pytest.mark.alone]
CORE = sum(not exercise.is_stretch for exercise in EXERCISES)
NAME = "session_1_reinforcement_learning"

POWERS_START_AT_1 = """def discounted_return(rewards, gamma):
    total = 0.0
    for t, reward in enumerate(rewards, start=1):
        total += gamma**t * reward
    return total"""
RIGHT = POWERS_START_AT_1.replace(", start=1", "")
ENDLESS = """def discounted_return(rewards, gamma):
    total = 0.0
    while True:
        total *= gamma"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    lab = Lab(folder, tmp_path_factory.mktemp("home"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def attend(lab, browser, request):
    """Opens a fresh Session 1 and runs its first cells; nothing is left of the attendee before."""
    master = next(path for path in notebooks.masters() if path.stem == NAME)

    def opened(theme="JupyterLab Light", width=1280):
        shutil.rmtree(lab.progress, ignore_errors=True)
        file_name = f"{re.sub('[^a-z0-9]+', '-', request.node.name.lower())}.ipynb"
        (lab.folder / file_name).write_text(notebooks.attendee_notebook(master), encoding="utf-8")
        lab.set_theme(theme)
        page = browser.new_page(viewport={"width": width, "height": 900})
        request.addfinalizer(page.close)
        attendee = Attendee(page, lab.address(file_name))
        attendee.run(attendee.cell("import gym"))
        attendee.run(attendee.cell("from IPython.display import display"))
        return attendee

    return opened


@pytest.fixture
def screenshot(tmp_path):
    folder = Path(os.environ.get("WORKSHOP_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        page.screenshot(path=folder / f"{name}.png")

    return take


def _cells(attendee):
    """Those of exercise 1.3: where the answer goes, and the check."""
    return attendee.cell(r"def discounted_return\("), attendee.cell(r"check\(discounted_return\)$")


def test_wrong_answer_is_explained_the_right_one_accepted_and_progress_moves(attend, screenshot):
    attendee = attend()
    answer, check = _cells(attendee)

    attendee.run(answer)
    expect(attendee.run(check)).to_contain_text("… 1.3 discounted_return is not attempted yet.")

    attendee.type(answer, POWERS_START_AT_1)
    attendee.run(answer)
    said = attendee.run(check)
    expect(said).to_contain_text("✗ 1.3 discounted_return is not right yet.")
    expect(said).to_contain_text("The first reward is not discounted: its factor is γ⁰ = 1. Your powers start at 1.")
    rows = [row.split("\t") for row in said.locator("table").inner_text().splitlines()]
    shown = {row[0].strip(): row[-1].strip() for row in rows}
    assert shown["smallest failing input"] == "discounted_return([1.0], 0.5)"
    assert (shown["expected"], shown["obtained"]) == ("1.0", "0.5")
    expect(attendee.run_new(check, "progress()")).to_contain_text(re.compile(rf"^0 of {CORE} core exercises are yours"))
    screenshot(attendee.page, "check_wrong")

    attendee.type(answer, RIGHT)
    attendee.run(answer)
    expect(attendee.run(check)).to_contain_text("✓ 1.3 discounted_return")
    now = attendee.run(attendee.cell(r"progress\(\)").first)
    expect(now).to_contain_text(re.compile(rf"^1 of {CORE} core exercises are yours"))
    expect(now.locator("tr", has_text="1.3 discounted_return")).to_contain_text("✓")
    screenshot(attendee.page, "check_right")


def test_endless_loop_comes_back_and_the_variables_live_on(attend, screenshot):
    attendee = attend()
    answer, check = _cells(attendee)
    attendee.run_new(answer, "precious = 6 * 7")
    attendee.type(answer, ENDLESS)
    attendee.run(answer)
    expect(attendee.run(check)).to_contain_text("✗ 1.3 discounted_return does not come back.")
    screenshot(attendee.page, "endless_loop")
    expect(attendee.run_new(check, "print(precious)")).to_have_text("42")


def test_hints_come_one_by_one_and_borrow_goes_on(attend, screenshot):
    attendee = attend()
    answer, check = _cells(attendee)
    attendee.run(answer)
    attendee.run_new(check, "hint(discounted_return)")
    cell = attendee.cell(r"hint\(discounted_return\)")
    hints = [cell.locator(".jp-OutputArea-output").first.inner_text()]
    hints += [attendee.run(cell).inner_text() for _ in range(3)]
    assert [hint.splitlines()[0] for hint in hints] == [
        f"Hint {number} of 3 for 1.3 discounted_return" for number in (1, 2, 3, 3)
    ]
    assert len({hint.splitlines()[1] for hint in hints}) == 3
    screenshot(attendee.page, "hint")

    borrowed = attendee.run_new(check, 'discounted_return = borrow("discounted_return")')
    expect(borrowed).to_contain_text("↺ 1.3 discounted_return is borrowed.")
    expect(attendee.run(check)).to_contain_text("↺ 1.3 discounted_return is borrowed")
    expect(attendee.run_new(check, "discounted_return([0, 0, 8], 0.5)")).to_have_text("2.0")
    now = attendee.run_new(check, "progress()")
    expect(now.locator("tr", has_text="1.3 discounted_return")).to_contain_text("borrowed")


def test_film_of_value_iteration_obeys_the_keyboard(attend, screenshot):
    attendee = attend()
    attendee.run(attendee.cell(r'world = gym\.make\("workshop/GridWorld-v0"'))
    for name in ("q_from_v", "value_iteration"):
        attendee.run_new(attendee.cell(rf"def {name}\("), f'{name} = borrow("{name}")')
    film = attendee.run(attendee.cell(r"gamma = 0\.9")).locator(".workshop-scrubber")
    slider, play, image = film.locator("input"), film.locator("button"), film.locator("img")
    readout = film.locator("figcaption")

    expect(readout).to_contain_text("after sweep 0:")
    first_picture, first_words = image.get_attribute("src"), image.get_attribute("alt")
    slider.click(position={"x": 1, "y": 5})
    expect(slider).to_be_focused()
    expect(readout).to_contain_text("after sweep 0:")
    attendee.page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("after sweep 1:")
    assert image.get_attribute("src") != first_picture
    assert image.get_attribute("alt") != first_words
    assert slider.get_attribute("aria-valuetext") == readout.inner_text()
    attendee.page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text("after sweep 0:")
    assert image.get_attribute("src") == first_picture
    attendee.page.keyboard.press("End")
    expect(readout).to_contain_text("after sweep 13: 28 of 28 values are final")
    screenshot(attendee.page, "film")

    attendee.page.keyboard.press("Shift+Tab")
    attendee.page.keyboard.press("Space")
    expect(play).to_contain_text("Pause")
    expect(readout).to_contain_text("after sweep 2:")  # it began again and goes on by itself
    attendee.page.keyboard.press("Space")
    expect(play).to_contain_text("Play")


# The text of lowest contrast below an element, as WCAG 2 reckons it: {"text": ..., "contrast": ...}.
_LOWEST_CONTRAST = """element => {
  const rgba = text => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    return parts.length > 3 ? parts : [...parts, 1];
  };
  const over = (top, below) => [0, 1, 2].map(k => top[3] * top[k] + (1 - top[3]) * below[k]).concat(1);
  const background = node => {
    const own = node ? rgba(getComputedStyle(node).backgroundColor) : [255, 255, 255, 1];
    return own[3] === 1 ? own : over(own, background(node.parentElement));
  };
  const luminance = colour => {
    const [r, g, b] = colour.slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let lowest = {text: "", contrast: Infinity};
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), parent = walker.currentNode.parentElement;
    if (!text) continue;
    const behind = background(parent);
    const lights = [behind, over(rgba(getComputedStyle(parent).color), behind)].map(luminance).sort((a, b) => b - a);
    const contrast = (lights[0] + 0.05) / (lights[1] + 0.05);
    if (contrast < lowest.contrast) lowest = {text, contrast};
  }
  return lowest;
}"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_messages_are_legible_in_both_themes_and_in_a_narrow_window(attend, screenshot, theme):
    attendee = attend(theme)
    answer, check = _cells(attendee)
    attendee.type(answer, POWERS_START_AT_1)
    attendee.run(answer)
    attendee.run_new(check, "progress()")
    attendee.run_new(check, "solution(discounted_return)")
    attendee.run_new(check, "hint(discounted_return)")
    attendee.run(check)
    messages = attendee.page.locator(".jp-OutputArea-output div[role=status]")
    expect(messages).to_have_count(5)  # progress() stands in the second cell too
    assert attendee.page.locator("body").get_attribute("data-jp-theme-name") == theme
    for width in (1280, 720):
        attendee.page.set_viewport_size({"width": width, "height": 1100})
        for message in messages.all():
            message.scroll_into_view_if_needed()
            lowest = message.evaluate(_LOWEST_CONTRAST)
            assert lowest["contrast"] >= 4.5, lowest
            if width == 1280 or "core exercises" not in message.text_content():  # that table may scroll
                _wait_until_it_fits(message)
        check.scroll_into_view_if_needed()
        screenshot(attendee.page, f"messages_{theme.split()[1].lower()}_{width}")


def _wait_until_it_fits(message, attempts=100):
    """JupyterLab lays a cell out anew after a change of size, and may put another element in its place: ask anew each time."""
    for _ in range(attempts):
        message.scroll_into_view_if_needed()
        width, needed = message.evaluate("e => [e.clientWidth, e.scrollWidth]")
        if 0 < width and needed <= width:
            return
        message.page.wait_for_timeout(100)
    raise AssertionError(f"{needed} pixels wide in a space of {width}: {message.text_content()}")
