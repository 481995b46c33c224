"""The offline bundle: what is in it, and that its ./install works where there is no network at all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.test_install import BASE_PYTHON, INSTALL, load, pins

make_bundle = load(INSTALL / "make_bundle.py")
UNSHARE = ["unshare", "--map-root-user", "--net"]


def test_where_a_pin_has_no_wheel_another_version_is_fetched(monkeypatch, tmp_path):
    needed = {"3.11.0": ["numpy==2.4.6", "ale-py==0.12.1"], "3.11.99": []}
    monkeypatch.setattr(make_bundle, "requirements", lambda system, python: needed)
    asked = []

    def run(command, **_):
        asked.append(command)
        lacking = "ale-py==0.12.1" in command
        if command[-1].startswith("ale-py>="):
            (tmp_path / "ale_py-0.11.2-cp311-cp311-macosx_13_0_x86_64.whl").touch()
        told = "ERROR: No matching distribution found for ale-py==0.12.1\n" if lacking else ""
        return subprocess.CompletedProcess(command, int(lacking), "", told)

    monkeypatch.setattr(make_bundle.subprocess, "run", run)
    assert make_bundle.fetch(tmp_path, "macOS x86_64", "3.11") == {"ale-py==0.12.1": "ale-py==0.11.2"}
    assert [command[-1] for command in asked] == ["ale-py==0.12.1", "ale-py>=0.11,<0.13", "numpy==2.4.6"]
    assert "macosx_13_0_x86_64" in asked[0]


def test_another_version_is_pinned_for_that_system_only():
    others = {("macOS x86_64", "3.11"): {"ale-py==0.12.1": "ale-py==0.11.2"}, ("Linux x86_64", "3.11"): {}}
    lines = make_bundle.pinned_otherwise("ale-py==0.12.1\n    # via kit\nnumpy==2.4.6\n", others).splitlines()
    requirements = [Requirement(line) for line in lines if not line.startswith(" ")]
    for platform, machine, version in (
        ("darwin", "x86_64", "0.11.2"),
        ("darwin", "arm64", "0.12.1"),
        ("linux", "x86_64", "0.12.1"),
    ):
        here = {"sys_platform": platform, "platform_machine": machine}
        pinned = [str(each.specifier) for each in requirements if each.name == "ale-py" and each.marker.evaluate(here)]
        assert pinned == [f"=={version}"]


def test_a_failure_that_is_no_missing_wheel_ends_it(monkeypatch, tmp_path):
    monkeypatch.setattr(make_bundle, "requirements", lambda system, python: {"3.11.0": ["numpy==2.4.6"]})
    broken = subprocess.CompletedProcess([], 1, "", "ERROR: no space left on device")
    monkeypatch.setattr(make_bundle.subprocess, "run", lambda *_, **__: broken)
    with pytest.raises(make_bundle.CannotBundle, match="no space left"):
        make_bundle.fetch(tmp_path, "Linux x86_64", "3.11")


def test_without_slides_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(make_bundle, "ROOT", tmp_path)
    with pytest.raises(make_bundle.CannotBundle, match="make slides"):
        make_bundle.copy_slides(tmp_path / "talk")


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.tex").touch()
    assert make_bundle.main(["--here", "--into", str(tmp_path)]) == 1
    assert "is no bundle" in capsys.readouterr().err
    assert (tmp_path / "thesis.tex").exists()


def test_an_earlier_bundle_makes_room_even_if_it_was_interrupted(tmp_path):
    earlier = tmp_path / "bundle"
    make_bundle.copy_kit(earlier)
    (earlier / "wheels").mkdir()
    make_bundle.make_room(earlier)
    assert not earlier.exists()
    make_bundle.make_room(tmp_path)  # empty
    assert not tmp_path.exists()


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(28, "No space left on device"), "No space left"),
        (make_bundle.CannotBundle("needs the network"), "network"),
    ],
)
def test_a_failure_is_a_sentence_and_no_traceback(monkeypatch, tmp_path, capsys, problem, said):
    def fail(_):
        raise problem

    monkeypatch.setattr(make_bundle, "copy_kit", fail)
    assert make_bundle.main(["--here", "--into", str(tmp_path / "new")]) == 1
    assert said in capsys.readouterr().err


def test_what_is_not_installed_and_a_copy_without_git_are_named(monkeypatch, tmp_path):
    with pytest.raises(make_bundle.CannotBundle, match="no-such-program"):
        make_bundle.run(["no-such-program"])
    monkeypatch.setattr(make_bundle, "ROOT", tmp_path)
    with pytest.raises(make_bundle.CannotBundle, match="clone"):
        make_bundle.copy_kit(tmp_path / "new")


def test_every_supported_system_and_python_is_in_it():
    assert len(make_bundle.every_target()) == 16
    assert {python for _, python in make_bundle.every_target()} == {"3.10", "3.11", "3.12", "3.13"}


def can_cut_the_network():
    return (
        shutil.which("unshare") and subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.skipif(not can_cut_the_network(), reason="needs Linux and the right to a network namespace")
def test_it_installs_and_the_doctor_is_content_with_the_network_cut(tmp_path):
    folder = tmp_path / "usb stick"
    told = subprocess.run(
        [sys.executable, INSTALL / "make_bundle.py", "--here", "--without-slides", "--into", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert any((folder / "wheels").glob(f"numpy-{pins('3.11')['numpy']}*")) or sys.version_info[:2] != (3, 11)
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": os.pathsep.join([str(Path(BASE_PYTHON).parent), "/usr/bin", "/bin"])}
    script = 'test -z "$(cat /proc/net/route | sed 1d)" && ./install && .venv/bin/workshop doctor'
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This machine is ready." in done.stdout
