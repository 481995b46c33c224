"""`workshop doctor`: every way a machine can be wrong is a row with its fix, and never a traceback."""

import errno
import importlib.metadata
import io
import json
import os
import platform
import shutil
import sys
from types import SimpleNamespace

import psutil
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from workshop import doctor
from workshop.atari import roms
from workshop.cli import main
from workshop.doctor import checks, machine
from workshop.doctor.checks import CHECKS, NOTE, OK, OPTIONAL, PROBLEM, ROOT, Row

SYSTEMS = [
    # what platform says -> the advice that fits
    ("Darwin", "24.1.0", {}, "macos"),
    ("Windows", "11", {}, "windows"),
    ("Linux", "5.15.167.4-microsoft-standard-WSL2", {"ID": "ubuntu", "ID_LIKE": "debian"}, "wsl"),
    ("Linux", "6.1.0", {"ID": "debian"}, "debian"),
    ("Linux", "6.8.0", {"ID": "ubuntu", "ID_LIKE": "debian"}, "debian"),
    ("Linux", "6.8.0", {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "debian"),
    ("Linux", "6.9.0", {"ID": "fedora"}, "fedora"),
    ("Linux", "5.14.0", {"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "fedora"),
    ("Linux", "6.9.0", {"ID": "manjaro", "ID_LIKE": "arch"}, "arch"),
    ("Linux", "6.4.0", {"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "suse"),
    ("Linux", "6.6.0", {"ID": "nixos"}, "linux"),
    ("Linux", "6.6.0", {}, "linux"),
]


@pytest.fixture
def on(monkeypatch):
    """on("macos"): the doctor takes this machine for one of that system."""

    def pretend(name):
        for module in (machine, checks):
            monkeypatch.setattr(module, "system", lambda: name)

    return pretend


@pytest.fixture
def shadow(tmp_path, monkeypatch):
    """shadow("chainer", code): a package of that name, with that code, comes before the real one in new processes."""

    def put(package, code):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(code)
        (tmp_path / package / "roms").symlink_to(roms.rom_directory())
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return put


@pytest.mark.parametrize(("name", "release", "os_release", "expected"), SYSTEMS)
def test_the_system_is_recognised(name, release, os_release, expected, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: name)
    monkeypatch.setattr(platform, "release", lambda: release)
    monkeypatch.setattr(machine, "linux_release", lambda: os_release)
    assert machine.system.__wrapped__() == expected


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("debian", "apt install"),
        ("wsl", "apt install"),
        ("fedora", "dnf install"),
        ("arch", "pacman -S"),
        ("suse", "zypper install"),
        ("macos", "xcode-select"),
        ("linux", "package manager"),
    ],
)
def test_the_fix_is_that_of_the_system(name, command, on, monkeypatch):
    on(name)
    without("atari-py", monkeypatch)
    row = checks.check_atari_py()
    assert row.state == OPTIONAL
    assert command in row.fix
    assert "setup.sh atari-py" in row.fix.splitlines()[-1]


def without(distribution, monkeypatch, instead=None):
    """Hide one installed distribution, or show another version of it."""
    version = importlib.metadata.version

    def pretend(name):
        if name != distribution:
            return version(name)
        if instead is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return instead

    monkeypatch.setattr(importlib.metadata, "version", pretend)


def test_this_machine_can_start():
    """The suite runs where the kit is set up: nothing but a full memory or disk may be a problem here."""
    result = CliRunner().invoke(main, ["doctor", "--json", "--roms"])
    report = json.loads(result.stdout)
    rows = {row["name"]: row for row in report["rows"]}
    assert list(rows) == list(CHECKS)
    problems = {name: row["found"] for name, row in rows.items() if row["state"] == PROBLEM}
    assert problems.keys() <= {"Memory", "Disk"}, problems
    assert report["can_start"] == (not problems)
    assert result.exit_code == bool(problems)
    assert rows["Speed"]["numbers"]["sgemm_gflops"] > 0.1
    assert rows["ale-py"]["numbers"]["frames_per_second"] > 60
    training = rows["Training"]["numbers"]
    minutes = checks.UPDATES_TO_THE_HUMANS_PONG / training["updates_per_second"] / 60
    assert training["pong_minutes"] == pytest.approx(minutes, rel=0.1, abs=0.1)
    assert rows["Memory"]["numbers"]["free_gib"] <= rows["Memory"]["numbers"]["total_gib"]
    assert report["roms"]["pong"].startswith("60e0ea3cbe0913d39803477945e9e5ec")
    assert len(report["roms"]) >= 108


def test_chainer_that_is_missing(shadow):
    shadow("chainer", "raise ModuleNotFoundError(\"No module named 'chainer'\")")
    assert checks.check_chainer() == Row(PROBLEM, "does not work: No module named 'chainer'", "make clean setup")


def test_chainer_that_talks(shadow):
    shadow("sitecustomize", "import sys; print('a warning about something', file=sys.stderr)")
    row = checks.check_chainer()
    assert (row.state, row.found.split(" works, ")[1]) == (NOTE, "but talks: a warning about something")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("raise SystemExit('numpy is from another planet')", "numpy is from another planet"),
        ("import os; os.kill(os.getpid(), 11)", "the process was ended by signal 11"),
        ("import os; os._exit(3)", "no message"),
    ],
)
def test_an_emulator_that_does_not_play(code, found, shadow):
    shadow("ale_py", code)
    row = checks.check_ale_py()
    assert (row.state, row.found, row.fix) == (PROBLEM, f"does not play: {found}", "make clean setup")


def test_a_process_that_never_answers():
    status, said, complaint = machine.in_own_process("while True: pass", timeout=0.5)
    assert (status, said, complaint) == (124, "", "no answer within 0.5 seconds")


def test_gym_that_was_not_told(monkeypatch):
    from gym.envs import registration

    monkeypatch.setattr(registration, "registry", {})
    assert checks.check_gym().state == PROBLEM
    assert "does not know" in checks.check_gym().found


def test_damaged_and_missing_roms(tmp_path, monkeypatch):
    for path in roms.rom_directory().iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    (tmp_path / "pong.bin").write_bytes(b"\0" * 2048)
    (tmp_path / "zaxxon.bin").unlink()
    monkeypatch.setattr(roms, "rom_directory", lambda: tmp_path)
    row = checks.check_roms()
    assert row.state == PROBLEM
    assert row.found.startswith("2 of 108")
    assert "pong is damaged" in row.found
    assert "--force-reinstall" in row.fix
    result = CliRunner().invoke(main, ["doctor", "--json", "--roms"])
    assert result.exit_code == 1
    assert "cannot be read" in json.loads(result.stdout)["roms"]["zaxxon"]


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """An environment of its own with the kernels one puts into this folder."""
    from jupyter_client import kernelspec

    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    found = {}
    monkeypatch.setattr(kernelspec.KernelSpecManager, "find_kernel_specs", lambda manager: found)

    def put(name, python, folder=tmp_path):
        place = folder / name
        place.mkdir(parents=True)
        (place / "kernel.json").write_text(json.dumps({"argv": [python, "-m", "ipykernel_launcher"]}))
        found[name] = str(place)

    return put


def test_a_kernel_of_this_environment(kernels):
    kernels("workshop", sys.executable)
    assert checks.check_jupyter().state == OK
    assert "kernel workshop" in checks.check_jupyter().found


def test_only_somebody_elses_kernel(kernels, tmp_path_factory):
    kernels("python3", sys.executable, tmp_path_factory.mktemp("elsewhere"))
    row = checks.check_jupyter()
    assert row.state == PROBLEM
    assert "no kernel belongs" in row.found
    assert "ipykernel install --sys-prefix" in row.fix


def test_a_kernel_whose_python_is_gone(kernels):
    kernels("workshop", "/nowhere/bin/python")
    assert checks.check_jupyter().state == PROBLEM
    assert "/nowhere/bin/python" in checks.check_jupyter().found


@pytest.mark.parametrize(("gib", "state"), [(0.3, PROBLEM), (1.5, NOTE), (8, OK)])
@pytest.mark.parametrize("name", ["debian", "wsl", "macos"])
def test_memory(gib, state, name, on, monkeypatch):
    on(name)
    monkeypatch.setattr(
        psutil, "virtual_memory", lambda: SimpleNamespace(available=gib * checks.GIB, total=16 * checks.GIB)
    )
    row = checks.check_memory()
    assert row.state == state
    assert bool(row.fix) == (state != OK)
    assert row.numbers == {"free_gib": gib, "total_gib": 16}
    if row.fix:
        assert (".wslconfig" in row.fix) == (name == "wsl")


@pytest.mark.parametrize(("gib", "state"), [(0.1, PROBLEM), (1, NOTE), (50, OK)])
def test_disk(gib, state, on, monkeypatch):
    on("macos")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=gib * checks.GIB))
    row = checks.check_disk()
    assert row.state == state
    assert ("Library/Caches" in row.fix) == (state != OK)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written(number, on, monkeypatch, tmp_path):
    # Permissions would not do: whoever runs the tests as root may write everywhere.
    on("wsl")
    monkeypatch.chdir(tmp_path)
    create = checks.tempfile.TemporaryFile

    def refuse(dir):
        if dir == tmp_path:
            raise OSError(number, os.strerror(number))
        return create(dir=dir)

    monkeypatch.setattr(checks.tempfile, "TemporaryFile", refuse)
    row = checks.check_writing()
    assert (row.state, row.found) == (PROBLEM, f"cannot write into {tmp_path}")
    assert "/mnt/c" in row.fix


