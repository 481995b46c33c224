"""A room of attendees' notebooks of Session 1 to measure with: right, wrong, half done and hostile, always the same ones.

Right answers are the reference and those that the kit's tests keep, wrong ones are its known mistakes. Each goes into
the notebook as an attendee would have written it: with the helpers that it needs, in the cell of its exercise.
"""

import functools
import inspect
import json
import random
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the right answers stand with the tests

from tests.exercises.right_answers import RIGHT_ANSWERS
from workshop.exercises.answers import definitions, find_answer, needed
from workshop.exercises.catalogue import EXERCISES
from workshop.exercises.cells import parse_cell
from workshop.exercises.reference import reference_source

NOTEBOOK = ROOT / "notebooks" / "session_1_reinforcement_learning.ipynb"
SHARE_OF_MISTAKES = 0.6  # of the exercises in a notebook that is called wrong
PARTS = [part for exercise in EXERCISES if exercise.session == 1 for part in exercise.parts]

# Beside an otherwise right notebook. Each is the answer to q_target.
HOSTILE_ANSWERS = {
    "endless loop": "while True: pass",
    "endless loop that catches all": "while True:\n        try:\n            while True: pass\n        except: pass",
    "sleeps for an hour": "import time; time.sleep(3600)",
    "memory bomb": "x = []\n    while True: x.append(bytearray(2**24))",
    "fork bomb": "import os\n    while True: os.fork()",
    "flood of output": "print('x' * 10**9)",
    "os._exit(0)": "import os; os._exit(0)",
    "os.abort()": "import os; os.abort()",
    "sys.exit(0)": "import sys; sys.exit(0)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "kills everybody": "import os; os.kill(-1, 9)",
    "hundred megabytes": "import numpy as np; return np.zeros(10**7 + 10**6)",
    "always equal": "return type('E', (), {'__eq__': lambda *a: True})()",
    "reads the reference": "return open('solutions/session_1_reinforcement_learning.py').read()",
    "leaves a child behind": "import subprocess; return subprocess.Popen(['sleep', '1000']).pid",
    "deep recursion": "return q_target(reward, next_q_values, terminated, gamma)",
}
HOSTILE_FILES = {
    "empty": "",
    "damaged": '{"cells": [',
    "merge conflict": "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> branch\n",
    "no notebook": "[1, 2, 3]",
}


def write_room(folder, submissions, seed=0):
    """Write notebooks below a folder: three in ten right, wrong and half done each, one in ten hostile.

    Args:
        folder: Path, of a folder to be made.
        submissions: int.
        seed: int.

    Returns:
        dict, kind -> how many.
    """
    rng, counts = random.Random(seed), {}
    folder.mkdir()
    for number in range(submissions):
        kind = ("right", "wrong", "half done", "right", "wrong", "half done", "right", "wrong", "half done", "hostile")[
            number % 10
        ]
        counts[kind] = counts.get(kind, 0) + 1
        text = _hostile(number // 10, rng) if kind == "hostile" else _notebook(_answers(kind, rng))
        (folder / f"attendee_{number:04}.ipynb").write_text(text, encoding="utf-8")
    return counts


def _answers(kind, rng):
    """Name -> the text of an answer, for the exercises that this attendee did."""
    done = PARTS[: rng.randrange(3, len(PARTS) - 3)] if kind == "half done" else PARTS
    share = {"right": 0.0, "wrong": SHARE_OF_MISTAKES, "half done": 0.25}[kind]
    return {part.name: rng.choice((mistakes if rng.random() < share else right_answers)(part.name)) for part in done}


def _hostile(number, rng):
    names = [*HOSTILE_ANSWERS, *HOSTILE_FILES]
    name = names[number % len(names)]
    if name in HOSTILE_FILES:
        return HOSTILE_FILES[name]
    body = f"def q_target(reward, next_q_values, terminated, gamma):\n    {HOSTILE_ANSWERS[name]}\n"
    return _notebook({**_answers("right", rng), "q_target": body})


@functools.cache
def right_answers(name):
    """The texts of all right answers to an exercise."""
    return [reference_source(name), *filter(None, (_as_written(name, answer) for answer in RIGHT_ANSWERS[name]))]


@functools.cache
def mistakes(name):
    """The texts of its known mistakes, of those that are plain functions."""
    part = next(part for part in PARTS if part.name == name)
    return list(filter(None, (_as_written(name, mistake.answer) for mistake in part.mistakes)))


def _as_written(name, answer):
    """The source of a function with all that it needs, under the name of the exercise; None where there is no such text."""
    module = inspect.getmodule(answer)
    if not isinstance(answer, types.FunctionType) or getattr(module, answer.__name__, None) is not answer:
        return None
    found = definitions([parse_cell(1, inspect.getsource(module))])
    definition, _ = find_answer(answer.__name__, found)
    text = "\n\n".join(step.source for step in needed(definition, found))
    if "workshop.exercises" in text or "tests." in text:
        return None
    return f"{text}\n\n{name} = {answer.__name__}\n" if answer.__name__ != name else text


def _notebook(answers):
    """The text of the attendees' notebook with these answers in the cells of their exercises."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("workshop", {}).get("exercise")
        if name in answers:
            cell["source"] = answers[name]
    return json.dumps(notebook)
