"""What `workshop doctor` looks at: every check looks at one thing and returns a `Row`.

Whatever could disturb the others (a crash, a library that talks while it is imported) happens in a process of its own.
A check may raise: the caller makes a row of that too.
"""

import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from workshop.doctor.machine import by_system, in_own_process, linux_release, reason, reinstall, short, system

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = Path(__file__).resolve().parents[1] / "install" / "constraints.txt"
GIB = 2**30

OK, NOTE, OPTIONAL, PROBLEM = "ok", "note", "optional", "PROBLEM"


@dataclasses.dataclass(frozen=True)
class Row:
    """What one check found.

    Attributes:
        state: OK; NOTE, worth knowing; OPTIONAL, not here and not needed; PROBLEM, an attendee cannot start.
        found: one sentence.
        fix: what to do about it on this machine, a line a step; "" where there is nothing to do.
        numbers: what was measured, {name: number}, for whoever reads the JSON.
    """

    state: str
    found: str
    fix: str = ""
    numbers: dict = dataclasses.field(default_factory=dict)


def check_system():
    name = f"macOS {platform.mac_ver()[0]}" if system() == "macos" else linux_release().get("PRETTY_NAME", "")
    found = f"{name or platform.system()}{' in WSL' if system() == 'wsl' else ''}, {platform.machine()}"
    if system() == "windows":
        return Row(PROBLEM, found, "wsl --install\nThen work inside WSL: the kit runs on Linux and macOS.")
    return Row(OK, found)


def check_python():
    # Versions that the kit does not know end `import workshop`, long before anybody gets here.
    return Row(OK, f"{platform.python_version()} in {short(sys.prefix)}")


def check_numpy():
    import numpy

    blas = numpy.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    name = f"{blas.get('name', 'no BLAS')} {blas.get('version', '')}".strip()
    return Row(OK, f"{numpy.__version__} with {name}")


def check_speed():
    gflops = sgemm_gflops()
    found = f"{gflops:.0f} GFLOP/s in single precision (sgemm, 1024 x 1024)"
    numbers = {"sgemm_gflops": round(gflops, 1)}
    if gflops < 10:
        fix = "Training will be slow. Plugged in? No power saving, no other heavy program? Then run this again."
        return Row(NOTE, found, fix, numbers)
    return Row(OK, found, numbers=numbers)


def sgemm_gflops(size=1024, repeats=8, budget=1.0):
    """The best speed of a float32 matrix product, in 10⁹ operations per second; stops after `budget` seconds."""
    import numpy as np

    matrix = np.random.default_rng(0).random((size, size), dtype=np.float32)
    matrix @ matrix  # the first product pays for starting the threads
    best, end = float("inf"), time.perf_counter() + budget
    for _ in range(repeats):
        start = time.perf_counter()
        matrix @ matrix
        now = time.perf_counter()
        best = min(best, now - start)
        if now > end:
            break
    return 2 * size**3 / best / 1e9


# How many updates Pong took with the laptop preset until the mean of 20 games passed the human's 9.3: the median of the
# seeds in benchmarks/results/pong_minutes/pong_laptop.json.
UPDATES_TO_THE_HUMANS_PONG = 15_163

TRAINING = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
import dataclasses, time
from workshop.dqn.presets import PRESETS, make_training
preset = dataclasses.replace(PRESETS["laptop"], replay_capacity=5000, learning_starts=300)
started = None
for step in (training := make_training("pong", preset, seed=0)).run():
    if started is None and training.updates >= 50:
        started, before = time.perf_counter(), training.updates
    if started and time.perf_counter() - started > 3:
        break
print((training.updates - before) / (time.perf_counter() - started))
"""


def check_training():
    """The laptop preset for three seconds; what it does afterwards takes as long."""
    status, rate, said = in_own_process(TRAINING)
    if status:
        return Row(PROBLEM, f"a DQN does not train: {reason(status, said)}", reinstall())
    minutes = UPDATES_TO_THE_HUMANS_PONG / float(rate) / 60
    numbers = {"updates_per_second": round(float(rate), 1), "pong_minutes": round(minutes, 1)}
    found = f"{float(rate):.0f} updates a second of the laptop preset: Pong in about {minutes:.0f} minutes"
    if minutes > 45:
        fix = "Slow for a session. Plugged in? No power saving, no other heavy program? Then run this again."
        return Row(NOTE, found, fix, numbers)
    return Row(OK, found, numbers=numbers)


CHAINER = """
import workshop, chainer, numpy as np
network = chainer.Sequential(chainer.links.Convolution2D(1, 2, 3), chainer.functions.relu, chainer.links.Linear(1))
loss = chainer.functions.sum(network(np.ones((2, 1, 8, 8), "f")))
network.cleargrads()
loss.backward()
assert all(np.isfinite(parameter.grad).all() for parameter in network.params()), "gradients are not numbers"
assert network[2].b.grad == 2, "a gradient is wrong"
print(chainer.__version__)
"""


def check_chainer():
    status, version, said = in_own_process(CHAINER)
    if status:
        return Row(PROBLEM, f"does not work: {reason(status, said)}", reinstall())
    if said:
        return Row(NOTE, f"{version} works, but talks: {said.splitlines()[-1]}", reinstall())
    return Row(OK, f"{version}: a network goes forward and backward, silently")


def check_gym():
    import gym
    from gym.envs.registration import registry

    ours = sum(str(spec.entry_point).startswith("workshop.") for spec in registry.values())
    if "PongNoFrameskip-v4" not in registry:
        return Row(PROBLEM, f"{gym.__version__}, but it does not know the workshop's environments", reinstall())
    return Row(OK, f"{gym.__version__} knows {ours:,} environments of the workshop")


EMULATOR = """
import sys, time
from workshop.atari.emulator import make_emulator
emulator = make_emulator(sys.argv[1], "pong")
emulator.reset()
start = time.perf_counter()
for _ in range(600):
    emulator.act(0)
