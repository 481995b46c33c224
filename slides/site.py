"""A small static site to look at first: python -m slides.site writes build/site, ready for any host or for `file://`.

Notebooks as pages, the talk, a gallery of every picture and film of the slides, and the results with their raw logs.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

import jinja2
import nbformat

from slides import figures, markup
from slides.build import OUTPUT, decks
from slides.exhibits import TABLES
from slides.numbers import RESULTS, ROOT, number

SITE = ROOT / "build" / "site"
_PAGE = Path(__file__).with_name("page")
PAGES = (
    ("index.html", "Start"),
    ("talk.html", "The talk"),
    ("notebooks.html", "Notebooks"),
    ("gallery.html", "Gallery"),
    ("results.html", "Results"),
    ("run_sheet.html", "For instructors"),
)
_LEADS_OUT = re.compile(r"(\]\()(?!https?://|#)([^)\s]+)(\))")  # a link in Markdown to a file of the kit


class NoSite(Exception):
    """The folder holds what is no site; it is left as it is."""


def write_site(folder=SITE, slides=OUTPUT):
    """Write the site into a folder, which is made anew; `slides` is where `make slides` wrote. Returns its files.

    Raises NoSite where the folder holds anything but an earlier site.
    """
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "gallery" / "pong_film.mp4").is_file():
            raise NoSite(f"{folder} is there already, and is no site: name a new folder with --into.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    writers = (_index, _talk, _notebooks, _gallery, _results, _run_sheet)
    for (file, title), body in zip(PAGES, writers):
        _write(folder, file, title, body(folder, slides))
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write(folder, file, title, body):
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((_PAGE / "site.html").read_text(encoding="utf-8"))
    css = (_PAGE / "site.css").read_text(encoding="utf-8") + markup.code_css()
    depth = "../" * file.count("/")
    pages = [(depth + page, name) for page, name in PAGES]
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    html = template.render(
        title=f"{title}: playing Atari with deep RL", css=css, pages=pages, here=depth + file, body=_for_everybody(body)
    )
    (folder / file).write_text(html, encoding="utf-8")


def _index(folder, slides):
    film = _film(folder, "pong_film")
    cards = "".join(f'<li><a href="{file}">{name}</a></li>' for file, name in PAGES[1:])
    return f"""<h1>Playing Atari with deep RL</h1>
