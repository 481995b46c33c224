"""Chainer and gym on today's Python and NumPy: the only place of the kit that patches another library.

Both libraries stopped being maintained (Chainer 7.8.1 in 2022, gym 0.26.2 in 2022). Each entry of `PATCHES` is one
thing that went missing under them since; it is supplied only where it is missing, and says why. `apply()` runs when
`workshop` is imported, and when gym loads the kit as a plugin, so an attendee never meets any of this.

Supported: Python 3.10 to 3.13, NumPy 1.26 and 2.x, Chainer 7.8.x, gym 0.26.x, CuPy 13 and 14. For anything else
`UnsupportedVersion` says what was found and what to do.
"""

import contextlib
import difflib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import re
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy


class UnsupportedVersion(ImportError):
    """A library of a version that the kit was never tested with, and does not know how to help."""


SUPPORTED = {
    # distribution: (first version that works, first version that is unknown)
    "numpy": ((1, 26), (3,)),
    "gym": ((0, 26), (0, 27)),
    "chainer": ((7, 8), (7, 9)),
    "cupy-cuda12x": ((13,), (15,)),
    "cupy-cuda13x": ((13,), (15,)),
}
SUPPORTED_PYTHON = ((3, 10), (3, 14))


@dataclass(frozen=True)
class Patch:
    """One thing that another library needs and no longer finds.

    Attributes:
        name: what is supplied, as its user would write it.
        reason: who needs it, and since when it is gone.
        is_needed: () -> bool, whether it is missing here.
        supply: () -> None, puts it in place.
    """

    name: str
    reason: str
    is_needed: Callable[[], bool]
    supply: Callable[[], None]


def apply():
    """Check the versions and supply what is missing. Cheap, and safe to call again.

    Raises:
        UnsupportedVersion: naming the library, the version found and the command that mends it.
    """
    check_versions()
    for patch in PATCHES:
        if patch.is_needed():
            patch.supply()


def check_versions(installed=importlib.metadata.version, python=sys.version_info):
    """Refuse what the kit does not know. A library that is not installed at all is somebody else's error message.

    Args:
        installed: distribution name -> version string; raises `PackageNotFoundError`.
        python: the interpreter's version, a tuple that starts (major, minor).
    """
    first, unknown = SUPPORTED_PYTHON
    if not first <= tuple(python[:2]) < unknown:
        raise UnsupportedVersion(
            f"The workshop needs Python 3.10 to 3.13; this is Python {python[0]}.{python[1]}. "
            "Install one of those and run `make setup` again."
        )
    for distribution, (first, unknown) in SUPPORTED.items():
        try:
            version = installed(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
        if not first <= _release(version) < unknown:
            raise UnsupportedVersion(
                f"The workshop knows {distribution} from {_dotted(first)} to before {_dotted(unknown)}; "
                f"this is {distribution} {version}. `make setup` installs the versions that were tested together."
            )


def _release(version):
    return tuple(int(number) for number in re.match(r"\d+(?:\.\d+)*", version).group().split("."))


def _dotted(release):
    return ".".join(map(str, release))


def _supply_sctypes():
    numpy.sctypes = {
        "int": [numpy.int8, numpy.int16, numpy.int32, numpy.int64],
        "uint": [numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64],
        "float": [numpy.float16, numpy.float32, numpy.float64, numpy.longdouble],
        "complex": [numpy.complex64, numpy.complex128, numpy.clongdouble],
        "others": [bool, object, bytes, str, numpy.void],
    }


def _supply_bool8():
    numpy.bool8 = numpy.bool_


def _supply_float_():
    numpy.float_ = numpy.float64


def _is_half_imported():
    return "chainer" not in sys.modules and any(name.startswith("chainer.") for name in sys.modules)


def _forget_half_import():
    for name in [name for name in sys.modules if name.startswith("chainer.")]:
        del sys.modules[name]


def _is_screen_missing():
    is_chosen = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))
    return sys.platform == "linux" and not is_chosen


