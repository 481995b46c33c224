"""What every test of the kit may count on: no window opens, and a busy machine fails nothing."""

import os

from hypothesis import settings

# gym draws CartPole with pygame and the kit draws with matplotlib; neither needs a screen here.
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
