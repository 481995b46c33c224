"""Decks on paper: Chromium prints the very pages, a slide a page."""

import shutil
import sys
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser():
    """Path of a Chromium or Chrome. Ends the program where there is none."""
    found = next(filter(None, map(shutil.which, (*BROWSERS, *ON_MACOS))), None)
    if found is None:
        sys.exit("PDF needs Chromium or Chrome, and neither is installed. `python -m slides --html-only` does without.")
    return found


@contextmanager
def open_browser():
    """A headless browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=OPTIONS)
        yield browser
        browser.close()


def write_pdf(browser, files):
    """Print HTML decks (paths) as .pdf beside them."""
    for file in files:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('video').forEach((video) => { video.controls = false })")
        page.evaluate("document.documentElement.classList.add('deck', 'paper')")
        page.evaluate("document.fonts.ready")
        page.pdf(path=file.with_suffix(".pdf"), width="1280px", height="720px", print_background=True)
        page.close()
