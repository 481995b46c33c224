"""What sets the kit up: the pins agree with each other, the right Python is found, and `.venv` is repaired when it must.

Nothing is installed here; test_install_for_real.py does that.
"""

import fcntl
import importlib.util
import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
INSTALL = ROOT / "workshop" / "install"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIRED = [Requirement(line) for line in [*PROJECT["dependencies"], *itertools.chain(*EXTRAS.values())]]


def load(path):
    """Import a file that is no part of the package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_requirements(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pins(python, platform="linux"):
    """name -> version, as constraints.txt has it for one Python ("3.12") on one platform."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "os_name": "posix",
        "implementation_name": "cpython",
    }
    pinned = {}
    for requirement in read_requirements(INSTALL / "constraints.txt"):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.name not in pinned, f"{requirement.name} is pinned twice for Python {python}"
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            pinned[requirement.name] = specifier.version
    return pinned


# Files that must agree


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_every_requirement_is_pinned_to_a_version_that_it_allows(python, platform):
    pinned = pins(python, platform)
    for requirement in REQUIRED:
        assert requirement.specifier.contains(pinned[requirement.name]), requirement
    # --build-constraint came with pip 25.3.
    assert tuple(map(int, pinned["pip"].split("."))) >= (25, 3)


def test_the_pins_name_no_index_and_no_folder():
    text = (INSTALL / "constraints.txt").read_text(encoding="utf-8")
    assert "make upgrade" in text.splitlines()[1]
    assert not any(sign in text for sign in ("://", "--index", "--extra", "--find", "@ ", "/tmp", "/home"))


def test_all_that_build_chainer_ask_for_the_same_setuptools():
    (build_constraint,) = read_requirements(INSTALL / "build_constraints.txt")
    assert PYPROJECT["tool"]["uv"]["build-constraint-dependencies"] == [str(build_constraint)]
    wheel = tomllib.loads((INSTALL / "chainer_wheel" / "pyproject.toml").read_text(encoding="utf-8"))
    assert str(build_constraint) in wheel["build-system"]["requires"]
    assert load(INSTALL / "chainer_wheel" / "build_backend.py").CHAINER == f"chainer=={pins('3.12')['chainer']}"


def pip_lines():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    return [entry for entry in dependencies if isinstance(entry, str)], pip


def test_environment_yml_has_the_packages_and_versions_of_pyproject():
    conda, pip = pip_lines()
    assert conda == ["python=3.12", "pip", "cmake<4", "cxx-compiler", "make", "zlib"]
    names = sorted(Requirement(line).name for line in [*PROJECT["dependencies"], *EXTRAS["atari-py"]])
    before = ["--constraint workshop/install/constraints.txt", "./workshop/install/chainer_wheel"]
    after = ["--editable . --config-settings chainer=provided"]
    assert pip == [*before, *(f"{name}=={pins('3.12')[name]}" for name in names), *after]


def test_a_build_that_chainer_would_fail_in_is_explained():
    # This environment has a setuptools without pkg_resources, as the build of a plain `pip install .` has.
    backend = load(INSTALL / "build_backend.py")
    for hook in (backend.prepare_metadata_for_build_wheel, backend.prepare_metadata_for_build_editable):
        with pytest.raises(SystemExit) as explained:
            hook("never written to", None)
        for part in ("make setup", "--build-constraint workshop/install/build_constraints.txt", "pip>=25.3"):
            assert part in str(explained.value)


# setup.sh: which Python

