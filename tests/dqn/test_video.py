"""Films of an agent at play: what is in the picture, and the files."""

import sys
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
import pytest
from PIL import Image

from workshop.dqn import video
from workshop.dqn.play import Moment

ACTIONS = ("NOOP", "RIGHT", "LEFT")
BROWN, GREEN = (144, 72, 17), (92, 186, 92)
TAKEN, OTHERS = (213, 94, 0), (0, 114, 178)  # as they are drawn, before the shades are reduced


def moment(step=0, q_values=(0.0, 0.5, -0.5), action=1, **more):
    """A moment in which a green ball has moved `step` pixels over a brown screen."""
    screen = np.full((210, 160, 3), BROWN, np.uint8)
    screen[100:104, step % 156 : step % 156 + 4] = GREEN
    return Moment(
        screen,
        np.array(q_values, np.float32),
        action,
        **{"random": False, "score": 0, "episode": 0, "state": None, **more},
    )


def draw(*moments):
    panel = video.Panel(ACTIONS, "pong")
    return [panel.draw(one) for one in moments]


def nearest(picture, colour):
    """Where a picture has this colour, to within the reduction of shades: (H, W) bool."""
    return (np.abs(np.asarray(picture).astype(int) - colour) <= 9).all(axis=-1)


def test_the_screen_is_shown_twice_as_large_and_unchanged():
    one = moment(7)
    [picture] = draw(one)
    np.testing.assert_array_equal(np.asarray(picture)[:420:2, :320:2], one.screen)
    np.testing.assert_array_equal(np.asarray(picture)[1:420:2, 1:320:2], one.screen)
    assert picture.width % 2 == picture.height % 2 == 0, "what H.264 asks for"


def test_bars_are_as_long_as_their_values_and_the_taken_one_is_marked():
    [picture] = draw(moment(q_values=(0.25, 0.5, -0.5), action=2))
    panel = np.asarray(picture)[:, 320:]
    taken, others = nearest(panel, TAKEN), nearest(panel, OTHERS)
    # Longest runs in the middle of each action's row, 30 pixels high from 60 on.
    lengths = [others[75].sum(), others[105].sum(), taken[135].sum()]
    assert lengths[1] == pytest.approx(lengths[2], abs=2)
    assert lengths[0] == pytest.approx(lengths[1] / 2, abs=2)
    assert not taken[60:120].any()
    assert not others[120:150].any()
    zero = np.flatnonzero(others[75])[0]
    assert np.flatnonzero(taken[135])[-1] <= zero, "a negative value goes to the left"


def test_the_scale_does_not_shrink_again():
    before, after = (
        nearest(picture, TAKEN).sum() for picture in draw(moment(q_values=(0, 2, 0)), moment(q_values=(0, 1, 0)))
    )
    assert after == pytest.approx(before / 2, rel=0.05)


def test_an_action_by_chance_looks_different():
    [chosen], [random] = draw(moment()), draw(moment(random=True))
    assert (np.asarray(chosen) != np.asarray(random)).any()


@pytest.mark.parametrize("count", (1, 6, 18))
def test_any_number_of_actions_fits_above_the_strip(count):
    panel = video.Panel(tuple(f"ACTION{i}" for i in range(count)), "seaquest")
    picture = panel.draw(moment(q_values=np.linspace(-1, 1, count), action=count - 1))
    rows = np.flatnonzero(nearest(np.asarray(picture)[:, 320:], TAKEN).any(axis=1))
    assert 0 < rows.max() < 420 - video.STRIP - 30


def test_the_strip_remembers_the_values(monkeypatch):
    monkeypatch.setattr(video, "REMEMBERED", 40)
    pictures = draw(*(moment(q_values=(0, np.sin(i / 5), -2)) for i in range(60)))
    strips = [np.asarray(picture)[-video.STRIP - 12 :, 320:] for picture in pictures]
    orange = [nearest(strip, (230, 159, 0)) for strip in strips]
    widths = [strip.any(axis=0).sum() for strip in orange]
    assert widths[5] < widths[20] < widths[45]
    assert widths[45] == pytest.approx(widths[59], abs=8), "and no more than fit"


