"""The tests for a GPU, run without one: on a stand-in for CuPy that keeps its rules (tests/dqn/stand_in).

So a line that mixes arrays of NumPy and of the GPU, or that waits for it, is found on a machine that has none; what the
stand-in cannot know, speed above all, is left to test_gpu.py on a real one.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def on_the_stand_in(*command):
    environment = {**os.environ, "PYTHONPATH": str(HERE / "stand_in")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.alone
def test_the_tests_for_a_gpu_pass():
    done = on_the_stand_in("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "gpu", "tests/dqn/test_gpu.py")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "deselected" not in done.stdout


MISTAKES = {
    "float(loss)": "DeviceSynchronized",  # waits
    "bool(td_errors[0] > 0)": "DeviceSynchronized",
    "td_errors[td_errors > 0]": "DeviceSynchronized",
    "loss + np.ones(3)": "TypeError",  # mixes
    "np.ones(3) + loss": "TypeError",
    "np.asarray(td_errors)": "TypeError",
}


@pytest.mark.slow
@pytest.mark.alone
def test_the_stand_in_refuses_what_cupy_refuses():
    code = f"""
import workshop, numpy as np, cupyx
from tests.dqn.test_agent import samples
from tests.dqn.test_gpu import SMALL, find_device, make_agent, on
agent, device = make_agent(SMALL, 3, 0, "gpu"), find_device("gpu")
sample = on(device, next(samples(1)))
with cupyx.allow_synchronize(False):
    loss, td_errors = agent.update(sample)
    for mistake in {list(MISTAKES)}:
        try:
            eval(mistake)
        except Exception as error:
            print(mistake, "|", type(error).__name__)
"""
    done = on_the_stand_in("-c", code)
    assert dict(line.split(" | ") for line in done.stdout.splitlines()) == MISTAKES, done.stderr