_CUPY_WARNINGS = (r"\s*nccl library could not be loaded", r"cuDNN is not enabled")


def _are_cupy_warnings_heard():
    filtered = {text.pattern for _, text, *_ in warnings.filters if text is not None}
    return not filtered.issuperset(_CUPY_WARNINGS) and importlib.util.find_spec("cupy") is not None


def _silence_cupy_warnings():
    for warning in _CUPY_WARNINGS:
        warnings.filterwarnings("ignore", warning, UserWarning)


def _gym_notice():
    try:
        from gym_notices.notices import notices

        return notices, importlib.metadata.version("gym")
    except (ImportError, importlib.metadata.PackageNotFoundError):
        return {}, None


def _silence_gym_notice():
    notices, version = _gym_notice()
    del notices[version]


class _ChainerEnvironmentCheck(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `chainer._environment_check`, the module that warns about versions of 2019, and makes it say nothing."""

    name = "chainer._environment_check"

    def find_spec(self, fullname, path=None, target=None):
        if fullname == self.name:
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def exec_module(self, module):
        module.__doc__ = "Stand-in of workshop.compat: the versions of this kit were tested together."
        module.check = lambda: None


def _is_chainer_checked():
    is_supplied = any(isinstance(finder, _ChainerEnvironmentCheck) for finder in sys.meta_path)
    return not is_supplied and _ChainerEnvironmentCheck.name not in sys.modules


class _ResizeImagesFloat(importlib.abc.MetaPathFinder):
    """Gives the one function of `chainer.functions.resize_images` that needs it a NumPy that still has `float`."""

    name = "chainer.functions.array.resize_images"

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            older_numpy = types.SimpleNamespace(**{**vars(numpy), "float": float})
            function = module.compute_indices_and_weights
            older_globals = {**vars(module), "numpy": older_numpy}
            module.compute_indices_and_weights = types.FunctionType(
                function.__code__, older_globals, function.__name__, function.__defaults__
            )

        spec.loader.exec_module = exec_module
        return spec


def _is_numpy_float_missing():
    is_supplied = any(isinstance(finder, _ResizeImagesFloat) for finder in sys.meta_path)
    return not is_supplied and "float" not in vars(numpy) and _ResizeImagesFloat.name not in sys.modules


def _nearest_ids(env_id, registry):
    """Up to three ids of `registry` that `env_id` may have been meant to be, nearest first."""
    by_lowered = {known.lower(): known for known in registry}
    lowered = env_id.lower()
    # A full id is nearly always a slip of a key away. A bare name ("breakout") needs more patience.
    near = difflib.get_close_matches(lowered, by_lowered, n=3, cutoff=0.75)
    return [by_lowered[match] for match in near or difflib.get_close_matches(lowered, by_lowered, n=3)]


def _suggest_ids():
    registration = sys.modules["gym.envs.registration"]
    find_version = registration._check_version_exists

    def check_version_exists(namespace, name, version):
        try:
            find_version(namespace, name, version)
        except registration.error.UnregisteredEnv as unregistered:
            env_id = registration.get_env_id(namespace, name, version)
            nearest = _nearest_ids(env_id, registration.registry)
            hint = f"Did you mean {', '.join(nearest)}?" if nearest else "gym.envs.registry lists what there is."
            raise type(unregistered)(f"gym knows no environment {env_id}. {hint}") from None

    registration._check_version_exists = check_version_exists


def _is_suggesting_nothing():
    registration = sys.modules.get("gym.envs.registration")
    return registration is not None and registration._check_version_exists.__module__ != __name__


PATCHES = (
    Patch(
        "numpy.sctypes",
        "Chainer's as_strided looks integer types up in it; NumPy 2.0 removed it.",
        lambda: not hasattr(numpy, "sctypes"),
        _supply_sctypes,
    ),
    Patch(
        "numpy.bool8",
        "gym's checker compares the `terminated` of every step with it; NumPy 1.24 deprecated and 2.0 removed it.",
        lambda: "bool8" not in vars(numpy),
        _supply_bool8,
    ),
    Patch(
        "numpy.float_",
        "gym's Acrobot integrates with it; NumPy 2.0 removed it.",
        lambda: "float_" not in vars(numpy),
        _supply_float_,
    ),
    Patch(
        "half of chainer",
        "an `import chainer` that came before `import workshop` failed, and what it left behind fails every later one.",
        _is_half_imported,
        _forget_half_import,
    ),
    Patch(
        "chainer._environment_check",
        "it imports numpy.distutils (gone with Python 3.12 and NumPy 2) and pkg_resources (gone with setuptools 82) "
        "only to recommend versions of 2019, and on a Mac warns of a BLAS that NumPy no longer misuses.",
        _is_chainer_checked,
        lambda: sys.meta_path.insert(0, _ChainerEnvironmentCheck()),
    ),
    Patch(
        "numpy.float",
        "Chainer's resize_images asks for it; NumPy 1.24 removed it. Supplied inside that module only, so that an "
        "attendee's own `np.float` is still an error.",
        _is_numpy_float_missing,
        lambda: sys.meta_path.insert(0, _ResizeImagesFloat()),
    ),
    Patch(
        "gym's notice",
        "`import gym` prints that gym is unmaintained. True, and nothing an attendee can act on.",
        lambda: _gym_notice()[1] in _gym_notice()[0],
        _silence_gym_notice,
    ),
    Patch(
        "gym's answer to an unknown id",
        "for `ALE/Pnog-v5` gym suggests `Pong`, which is another environment, and for `Atari/Pong-v5` nothing: it looks "
        "at one part of the id at a time. Here it names up to three whole ids. Waits until gym is imported.",
        _is_suggesting_nothing,
        _suggest_ids,
    ),
    Patch(
        "a screen for pygame",
        "gym draws CartPole and its like with pygame, which looks for a screen even to draw into an array, and on a server "
        "without one complains into the notebook.",
        _is_screen_missing,
        lambda: os.environ.update(SDL_VIDEODRIVER="dummy"),
    ),
    Patch(
        "warnings about NCCL and cuDNN",
        "Chainer looks for NCCL, which trains on several GPUs at once, and CuPy 13 and 14 warn where it is not installed. "
        "And it asks for a CuPy with cuDNN, which CuPy 14 no longer has; it convolves with kernels of its own then.",
        _are_cupy_warnings_heard,
        _silence_cupy_warnings,
    ),
)


def replace_method(owner, name, replacement, is_covered):
    """Let `replacement` do what a method of Chainer's does, wherever `is_covered` says that it can.

    Args:
        owner: a class of Chainer.
        name: of its method, which stays reachable as the attribute `stock` of the new one.
        replacement: (self, *arguments) -> what the method returns.
        is_covered: (self, *arguments) -> bool.
    """
    current = getattr(owner, name)
    stock = getattr(current, "stock", current)

    def method(self, *arguments):
        return (replacement if is_covered(self, *arguments) else stock)(self, *arguments)

    method.stock = stock
    setattr(owner, name, method)


@contextlib.contextmanager
def draws_of_the_seed_alone():
    """In here, what Hypothesis draws follows from the seed and the strategy, whatever modules this process has loaded.

    From 6.131 on it mixes the constants of all modules that are no installed library into its draws, to find bugs that
    hang on them. The same seed would give other inputs under pytest, in a grading process, and with Ray.
    """
    from hypothesis.internal.conjecture import providers

    constants_of_modules = getattr(providers, "_get_local_constants", None)
    if constants_of_modules is None:
        yield
        return
    none = type(providers.GLOBAL_CONSTANTS)()
    providers._get_local_constants = lambda: none
    providers.CONSTANTS_CACHE.cache.clear()  # it has both kinds in one
    try:
        yield
    finally:
        providers._get_local_constants = constants_of_modules
        providers.CONSTANTS_CACHE.cache.clear()
