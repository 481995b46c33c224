"""Frames of an environment: side by side as a strip, or one after the other as a film."""

import numpy as np
from matplotlib.textpath import TextPath

from workshop.plots.picture import Picture, Scrubber, drawing, new_figure, plain

CAPTION_SIZE = 9.5  # points


@drawing
def filmstrip(frames, captions, title="", columns=None, width=7.2):
    """Frames side by side, each with a caption below it.

    Args:
        frames: list of uint8 (height, width, 3), not all of one size.
        captions: list of str, one for each frame. A line that is wider than its frame is broken at its spaces.
        columns: frames in a row; all of them unless told.
        width: of the whole strip, in inches.

    Returns:
        Picture; its text alternative is the title and the captions.
    """
    columns = columns or len(frames)
    rows = -(-len(frames) // columns)
    tallest = max(frame.shape[0] / frame.shape[1] for frame in frames)
    gap, heading = 0.1, 0.42 if title else 0.06
    side = (width - gap) / columns - gap
    broken = [_broken(caption, side + gap / 2) for caption in captions]
    saying = 0.08 + 0.18 * max(caption.count("\n") + 1 for caption in broken)
    row_height = tallest * side + saying + gap
    height = heading + rows * row_height
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    figure.text(gap / width, 1 - 0.1 / height, title, ha="left", va="top", size=12, weight="bold")
    for number, (frame, caption) in enumerate(zip(frames, broken)):
        row, column = divmod(number, columns)
        left, bottom = gap + column * (side + gap), height - heading - row * row_height - tallest * side
        tall = side * frame.shape[0] / frame.shape[1]
        axes = figure.add_axes((left / width, bottom / height, side / width, tall / height), xticks=[], yticks=[])
        axes.imshow(frame, interpolation="antialiased", aspect="auto")
        axes.spines[:].set(visible=True, color="#999999", lw=0.8)
        place = (left + side / 2) / width, (bottom - 0.08) / height
        figure.text(*place, caption, ha="center", va="top", size=CAPTION_SIZE)
    said = "; ".join(f"{number}. {plain(' '.join(caption.split()))}" for number, caption in enumerate(captions, 1))
    counted = f"{len(frames)} frames" if len(frames) > 1 else "one frame"
    return Picture.from_figure(figure, f"{title or 'Picture'}, {counted}: {said}.")


def _broken(caption, width):
    """A caption with each line broken where it is wider than `width` inches, so far as it has spaces."""
    lines = []
    for line in caption.split("\n"):
        fitting, *words = line.split(" ")
        for word in words:
            is_formula = fitting.count("$") % 2
            if not is_formula and _inches(f"{fitting} {word}") > width:
                lines.append(fitting)
                fitting = word
            else:
                fitting += f" {word}"
        lines.append(fitting)
    return "\n".join(lines)


def _inches(text):
    """How wide a line of a caption is drawn; a formula that has only begun counts as its letters."""
    text = text if text.count("$") % 2 == 0 else plain(text)
    return TextPath((0, 0), text, size=CAPTION_SIZE).get_extents().width / 72


def film(frames, captions, label="step", start=0, width=480, milliseconds=250):
    """Frames behind a slider with a play button.

    Args:
        frames: list of uint8 (height, width, 3), all of one size.
        captions: list of str, one for each frame: what happens, in words.
        label, start, milliseconds: as for `Scrubber`.
        width: on the page in pixels, about: a frame is made larger or smaller by a whole factor.

    Returns:
        Scrubber
    """
    pictures = [
        Picture.from_array(_resized(frame, width), f"Frame {number} of {len(frames)}: {caption}", caption)
        for number, (frame, caption) in enumerate(zip(frames, captions), 1)
    ]
    return Scrubber(pictures, label, start, milliseconds)


def _resized(frame, width):
    larger, smaller = max(1, round(width / frame.shape[1])), max(1, round(frame.shape[1] / width))
    frame = frame.repeat(larger, axis=0).repeat(larger, axis=1)
    rows, cols = frame.shape[0] // smaller, frame.shape[1] // smaller
    blocks = frame[: rows * smaller, : cols * smaller].reshape(rows, smaller, cols, smaller, 3)
    return blocks.mean(axis=(1, 3)).round().astype(np.uint8)
