"""ROM files: named, whole, and refused before an emulator ends the process over them."""

import shutil
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.atari import roms


@pytest.fixture
def copied_roms(tmp_path, monkeypatch):
    """A folder with ale-py's list and two of its files, in the place of ale-py's own."""
    for name in ("md5.json", "pong.bin", "breakout.bin"):
        shutil.copy(roms.rom_directory() / name, tmp_path / name)
    monkeypatch.setattr(roms, "rom_directory", lambda: tmp_path)
    return tmp_path


def test_every_file_is_whole():
    assert [roms.damage(game) for game in roms.known_md5()] == [None] * len(roms.known_md5())


def test_two_that_everybody_knows():
    # As in the list of the ROMs that the Arcade Learning Environment supports (md5.txt of its repository).
    assert roms.known_md5()["pong"] == "60e0ea3cbe0913d39803477945e9e5ec"
    assert roms.known_md5()["breakout"] == "f34f08e5eb96e500e851a80be3277a56"


@pytest.mark.parametrize(
    ("game", "title"),
    [("pong", "Pong"), ("space_invaders", "SpaceInvaders"), ("up_n_down", "UpNDown"), ("ms_pacman", "MsPacman")],
)
def test_title(game, title):
    assert roms.title(game) == title


def test_titles_are_all_different():
    assert len({roms.title(game) for game in roms.games()}) == len(roms.games())


@given(byte=st.integers(0, 2047), flip=st.integers(1, 255))
def test_one_changed_byte_is_noticed(byte, flip):
    with pytest.MonkeyPatch.context() as patch:
        content = bytearray((roms.rom_directory() / "pong.bin").read_bytes())
        content[byte] ^= flip
        patch.setattr(roms.Path, "read_bytes", lambda path: bytes(content))
        assert "damaged" in roms.damage("pong")


def test_a_damaged_file_is_refused_with_the_way_to_mend_it(copied_roms):
    (copied_roms / "pong.bin").write_bytes(b"not a cartridge")
    with pytest.raises(roms.RomError, match=r"pong is damaged.*60e0ea3c.*pip install --force-reinstall --no-deps ale-"):
        roms.rom_path("pong")
    assert roms.rom_path("breakout") == copied_roms / "breakout.bin"


def test_a_missing_file_is_a_sentence(copied_roms):
    with pytest.raises(roms.RomError, match="seaquest cannot be read: No such file"):
        roms.rom_path("seaquest")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("pnog", "nearest names: pong"),
        ("Pong", "nearest names: pong"),
        ("brakeout", "nearest names: breakout"),
        ("combat", "two players"),
        ("../pong", "There is no Atari game"),
        ("", "There is no Atari game"),
    ],
)
def test_a_game_that_does_not_exist(asked, answer):
    with pytest.raises(roms.RomError, match=answer):
        roms.rom_path(asked)


def test_without_ale_py(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(roms.RomError, match="ale-py is not installed"):
        roms.rom_directory.__wrapped__()


def test_a_file_of_ones_own_called_ale_py(tmp_path, monkeypatch):
    (tmp_path / "ale_py.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ale_py", raising=False)
    with pytest.raises(roms.RomError, match=r"ale_py\.py hides the package ale-py"):
        roms.rom_directory.__wrapped__()
