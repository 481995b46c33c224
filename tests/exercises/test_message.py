"""Messages: the same words in HTML and in plain text, and nothing in them acts."""

import html.parser
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.exercises.message import Message

_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_blocks = st.lists(
    st.tuples(st.sampled_from(["text", "code"]), _texts)
    | st.tuples(st.just("table"), st.lists(st.tuples(_texts, _texts), min_size=1, max_size=3)),
    max_size=3,
).map(tuple)


class Reader(html.parser.HTMLParser):
    """Collects tags, attributes and text, as a browser would."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.names, self.words = [], set(), ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.names |= {name for name, _ in attributes}

    def handle_data(self, data):
        self.words += data


@given(st.sampled_from(["good", "bad", "open"]), _texts, _blocks)
def test_html_says_the_same_and_nothing_in_it_acts(tone, heading, blocks):
    message = Message(tone, heading, blocks)
    page = Reader(message.html())
    assert set(page.tags) <= {"div", "strong", "pre", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.names <= {"style", "role", "scope"}
    for word in (heading, *(content for kind, content in blocks if kind != "table")):
        assert word.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "") in page.words.replace(
            "\r\n", "\n"
        ).replace("\r", "\n").replace("\0", "")
        assert all(line in message.text() for line in word.splitlines())


def test_text_of_a_table_is_aligned():
    rows = [("", ""), ("expected", "1.0"), ("what it is", "a\nb")]
    assert Message("bad", "✗", (("table", rows),)).text().splitlines() == [
        "✗",
        "",
        "  expected    1.0",
        "  what it is  a",
        "              b",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_terminal_can_show_it(encoding, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    Message("good", "✓ done é").show()
    stream.flush()
    assert b"done" in stream.buffer.getvalue()


def test_a_notebook_gets_both():
    bundle = Message("good", "✓ <b>")._repr_mimebundle_()
    assert bundle["text/plain"] == "✓ <b>"
    assert "&lt;b&gt;" in bundle["text/html"]