<p>Three sessions of 50 minutes. You write a deep Q-network piece by piece, every answer is checked at once, and at the end an agent
plays Pong on your own laptop. This one trained for {number("our_pong_minutes")} minutes on {number("our_cores")} cores:</p>
{film}
<pre tabindex="0"><code>make lab     # sets everything up, then opens JupyterLab on Session 1
make test    # the same set-up, then the tests and the solutions</code></pre>
<ul class="cards">{cards}</ul>"""


def _talk(folder, slides):
    target, rows = folder / "talk", []
    target.mkdir()
    for deck in decks():
        for suffix in (".html", ".pdf"):
            if (slides / f"{deck.name}{suffix}").exists():
                shutil.copy(slides / f"{deck.name}{suffix}", target)
        pdf = f', <a href="talk/{deck.name}.pdf">PDF</a>' if (target / f"{deck.name}.pdf").exists() else ""
        titles = "".join(
            f'<li><a href="talk/{deck.name}.html#{slide.name}">{markup.inline(slide.title)}</a></li>'
            for slide in deck.slides
        )
        rows.append(
            f'<h2><a href="talk/{deck.name}.html">{deck.title}</a></h2><p>{len(deck.slides)} slides{pdf}</p><ol>{titles}</ol>'
        )
    return "<h1>The talk</h1><p>The key ? shows the keys; on a phone slides stand below each other.</p>" + "".join(rows)


def _notebooks(folder, slides):
    rows = []
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook, parts = nbformat.read(file, as_version=4), []
        for cell in notebook.cells:
            if cell.cell_type == "code":
                parts.append(f"<pre>{markup.code(cell.source)}</pre>")
            else:  # a page has one heading of level 1
                parts.append(markup.markdown(re.sub(r"(?m)^# ", "## ", cell.source) if parts else cell.source))
        title = re.sub(r"^#+ ", "", notebook.cells[0].source.splitlines()[0])
        (folder / "notebooks").mkdir(exist_ok=True)
        shutil.copy(file, folder / "notebooks")
        _write(folder, f"notebooks/{file.stem}.html", title, "".join(parts))
        rows.append(
            f'<li><a href="notebooks/{file.stem}.html">{title}</a> (<a href="notebooks/{file.name}" download>.ipynb</a>)</li>'
        )
    return (
        "<h1>Notebooks</h1><p>As an attendee gets them: with gaps and without output. To work in them, <code>make lab</code>.</p>"
        f'<ul class="cards">{"".join(rows)}</ul>'
    )


def _gallery(folder, slides):
    shown = []
    for name in figures.names():
        if hasattr(figures.picture(name), "mp4"):
            shown.append(_film(folder, name))
            continue
        picture = figures.picture(name)
        (folder / "gallery").mkdir(exist_ok=True)
        (folder / "gallery" / f"{name}.png").write_bytes(picture.png)
        shown.append(
            f'<figure><img src="gallery/{name}.png" alt="{markup.escape(picture.alt)}" loading="lazy"><figcaption>{name.replace("_", " ")}</figcaption></figure>'
        )
    return f'<h1>Gallery</h1><p>Every picture and film of the slides, drawn by the kit.</p><div class="gallery">{"".join(shown)}</div>'


def _film(folder, name):
    film = figures.picture(name)
    (folder / "gallery").mkdir(exist_ok=True)
    (folder / "gallery" / f"{name}.mp4").write_bytes(film.mp4)
    (folder / "gallery" / f"{name}.png").write_bytes(film.poster)
    return (
        f'<figure><video controls muted loop playsinline preload="none" src="gallery/{name}.mp4" poster="gallery/{name}.png" '
        f'aria-label="{markup.escape(film.alt)}"></video><figcaption>{markup.escape(film.alt)}</figcaption></figure>'
    )


def _results(folder, slides):
    head, rows, caption = TABLES["scores"]()
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]
    shutil.copytree(RESULTS, folder / "results")
    files = sorted(path.relative_to(folder).as_posix() for path in (folder / "results").rglob("*") if path.is_file())
    # A link to a folder leads to the first file of it in this list: no page lists a folder on every host.
    first_files = {file.rpartition("/")[0]: file for file in reversed(files)}
    ids = {file: f' id="{place}"' for place, file in first_files.items()}
    logs = "".join(
        f'<li{ids.get(file, "")}><a href="{file}">{file.removeprefix("results/")}</a></li>' for file in files
    )
    readme = (
        (ROOT / "benchmarks" / "README.md")
        .read_text(encoding="utf-8")
        .replace("# Benchmarks", "## How it was measured", 1)
    )

    def lead(link):
        before, target, after = link.groups()
        place = folder / target.split("#")[0]
        if place.is_dir():
            return f"{before}#{target.rstrip('/')}{after}"
        return link[0] if place.exists() else f"{before}results.html{after}"

    readme = _LEADS_OUT.sub(lead, readme)
    return (
        f"<h1>Results</h1>{markup.markdown(chr(10).join(lines))}<p>{markup.inline(caption)}</p>"
        f"<h2>Raw logs</h2><ul>{logs}</ul>{markup.markdown(readme)}"
    )


def _run_sheet(folder, slides):
    text = (ROOT / "slides" / "run_sheet.md").read_text(encoding="utf-8")
    return markup.markdown(text)


def _for_everybody(html):
    """What is wider than a phone scrolls in a box that the keyboard reaches, and no heading of a column is empty."""
    box = '<div class="wide" tabindex="0" role="group" aria-label="table">'
    html = (
        html.replace("<table", f"{box}<table").replace("</table>", "</table></div>").replace("<th></th>", "<td></td>")
    )
    return html.replace("<pre>", '<pre tabindex="0">')


def main(arguments=None):
    """Write the site. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m slides.site", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--into", type=Path, default=SITE, help="a folder; an earlier site in it goes (default: build/site)"
    )
    options = parser.parse_args(arguments)
    if not OUTPUT.is_dir():
        return print("There are no slides yet: run `make slides` first.", file=sys.stderr) or 1
    try:
        files = write_site(options.into)
    except NoSite as problem:
        return print(problem, file=sys.stderr) or 1
    print(
        f"{options.into / 'index.html'}: {len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.1f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
