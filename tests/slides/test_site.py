"""The static site: everything that it links to is there, nothing comes from elsewhere, everybody can use it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from slides import site
from slides.build import decks
from slides.paper import open_browser
from slides.photograph import PHONE, PROJECTOR

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The site, with empty pages in the place of the decks, which have tests of their own."""
    slides, folder = tmp_path_factory.mktemp("slides"), tmp_path_factory.mktemp("site")
    for deck in decks():
        ids = "".join(f'<p id="{slide.name}"></p>' for slide in deck.slides)
        (slides / f"{deck.name}.html").write_text(ids)
    site.write_site(folder, slides)
    return folder


def test_every_link_leads_somewhere_in_the_site(folder):
    for page in folder.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src|poster)="(?!data:|https://)([^"]+)"', html):
            file, _, part = link.partition("#")
            target = page.parent / file if file else page
            assert target.is_file(), f"{page.name} leads to {link}"
            assert not part or f'id="{part}"' in target.read_text(encoding="utf-8"), f"{page.name} leads to {link}"


def test_nothing_is_loaded_from_elsewhere_and_axe_is_content(folder):
    problems = []
    with open_browser() as browser:
        for page in sorted(folder.glob("*.html")) + sorted(folder.glob("notebooks/*.html")):
            for size in (PROJECTOR, PHONE):
                tab = browser.new_page(viewport=size)
                tab.on("console", lambda message: problems.append(message.text))
                tab.on(
                    "request",
                    lambda request: request.url.startswith(("file:", "data:")) or problems.append(request.url),
                )
                tab.goto(page.as_uri())
                found = Axe().run(tab)
                assert found.violations_count == 0, f"{page.name}: {found.generate_report()}"
                assert tab.evaluate("document.documentElement.scrollWidth") == size["width"], page.name
                tab.close()
    assert problems == []