# Files


def gif_pictures(file):
    with Image.open(file) as film:
        for number in range(film.n_frames):
            film.seek(number)
            yield np.asarray(film.convert("RGB"))


def test_a_gif_shows_every_second_step_in_its_own_colours(tmp_path):
    # The first screen is of another colour than all that follow, as Pong's is.
    moments = [moment(step) for step in range(41)]
    moments[0] = moments[0]._replace(screen=np.full((210, 160, 3), (109, 118, 43), np.uint8))
    pictures = draw(*moments)
    video.write_video(tmp_path / "play.gif", pictures)
    shown = list(gif_pictures(tmp_path / "play.gif"))
    assert len(shown) == 21
    for picture, wanted in zip(shown, pictures[::2], strict=True):
        assert np.abs(picture.astype(int) - np.asarray(wanted)).max() <= 4
    with Image.open(tmp_path / "play.gif") as film:
        film.seek(1)
        assert film.info["duration"] == 130  # two steps of a fifteenth second, in whole hundredths
        assert film.info["loop"] == 0


def test_a_long_game_gets_no_more_pictures_than_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "GIF_PICTURES", 10)
    pictures = draw(*(moment(step) for step in range(50)))
    video.write_video(tmp_path / "play.gif", iter(pictures))
    shown = list(gif_pictures(tmp_path / "play.gif"))
    # Every second, until there are ten, then every fourth of all, then every eighth.
    assert len(shown) == len(pictures[::8])
    for picture, wanted in zip(shown, pictures[::8], strict=True):
        assert np.abs(picture.astype(int) - np.asarray(wanted)).max() <= 4
    with Image.open(tmp_path / "play.gif") as film:
        assert film.info["duration"] == pytest.approx(8000 / 15, abs=10)


def test_more_colours_than_a_gif_has_still_make_a_film(tmp_path):
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 256, (20, 20, 3), np.uint8)) for _ in range(6)]
    video.write_video(tmp_path / "noise.gif", noise)
    assert len(list(gif_pictures(tmp_path / "noise.gif"))) == 3


def test_an_mp4_shows_every_step(tmp_path):
    pictures = draw(*(moment(step) for step in range(30)))
    video.write_video(tmp_path / "play.mp4", iter(pictures))
    with imageio.get_reader(tmp_path / "play.mp4") as film:
        # Not list(film): it asks how many there are, and is told infinity.
        shown = [picture for picture in film]
        assert film.get_meta_data()["fps"] == video.STEPS_PER_SECOND
    assert len(shown) == 30
    for picture, wanted in zip(shown, pictures, strict=True):
        assert np.abs(picture.astype(int) - np.asarray(wanted)).mean() < 6


@pytest.mark.parametrize("name", ("play.gif", "play.mp4"))
def test_a_film_that_was_not_finished_leaves_the_one_before(tmp_path, name):
    def breaks_off():
        yield from draw(*(moment(step) for step in range(5)))
        raise ZeroDivisionError

    (tmp_path / name).write_bytes(b"the film before")
    with pytest.raises(ZeroDivisionError):
        video.write_video(tmp_path / name, breaks_off())
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"the film before"


def test_where_a_film_cannot_be_written_is_said_before_and_while(tmp_path):
    for file, said in (
        (tmp_path / "film.avi", "neither"),
        (tmp_path / "film", "neither"),
        (tmp_path / "nowhere" / "film.gif", "no folder"),
    ):
        with pytest.raises(video.VideoError, match=said):
            video.check_video_file(file)
    (tmp_path / "film.gif").mkdir()
    with pytest.raises(video.VideoError, match="not written"):
        video.write_video(tmp_path / "film.gif", draw(moment()))


def test_without_ffmpeg_an_mp4_is_refused_and_a_gif_is_not(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)  # as if it were not installed
    with pytest.raises(video.VideoError, match=r"make setup.*\.gif"):
        video.check_video_file(Path("film.mp4"))
    video.check_video_file(Path("film.gif"))
