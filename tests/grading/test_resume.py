"""A run that was killed goes on: the same rows as an undisturbed one, and nothing graded twice."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.grading.notebooks import RIGHT_RETURN, RIGHT_TARGET, write_notebook
from workshop.exercises.catalogue import EXERCISES

ROOT = Path(__file__).resolve().parents[2]
WITH_STAND_INS = """
from workshop.cli import main
from workshop.grading import room
room.COMMAND = [*room.COMMAND[:1], "-m", "tests.grading.stand_in_desk"]
main()
"""


def start(code, arguments, home):
    command = [sys.executable, *code, "grade", *map(str, arguments)]
    environment = {**os.environ, "WORKSHOP_HOME": str(home)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def rows_of(file):
    return [{**row, "seconds": 0} for row in json.loads(file.read_text())]


def kill_and_resume(code, arguments, tmp_path, kills, longest):
    """Run it undisturbed, then kill it again and again at random moments until `kills` are done, and let it end.

    Returns the rows of both.
    """
    undisturbed, disturbed = tmp_path / "undisturbed.json", tmp_path / "disturbed.json"
    process = start(code, [*arguments, "--json", undisturbed], tmp_path / "home 1")
    assert process.wait(timeout=300) == 0, process.stdout.read()
    rng = random.Random(0)
    for _ in range(kills):
        process = start(code, [*arguments, "--json", disturbed, "--resume"], tmp_path / "home 2")
        time.sleep(rng.uniform(0, longest))
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        assert not psutil.wait_procs(family, timeout=20)[1], "what it had started outlives it"
    process = start(code, [*arguments, "--json", disturbed, "--resume"], tmp_path / "home 2")
    output = process.communicate(timeout=300)[0]
    assert process.returncode == 0, output
    (journal,) = (tmp_path / "home 2" / "grading").iterdir()
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    kept = Counter((line["of"], line["row"]["exercise"]) for line in lines if "of" in line)
    assert set(kept.values()) == {1}
    return rows_of(undisturbed), rows_of(disturbed)


@pytest.mark.slow
@pytest.mark.alone
def test_killed_at_ten_random_moments_with_graders_that_cost_nothing(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    for number in range(8):
        (room / f"{number}.ipynb").write_text("\n".join(f"{exercise.name} slow" for exercise in EXERCISES))
    code = ["-c", WITH_STAND_INS]
    undisturbed, disturbed = kill_and_resume(code, [room, "--workers", 2], tmp_path, kills=10, longest=2.5)
    assert len(undisturbed) == 8 * len(EXERCISES)
    assert disturbed == undisturbed


@pytest.mark.slow
@pytest.mark.alone
def test_killed_in_the_middle_of_real_answers(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    write_notebook(room / "ann.ipynb", RIGHT_RETURN, RIGHT_TARGET)
    write_notebook(room / "bob.ipynb", "import time\ntime.sleep(1)\ndef q_target(*a):\n    return time", RIGHT_RETURN)
    (room / "carl.ipynb").write_text("{")
    arguments = [room, "--only", "discounted_return", "--only", "q_target", "--workers", 2]
    undisturbed, disturbed = kill_and_resume(["-m", "workshop"], arguments, tmp_path, kills=2, longest=5)
    assert len(undisturbed) == 5
    assert disturbed == undisturbed