def test_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert checks.check_writing().state == OK
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "command"), [("wsl", "wsl --update"), ("macos", "container"), ("debian", "Landlock")])
def test_missing_protections_are_said_with_what_to_do(name, command, on, monkeypatch):
    on(name)
    from workshop.grading import protections

    monkeypatch.setattr(protections, "protections", lambda: {"a closed network": False, "a door": True})
    row = checks.check_grading()
    assert (row.state, row.found) == (NOTE, "answers run without a closed network")
    assert command in row.fix
    assert "SANDBOX.md" in row.fix
    monkeypatch.setattr(protections, "protections", lambda: {"a door": True})
    assert checks.check_grading() == Row(OK, "answers run with a door")


def test_versions_that_were_not_tested_together(tmp_path, monkeypatch):
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(
        "# a comment\nclick==8.0\n    # via somebody\nnot-installed==1\nnumpy==1.0 ; python_version < '3'\nrich==15.0.0\n"
    )
    monkeypatch.setattr(checks, "CONSTRAINTS", constraints)
    without("rich", monkeypatch, instead="15.0.0")
    row = checks.check_versions()
    assert row.state == NOTE
    assert row.found == f"not as tested together: click {importlib.metadata.version('click')} (tested: 8.0)"
    without("click", monkeypatch, instead="8.0")
    assert checks.check_versions() == Row(OK, "all 2 as tested together")


