"""Build backend of the kit: setuptools, plus one sentence that saves an attendee an hour.

Chainer 7.8.1 exists only as source, and its `setup.py` imports `pkg_resources`, which setuptools dropped in version 82.
A plain `pip install .` therefore fails inside Chainer's build with `No module named 'pkg_resources'`. pip builds the
kit's own metadata before it starts on Chainer, in an isolated environment to which `--build-constraint` applies too: if
the setuptools seen here is a new one, the constraint was forgotten, and this is the place to say so.
"""

from importlib.util import find_spec

from setuptools import build_meta as _setuptools
from setuptools.build_meta import *  # the hooks that are not wrapped below

_MESSAGE = """

    Chainer cannot be built with this command. Use one of these instead:

        make setup

        pip install --upgrade "pip>=25.3"
        pip install --build-constraint workshop/install/build_constraints.txt \\
                    --constraint workshop/install/constraints.txt --editable .

    Why: Chainer 7.8.1 needs `pkg_resources` while it is built, and setuptools 82 and later no longer have it.
    The build constraint asks for an older setuptools for the build alone; nothing else on this machine changes.
"""


def _require_buildable_chainer(config_settings):
    # environment.yml installs Chainer in a way of its own (chainer_wheel/) and says so with a config setting.
    is_provided = (config_settings or {}).get("chainer") == "provided"
    if not is_provided and find_spec("pkg_resources") is None:
        raise SystemExit(_MESSAGE)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _require_buildable_chainer(config_settings)
    return _setuptools.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
    _require_buildable_chainer(config_settings)
    return _setuptools.prepare_metadata_for_build_editable(metadata_directory, config_settings)
