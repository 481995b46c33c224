"""What every test of the kit may count on: no window opens, nobody's progress is touched, a busy machine fails nothing."""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

# gym draws CartPole with pygame and the kit draws with matplotlib; neither needs a screen here.
os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["MPLBACKEND"] = "Agg"

# What `check` records about an attendee. This may be an attendee's machine.
os.environ["WORKSHOP_HOME"] = tempfile.mkdtemp(prefix="workshop-home-")
atexit.register(shutil.rmtree, os.environ["WORKSHOP_HOME"], ignore_errors=True)

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
