"""The HTML pages: whole, escaped, everybody's own, and the same again."""

import html.parser
import itertools
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.grading.reports.samples import few, names, room, rows_of
from workshop.exercises.catalogue import EXERCISES
from workshop.grading.reports.attendees import Attendee, attendees
from workshop.grading.reports.html import PEOPLE, attendee_page, class_page, write_html
from workshop.grading.rows import Row, printable

VOID = {"meta", "link", "input", "wbr"}
OURS = {
    "html",
    "head",
    "meta",
    "link",
    "title",
    "style",
    "script",
    "noscript",
    "body",
    "header",
    "main",
    "footer",
    "aside",
}
OURS |= {"section", "article", "div", "h1", "h2", "h3", "p", "pre", "ul", "li", "dl", "dt", "dd", "details", "summary"}
OURS |= {"table", "thead", "tbody", "tr", "th", "td", "a", "bdi", "code", "small", "span", "strong", "wbr"}
OURS |= {"button", "input", "label", "output", "svg", "defs", "pattern", "path", "circle", "rect"}


class Page(html.parser.HTMLParser):
    """A page taken apart: fails if an element is not closed, or is none that the templates have."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.texts, self.scripts, self.ids = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag in OURS
        self.attributes += [(tag, *pair) for pair in attributes]
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert self.open[-1] in ("svg", "pattern")
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.scripts if self.open and self.open[-1] in ("script", "style") else self.texts).append(data)

    @property
    def text(self):
        return "".join(self.texts)


def expect_safe(text):
    """Whatever the rows were: only our elements, no event handlers, no script or style but ours, no way to the outside."""
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert len(page.scripts) == 2
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name in ("href", "src"):
            assert re.fullmatch(rf"data:,|#.*|{PEOPLE}/[a-z0-9-]+\.html(#.*)?", value, re.DOTALL), (tag, value)
    return page


@few
@given(rows_of(), names)
def test_nothing_of_a_submission_gets_out_of_its_place(rows, title):
    people = attendees(rows)
    ours = Page(class_page([])).scripts
    for text in (class_page(people, title, title), *(attendee_page(attendee) for attendee in people)):
        assert expect_safe(text).scripts == ours
        text.encode()


@few
@given(rows_of())
def test_every_row_is_on_its_owners_page_and_the_same_rows_give_the_same_pages(rows):
    people = attendees(rows)
    for attendee in people:
        text = attendee_page(attendee)
        page = Page(text)
        for row in attendee.rows:
            assert row.counterexample in page.text
            assert _words(row.message) in _words(page.text) or row.verdict == "unattempted"
        assert attendee_page.__wrapped__(attendee) == text
    assert class_page(attendees(list(rows))) == class_page(people)


def _words(text):
    return "".join(text.replace("`", "").split())


def test_the_hint_stands_by_itself_below_what_it_is_about():
    row = Row("ann", "q_target", 1, "fail", 0.0, 1.0, "It is 2. Next: What is `gamma`?", "q_target(0)", 0.1)
    page = attendee_page(*attendees([row]))
    assert page.index("<p>It is 2.</p>") < page.index("<pre>q_target(0)</pre>")
    assert page.index("</pre>") < page.index("<p><strong>Next:</strong> What is <code>gamma</code>?</p>")


def test_an_attendee_sees_nothing_of_the_others_and_nothing_for_the_instructor():
    people = attendees([Row(**(vars(row) | {"detail": "for the instructor"})) for row in room(12)])
    for attendee, other in itertools.permutations(people, 2):
        page = attendee_page(attendee)
        assert attendee.name.split()[0] in page
        assert other.name not in page
        assert "for the instructor" not in page
    assert "for the instructor" not in class_page(people)


@given(st.lists(names, unique_by=printable, max_size=6))
def test_names_of_files_are_safe_and_no_two_are_one_on_any_file_system(submissions):
    rows = [Row(name, None, None, "ungradable", 0.0, 0.0, "", "", 0.0) for name in submissions]
    files = [attendee.file_name for attendee in attendees(rows)]
    assert len({unicodedata.normalize("NFC", name).casefold() for name in files}) == len(files)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", name) for name in files)


@pytest.mark.parametrize(
    "pair", [("a/b", "a_b"), ("Ann", "ann"), ("Zoë", "Zoe\u0308"), ("n" * 300, "n" * 301), ("", ".")]
)
def test_pages_of_similar_names_are_two(pair):
    one, other = (Attendee(name, ()).file_name for name in pair)
    assert one != other


def test_a_persons_files_are_one_line_unless_they_answer_the_same_exercise():
    def row(submission, exercise):
        return Row(submission, exercise, 1, "pass", 1.0, 1.0, "", "", 0.0)

    rows = [row("ann/one.ipynb", "q_target"), row("ann/two.ipynb", "td_update"), row("ben/one.ipynb", "q_target")]
    assert [attendee.name for attendee in attendees(rows)] == ["ann", "ben"]
    twice = [*rows, row("ann/copy.ipynb", "q_target")]
    assert [attendee.name for attendee in attendees(twice)] == [
        "ann/copy.ipynb",
        "ann/one.ipynb",
        "ann/two.ipynb",
        "ben",
    ]


def test_the_class_page_counts_what_is_in_the_rows():
    rows = room(30)
    page = Page(class_page(attendees(rows), "Session 1"))
    stuck = max(EXERCISES, key=lambda exercise: sum(_is_wrong(row) for row in rows if row.exercise == exercise.name))
    wrong = sum(_is_wrong(row) for row in rows if row.exercise == stuck.name)
    assert f"{stuck.number} {stuck.name} ({wrong} of 29 tried" in page.text
    assert all(row.mistake.replace("`", "") in page.text for row in rows)
    assert "JSON ends early" in page.text


def _is_wrong(row):
    return row.verdict not in ("pass", "unattempted", "borrowed")


def test_what_to_do_next_is_what_is_wrong_then_what_is_to_do():
    def next_of(*verdicts):
        rows = [
            Row("ann", exercise.name, 1, verdict, 0.0, 1.0, "", "", 0.0)
            for exercise, verdict in zip(EXERCISES, verdicts)
        ]
        return Page(attendee_page(*attendees(rows))).text

    first, second = EXERCISES[:2]
    assert f"Go on with {second.number} {second.name}" in next_of("unattempted", "fail")
    assert f"Write {first.number} {first.name}." in next_of("unattempted", "borrowed")
    assert f"Write your own {second.number} {second.name}" in next_of("pass", "borrowed")
    assert "Everything is right" in next_of("pass", "pass")


def test_a_room_of_two_hundred_is_a_page_of_less_than_a_megabyte():
    assert len(class_page(attendees(room(200))).encode()) < 500_000


def test_pages_are_written_where_they_changed_and_removed_when_their_attendee_is_gone(tmp_path):
    write_html(room(5), tmp_path, when="now")
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}
    assert len(files) == 6
    foreign = tmp_path / PEOPLE / "notes.html"
    foreign.write_text("mine")
    write_html(room(4), tmp_path, when="later")
    left = {path for path in files if path.exists()}
    assert len(left) == 5
    assert [path.name for path in left if path.stat().st_mtime_ns != files[path]] == ["index.html"]
    assert foreign.read_text() == "mine"


def test_a_page_of_somebody_else_is_not_overwritten(tmp_path):
    (tmp_path / "index.html").write_text("my home page")
    with pytest.raises(FileExistsError, match="give a folder of its own"):
        write_html([], tmp_path)
    assert (tmp_path / "index.html").read_text() == "my home page"


def test_only_a_run_that_goes_on_reloads_its_pages():
    people = attendees(room(1))
    for text in (class_page(people, seconds_until_reload=2), attendee_page(*people, seconds_until_reload=2)):
        assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in text
        assert 'data-reload="2"' in text
    assert "refresh" not in class_page(people)
