"""The pages in Chromium, from files: for everybody (axe), at a phone's width, with the keyboard, without scripts, reloading."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.grading.reports.samples import MARKUP, room
from tests.notebooks.lab import BROWSER_OPTIONS, find_browser
from workshop.grading.reports.html import write_html
from workshop.grading.rows import Row

pytestmark = [pytest.mark.slow, pytest.mark.alone]
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Path -> the page that it is. Fails if a script fails, if the page's policy stops anything, or if it asks for more."""
    problems, contexts = [], []

    def open_page(path, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on("request", lambda request: None if _is_itself(request) else problems.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _is_itself(request):
    return request.is_navigation_request() or request.url == "data:,"  # an empty icon, not to look for one


def hostile_room():
    """Rows whose every text tries to be more than text."""
    text = "".join(MARKUP)
    return [
        Row(f"{name}{text}", "q_target", 1, "fail", 0.0, 1.0, text, text, 0.1, mistake=text, detail=text)
        for name in ("../../etc/x", "b" * 300, "c")
    ]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """{name: path} of a class page and an attendee's, of a room that goes on, and of one that is hostile."""
    found = {}
    for name, rows, seconds in (("room", room(), 600), ("hostile", hostile_room(), None)):
        folder = tmp_path_factory.mktemp(name)
        write_html(rows, folder, title=f"{name} <b>1</b>", when="Today", seconds_until_reload=seconds)
        found[f"{name}, class"] = folder / "index.html"
        found[f"{name}, attendee"] = min((folder / "attendees").iterdir())
    return found


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["room, class", "room, attendee", "hostile, class", "hostile, attendee"])
def test_axe_finds_nothing_that_keeps_a_page_from_anybody(opened, pages, name, scheme, size):
    page = opened(pages[name], viewport=size, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("details => { details.open = true }")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", ["room, class", "room, attendee", "hostile, class", "hostile, attendee"])
def test_on_a_phone_nothing_sticks_out(opened, pages, name):
    page = opened(pages[name], viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("name", ["room, class", "hostile, attendee"])
def test_a_script_that_got_in_would_not_run(browser, pages, name):
    page = browser.new_page()
    page.goto(pages[name].as_uri())
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    page.evaluate("document.body.setAttribute('onclick', 'window.ran = true'); document.body.click()")
    assert page.evaluate("window.ran") is None
    page.close()


def first_cells(page):
    return page.locator("#room tbody tr:visible th").all_inner_texts()


def test_the_table_is_sorted_and_filtered_with_the_keyboard(opened, pages):
    page = opened(pages["room, class"], viewport=DESKTOP)
    names = first_cells(page)
    assert len(names) == 30
    points = page.get_by_role("button", name="Points")
    points.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#room th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    shown = [float(text.split()[0]) for text in page.locator("#room tbody td:nth-child(2)").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)
    page.keyboard.press("Space")
    expect(page.locator("#room th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name=re.compile("run_")).click()
    signs = [text[0] for text in page.locator("#room tbody td:nth-child(3)").all_inner_texts()]
    assert signs == sorted(signs, key="✗?…↺✓–".index)
    page.get_by_label("Filter").fill("GRACE")
    assert first_cells(page) == ["Grace Hopper"]
    expect(page.locator("#shown")).to_have_text("1 of 30")
    page.get_by_label("Filter").fill("")
    page.get_by_role("button", name="Attendee").click()
    assert first_cells(page) == names


def test_the_headings_stay_in_sight(opened, pages):
    page = opened(pages["room, class"], viewport=PHONE)
    region = page.get_by_role("region", name="Table of verdicts")
    region.evaluate("region => region.scrollTo(300, 300)")
    box = region.bounding_box()
    heading = page.get_by_role("columnheader", name="Attendee").bounding_box()
    assert heading["x"] - box["x"] == pytest.approx(1, abs=1)
    assert heading["y"] - box["y"] == pytest.approx(1, abs=1)


def test_names_lead_to_people(opened, pages):
    page = opened(pages["room, class"])
    page.locator("#room").get_by_role("link", name="Grace Hopper").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace Hopper")


def test_without_scripts_everything_is_there(opened, pages):
    page = opened(pages["room, class"], java_script_enabled=False)
    expect(page.locator("#room tbody tr")).to_have_count(30)
    expect(page.get_by_label("Filter")).not_to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.fixture
def going_on(opened, tmp_path):
    """The class page of a run that goes on; the test calls `window.tick()` for the time between two reloads to pass."""
    write_html(room(29), tmp_path, seconds_until_reload=600)
    page = opened(tmp_path / "index.html", viewport=PHONE)
    page.add_init_script("window.setInterval = (action) => { window.tick = action }")
    page.reload()
    page.evaluate("window.isOld = true")
    return page


def test_a_page_that_reloads_stays_where_its_reader_is(going_on, tmp_path):
    page = going_on
    page.get_by_role("button", name="Points").click()
    page.get_by_text("one attendee each makes").click()
    page.locator("#scroll").evaluate("region => region.scrollTo(120, 90)")
    page.get_by_label("Filter").fill("pass")
    page.get_by_label("Filter").evaluate("field => field.setSelectionRange(3, 3)")
    page.evaluate("window.scrollTo(0, 700)")
    write_html(room(30), tmp_path, seconds_until_reload=600)
    with page.expect_event("load"):
        page.evaluate("setTimeout(window.tick)")
    expect(page.locator("#room tbody tr")).to_have_count(30)
    expect(page.get_by_label("Filter")).to_be_focused()
    expect(page.get_by_label("Filter")).to_have_value("pass")
    assert page.evaluate("document.activeElement.selectionStart") == 3
    expect(page.locator("#room th[aria-sort]")).to_have_text(re.compile("Points"))
    expect(page.locator("#rare")).to_have_attribute("open", "")
    assert page.locator("#scroll").evaluate("region => [region.scrollLeft, region.scrollTop]") == [120, 90]
    assert page.evaluate("scrollY") == 700


def test_a_page_does_not_reload_while_it_is_paused_or_typed_in(going_on):
    page = going_on
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    page.evaluate("window.tick()")
    assert page.evaluate("window.isOld")
    pause.click()
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown')); window.tick()")
    assert page.evaluate("window.isOld")
    with page.expect_event("load"):
        page.evaluate("setTimeout(window.tick, 1500)")
    assert not page.evaluate("window.isOld")


def test_a_page_reloads_by_itself(opened, tmp_path):
    write_html(room(1), tmp_path, seconds_until_reload=1)
    page = opened(tmp_path / "index.html")
    write_html(room(2), tmp_path, seconds_until_reload=1)
    expect(page.locator("#room tbody tr")).to_have_count(2, timeout=30_000)
