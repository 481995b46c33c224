"""A JupyterLab server of its own, and what an attendee does in its page: type into a cell, run it, read what comes."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.notebooks.surroundings import attendees_environment

SECONDS = 60  # generous: the machine may be busy
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
BROWSER_OPTIONS = (
    "--no-sandbox",  # Chromium's sandbox does not start for root or in a container; the only page is our own
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_browser():
    """Path of a Chromium or Chrome. Raises AssertionError that says how to get one."""
    found = filter(None, map(shutil.which, (*_BROWSERS, *_ON_MACOS)))
    browser = next(found, None)
    assert browser, (
        "These tests drive JupyterLab in Chromium or Chrome, and neither is installed. Debian and Ubuntu: "
        "`sudo apt install chromium`; Fedora: `sudo dnf install chromium`; macOS: `brew install --cask google-chrome`."
    )
    return browser


class Lab:
    """A running server.

    Attributes:
        folder: Path of the notebooks that it serves.
        progress: Path of the folder in which its kernels keep an attendee's progress.
    """

    def __init__(self, folder, home):
        self.folder = folder
        environment = attendees_environment(home)
        self.progress = Path(environment["WORKSHOP_HOME"])
        self._settings = Path(environment["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
        self._runtime = Path(environment["JUPYTER_RUNTIME_DIR"])
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.root_dir={folder}"]
        command += ["--ServerApp.token=secret", *(["--allow-root"] if os.getuid() == 0 else [])]
        self._log = home / "lab.log"
        with open(self._log, "w") as log:
            self._server = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def address(self, notebook):
        """URL of a notebook in `folder`, by its file name."""
        record = self._runtime / f"jpserver-{self._server.pid}.json"  # says which port was free
        deadline = time.monotonic() + SECONDS
        while not record.is_file() or not record.read_text():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"JupyterLab did not start:\n{self._log.read_text()}")
            time.sleep(0.1)
        # `reset`: without the notebooks that were open before.
        return f"{json.loads(record.read_text())['url']}lab/tree/{notebook}?token=secret&reset"

    def set_theme(self, name):
        """The theme of the pages opened from now on: "JupyterLab Light" or "JupyterLab Dark"."""
        self._settings.mkdir(parents=True, exist_ok=True)
        (self._settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))
        silent = {"fetchNews": "false", "checkForUpdates": False}
        (self._settings / "notification.jupyterlab-settings").write_text(json.dumps(silent))

    def close(self):
        """End the server and its kernels."""
        self._server.terminate()
        try:
            self._server.wait(15)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()


class Attendee:
    """Somebody at a page with an open notebook; `page` is Playwright's."""

    def __init__(self, page, address):
        self.page = page
        self._new_cells = 0
        page.set_default_timeout(1000 * SECONDS)
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell .cm-content")
        expect(page.get_by_text(re.compile(r"\| Idle$"))).to_be_visible(timeout=1000 * SECONDS)  # the kernel is there

    def cell(self, text):
        """The one code cell whose text matches a regular expression (from its beginning)."""
        code = self.page.locator(".cm-content", has_text=re.compile(rf"^\s*{text}"))
        return self.page.locator(".jp-Notebook .jp-CodeCell").filter(has=code)

    def type(self, cell, code):
        """Replace what stands in a cell."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def run(self, cell):
        """Run a cell with Shift+Enter, wait until it is done, and give its output area."""
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        cell.locator(".cm-content").press("Shift+Enter")
        expect(prompt).not_to_have_text(before, timeout=1000 * SECONDS)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=1000 * SECONDS)
        return cell.locator(".jp-OutputArea-output").first

    def run_new(self, after, code):
        """Run `code` in a new cell below the cell `after`, and give its output area."""
        after.locator(".cm-content").click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        active = self.page.locator(".jp-Notebook .jp-CodeCell.jp-mod-active")
        expect(active.locator(".cm-content")).to_have_text("")
        self._new_cells += 1  # the next cell will be the active one: give this one a name to find it by
        active.evaluate("(cell, number) => { cell.dataset.newCell = number }", self._new_cells)
        new = self.page.locator(f'[data-new-cell="{self._new_cells}"]')
        self.page.keyboard.press("Enter")
        self.page.keyboard.insert_text(code)
        return self.run(new)
