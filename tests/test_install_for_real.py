"""The kit is installed as a person would do it, by every road that the documentation names. Needs the network."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.test_install import BASE_PYTHON, INSTALL, ROOT, load, pins, pip_lines

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture
def copy(tmp_path):
    """The checkout without anything that a set-up left, in a folder with a space in its name."""
    left = (".venv", ".venv.lock", ".tox", ".git", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
    return Path(shutil.copytree(ROOT, tmp_path / "a b" / "kit", ignore=shutil.ignore_patterns(*left)))


@pytest.fixture
def bare_environment(tmp_path):
    """What a new account has. The folder of this Python is on PATH, because a machine may have no other that fits."""
    home = tmp_path / "home"
    home.mkdir()
    return {"HOME": str(home), "PATH": f"{Path(BASE_PYTHON).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def run(*command, **settings):
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


def jupyter_answers(copy, environment):
    """Start `make lab` without a browser; returns the page behind the address that it prints."""
    lab = subprocess.Popen(
        ["make", "lab", "ARGS=--no-browser --port=0"],
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed, found = [], None
        for line in lab.stdout:
            printed.append(line)
            if found := re.search(r"http://localhost:\S+/session_1_\S+", line):
                break
        assert found, "".join(printed)
        # The address is printed a moment before the server listens there.
        for _ in range(60):
            try:
                with urllib.request.urlopen(found.group(), timeout=60) as page:
                    return page.read().decode()
            except urllib.error.URLError as error:
                refused = error
                time.sleep(0.5)
        raise refused
    finally:
        os.killpg(lab.pid, signal.SIGKILL)
        lab.wait(timeout=60)


def test_make_setup_on_a_bare_machine_and_after_damage(copy, bare_environment):
    before = sorted(copy.rglob("*"))

    def make(target):
        done = run("make", target, cwd=copy, env=bare_environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Ready after" in make("setup")
    assert make("setup") == ""
    python = copy / ".venv" / "bin" / "python"
    works = "import workshop, gym, chainer; print(gym.make('CartPole-v1').reset(seed=0)[0].shape)"
    assert run(python, "-W", "always", "-c", works).stdout == "(4,)\n"
    kernels = json.loads(run(python, "-m", "jupyter", "kernelspec", "list", "--json").stdout)["kernelspecs"]
    assert kernels["workshop"]["spec"]["display_name"] == "Deep RL workshop"
    assert kernels["workshop"]["spec"]["argv"][0] == str(python)
    assert "JupyterLab" in jupyter_answers(copy, bare_environment)
    (numpy,) = copy.glob(".venv/lib/python3.*/site-packages/numpy")
    shutil.rmtree(numpy)
    assert "Ready after" in make("setup")
    assert run(python, "-W", "always", "-c", works).stdout == "(4,)\n"
    make("clean")
    assert sorted(copy.rglob("*")) == before


@pytest.mark.parametrize("pip", ["pip==24.3.1", f"pip=={pins('3.12')['pip']}"])
def test_plain_pip_is_told_what_to_do(copy, tmp_path, pip):
    subprocess.run([BASE_PYTHON, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", pip], check=True)
    done = run(python, "-m", "pip", "install", ".", cwd=copy)
    assert done.returncode != 0
    assert "Chainer cannot be built with this command" in done.stdout + done.stderr
    assert "Collecting" not in done.stdout, "the sentence comes before pip has downloaded anything"


def test_uv_needs_no_explanation(copy, tmp_path):
    uv = Path(sys.executable).parent / "uv"
    environment = {**os.environ, "VIRTUAL_ENV": str(tmp_path / "venv"), "UV_SYSTEM_CERTS": "1"}
    subprocess.run([uv, "venv", "--quiet", "--python", BASE_PYTHON, tmp_path / "venv"], check=True)
    constraints = ["--constraint", copy / "workshop" / "install" / "constraints.txt"]
    done = run(uv, "pip", "install", "--editable", ".", *constraints, cwd=copy, env=environment)
    assert done.returncode == 0, done.stderr
    assert run(tmp_path / "venv" / "bin" / "python", "-W", "always", "-c", "import gym, chainer").stderr == ""


def test_the_pip_lines_of_environment_yml_install(copy, tmp_path):
    python = load(INSTALL / "matrix.py").find_python("3.12")
    _, lines = pip_lines()
    if python is None:
        # The versions in the lines are those of Python 3.12; on another Python the constraints file has its own.
        python, lines = BASE_PYTHON, [line.partition("==")[0] for line in lines]
    subprocess.run([python, "-m", "venv", tmp_path / "conda"], check=True)
    # conda, mamba and repo2docker write the lines into a file beside environment.yml and run pip in that folder.
    (copy / "condaenv.requirements.txt").write_text("\n".join(lines))
    python = tmp_path / "conda" / "bin" / "python"
    upgrade = [python, "-m", "pip", "install", "--quiet", "--upgrade"]
    subprocess.run([*upgrade, "pip"], check=True)
    environment = {**os.environ, "CMAKE_POLICY_VERSION_MINIMUM": "3.5"}
    done = run(*upgrade, "--requirement", "condaenv.requirements.txt", cwd=copy, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(python, "-m", "pip", "check").stdout == "No broken requirements found.\n"
    done = run(python, "-W", "always", "-c", "import workshop, gym, chainer, ale_py; print(chainer.__version__)")
    assert (done.stdout, done.stderr) == ("7.8.1\n", "")
