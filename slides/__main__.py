"""The command: python -m slides [--html-only] [--accept] [--into FOLDER]."""

import argparse
import sys
import time
from pathlib import Path

from slides import build
from slides.paper import NoBrowser, open_browser, write_pdf
from slides.reviewed import accept


def main(arguments=None):
    """Write the decks. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m slides", description="Write the slides as HTML and PDF.")
    parser.add_argument("--into", type=Path, default=build.OUTPUT, help="folder to write to (default: build/slides)")
    parser.add_argument("--html-only", action="store_true", help="no PDF, even where there is a browser")
    parser.add_argument(
        "--accept", action="store_true", help="record what figures, code and numbers show now as reviewed"
    )
    options = parser.parse_args(arguments)
    if options.accept:
        return print(f"{accept()} written. Read the slides that its changes are on.")
    started = time.monotonic()
    files = build.write_html(options.into)
    has_pdf = not options.html_only
    try:
        if has_pdf:
            with open_browser() as browser:
                write_pdf(browser, files)
    except NoBrowser as problem:
        has_pdf = False
        print(f"{problem}: no PDFs. The HTML decks are complete.", file=sys.stderr)
    for file in files:
        print(f"{file}  {file.stat().st_size / 1e6:.1f} MB" + (", and .pdf" if has_pdf else ""))
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
