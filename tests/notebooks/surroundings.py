"""Where the notebooks run in these tests: as on an attendee's machine, and away from this machine's own settings."""

import os

# What tests/conftest.py sets for tests without a screen. An attendee has none of it.
_ONLY_FOR_TESTS = ("MPLBACKEND", "SDL_VIDEODRIVER")


def attendees_environment(folder):
    """Environment variables under which Jupyter and its kernels read and write nothing outside `folder` (a Path)."""
    own = {
        "WORKSHOP_HOME": "progress",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    kept = {name: value for name, value in os.environ.items() if name not in _ONLY_FOR_TESTS}
    kept["WORKSHOP_MINUTES"] = "0.1"  # of a training in the background, which would go on behind the test
    return {**kept, **{name: str(folder / place) for name, place in own.items()}}
