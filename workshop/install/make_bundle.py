"""Writes the offline bundle: the kit, its slides, and the wheels with which `./install` works where there is no network.

    .venv/bin/python workshop/install/make_bundle.py            # build/bundle, for every supported system and Python
    .venv/bin/python workshop/install/make_bundle.py --here     # for this one only

What each system needs is resolved from pyproject.toml and constraints.txt by uv, since pip would ask the machine that it
runs on; pip then fetches the wheels. Chainer and gym have none, and are built here: they are plain Python.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OFFLINE = HERE / "offline"
CONSTRAINTS = HERE / "constraints.txt"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SYSTEMS = {  # name -> (what uv calls it, the tags that pip accepts)
    "Linux x86_64": ("x86_64-manylinux_2_28", [f"manylinux_2_{glibc}_x86_64" for glibc in range(5, 29)] + ["manylinux2014_x86_64"]),
    "Linux aarch64": ("aarch64-manylinux_2_28", [f"manylinux_2_{glibc}_aarch64" for glibc in range(17, 29)] + ["manylinux2014_aarch64"]),
    "macOS arm64": ("aarch64-apple-darwin", ["macosx_13_0_arm64", "macosx_13_0_universal2"]),
    "macOS x86_64": ("x86_64-apple-darwin", ["macosx_13_0_x86_64", "macosx_13_0_universal2"]),
}  # fmt: skip
MARKERS = {  # sys_platform and platform_machine of each
    "Linux x86_64": ("linux", "x86_64"),
    "Linux aarch64": ("linux", "aarch64"),
    "macOS arm64": ("darwin", "arm64"),
    "macOS x86_64": ("darwin", "x86_64"),
}
UV = Path(sys.executable).with_name("uv")
BUILT_HERE = ("chainer", "gym")
SIZE = "more than 1 GB"


class CannotBundle(Exception):
    """What is missing, in words."""


def main(arguments=None):
    """Write the bundle. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the offline bundle.")
    parser.add_argument(
        "--into", type=Path, default=ROOT / "build" / "bundle" / "atari-rl-workshop", help="a new folder"
    )
    parser.add_argument("--here", action="store_true", help="only for this system and this Python")
    parser.add_argument("--without-slides", action="store_true", help="leave out what `make slides` writes")
    options = parser.parse_args(arguments)
    targets = [(this_system(), "{}.{}".format(*sys.version_info))] if options.here else every_target()
    try:
        return bundle(options.into.resolve(), targets, with_slides=not options.without_slides)
    except CannotBundle as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:  # a full disk, a folder that belongs to somebody else
        print(f"The bundle is not complete: {problem}. It takes {SIZE}.", file=sys.stderr)
    except KeyboardInterrupt:
        print("The bundle is not complete. The same command makes it anew.", file=sys.stderr)
    return 1


def bundle(folder, targets, with_slides):
    """Write everything into `folder`. Returns 0, or raises CannotBundle where a system would lack something."""
    started = time.monotonic()
    make_room(folder)
    copy_kit(folder)
    if with_slides:
        copy_slides(folder / "talk")
    wheels = folder / "wheels"
    wheels.mkdir()
    build_wheels(wheels)
    others = {}
    for system, python in targets:
        others[system, python] = fetch(wheels, system, python)
        print(f"{system}, Python {python}: {', '.join(others[system, python].values()) or 'as pinned'}", flush=True)
    pins = folder / CONSTRAINTS.relative_to(ROOT)
    pins.write_text(pinned_otherwise(pins.read_text(encoding="utf-8"), others), encoding="utf-8")
    for system, python in targets:
        check(folder, system, python)
    (folder / "CONTENTS.md").write_text(contents(folder, others), encoding="utf-8")
    print(
        f"{folder}: {size_of(folder) / 1e6:,.0f} MB after {time.monotonic() - started:.0f} s, and enough for each of them"
    )
    return 0


