"""A `Video` in Chromium: it plays by the keyboard alone, and asks for nothing."""

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.notebooks.lab import BROWSER_OPTIONS, find_browser
from workshop.plots import video

pytestmark = pytest.mark.slow


def test_keyboard_plays_and_stops_it():
    frames = [np.full((40, 30, 3), 20 + number, np.uint8) for number in range(60)]
    shown = video({"one": [(frame, "a") for frame in frames], "two": [(frame, "b") for frame in frames]})
    problems = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_OPTIONS))
        page = browser.new_page(viewport={"width": 1000, "height": 700})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        page.set_content(shown._repr_mimebundle_()["text/html"])
        player = page.locator("video")
        page.wait_for_function("document.querySelector('video').readyState >= 2")
        assert player.evaluate("video => video.duration") == pytest.approx(4, abs=0.2)
        assert player.evaluate("video => video.paused"), "nothing moves before somebody asks for it"
        page.keyboard.press("Tab")
        expect(player).to_be_focused()
        page.keyboard.press("Space")
        page.wait_for_function("document.querySelector('video').currentTime > 0.1")
        page.keyboard.press("Space")
        assert player.evaluate("video => video.paused")
        browser.close()
    assert problems == []
