"""The picture of a training in JupyterLab, in a browser: it follows the training while other cells run.

Set the environment variable `WORKSHOP_SCREENSHOTS` to a folder to keep what the browser showed.
"""

import os
import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.notebooks import lab as in_a_lab
from tests.notebooks.lab import BROWSER_OPTIONS, Attendee, Lab, find_browser

pytestmark = [pytest.mark.slow, pytest.mark.alone]
LONG = 240  # seconds: the pieces are checked before they train, and the machine may be busy


@pytest.fixture
def attendee(tmp_path, monkeypatch):
    monkeypatch.setattr(in_a_lab, "SECONDS", LONG)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    cells = [
        "import os\n\nfrom workshop import own_pieces\n\nos.environ['WORKSHOP_MINUTES'] = '2'",
        "def sync_target(online_network, target_network):\n    target_network.copyparams(online_network)",
        "own_pieces.train_pong()",
        "own_pieces.watch()",
        "own_pieces.stop()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "pong.ipynb")
    lab = Lab(folder, tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        try:
            yield Attendee(page, lab.address("pong.ipynb"))
        finally:
            browser.close()
            lab.close()


def test_the_picture_follows_the_training_while_other_cells_run(attendee, tmp_path):
    expect.set_options(timeout=1000 * LONG)
    attendee.run(attendee.cell("import os"))
    attendee.run(attendee.cell("def sync_target"))
    began = attendee.run(attendee.cell(r"own_pieces.train_pong"))
    expect(began).to_contain_text("1 of 8 pieces are yours.")
    shown = attendee.run(attendee.cell(r"own_pieces.watch"))
    image = shown.locator("img")
    expect(image).to_have_attribute("alt", re.compile(r"minute \d"))  # before its first row: "It has begun"
    first = image.get_attribute("alt")
    expect(attendee.run_new(attendee.cell(r"own_pieces.watch"), "print(6 * 7)")).to_have_text("42")
    expect(image).not_to_have_attribute("alt", first, timeout=1000 * LONG)
    folder = Path(os.environ.get("WORKSHOP_SCREENSHOTS") or tmp_path)
    attendee.page.screenshot(path=folder / "own_pieces_live.png")
    expect(attendee.run(attendee.cell(r"own_pieces.stop"))).to_contain_text("✓ It has stopped.")
    expect(image).to_have_attribute("alt", re.compile(r"minute"))