def make_room(folder):
    """Remove an earlier bundle. Raises CannotBundle where the folder holds anything else: nobody meant that to be deleted."""
    if not folder.exists():
        return
    is_bundle = (folder / "READ_ME_FIRST.md").is_file() and (folder / "install").is_file()
    if not is_bundle and any(folder.iterdir()):
        raise CannotBundle(f"{folder} is there already, and is no bundle: name a new folder with --into.")
    shutil.rmtree(folder)


def every_target():
    return [(system, python) for system in SYSTEMS for python in PYTHONS]


def this_system():
    """The name in SYSTEMS of the system that this runs on."""
    name = {"Linux": "Linux", "Darwin": "macOS"}.get(platform.system(), platform.system()) + " " + platform.machine()
    if name not in SYSTEMS:
        raise SystemExit(f"No wheels are collected for {name}; there are: {', '.join(SYSTEMS)}.")
    return name


def copy_kit(folder):
    """The files that git knows, as they are in the working tree, and what makes a bundle of them."""
    if not (ROOT / ".git").exists():
        raise CannotBundle(
            "This copy of the kit has no .git: a bundle is made from a clone, not from a .zip or a bundle."
        )
    listed = run(["git", "ls-files", "-z"]).split("\0")
    folder.mkdir(parents=True)
    for file in OFFLINE.iterdir():  # first: they mark the folder as a bundle, if this one is interrupted
        shutil.copy(file, folder / file.name)
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def copy_slides(folder):
    """The decks that `make slides` wrote."""
    decks = sorted((ROOT / "build" / "slides").glob("*.html")) + sorted((ROOT / "build" / "slides").glob("*.pdf"))
    if not decks:
        raise CannotBundle("There are no slides in build/slides: run `make slides` first, or add --without-slides.")
    folder.mkdir()
    for deck in decks:
        shutil.copy(deck, folder)


