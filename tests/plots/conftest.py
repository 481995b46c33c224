import io

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from workshop.plots.picture import Picture


@pytest.fixture
def figures(monkeypatch):
    """The Matplotlib figures behind the pictures drawn in this test, in order."""
    kept = []
    from_figure = Picture.from_figure.__func__

    def keep(cls, figure, alt, caption=""):
        kept.append(figure)
        return from_figure(cls, figure, alt, caption)

    monkeypatch.setattr(Picture, "from_figure", classmethod(keep))
    return kept


def pixels(picture):
    """What the PNG shows: uint8 (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


def written(figure):
    """Every text that can be read on a figure."""
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    return [text.get_text() for text in texts]


def assert_is_sound(picture):
    """A picture that shows something, and says what."""
    image = pixels(picture)
    assert image.std() > 1, "a blank picture"
    assert len(picture.alt) > 20
    assert not set("$\n") & set(picture.alt), "marks that a screen reader would spell out"
