"""What every plot returns: a picture that says in words what it shows, and several of them behind a slider.

Nothing here touches pyplot: figures are drawn off-screen, so that a plot works without a display, does not show up
twice in a notebook, and leaves an attendee's own figures alone.
"""

import base64
import functools
import html
import io
import json
import re
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

# Okabe and Ito, "Color Universal Design" (2008): eight colours that colour-blind readers can tell apart.
BLACK, ORANGE, SKY_BLUE, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#6B6B6B"

_STYLE = {
    "axes.edgecolor": GREY,
    "axes.facecolor": "white",
    "axes.labelcolor": BLACK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.dpi": 144,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "grid.color": "#DDDDDD",
    "legend.frameon": False,
    "text.color": BLACK,
    "text.usetex": False,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
}


def drawing(draw):
    """Decorator: `draw` runs in the kit's style, whatever the notebook has set."""

    @functools.wraps(draw)
    def styled(*args, **kwargs):
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return styled


def new_figure(width, height):
    """An empty Figure of width × height inches, laid out so that nothing is cut off."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def plain(text):
    """A label as words: without the marks of a formula and on one line."""
    return re.sub(r"[${}\\]", "", text).replace("\n", " ")


class Picture:
    """A PNG with its text alternative; a notebook shows it, a terminal prints the words.

    Args:
        png: bytes of a PNG.
        alt: what the picture shows, its numbers included, for readers who do not see it.
        caption: one line below the picture, or "".
        scale: pixels of the PNG for each pixel of the page.
    """

    def __init__(self, png, alt, caption="", scale=1.5):
        self.png = png
        self.alt = alt
        self.caption = caption
        self.scale = scale

    @classmethod
    def from_figure(cls, figure, alt, caption=""):
        """A Matplotlib figure, rendered with 64 colours: a slider of twenty stays below half a megabyte."""
        figure.canvas.draw()
        return cls(_png(np.asarray(figure.canvas.buffer_rgba())[..., :3], colours=64), alt, caption)

    @classmethod
    def from_array(cls, pixels, alt, caption=""):
        """A picture of an environment: `pixels` is uint8 (height, width, 3), shown pixel by pixel."""
        return cls(_png(pixels, colours=256), alt, caption, scale=1.0)

    @property
    def uri(self):
        """The PNG as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()

    @property
    def width(self):
        """Width on the page, in pixels."""
        return round(Image.open(io.BytesIO(self.png)).width / self.scale)

    def _image(self):
        alt = html.escape(self.alt, quote=True)
        return f'<img src="{self.uri}" alt="{alt}" width="{self.width}" style="max-width: 100%; height: auto">'

    def _repr_mimebundle_(self, include=None, exclude=None):
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        return {
            "text/html": f'<figure style="margin: 0.5em 0">{self._image()}{caption}</figure>',
            "text/plain": repr(self),
        }

    def __repr__(self):
        return f"[picture: {self.alt}]" + (f"\n{self.caption}" if self.caption else "")


class Scrubber:
    """Pictures behind a slider and a play button: self-contained HTML that also works with the keyboard.

    Without its script (a viewer that does not trust the notebook) it is the picture it starts with. Its controls carry
    `data-lm-suppress-shortcuts`, without which JupyterLab takes the arrow keys to move from cell to cell.

    Args:
        pictures: list of Picture of one size; their captions are what the slider says at each place.
        label: name of the slider, "sweep" say.
        start: index of the picture shown first; the last one unless told.
        milliseconds: time for each picture while it plays.
    """

    def __init__(self, pictures, label, start=-1, milliseconds=400):
        if not pictures:
            raise ValueError("There is nothing to show: a slider needs at least one picture.")
        self.pictures = list(pictures)
        self.label = label
        self.start = range(len(self.pictures))[start]
        self.milliseconds = milliseconds

    def _repr_mimebundle_(self, include=None, exclude=None):
        first = self.pictures[self.start]
        frames = [{"src": picture.uri, "alt": picture.alt, "caption": picture.caption} for picture in self.pictures]
        data = json.dumps(frames).replace("<", "\\u003c")  # no frame may end the script that holds it
        label = html.escape(self.label)
        fragment = f"""<figure class="workshop-scrubber" style="margin: 0.5em 0" data-milliseconds="{self.milliseconds}">
{first._image()}
<div class="controls" style="display: none; align-items: center; gap: 0.7em; max-width: {first.width}px">
<button type="button" data-lm-suppress-shortcuts="true" style="min-width: 6em">▶ Play</button>
<label style="flex: 1; display: flex; align-items: center; gap: 0.5em">{label}
<input type="range" min="0" max="{len(frames) - 1}" step="1" value="{self.start}"
 data-lm-suppress-shortcuts="true" style="flex: 1"></label>
</div>
<figcaption>{html.escape(first.caption)}</figcaption>
<script type="application/json">{data}</script>
</figure>
<script>{_script()}</script>"""
        return {"text/html": fragment, "text/plain": repr(self)}

    def __repr__(self):
        number = f"{self.label}: {len(self.pictures)} pictures, this is number {self.start + 1}"
        return f"[{number}: {self.pictures[self.start].alt}]\n{self.pictures[self.start].caption}".rstrip()


@functools.cache
def _script():
    return Path(__file__).with_name("scrubber.js").read_text(encoding="utf-8")


def _png(pixels, colours):
    image = Image.fromarray(np.ascontiguousarray(pixels)).quantize(colours, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
