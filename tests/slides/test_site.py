"""The static site: everything that it links to is there, nothing comes from elsewhere, everybody can use it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from slides import site
from slides.build import decks
from slides.paper import open_browser
from slides.photograph import PHONE, PROJECTOR


def broken_links(page):
    """The links of a page that lead to no file, or to no place in it."""
    html = page.read_text(encoding="utf-8")
    for link in re.findall(r'(?:href|src|poster)="(?!data:|https://)([^"]+)"', html):
        file, _, part = link.partition("#")
        target = page.parent / file if file else page
        if not target.is_file() or (part and f'id="{part}"' not in target.read_text(encoding="utf-8")):
            yield link


def test_the_results_lead_to_the_raw_logs(tmp_path):
    """A few seconds, and the page that changes most often: what is measured is linked from it."""
    page = tmp_path / "results.html"
    site._write(tmp_path, page.name, "Results", site._results(tmp_path, None))
    assert set(broken_links(page)) <= {file for file, _ in site.PAGES}
    folders = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "results").rglob("*") if path.is_dir()}
    named = {
        link.rstrip("/")
        for link in re.findall(r"\]\((results/[^)#]+)\)", (site.RESULTS.parent / "README.md").read_text())
    }
    assert named & folders, "no link to a folder is left: this test has nothing to look at"
    html = page.read_text(encoding="utf-8")
    assert all(f'href="#{folder}"' in html and f'id="{folder}"' in html for folder in named & folders)


def test_a_folder_that_is_no_site_is_left_alone(tmp_path):
    (tmp_path / "index.html").touch()
    with pytest.raises(site.NoSite, match="no site"):
        site.write_site(tmp_path)
    assert (tmp_path / "index.html").exists()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The site, with empty pages in the place of the decks, which have tests of their own."""
    slides, folder = tmp_path_factory.mktemp("slides"), tmp_path_factory.mktemp("site")
    for deck in decks():
        ids = "".join(f'<p id="{slide.name}"></p>' for slide in deck.slides)
        (slides / f"{deck.name}.html").write_text(ids)
    site.write_site(folder, slides)
    return folder


@pytest.mark.slow
@pytest.mark.alone
def test_every_link_leads_somewhere_in_the_site(folder):
    assert {page.name: links for page in folder.rglob("*.html") if (links := [*broken_links(page)])} == {}


@pytest.mark.slow
@pytest.mark.alone
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
