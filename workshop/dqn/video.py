"""Moments of a game as a video: the screen, beside it Q-values as bars, and below them V(s) over time."""

import contextlib
from collections import deque
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workshop.plots.picture import BLUE, GREY, ORANGE, VERMILLION

STEPS_PER_SECOND = 15  # 60 frames of the console, 4 in a step
GIF_PICTURES = 1000  # at most; a longer game shows fewer of its steps
SCALE = 2  # pixels for one of the console's
PANEL = 300  # pixels, to the right of the screen
STRIP = 100  # pixels, the height of V(s) over time
REMEMBERED = 200  # steps in it


class VideoError(Exception):
    """A video that cannot be written; the sentence says what can."""


class Panel:
    """Draws moments, one after the other.

    Args:
        actions: tuple of str, what the actions do.
        title: str.
    """

    def __init__(self, actions, title):
        self.actions, self.title = actions, title
        self._values = deque(maxlen=REMEMBERED)
        self._reach = 0.1  # the greatest |Q| so far: the bars' scale does not jump to and fro

    def draw(self, moment):
        """The picture of a `Moment`, a PIL image in RGB."""
        rows, cols = moment.screen.shape[0] * SCALE, moment.screen.shape[1] * SCALE
        picture = Image.new("RGB", (cols + PANEL, rows), "white")
        draw = ImageDraw.Draw(picture)
        self._values.append(float(moment.q_values.max()))
        self._reach = max(self._reach, float(np.abs(moment.q_values).max()))
        left, right = cols + 12, cols + PANEL - 12
        draw.text((left, 8), self.title, "black", _font(13, bold=True))
        draw.text((left, 28), f"score {_number(moment.score, 0)}", "black", _font(16, bold=True))
        self._bars(draw, moment, left, right, 60, rows - STRIP - 40)
        self._strip(draw, left, right, rows - STRIP - 30, rows - 10)
        # The edges of letters have all shades of grey; sixteen leave room in the palette of a GIF.
        picture = picture.point([round(value / 17) * 17 for value in range(256)] * 3)
        picture.paste(Image.fromarray(moment.screen).resize((cols, rows), Image.Resampling.NEAREST))
        return picture

    def _bars(self, draw, moment, left, right, top, bottom):
        """A bar for each Q, from the line of zero to the right or to the left; the action that is taken is framed."""
        height = min((bottom - top) / len(self.actions), 30)
        font = _font(min(12, int(height * 0.75)))
        zero, half = (left + 88 + right - 44) / 2, (right - 44 - left - 88) / 2
        for number, (name, value) in enumerate(zip(self.actions, moment.q_values.tolist(), strict=True)):
            y = top + number * height
            taken = number == moment.action
            end = zero + half * value / self._reach
            box = (min(zero, end), y + 0.2 * height, max(zero, end), y + 0.8 * height)
            draw.rectangle(box, fill=VERMILLION if taken else BLUE)
            draw.text((left + 12, y + height / 2), name, "black", font, anchor="lm")
            draw.text((right, y + height / 2), _number(value, 2), "black", font, anchor="rm")
            if taken:
                draw.rectangle((left - 4, y, right + 4, y + height), outline="black")
                draw.text((left, y + height / 2), "?" if moment.random else "▶", "black", font, anchor="lm")
        draw.line((zero, top, zero, top + height * len(self.actions)), fill=GREY)
        note = "▶ does this" if not moment.random else "? does this, by chance"
        draw.text((left, top + height * len(self.actions) + 4), note, GREY, _font(11))

    def _strip(self, draw, left, right, top, bottom):
        draw.text((left, top - 2), f"V(s) = max Q = {_number(self._values[-1], 2)}", "black", _font(12))
        top += 18
        values = np.array(self._values)
        least, most = min(values.min(), 0.0), max(values.max(), 0.0)
        scale = (bottom - top) / max(most - least, 1e-6)
        points = [
            (left + (right - left) * i / (REMEMBERED - 1), bottom - scale * (value - least))
            for i, value in enumerate(values)
        ]
        zero = bottom - scale * (0 - least)
        draw.line((left, zero, right, zero), fill=GREY)
        draw.text((right, zero - 1), "0", GREY, _font(10), anchor="rs")
        draw.line(points, fill=ORANGE, width=2)
        x, y = points[-1]
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=ORANGE)


