"""The letters travel with the page, so that it looks, and breaks its lines, the same on every machine.

DejaVu comes with Matplotlib; of each face only the letters go in that a deck uses.
"""

import base64
import functools
import io
from pathlib import Path

import matplotlib
from fontTools import subset
from fontTools.ttLib import TTFont

FACES = (
    ("Deck", "normal", "DejaVuSans.ttf"),
    ("Deck", "bold", "DejaVuSans-Bold.ttf"),
    ("Deck Mono", "normal", "DejaVuSansMono.ttf"),
    ("Deck Mono", "bold", "DejaVuSansMono-Bold.ttf"),
)


def font_css(text):
    """Rules `@font-face` with the letters of `text` in them."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url(data:font/woff;base64,{_face(file, letters)}) }}'
        for letters in ["".join(sorted({*text, *map(chr, range(32, 127))}))]
        for family, weight, file in FACES
    )


@functools.lru_cache
def _face(file, letters):
    font = TTFont(Path(matplotlib.get_data_path(), "fonts", "ttf", file))
    options = subset.Options(
        flavor="woff", layout_features=["kern"], notdef_outline=True, drop_tables=["FFTM", "GPOS", "GSUB", "GDEF"]
    )
    smaller = subset.Subsetter(options)
    smaller.populate(text=letters)
    smaller.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode()
