"""Games as a video inside the notebook: self-contained, it plays without a network."""

import base64
import html
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workshop.plots.film import film

HEADING = 44  # pixels above a game, for its name and what is said of it
GAP = 8
STILLS = 40  # pictures behind a slider, where no video can be made


class Video:
    """An MP4 with the browser's own controls, which the keyboard reaches; a terminal prints the words.

    `data-lm-suppress-shortcuts` keeps JupyterLab from taking the arrow keys and the space bar from it.

    Args:
        mp4: bytes.
        alt: what it shows, in words.
        caption: one line below it, or "".
        width: on the page, in pixels.
    """

    def __init__(self, mp4, alt, caption="", width=640):
        self.mp4, self.alt, self.caption, self.width = mp4, alt, caption, width

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = base64.b64encode(self.mp4).decode()
        alt, caption = html.escape(self.alt, quote=True), html.escape(self.caption)
        fragment = f"""<figure style="margin: 0.5em 0">
<video controls muted playsinline preload="auto" tabindex="0" aria-label="{alt}" width="{self.width}"
 style="max-width: 100%; height: auto" data-lm-suppress-shortcuts="true" src="data:video/mp4;base64,{data}">{alt}</video>
<figcaption>{caption}</figcaption>
</figure>"""
        return {"text/html": fragment, "text/plain": repr(self)}

    def __repr__(self):
        return f"[video: {self.alt}]" + (f"\n{self.caption}" if self.caption else "")


def video(games, caption="", frames_per_second=15, scale=2):
    """Games beside each other, as many frames as the shortest has, each with its name and a line above it.

    Args:
        games: dict, name -> list of (frame, text): uint8 (height, width, 3), all of one size, and what to say of it.
        caption: one line below.
        frames_per_second: int.
        scale: int, pixels of the video for one of the frame.

    Returns:
        Video; or a Scrubber with some of the frames, where the package imageio-ffmpeg is missing.
    """
    length = min(map(len, games.values()))
    frames = [_beside(games, number, scale) for number in range(length)]
    ends = "; ".join(f"{name}: {shown[length - 1][1]}" for name, shown in games.items())
    alt = f"{length / frames_per_second:.0f} seconds of {' and '.join(games)}, side by side. At the end, {ends}."
    try:
        mp4 = _encoded(frames, frames_per_second)
    except (ImportError, RuntimeError):  # the package is missing, or the program that it brings
        kept = np.linspace(0, length - 1, min(length, STILLS)).astype(int)
        said = ["; ".join(f"{name}: {shown[number][1]}" for name, shown in games.items()) for number in kept]
        return film([frames[number] for number in kept], said, label="picture", width=frames[0].shape[1])
    return Video(mp4, alt, caption, width=frames[0].shape[1])


def _beside(games, number, scale):
    height, width = (scale * side for side in next(iter(games.values()))[0][0].shape[:2])
    size = len(games) * (width + GAP) - GAP, height + HEADING
    picture = Image.new("RGB", (size[0] + size[0] % 2, size[1] + size[1] % 2), "white")
    draw = ImageDraw.Draw(picture)
    for place, (name, shown) in enumerate(games.items()):
        left = place * (width + GAP)
        frame, text = shown[number]
        draw.text((left + 4, 2), name, "black", _font(16, bold=True))
        draw.text((left + 4, 23), text, "black", _font(14))
        picture.paste(Image.fromarray(frame).resize((width, height), Image.Resampling.NEAREST), (left, HEADING))
    return np.asarray(picture)


def _encoded(frames, frames_per_second):
    import imageio_ffmpeg

    height, width = frames[0].shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "games.mp4")
        writer = imageio_ffmpeg.write_frames(
            str(file),
            (width, height),
            fps=frames_per_second,
            codec="libx264",
            macro_block_size=2,
            ffmpeg_log_level="error",
            output_params=["-movflags", "+faststart", "-preset", "veryfast", "-threads", "1"],
        )
        writer.send(None)
        for frame in frames:
            writer.send(np.ascontiguousarray(frame))
        writer.close()
        return file.read_bytes()


def _font(size, bold=False):
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts/ttf", name)), size)