def check_video_file(file):
    """Refuse a file that no video can be written to, before a game is played for it. Raises VideoError."""
    if file.suffix.lower() not in (".gif", ".mp4"):
        raise VideoError(f"A video is a .mp4 or a .gif, and {file.name!r} is neither.")
    if not file.parent.is_dir():
        raise VideoError(f"There is no folder {file.parent} to write {file.name} into.")
    if file.suffix.lower() == ".mp4":
        _ffmpeg()


def write_video(file, pictures):
    """Write a .mp4 or .gif; nothing of it is there before it is whole.

    Args:
        file: Path.
        pictures: iterable of PIL images of one size, `STEPS_PER_SECOND` of them for each second.

    Raises:
        VideoError
    """
    partial = file.with_name(f".unfinished-{file.name}")
    write = _write_gif if file.suffix.lower() == ".gif" else _write_mp4
    try:
        write(partial, pictures)
        partial.replace(file)
    except OSError as error:
        raise VideoError(f"{file} was not written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _write_mp4(file, pictures):
    imageio = _ffmpeg()
    settings = {"fps": STEPS_PER_SECOND, "codec": "libx264", "macro_block_size": 2, "ffmpeg_log_level": "error"}
    with imageio.get_writer(file, format="FFMPEG", mode="I", **settings) as writer:
        for picture in pictures:
            writer.append_data(np.asarray(picture))


def _ffmpeg():
    try:
        import imageio.v2 as imageio
        import imageio_ffmpeg

        imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):  # not installed, or without the program ffmpeg
        raise VideoError(
            "A .mp4 needs the package imageio-ffmpeg (`make setup` installs it). A .gif needs nothing more."
        ) from None
    return imageio


def _write_gif(file, pictures):
    """Every second step, in one palette: a game of Pong then takes some megabytes. Pillow stores what changes."""
    kept, stride, palette = [], 2, _Palette()
    for number, picture in enumerate(pictures):
        if number % stride:
            continue
        kept.append(palette.reduce(picture))
        if len(kept) == GIF_PICTURES:
            kept, stride = kept[::2], 2 * stride
    for picture in kept:
        picture.putpalette(palette.image.getpalette())  # one for all, so that it is stored once
    milliseconds = round(1000 * stride / STEPS_PER_SECOND)
    kept[0].save(file, "GIF", save_all=True, append_images=kept[1:], duration=milliseconds, loop=0, optimize=False)


class _Palette:
    """256 colours, taken as they turn up: a game shows few, but not all of them in its first picture."""

    def __init__(self):
        self.image, self._colours = Image.new("P", (1, 1)), {}

    def reduce(self, picture):
        """A picture in RGB with the palette's colours; where more turn up than it can hold, the nearest ones."""
        found = [colour for _, colour in picture.getcolors(picture.width * picture.height)]
        new = [colour for colour in found if colour not in self._colours][: 256 - len(self._colours)]
        if new:
            self._colours.update(dict.fromkeys(new))
            listed = [value for colour in self._colours for value in colour]
            self.image.putpalette(listed + listed[:3] * (256 - len(self._colours)))
        return picture.quantize(palette=self.image, dither=Image.Dither.NONE)


_FONTS = {}


def _font(size, bold=False):
    """DejaVu Sans, which Matplotlib brings along."""
    if (size, bold) not in _FONTS:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        _FONTS[size, bold] = ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts/ttf", name)), size)
    return _FONTS[size, bold]


def _number(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")