def test_a_conda_environment_is_mended_with_conda(monkeypatch):
    monkeypatch.setenv("CONDA_PREFIX", sys.prefix)
    assert machine.reinstall() == machine.reinstall("gpu") == "conda env update --file environment.yml"
    monkeypatch.delenv("CONDA_PREFIX")
    assert machine.reinstall() == "make clean setup"
    assert machine.reinstall("gpu") == "sh workshop/install/setup.sh gpu"


def test_a_slow_machine_is_told_so(monkeypatch):
    monkeypatch.setattr(checks, "sgemm_gflops", lambda: 1.234)
    row = checks.check_speed()
    assert (row.state, row.numbers) == (NOTE, {"sgemm_gflops": 1.2})


def gpu(on, monkeypatch, name="debian", nvidia=True, cupy=True):
    on(name)
    monkeypatch.setattr(shutil, "which", lambda command: "/usr/bin/nvidia-smi" if nvidia else None)
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda package: object() if cupy else None)
    return checks.check_gpu()


def test_gpus(on, monkeypatch):
    assert gpu(on, monkeypatch, "macos") == Row(
        OPTIONAL, "none that CUDA can use, as on every Mac; the processor does it all"
    )
    assert gpu(on, monkeypatch, nvidia=False) == Row(OPTIONAL, "no NVIDIA GPU; nothing in the workshop needs one")
    row = gpu(on, monkeypatch, cupy=False)
    assert (row.state, row.fix) == (OPTIONAL, "sh workshop/install/setup.sh gpu")


def test_a_gpu_that_works_and_one_that_does_not(on, monkeypatch):
    monkeypatch.setattr(checks, "in_own_process", lambda script: (0, "14.2.0 NVIDIA H100 80GB HBM3", ""))
    assert gpu(on, monkeypatch) == Row(OK, "NVIDIA H100 80GB HBM3, CuPy 14.2.0")
    monkeypatch.setattr(checks, "in_own_process", lambda script: (1, "", "Traceback\nRuntimeError: driver too old"))
    row = gpu(on, monkeypatch, "wsl")
    assert (row.state, row.found) == (NOTE, "CuPy cannot use it: RuntimeError: driver too old")
    assert "driver in Windows" in row.fix