assert emulator.screen_rgb().any()
print(600 / (time.perf_counter() - start))
"""


def play(emulator):
    """(found, numbers) after ten seconds' worth of Pong on an emulator; raises RuntimeError where that fails."""
    status, rate, said = in_own_process(EMULATOR, emulator)
    if status:
        raise RuntimeError(reason(status, said))
    version = importlib.metadata.version(emulator)
    return f"{version} plays Pong at {float(rate):,.0f} frames/s", {"frames_per_second": round(float(rate))}


def check_ale_py():
    try:
        found, numbers = play("ale-py")
    except RuntimeError as error:
        return Row(PROBLEM, f"does not play: {error}", reinstall())
    return Row(OK, found, numbers=numbers)


def check_atari_py():
    try:
        importlib.metadata.version("atari-py")
    except importlib.metadata.PackageNotFoundError:
        tools = by_system(
            "first, with this system's package manager: cmake, a C++ compiler, zlib",
            debian="sudo apt install cmake g++ zlib1g-dev",
            fedora="sudo dnf install cmake gcc-c++ zlib-devel",
            arch="sudo pacman -S cmake gcc zlib",
            suse="sudo zypper install cmake gcc-c++ zlib-devel",
            macos="xcode-select --install && brew install cmake",
        )
        return Row(OPTIONAL, "not installed; ale-py does the same", f"{tools}\n{reinstall('atari-py')}")
    try:
        found, numbers = play("atari-py")
    except RuntimeError as error:
        return Row(NOTE, f"does not play: {error}", "Nothing needs it: the kit plays on ale-py.")
    return Row(OK, found, numbers=numbers)


def check_roms():
    from workshop.atari import roms

    damaged = [roms.damage(game) for game in roms.known_md5()]
    bad = [sentence for sentence in damaged if sentence]
    if bad:
        again = f"{short(sys.executable)} -m pip install --force-reinstall --no-deps -c {CONSTRAINTS.name} ale-py"
        again = again.replace(CONSTRAINTS.name, "workshop/install/constraints.txt")
        return Row(PROBLEM, f"{len(bad)} of {len(damaged)} are not as they should be. {short(bad[0])}", again)
    return Row(OK, f"all {len(damaged)} have the right md5, Pong and Breakout among them")


def check_jupyter():
    from jupyter_client.kernelspec import KernelSpecManager

    version = importlib.metadata.version("jupyterlab")
    register = f"{short(sys.executable)} -m ipykernel install --sys-prefix --name workshop"
    own = {}
    for name, folder in KernelSpecManager().find_kernel_specs().items():
        if Path(folder).is_relative_to(sys.prefix):
            own[name] = json.loads((Path(folder) / "kernel.json").read_text(encoding="utf-8"))["argv"][0]
    if not own:
        return Row(PROBLEM, f"JupyterLab {version} is here, but no kernel belongs to this environment", register)
    gone = [name for name, python in own.items() if os.path.isabs(python) and not os.path.exists(python)]
    if gone:
        return Row(PROBLEM, f"the kernel {gone[0]!r} starts a Python that is gone: {short(own[gone[0]])}", register)
    return Row(OK, f"JupyterLab {version}, kernel {' and '.join(sorted(own))}")


def check_memory():
    import psutil

    memory = psutil.virtual_memory()
    free, total = memory.available / GIB, memory.total / GIB
    found, numbers = f"{free:.1f} of {total:.1f} GiB free", {"free_gib": round(free, 1), "total_gib": round(total, 1)}
    close = by_system(
        "Close programs; a browser with many tabs is the usual one.",
        wsl="Close programs; or give WSL more: `[wsl2]` and `memory=8GB` in .wslconfig, then `wsl --shutdown`.",
        macos="Close programs; Activity Monitor shows who has the memory.",
    )
    if free < 1:
        return Row(PROBLEM, f"{found}; a notebook needs 1", close, numbers)
    if free < 2.5:
        return Row(NOTE, f"{found}; enough for the notebooks, little for training on Atari frames", close, numbers)
    return Row(OK, found, numbers=numbers)


