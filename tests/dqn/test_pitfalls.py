"""Every pitfall of PITFALLS.md is held by a test or a line that exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    line.strip("|").split("|")
    for line in (ROOT / "workshop/dqn/PITFALLS.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d", line)
]


def test_there_are_22_and_each_has_something_that_holds_it():
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 23))
    for _, pitfall, held in ROWS:
        assert re.search(r"tests/\S+::test_|` in `|the rows? ", held), pitfall


def test_every_test_that_is_named_exists():
    named = [reference for _, _, held in ROWS for reference in re.findall(r"`(tests/[^`]+\.py)::(\w+)`", held)]
    assert len(named) > 20
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (path, name)


def test_every_line_that_is_named_exists():
    for _, _, held in ROWS:
        for word, path in re.findall(r"`(\w+)` in `([^`]+)`", held):
            assert word in (ROOT / path).read_text(encoding="utf-8"), (word, path)
        for names, path in re.findall(r"the rows? ([^`]*) of `([^`]+)`", held):
            for name in re.findall(r'"([^"]+)"', names):
                assert f"| {name} |" in (ROOT / path).read_text(encoding="utf-8"), (name, path)
