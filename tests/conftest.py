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


def pytest_collection_modifyitems(config, items):
    """Tests marked `gpu` are left out where there is no GPU. Asked for with `-m gpu`, they run, and say what is missing."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked or "gpu" in config.getoption("-m"):
        return
    from workshop.dqn.device import NoGPU, find_device

    try:
        find_device("gpu")
    except NoGPU:
        config.hook.pytest_deselected(items=marked)
        items[:] = [item for item in items if item not in marked]
