"""Whose seconds they were."""

import subprocess
import sys
import time

import pytest

from workshop.grading.clock import Clock


def process(code):
    return subprocess.Popen([sys.executable, "-S", "-c", code])


@pytest.mark.parametrize("reaped", [False, True], ids=["a zombie", "gone"])
def test_seconds_of_a_process_that_has_ended_are_its_own(reaped):
    """Whoever ends on purpose as soon as the reply is written has not been quick."""
    answer = process("import time; time.sleep(0.2)")
    clock = Clock(answer.pid, answer.pid)
    clock.start(5.0)
    if reaped:
        answer.wait()
    time.sleep(0.4)
    assert clock.spent() >= 0.15
    answer.wait()
    clock.start(5.0)
    time.sleep(0.1)
    assert 0.05 < clock.spent() < 5.0


def test_seconds_asleep_count():
    answer = process("import time; time.sleep(5)")
    clock = Clock(answer.pid, answer.pid)
    clock.start(5.0)
    time.sleep(0.3)
    assert 0.2 < clock.spent() < 5.0
    answer.kill()
    answer.wait()


def test_few_seconds_are_none():
    clock = Clock(0, 0)
    clock.start(5.0)
    assert clock.spent() == 0.0