def check_disk():
    free = shutil.disk_usage(ROOT).free / GIB
    found, numbers = f"{free:.1f} GiB free where the kit lies", {"free_gib": round(free, 1)}
    tidy = by_system(
        "rm -rf ~/.cache/pip",
        macos="rm -rf ~/Library/Caches/pip\nMore: System Settings, General, Storage",
    )
    if free < 0.5:
        return Row(PROBLEM, f"{found}; notebooks and checkpoints need 0.5", tidy, numbers)
    return Row(OK if free >= 2 else NOTE, found, "" if free >= 2 else tidy, numbers)


def check_cores():
    import psutil

    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    physical = psutil.cpu_count(logical=False)
    found = f"{logical} usable" + (f", {physical} physical" if physical else "")
    return Row(OK, found, numbers={"cores": logical})


def check_writing():
    """The attendee's notebooks, the folder this was started in, and the home folder."""
    shut = []
    for folder in dict.fromkeys((ROOT, ROOT / "notebooks", Path.cwd(), Path.home())):
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except FileNotFoundError:
            if folder != ROOT / "notebooks":  # a bundle may come without it
                raise
        except OSError:
            shut.append(folder)
    if shut:
        own = by_system('sudo chown -R "$USER" .', wsl="Keep the kit in WSL's own home folder, not under /mnt/c:  cd ~")
        fix = f"{own}\nOr unpack the kit into a folder of your own and set it up there."
        return Row(PROBLEM, f"cannot write into {', '.join(map(short, shut))}", fix)
    return Row(OK, "the kit's folder, this folder and your home folder")


def check_versions():
    from packaging.requirements import Requirement

    differ, same = [], 0
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if not line or line.lstrip().startswith("#"):
            continue
        pinned = Requirement(line)
        try:
            found = importlib.metadata.version(pinned.name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed
        if pinned.marker is None or pinned.marker.evaluate():
            tested = next(iter(pinned.specifier)).version
            same += found == tested
            differ += [f"{pinned.name} {found} (tested: {tested})"] * (found != tested)
    if differ:
        more = f" and {len(differ) - 4} more" if len(differ) > 4 else ""
        return Row(NOTE, f"not as tested together: {', '.join(differ[:4])}{more}", reinstall())
    return Row(OK, f"all {same} as tested together")


GPU = """
import workshop, chainer, cupy
assert chainer.backends.cuda.available, "Chainer finds no CUDA"
assert float(cupy.ones((512, 512), "f").dot(cupy.ones((512, 512), "f"))[0, 0]) == 512
print(cupy.__version__, cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())
"""


def check_gpu():
    if system() == "macos":
        return Row(OPTIONAL, "none that CUDA can use, as on every Mac; the processor does it all")
    if not shutil.which("nvidia-smi"):
        return Row(OPTIONAL, "no NVIDIA GPU; nothing in the workshop needs one")
    if importlib.util.find_spec("cupy") is None:
        return Row(OPTIONAL, "an NVIDIA GPU is here, CuPy is not", reinstall("gpu"))
    status, found, said = in_own_process(GPU)
    if status:
        fix = by_system("Update the NVIDIA driver, then:", wsl="Update the NVIDIA driver in Windows, then:")
        return Row(NOTE, f"CuPy cannot use it: {reason(status, said)}", f"{fix}\n{reinstall('gpu')}")
    version, name = found.splitlines()[-1].split(maxsplit=1)
    return Row(OK, f"{name}, CuPy {version}")


def check_grading():
    """What attendees' code can do to whoever grades it here."""
    from workshop.grading.protections import ADVICE, protections

    held = protections()
    missing = [name for name, is_held in held.items() if not is_held]
    if not missing:
        return Row(OK, f"answers run with {', '.join(held)}")
    advice = by_system(
        "Landlock needs Linux 5.13 or newer, and its name in /sys/kernel/security/lsm (boot option lsm=landlock,...).",
        wsl="wsl --update\nThen `wsl --shutdown`, and start again: newer kernels of WSL confine more.",
        macos="Attendees' code that you have reason to fear: grade it in a container.",
    )
    return Row(NOTE, f"answers run without {', '.join(missing)}", f"{advice}\n{ADVICE}")


CHECKS = {
    "System": check_system,
    "Python": check_python,
    "NumPy": check_numpy,
    "Chainer": check_chainer,
    "gym": check_gym,
    "ale-py": check_ale_py,
    "atari-py": check_atari_py,
    "ROMs": check_roms,
    "Jupyter": check_jupyter,
    "Versions": check_versions,
    "Grading": check_grading,
    "Write access": check_writing,
    "Memory": check_memory,
    "Disk": check_disk,
    "Cores": check_cores,
    "Speed": check_speed,
    "Training": check_training,
    "GPU": check_gpu,
}
