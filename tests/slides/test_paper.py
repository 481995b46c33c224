"""`make slides` where there is no browser, or none that starts: the HTML decks are there, and a sentence, no traceback."""

import pytest

from slides import __main__ as command
from slides import build, paper, photograph


@pytest.fixture
def folder(monkeypatch, tmp_path):
    deck = tmp_path / "opening.html"
    monkeypatch.setattr(build, "write_html", lambda into: deck.write_text("a deck") and [deck])
    monkeypatch.setattr(photograph, "OUTPUT", tmp_path)
    return tmp_path


def broken_browser(folder):
    program = folder / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("browsers", [lambda folder: (), lambda folder: (str(broken_browser(folder)),)])
def test_without_a_browser_there_are_html_decks_and_a_sentence(monkeypatch, folder, capsys, browsers):
    monkeypatch.setattr(paper, "BROWSERS", browsers(folder))
    monkeypatch.setattr(paper, "ON_MACOS", ())
    assert command.main(["--into", str(folder)]) == 0
    said = capsys.readouterr()
    assert "no PDFs" in said.err
    assert "opening.html" in said.out
    assert ".pdf" not in said.out
    assert photograph.main() == 0
    assert "nobody has looked" in capsys.readouterr().err


def test_without_slides_there_is_nothing_to_photograph(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(photograph, "OUTPUT", tmp_path / "slides")
    assert photograph.main() == 1
    assert "make slides" in capsys.readouterr().err
