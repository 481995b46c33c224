import io
import json
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.plots.conftest import assert_is_sound, pixels
from workshop import plots
from workshop.plots.picture import Picture, Scrubber, plain

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)
TRICKY = ['"><script>alert(1)</script>', "a & b < c", "</script>", "γ = 0.9, −1", 'it\'s "quoted"', "<!-- <script>"]
NASTY_TEXTS = TEXTS | st.sampled_from(TRICKY)


class Parsed(HTMLParser):
    """The elements of a fragment of HTML as (name, attributes, text inside), in order of their start."""

    def __init__(self, fragment):
        super().__init__()
        self.elements, self._open, self.ancestors = [], [], {}
        self.feed(fragment)
        self.close()

    def handle_starttag(self, name, attributes):
        self.ancestors[len(self.elements)] = [self.elements[number][0] for number in self._open]
        if name not in ("img", "input"):
            self._open.append(len(self.elements))
        self.elements.append([name, dict(attributes), ""])

    def handle_endtag(self, name):
        assert self.elements[self._open.pop()][0] == name, "tags are nested"

    def handle_data(self, data):
        if self._open:
            self.elements[self._open[-1]][2] += data

    def all(self, name):
        return [element for element in self.elements if element[0] == name]

    def one(self, name):
        (element,) = self.all(name)
        return element


def small_picture(shade, alt="a square of one colour", caption=""):
    return Picture.from_array(np.full((4, 5, 3), shade, np.uint8), alt, caption)


def html_of(shown):
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    return Parsed(bundle["text/html"])


@given(NASTY_TEXTS, NASTY_TEXTS)
def test_html_says_what_the_picture_says(alt, caption):
    parsed = html_of(small_picture(7, alt, caption))
    image = parsed.one("img")[1]
    assert image["alt"] == alt
    assert image["src"].startswith("data:image/png;base64,")
    assert [element[2] for element in parsed.all("figcaption")] == ([caption] if caption else [])
    assert not parsed.all("script")


@given(NASTY_TEXTS, NASTY_TEXTS)
def test_a_terminal_prints_the_words(alt, caption):
    assert str(small_picture(7, alt, caption)) == f"[picture: {alt}]" + (f"\n{caption}" if caption else "")


@given(st.lists(st.tuples(NASTY_TEXTS, NASTY_TEXTS), min_size=1, max_size=6), NASTY_TEXTS, st.data())
def test_scrubber_holds_every_picture(words, label, data):
    pictures = [small_picture(shade, alt, caption) for shade, (alt, caption) in enumerate(words)]
    start = data.draw(st.integers(-len(pictures), len(pictures) - 1))
    scrubber = Scrubber(pictures, label, start)
    parsed = html_of(scrubber)

    holder, _ = parsed.all("script")
    assert holder[1] == {"type": "application/json"}
    frames = json.loads(holder[2])
    assert frames == [{"src": p.uri, "alt": p.alt, "caption": p.caption} for p in pictures]

    shown = pictures[start]
    assert parsed.one("img")[1]["alt"] == shown.alt
    assert parsed.one("img")[1]["src"] == shown.uri
    assert parsed.one("figcaption")[2] == shown.caption
    assert shown.alt in str(scrubber)

    slider = parsed.one("input")[1]
    assert (slider["type"], slider["min"], slider["max"]) == ("range", "0", str(len(pictures) - 1))
    assert pictures[int(slider["value"])] is shown
    assert "label" in parsed.ancestors[parsed.elements.index(parsed.one("input"))]
    assert parsed.one("label")[2].strip() == label.strip()


def test_scrubber_stands_alone():
    scrubber = Scrubber([small_picture(0), small_picture(255)], "step")
    for name, attributes, text in html_of(scrubber).elements:
        assert "http" not in text
        for attribute, value in attributes.items():
            assert not attribute.startswith("on"), "no handler in an attribute"
            assert attribute != "id", "two of them on one page share no name"
            assert not (name in ("script", "link") and attribute in ("src", "href")), "nothing comes from elsewhere"
            assert "http" not in value


def test_scrubber_of_nothing():
    with pytest.raises(ValueError, match="at least one picture"):
        Scrubber([], "step")


def test_scrubber_start_outside():
    with pytest.raises(IndexError):
        Scrubber([small_picture(0)], "step", start=1)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 256), st.integers(0, 2**32))
def test_pixels_survive(height, width, colours, seed):
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (colours, 3), dtype=np.uint8)
    frame = palette[rng.integers(colours, size=(height, width))]
    picture = Picture.from_array(frame, "noise")
    np.testing.assert_array_equal(pixels(picture), frame)
    assert picture.width == width


def test_png_is_small():
    picture = plots.agent_loop()
    raw = io.BytesIO()
    Image.fromarray(pixels(picture)).save(raw, "PNG")
    assert len(picture.png) < len(raw.getvalue())


@settings(max_examples=20)
@given(st.integers(0, 99), st.sampled_from("abcs"))
def test_plain_leaves_the_words_of_a_formula(index, letter):
    assert plain(f"${letter}_{{{index}}}$ →\n1") == f"{letter}_{index} → 1"


def test_agent_loop():
    picture = plots.agent_loop()
    assert_is_sound(picture)
    for word in ("agent", "environment", "action", "reward", "state"):
        assert word in picture.alt


def test_a_notebook_with_its_own_style_gets_the_same_picture():
    values = np.arange(6.0)
    expected = plots.bars(values, list("abcdef"), "Bars").png
    loud = {"figure.facecolor": "black", "text.color": "white", "font.size": 30, "axes.facecolor": "red"}
    with matplotlib.rc_context(loud):
        assert plots.bars(values, list("abcdef"), "Bars").png == expected
        assert matplotlib.rcParams["font.size"] == 30


def test_pyplot_stays_out_of_it():
    program = "import sys, workshop.plots as p; p.agent_loop(); sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