def test_windows_is_sent_to_wsl(on):
    on("windows")
    row = checks.check_system()
    assert (row.state, row.fix.splitlines()[0]) == (PROBLEM, "wsl --install")


@pytest.mark.parametrize("error", [RuntimeError("the sky\nfell"), KeyError("x"), OSError(), AssertionError()])
def test_a_check_that_raises_is_a_row(error, monkeypatch):
    def broken():
        raise error

    monkeypatch.setitem(CHECKS, "Memory", broken)
    keep = ("System", "Memory", "Cores")
    for name in CHECKS.keys() - set(keep):
        monkeypatch.delitem(CHECKS, name)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert f"PROBLEM  Memory  {type(error).__name__}: " in result.stdout
    assert "ok       Cores" in result.stdout
    assert "mend what is marked PROBLEM" in result.stdout


def printed(rows, width=80):
    screen = io.StringIO()
    doctor.show(rows, Console(file=screen, width=width, highlight=False))
    return screen.getvalue()


TEXT = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), min_size=1, max_size=200)


@given(found=TEXT, fix=TEXT, state=st.sampled_from([OK, NOTE, OPTIONAL, PROBLEM]))
def test_it_reads_well_in_eighty_columns_without_colour(found, fix, state):
    text = printed({"Write access": Row(state, found, fix)})
    assert "\x1b" not in text
    lines = text.splitlines()
    copied = [line for line in lines if line.startswith("  Write access  ")]
    assert all(len(line) <= 80 for line in lines if line not in copied)
    assert text.count(state) >= 1
    # What is to be copied stands on one line, whole; what was found may be broken, and nothing is lost of it.
    assert len(copied) == (state != OK)
    if copied:
        assert fix in copied[0]
    assert "".join(found.split()) in "".join(text.split())


def test_square_brackets_are_text_and_not_markup():
    text = printed({"Disk": Row(PROBLEM, "[bold]odd[/bold]", "pip install '.[gpu]'\nthen again")})
    assert "[bold]odd[/bold]" in text
    assert "pip install '.[gpu]'\n                then again" in text


def test_the_home_folder_is_not_told(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert machine.short(tmp_path / "kit") == "~/kit"
    assert machine.short(f"The file is damaged ({tmp_path}/a/b).") == "The file is damaged (~/a/b)."


def test_what_to_expect_promises_only_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    ready = {"Disk": Row(OK, "enough")}
    assert "No notebooks here yet" in " ".join(doctor.what_to_expect(ready))
    (tmp_path / "notebooks" / "session_1_reinforcement_learning.ipynb").touch()
    (tmp_path / "notebooks" / "session_2_networks.ipynb").touch()
    said = " ".join(doctor.what_to_expect(ready))
    assert "This machine is ready." in said
    assert "session 1, 2" in said
    assert "minutes" not in said
    trains = {"Training": Row(OK, "", numbers={"updates_per_second": 50.0, "pong_minutes": 12.3})}
    assert "in about 12 minutes" in " ".join(doctor.what_to_expect(trains))
    assert "ready" not in " ".join(doctor.what_to_expect({"Disk": Row(PROBLEM, "full", "rm")}))


def test_the_updates_that_pong_takes_are_those_of_the_benchmark():
    results = json.loads((ROOT / "benchmarks/results/pong_minutes/pong_laptop.json").read_text(encoding="utf-8"))
    assert len(results["seeds"]) == 3
    passed = sorted(seed["passed 9.3"]["updates"] for seed in results["seeds"].values())
    assert passed[1] == checks.UPDATES_TO_THE_HUMANS_PONG


def test_training_that_fails_or_is_slow_is_said(monkeypatch):
    monkeypatch.setattr(checks, "TRAINING", "raise SystemExit('no such game')")
    row = checks.check_training()
    assert (row.state, row.found) == (PROBLEM, "a DQN does not train: no such game")
    monkeypatch.setattr(checks, "TRAINING", "print(2.0)")
    row = checks.check_training()
    assert row.state == NOTE
    assert "Slow for a session" in row.fix
