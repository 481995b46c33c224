import base64
import re
import sys

import numpy as np
import pytest

from workshop.plots import Scrubber, Video, video


def games(count=12):
    frames = [np.full((20, 16, 3), 10 * number % 250, np.uint8) for number in range(count)]
    return {
        "at random": [(frame, f"points {-number}") for number, frame in enumerate(frames)],
        "trained": [(255 - frame, f"points {number}") for number, frame in enumerate([*frames, frames[0]])],
    }


def test_it_is_a_video_that_needs_nothing_else():
    shown = video(games(), caption="Two < three.")
    assert isinstance(shown, Video)
    assert shown.alt.endswith("side by side. At the end, at random: points -11; trained: points 11.")
    html = shown._repr_mimebundle_()["text/html"]
    (data,) = re.findall(r'src="data:video/mp4;base64,([^"]+)"', html)
    assert base64.b64decode(data) == shown.mp4
    assert b"ftyp" in shown.mp4[:16]
    assert html.count("http") == 0
    assert f'aria-label="{shown.alt}"' in html
    assert "Two &lt; three." in html
    assert "controls" in html
    assert "autoplay" not in html
    assert 'data-lm-suppress-shortcuts="true"' in html
    assert repr(shown).startswith("[video: ")


def test_it_holds_every_frame_of_the_shortest_game(tmp_path):
    import imageio.v2 as imageio

    file = tmp_path / "games.mp4"
    file.write_bytes(video(games()).mp4)
    pictures = [frame for frame in imageio.get_reader(file)]
    assert len(pictures) == 12
    height, width = pictures[0].shape[:2]
    assert height % 2 == width % 2 == 0
    left, right = pictures[-1][-20, 16], pictures[-1][-20, -16]
    assert left == pytest.approx(110, abs=12)
    assert right == pytest.approx(145, abs=12)


def test_without_ffmpeg_it_is_a_slider(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    shown = video(games(100))
    assert isinstance(shown, Scrubber)
    assert len(shown.pictures) == 40
    assert shown.pictures[-1].caption == "at random: points -99; trained: points 99"
