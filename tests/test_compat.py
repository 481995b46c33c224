"""workshop/compat.py: each patch is needed, each patch helps, and nobody else notices.

Everything about imports runs in a fresh interpreter that shows every warning, and must print nothing.
"""

import importlib.metadata
import itertools
import os
import subprocess
import sys
import warnings

import numpy
import pytest

from workshop import compat

IS_NUMPY_2 = int(numpy.__version__.split(".")[0]) >= 2
COMPAT = compat.__file__
# A server has no screen. (That pygame needs none either is a patch, which is at work in this process too.)
SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in SCREEN}

FAILED_IMPORT = """
import numpy, sys
sys.modules["numpy.distutils.system_info"] = sys.modules["pkg_resources"] = None  # gone, in one version or another
vars(numpy).pop("sctypes", None)
try:
    import chainer
except Exception:
    pass
"""
# For each patch: how a session starts, and what an attendee then does, directly or not, that needs the patch.
USERS = {
    "numpy.sctypes": ("", "import workshop, chainer.functions"),
    "numpy.bool8": ("", "import gym; env = gym.make('CartPole-v1'); env.reset(seed=0); env.step(0)"),
    "numpy.float_": ("", "import gym; env = gym.make('Acrobot-v1'); env.reset(seed=0); env.step(0)"),
    "half of chainer": (FAILED_IMPORT, "import workshop, chainer.functions"),
    "chainer._environment_check": ("", "import workshop, chainer"),
    "numpy.float": (
        "",
        "import workshop, chainer.functions as F, numpy; F.resize_images(numpy.ones((1, 1, 2, 2), numpy.float32), (4, 4))",
    ),
    "gym's notice": ("", "import gym"),
    "gym's answer to an unknown id": (
        "import gym",
        """
try:
    gym.make("ALE/Pnog-v5")
except gym.error.Error as error:
    assert "Did you mean ALE/Pong-v5" in str(error), error
""",
    ),
    "a screen for pygame": (
        "",
        "import gym; env = gym.make('CartPole-v1', render_mode='rgb_array'); env.reset(seed=0); env.render()",
    ),
    "warnings about NCCL and cuDNN": ("", "import workshop, chainer"),
}

# Loads compat.py under its own name, less one patch, before anybody imports the package.
WITHOUT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("workshop.compat", {path!r})
compat = sys.modules["workshop.compat"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compat)
(missing,) = [patch for patch in compat.PATCHES if patch.name == {name!r}]
compat.PATCHES = tuple(patch for patch in compat.PATCHES if patch is not missing)
"""


def run(code):
    """Run Python code in a fresh interpreter; returns (exit status, stdout, stderr)."""
    command = [sys.executable, "-W", "always", "-c", code]
    done = subprocess.run(command, check=False, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def is_needed_here(name):
    start, _ = USERS[name]
    status, stdout, stderr = run(f"{WITHOUT.format(path=COMPAT, name=name)}\n{start}\nprint(missing.is_needed())")
    assert status == 0, stderr
    return stdout == "True\n"


def test_every_patch_has_a_user_here():
    assert list(USERS) == [patch.name for patch in compat.PATCHES]


@pytest.mark.parametrize("name", USERS)
def test_the_user_works_silently(name):
    assert run("\n".join(USERS[name])) == (0, "", "")


@pytest.mark.parametrize("name", USERS)
def test_without_the_patch_the_user_breaks_exactly_where_it_says_so(name):
    without = run("\n".join([WITHOUT.format(path=COMPAT, name=name), *USERS[name]]))
    assert (without != (0, "", "")) is is_needed_here(name)


@pytest.mark.parametrize("name", [name for name in USERS if name != "warnings about NCCL and cuDNN"])
def test_a_patch_is_needed_by_the_versions_that_it_is_for(name):
    # Guards the test above: were nothing ever needed, it would prove nothing.
    is_concerned = {
        "numpy.sctypes": IS_NUMPY_2,
        "numpy.float_": IS_NUMPY_2,
        "a screen for pygame": sys.platform == "linux",
    }
    assert is_needed_here(name) is is_concerned.get(name, True)


@pytest.mark.parametrize("order", list(itertools.permutations(["workshop", "gym", "chainer"])), ids="-".join)
def test_any_order_of_imports_works(order):
    # Before the patches Chainer cannot be imported, or only with warnings. That must not spoil what comes after.
    start = (FAILED_IMPORT,) if order[0] == "chainer" else ()
    imports = [f"import {name}" for name in order if not start or name != "chainer"]
    code = "\n".join([*start, *imports, "import chainer; print(chainer.Variable.__name__)"])
    assert run(code) == (0, "Variable\n", "")


def test_applying_again_changes_nothing():
    def state():
        aliases = [vars(numpy).get(name) for name in ("sctypes", "bool8", "float_")]
        return list(sys.meta_path), list(warnings.filters), compat._gym_notice(), aliases, dict(os.environ)

    compat.apply()  # pytest drops the filters of warnings that were set before a test
    before = state()
    compat.apply()
    assert state() == before
    assert not any(patch.is_needed() for patch in compat.PATCHES)


def test_what_numpy_removed_stays_removed_for_the_attendee():
    code = "import warnings, workshop, chainer.functions, numpy; warnings.simplefilter('ignore'); "
    assert run(code + "print(hasattr(numpy, 'float'), hasattr(numpy, 'int'))") == (0, "False False\n", "")


def installed_with(distribution, version):
    return lambda name: version if name == distribution else importlib.metadata.version(name)


@pytest.mark.parametrize(
    "distribution, version",
    [
        ("numpy", "1.25.2"),
        ("numpy", "3.0.0"),
        ("numpy", "3.1.0rc1"),
        ("gym", "0.25.2"),
        ("gym", "0.27.0"),
        ("chainer", "7.7.0"),
        ("chainer", "8.0.0b1"),
        ("cupy-cuda12x", "12.3.0"),
        ("cupy-cuda12x", "15.0.0"),
        ("cupy-cuda13x", "15.0.0"),
    ],
)
def test_a_version_that_nobody_tried_is_refused_by_name(distribution, version):
    with pytest.raises(compat.UnsupportedVersion) as refusal:
        compat.check_versions(installed=installed_with(distribution, version))
    assert f"this is {distribution} {version}" in str(refusal.value)
    assert "`make setup`" in str(refusal.value)


@pytest.mark.parametrize(
    "distribution, version",
    [
        ("numpy", "1.26.0"),
        ("numpy", "2.0.0rc1"),
        ("numpy", "2.99"),
        ("gym", "0.26.2"),
        ("chainer", "7.8.1.post1"),
        ("cupy-cuda12x", "13.6.0"),
        ("cupy-cuda12x", "14.2.0"),
        ("cupy-cuda13x", "14.0.0b1"),
    ],
)
def test_every_supported_version_is_let_through(distribution, version):
    compat.check_versions(installed=installed_with(distribution, version))


@pytest.mark.parametrize("version", [(2, 7), (3, 9), (3, 14), (4, 0)])
def test_another_python_is_refused(version):
    found = rf"3\.10 to 3\.13; this is Python {version[0]}\.{version[1]}\."
    with pytest.raises(compat.UnsupportedVersion, match=found):
        compat.check_versions(python=(*version, 0, "final", 0))


@pytest.mark.parametrize("version", [(3, 10), (3, 11), (3, 12), (3, 13)])
def test_every_supported_python_is_let_through(version):
    compat.check_versions(python=(*version, 5, "final", 0))


def test_a_missing_library_is_not_this_modules_business():
    def nothing_installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    compat.check_versions(installed=nothing_installed)