def build_wheels(wheels):
    """Wheels of the packages that have none on the index, and those of what installs the others."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels]
    run([*pip, HERE / "chainer_wheel"])
    run([*pip, "--constraint", CONSTRAINTS, "gym"])
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            wheels,
            "--constraint",
            CONSTRAINTS,
            "pip",
            "wheel",
        ]
    )
    run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, "setuptools<80"])
    platform_bound = [file.name for file in wheels.iterdir() if not file.name.endswith("-none-any.whl")]
    if platform_bound:
        raise CannotBundle(f"Built for this machine only, and should be for all: {', '.join(platform_bound)}.")


def requirements(system, python):
    """What the kit needs on a system: dict, release of Python -> list of `name==version`.

    It has the first release, and a last one with what it needs besides: a pin may ask for 3.11.5 or later, say.
    """
    first = _resolved(system, f"{python}.0")
    return {
        f"{python}.0": first,
        f"{python}.99": [each for each in _resolved(system, f"{python}.99") if each not in first],
    }


def _resolved(system, python):
    command = [UV, "pip", "compile", "--quiet", "--no-annotate", "--no-header"]
    command += ["--constraint", CONSTRAINTS, "--python-version", python, "--python-platform", SYSTEMS[system][0]]
    found = run([*command, ROOT / "pyproject.toml"])
    pinned = [line.split(";")[0].strip() for line in found.splitlines() if "==" in line]
    return [each for each in pinned if each.split("==")[0] not in BUILT_HERE]


def fetch(wheels, system, python):
    """Put the wheels of a system and a Python into `wheels`.

    Returns dict, a pin whose wheel does not exist there -> the newest version that has one and that pyproject.toml allows.
    """
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", wheels]
    pip += ["--implementation", "cp"]
    for tag in SYSTEMS[system][1]:
        pip += ["--platform", tag]
    others = {}
    for release, wanted in requirements(system, python).items():
        while (
            wanted
            and (gone := _download([*pip, "--python-version", release], wanted, f"{system}, {release}")) is not None
        ):
            wanted.remove(gone)
            others[gone] = _download_another([*pip, "--python-version", release], gone, wheels)
    return others


def _download_another(pip, pin, wheels):
    """Fetch the newest version that has a wheel, in the place of a pin. Returns its pin."""
    name = pin.split("==")[0]
    asked = re.search(
        rf'^ *"({re.escape(name)}[^";]*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    before = set(wheels.iterdir())
    if _download(pip, [asked[1] if asked else name], pin) is not None:
        raise CannotBundle(f"There is no wheel of any version of {name}.")
    found = sorted(set(wheels.iterdir()) - before) or sorted(wheels.glob(f"{name.replace('-', '_')}-*"))
    return f"{name}=={found[0].name.split('-')[1]}"


def pinned_otherwise(pins, others):
    """The text of constraints.txt in which systems without a pinned wheel have another version.

    Args:
        others: dict, (system, Python) -> what `fetch` returns.
    """
    for system in dict.fromkeys(system for system, _ in others):
        changed = {old: new for (each, _), found in others.items() if each == system for old, new in found.items()}
        platform_is, machine_is = MARKERS[system]
        for old, new in changed.items():
            elsewhere = f"{old} ; sys_platform != '{platform_is}' or platform_machine != '{machine_is}'"
            there = f"{new} ; sys_platform == '{platform_is}' and platform_machine == '{machine_is}'"
            pins = re.sub(rf"^{re.escape(old)}$", f"{elsewhere}\n{there}", pins, flags=re.MULTILINE)
    return pins


def check(folder, system, python):
    """What a system needs can be had from the folder alone. Raises CannotBundle where it cannot."""
    command = [
        UV,
        "pip",
        "compile",
        "--quiet",
        "--no-index",
        "--find-links",
        folder / "wheels",
        "--only-binary",
        ":all:",
    ]
    command += ["--constraint", folder / CONSTRAINTS.relative_to(ROOT), "--python-platform", SYSTEMS[system][0]]
    for release in (f"{python}.0", f"{python}.99"):
        run([*command, "--python-version", release, folder / "pyproject.toml"])


def _download(pip, wanted, whom):
    """Fetch what is wanted. Returns the one of it that has no wheel, or None when all are there."""
    done = subprocess.run([*pip, *wanted], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    lacking = re.search(r"No matching distribution found for ([\w.-]+)==", done.stderr)
    if lacking is None or not any(each.split("==")[0] == lacking[1] for each in wanted):
        raise CannotBundle(f"pip could not fetch the wheels for {whom}. {needs(done.stderr)}")
    return next(each for each in wanted if each.split("==")[0] == lacking[1])


def contents(folder, others):
    """CONTENTS.md: which systems the bundle is for, and how large it is."""
    rows = [
        f"| {system} | {python} | {', '.join(each.values()) or 'none'} |" for (system, python), each in others.items()
    ]
    parts = [
        f"| `{part.name}` | {size_of(part) / 1e6:,.1f} MB |" for part in sorted(folder.iterdir()) if size_of(part) > 1e5
    ]
    head = "# What this bundle holds\n\n| system | Python | not as pinned, for want of a wheel |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n\n| part | size |\n|---|---|\n" + "\n".join(parts) + "\n"


def size_of(path):
    """Bytes of a file, or of all files below a folder."""
    return sum(file.stat().st_size for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())


def run(command):
    """Run a command in the kit's folder; returns what it prints. Raises CannotBundle with the end of its errors."""
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1"}  # as pip does: behind a proxy, the system knows whom to trust
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotBundle(f"{command[0]} is not there. `make bundle` sets up what it needs, but for git.") from None
    if done.returncode:
        raise CannotBundle(f"{' '.join(map(str, command[:5]))} … failed. {needs(done.stderr)}")
    return done.stdout


def needs(told):
    """What a bundle needs, and the last of what a program told: a str for CannotBundle."""
    return f"A bundle needs the network, and {SIZE} on the disk. This was said:\n{told[-1000:].strip()}"


if __name__ == "__main__":
    sys.exit(main())