FINDS = "#!/bin/sh\nexec '{python}' \"$@\"\n"
IS_SHIM = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"
IS_OLD = "#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; *) echo 3.9;; esac\n"
LACKS_VENV = "#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; *) echo 3.12;; esac\n"
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture
def set_up(tmp_path):
    """Runs setup.sh in a kit where bootstrap.py only tells who ran it, on a machine with the given interpreters."""
    kit = tmp_path / "a kit" / "with spaces"
    (kit / "workshop" / "install").mkdir(parents=True)
    shutil.copy(INSTALL / "setup.sh", kit / "workshop" / "install")
    tell = (
        "import json, os, sys; print(json.dumps([os.environ.get('TOLD'), os.environ.get('PYTHONPATH'), sys.argv[1:]]))"
    )
    (kit / "workshop" / "install" / "bootstrap.py").write_text(tell)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "uname"):
        (tools / tool).symlink_to(shutil.which(tool))

    def run(interpreters, *extras, **environment):
        for name, script in interpreters.items():
            told = script.replace("exec", f"TOLD={name} exec").format(python=BASE_PYTHON)
            (tools / name).write_text(told)
            (tools / name).chmod(0o755)
        command = ["sh", kit / "workshop" / "install" / "setup.sh", *extras]
        environment = {"PATH": str(tools), "HOME": str(tmp_path), "PYTHONPATH": "/somewhere/else", **environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    run.kit = kit
    return run


def test_the_newest_python_that_runs_is_taken_and_nothing_leaks_in(set_up):
    done = set_up(
        {"python3.13": IS_SHIM, "python3.12": FINDS, "python3.11": FINDS, "python3": IS_OLD}, "dev", "atari-py"
    )
    assert json.loads(done.stdout) == ["python3.12", None, ["dev", "atari-py"]]


def test_the_last_resorts_are_python_and_pyenv(set_up, tmp_path):
    assert json.loads(set_up({"python3": IS_OLD, "python": FINDS}).stdout)[0] == "python"
    (tmp_path / "tools" / "python").unlink()
    hidden = tmp_path / ".pyenv" / "versions" / "3.12.1" / "bin" / "python"
    hidden.parent.mkdir(parents=True)
    hidden.symlink_to(BASE_PYTHON)
    assert set_up({}).returncode == 0


def test_a_named_python_is_taken_or_refused_but_never_replaced(set_up):
    assert json.loads(set_up({"python3.13": FINDS, "python3.11": FINDS}, PYTHON="python3.11").stdout)[0] == "python3.11"
    refused = set_up({"python3.9": IS_OLD}, PYTHON="python3.9")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "python3.9 is Python 3.9" in refused.stderr
    assert "no-such-python cannot be run" in set_up({}, PYTHON="no-such-python").stderr


def test_without_a_python_it_says_what_was_found_and_what_to_install(set_up):
    refused = set_up({"python3.13": IS_SHIM, "python3.12": LACKS_VENV, "python3": IS_OLD})
    assert refused.returncode == 1
    assert "Python 3.10, 3.11, 3.12 or 3.13" in refused.stderr
    assert "python3.12 is Python 3.12, but its venv module is missing" in refused.stderr
    assert "python3 is Python 3.9" in refused.stderr
    assert "pyenv install 3.12" in refused.stderr
    assert "make setup PYTHON=" in refused.stderr
    assert "Traceback" not in refused.stderr


# bootstrap.py: what there is to do


class Kit:
    """A kit in a scratch folder: the real bootstrap.py, with stand-ins for what takes minutes."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        install = folder / "workshop" / "install"
        install.mkdir(parents=True)
        for name in ("bootstrap.py", "build_backend.py", "constraints.txt", "build_constraints.txt"):
            shutil.copy(INSTALL / name, install)
        shutil.copy(ROOT / "pyproject.toml", folder)
        self.module = load(install / "bootstrap.py")
        self.packages = folder / ".venv" / "lib" / "python3.12" / "site-packages"
        self.did = []
        monkeypatch.setattr(self.module, "create_environment", self.create)
        monkeypatch.setattr(self.module, "require_compiler", lambda: self.did.append("require_compiler"))
        self.real_step = self.module.step
        monkeypatch.setattr(self.module, "step", self.step)

    def create(self):
        shutil.rmtree(self.folder / ".venv", ignore_errors=True)
        (self.folder / ".venv" / "bin").mkdir(parents=True)
        (self.folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        self.packages.mkdir(parents=True)
        self.did.append("create")

    def step(self, title, command):
        if "--editable" in command:
            self.did.append(command[-1])
            for name in ("numpy", "numpy-2.4.6.dist-info"):
                (self.packages / name).mkdir(exist_ok=True)

    def run(self, *extras):
        """Run the set-up; returns what it did, or its exit status where that is not 0."""
        self.did.clear()
        return self.module.main(set(extras)) or list(self.did)


@pytest.fixture
def kit(tmp_path, monkeypatch):
    return Kit(tmp_path / "kit", monkeypatch)


def test_a_set_up_is_made_once(kit, capsys):
    assert kit.run() == ["create", "."]
    capsys.readouterr()
    assert kit.run() == []
    assert capsys.readouterr() == ("", "")


def test_extras_are_added_and_never_taken_away(kit):
    kit.run("dev")
    assert kit.run() == []
    assert kit.run("dev", "atari-py") == ["require_compiler", ".[atari-py,dev]"]
    assert kit.run("dev") == kit.run() == []
    (kit.folder / "workshop" / "install" / "constraints.txt").write_text("numpy==2.5.5\n")
    assert kit.run() == ["require_compiler", ".[atari-py,dev]"]


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "workshop/install/constraints.txt", "workshop/install/bootstrap.py"]
)
def test_a_change_of_what_it_was_made_from_updates_it(kit, name):
    kit.run()
    with open(kit.folder / name, "a") as file:
        file.write("# newer\n")
    assert kit.run() == ["."]
    assert kit.run() == []


def remove_package(kit):
    (kit.packages / "numpy").rmdir()


def remove_metadata(kit):
    (kit.packages / "numpy-2.4.6.dist-info").rmdir()


def remove_python(kit):
    (kit.folder / ".venv" / "bin" / "python").unlink()


def break_python(kit):
    remove_python(kit)
    (kit.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python3.12")


def be_interrupted(kit):
    (kit.folder / ".venv" / "workshop-unfinished").touch()


def lose_stamp(kit):
    (kit.folder / ".venv" / "workshop-stamp.json").write_text('{"inputs": ')


def change_stamp(name, value):
    def change(kit):
        path = kit.folder / ".venv" / "workshop-stamp.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))

    return change


def lose_everything(kit):
    shutil.rmtree(kit.folder / ".venv")


@pytest.mark.parametrize(
    "damage",
    [
        remove_package,
        remove_metadata,
        remove_python,
        break_python,
        be_interrupted,
        lose_stamp,
        lose_everything,
        pytest.param(change_stamp("folder", "/where/it/was/before"), id="moved"),
        pytest.param(change_stamp("python", ["/usr", 3, 9]), id="another Python"),
    ],
)
def test_what_cannot_be_trusted_is_made_anew(kit, damage):
    kit.run()
    damage(kit)
    assert kit.run() == ["create", "."]
    assert kit.run() == []


def fail(kit, monkeypatch, output):
    """Let the next installation fail after printing `output`; returns the exit status."""
    command = [sys.executable, "-c", f"print({output!r}); raise SystemExit(1)"]
    with monkeypatch.context() as patch:
        patch.setattr(kit.module, "step", lambda title, _: kit.real_step(title, command))
        return kit.run("dev")


def test_a_failure_before_anything_was_installed_costs_nothing(kit, monkeypatch, capsys):
    kit.run()
    assert fail(kit, monkeypatch, "ERROR: Could not find a version that satisfies the requirement numpy") == 1
    shown = capsys.readouterr().err
    assert "Could not find a version" in shown
    assert "The package index in use lacks a version" in shown
    assert kit.run() == []


def test_a_failure_half_way_makes_it_anew(kit, monkeypatch):
    kit.run()
    assert fail(kit, monkeypatch, "Installing collected packages: numpy\nERROR: [Errno 5] Input/output error") == 1
    assert kit.run() == ["create", "."]


@pytest.mark.parametrize(
    "output, told",
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ProxyError('Unable to connect to proxy'); No matching distribution found for pip", "HTTPS_PROXY"),
        ("SSLError(SSLCertVerificationError): CERTIFICATE_VERIFY_FAILED", "PIP_CERT"),
        ("CMake Error at CMakeLists.txt: no compiler", "sudo apt install cmake g++ zlib1g-dev"),
        ("something that nobody has ever seen", "not a failure that the workshop knows"),
    ],
)
def test_a_failure_says_what_to_try(kit, monkeypatch, capsys, output, told):
    kit.run()
    assert fail(kit, monkeypatch, output) == 1
    shown = capsys.readouterr().err
    assert output in shown
    assert told in shown
    assert str(kit.folder / ".venv" / "setup.log") in shown
    assert output in (kit.folder / ".venv" / "setup.log").read_text()


def test_a_missing_compiler_is_told_before_anything_is_touched(kit, tmp_path, monkeypatch, capsys):
    monkeypatch.undo()  # the real thing
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert kit.run("dev", "atari-py") == 1
    shown = capsys.readouterr().err
    assert "needs cmake and a C++ compiler" in shown
    assert "`make lab` and `make test` need no compiler" in shown
    assert kit.did == []
    assert not (kit.folder / ".venv").exists()


def test_two_at_once_take_turns(kit):
    kit.folder.joinpath(".venv.lock").touch()
    code = (
        f"import sys; sys.path.insert(0, {str(kit.folder / 'workshop' / 'install')!r}); import bootstrap\n"
        "with bootstrap.one_at_a_time(): print('my turn')"
    )
    with open(kit.folder / ".venv.lock") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert "waiting" in second.stdout.readline()
        assert second.poll() is None
    rest, _ = second.communicate(timeout=30)
    assert (rest, second.returncode) == ("my turn\n", 0)
