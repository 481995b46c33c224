"""The games: which ROM files ale-py ships, where they lie, and whether they are whole.

Both emulators read these files. Nothing here imports ale-py: gym asks for the list while it is being imported, and
reading one small JSON file is a hundred times cheaper.
"""

import difflib
import functools
import hashlib
import importlib.util
import json
from pathlib import Path

# Shipped by ale-py, but for two players or more: no emulator has rules for them, and loading one ends the process.
MULTIPLAYER_ONLY = frozenset({"combat", "joust", "maze_craze", "warlords"})


class RomError(Exception):
    """A game that does not exist, or a ROM file that is missing or damaged."""


@functools.cache
def rom_directory():
    """The folder of ale-py's ROM files, a `Path`.

    Raises:
        RomError: ale-py is not installed, or a file of the same name hides it.
    """
    spec = importlib.util.find_spec("ale_py")
    if spec is None:
        raise RomError("ale-py is not installed, and the Atari games come with it. `make setup` installs it.")
    if spec.submodule_search_locations is None:
        raise RomError(f"{spec.origin} hides the package ale-py. Give that file another name.")
    return Path(spec.submodule_search_locations[0]) / "roms"


@functools.cache
def known_md5():
    """{game: md5 as 32 hex digits}, as ale-py recorded them; a game is named like its file, "space_invaders"."""
    recorded = json.loads((rom_directory() / "md5.json").read_text())
    return {file_name.removesuffix(".bin"): md5 for file_name, md5 in recorded.items()}


def games():
    """The names of all games one can play alone, sorted: ["adventure", "air_raid", ..., "zaxxon"]."""
    return sorted(known_md5().keys() - MULTIPLAYER_ONLY)


def title(game):
    """The name in gym's ids: "space_invaders" -> "SpaceInvaders"."""
    return game.title().replace("_", "")


def damage(game):
    """What is wrong with the ROM file of `game`, a sentence, or None for a file that is as it should be."""
    path = rom_directory() / f"{game}.bin"
    try:
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError as error:
        return f"The ROM file of {game} cannot be read: {error.strerror} ({path})."
    if found != known_md5()[game]:
        return f"The ROM file of {game} is damaged: its md5 is {found} and should be {known_md5()[game]} ({path})."
    return None


def rom_path(game):
    """The ROM file of `game`, a `Path`, read and compared with its md5: an emulator given a wrong file does not
    raise, it ends the process.

    Raises:
        RomError: no such game (with the nearest names), or the file is missing or damaged.
    """
    if game not in games():
        if game in MULTIPLAYER_ONLY:
            raise RomError(f"{game} is a game for two players or more; the emulators cannot play it alone.")
        nearest = difflib.get_close_matches(str(game).lower(), games(), n=3, cutoff=0.5)
        hint = f" The nearest names: {', '.join(nearest)}." if nearest else ""
        raise RomError(f"There is no Atari game {game!r}.{hint} `workshop doctor --roms` lists all {len(games())}.")
    problem = damage(game)
    if problem:
        raise RomError(f"{problem} `python -m pip install --force-reinstall --no-deps ale-py` puts it back.")
    return rom_directory() / f"{game}.bin"
