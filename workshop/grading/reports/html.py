"""HTML for people: a class page for the instructor, and a page for each attendee.

Every page is one file that asks for nothing else: it opens from a memory stick, without a network. Whatever came from a
submission is escaped by Jinja2, and the page's own policy lets no script and no style run but those of this package.
"""

import base64
import errno
import functools
import hashlib
import html
import re
from pathlib import Path

import jinja2
from markupsafe import Markup

from workshop.files import write_whole
from workshop.grading.finding import OUR_PAGE
from workshop.grading.reports import attendees as people
from workshop.grading.reports.attendees import GROUPS, WORDS, attendees, tallies
from workshop.grading.rows import printable

_HERE = Path(__file__).parent
PEOPLE = "attendees"  # folder of the attendees' pages, beside the class page
_STUCK = 3  # exercises that are named as those where the room is stuck


def write_html(rows, directory, *, title="The class", when="", seconds_until_reload=None):
    """Write the class page, `index.html`, and `attendees/NAME.html` for each attendee. The same rows give the same bytes.

    Files that are as they should be are not written again, and pages of attendees who are gone are removed.

    Args:
        rows: list of `Row`, of any number of submissions; some may still be missing.
        directory: Path of a folder, which is made if it is not there.
        title: heading of the class page.
        when: when that was, in words, for the class page; "" to leave it out.
        seconds_until_reload: the pages load themselves again after so long, for a run that goes on; None for never.

    Raises:
        OSError: a file cannot be written; or `index.html` is there already and is none of ours.
    """
    refuse_another_page(directory)
    index, folder = directory / "index.html", directory / PEOPLE
    folder.mkdir(parents=True, exist_ok=True)
    room = attendees(rows)
    pages = {folder / f"{attendee.file_name}.html": attendee_page(attendee, seconds_until_reload) for attendee in room}
    pages[index] = class_page(room, title, when, seconds_until_reload)  # last: what it leads to is there then
    for path, text in pages.items():
        data = text.encode()
        if not path.exists() or path.read_bytes() != data:
            write_whole(path, data)
    for path in set(folder.glob("*.html")) - pages.keys():
        if path.is_file() and OUR_PAGE in path.read_bytes():
            path.unlink()


def refuse_another_page(directory):
    """Raises OSError where a folder has an `index.html` that is none of ours."""
    index = directory / "index.html"
    if index.exists() and OUR_PAGE not in index.read_bytes():
        raise FileExistsError(errno.EEXIST, "there is another page of that name; give a folder of its own", str(index))


def class_page(room, title="The class", when="", seconds_until_reload=None):
    """The text of the class page.

    Args:
        room: list of `Attendee`.
        title, when, seconds_until_reload: as for `write_html`.
    """
    exercises = tallies(room)
    stuck = sorted((tally for tally in exercises if tally.groups["wrong"]), key=lambda tally: -tally.groups["wrong"])
    mistakes = [mistake for tally in exercises for mistake in tally.mistakes.values()]
    rows = [row for attendee in room for row in attendee.rows]
    return _render(
        "class.html",
        title=printable(title),
        when=printable(when),
        room=room,
        rows=rows,
        exercises=exercises,
        stuck=stuck[:_STUCK],
        mistakes=sorted(mistakes, key=lambda mistake: -len(mistake.who)),
        seeds=sorted({row.seed for row in rows if row.seed is not None}),
        seconds_until_reload=seconds_until_reload,
    )


@functools.lru_cache(maxsize=1000)  # of a room that is graded while files arrive, most pages stay as they are
def attendee_page(attendee, seconds_until_reload=None):
    """The text of an `Attendee`'s page: their own rows, and nothing about anybody else."""
    return _render("attendee.html", attendee=attendee, seconds_until_reload=seconds_until_reload)


def _render(template, **values):
    return _environment().get_template(template).render(values) + "\n"


@functools.cache
def _environment():
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (_HERE / "page.css").read_text("utf-8"), (_HERE / "page.js").read_text("utf-8")
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    environment.globals.update(
        style=Markup(style),
        script=Markup(script),
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        words=WORDS,
        groups=GROUPS,
        people=PEOPLE,
        number_of=people.number_of,
        is_stretch=people.is_stretch,
        in_two=_in_two,
    )
    environment.filters.update(prose=_prose, breakable=_breakable, duration=_duration)
    return environment


def _hash(text):
    """A source expression of a Content-Security-Policy: the script or style with exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _in_two(message):
    """What a message says, and the hint that it ends with, or ""."""
    said, _, hint = message.rpartition(" Next: ")
    return (said, hint) if said else (message, "")


def _prose(text):
    """Escaped; what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text)))


def _breakable(name):
    """Escaped; a long name may break after an underscore."""
    return Markup(html.escape(name).replace("_", "_<wbr>"))


def _duration(seconds):
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
