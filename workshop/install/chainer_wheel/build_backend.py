"""Builds the wheel of Chainer from its own source distribution, with the setuptools that pyproject.toml asks for."""

import os
import subprocess
import sys
from pathlib import Path

CHAINER = "chainer==7.8.1"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """PEP 517: put Chainer's wheel into `wheel_directory` and return its file name."""
    # Without isolation it is built in this very environment, the one that pyproject.toml describes.
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheel_directory, CHAINER]
    # The pip around this told this process through its environment to look for build backends in this folder only.
    environment = {name: value for name, value in os.environ.items() if "PYPROJECT_HOOKS" not in name}
    subprocess.run([sys.executable, "-m", "pip", *build], env=environment, check=True)
    return next(Path(wheel_directory).glob("chainer-*.whl")).name
