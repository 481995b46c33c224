"""Decks on paper: Chromium prints the very pages, a slide a page."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import Error, sync_playwright

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


class NoBrowser(Exception):
    """Nothing here can print a PDF or take a photograph; the text says why."""


def find_browser():
    """Path of a Chromium or Chrome. Raises NoBrowser."""
    found = next(filter(None, map(shutil.which, (*BROWSERS, *ON_MACOS))), None)
    if found is None:
        raise NoBrowser("Neither Chromium nor Chrome is installed")
    return found


@contextmanager
def open_browser():
    """A headless browser, closed at the end. Raises NoBrowser where there is none, or none that starts."""
    path = find_browser()
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        except Error as problem:
            raise NoBrowser(f"{path} does not start ({str(problem).splitlines()[0]})") from None
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
