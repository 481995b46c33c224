"""How an agent that learns Catch fares when one setting is changed, measured by `benchmarks/catch_sensitivity.py`."""

import json
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")


def load(file=FILE):
    """The scores of every change.

    Returns:
        {group: {what is changed: [the score of each seed, from −1 to 1]}}, in the order in which they were measured.
    """
    groups = {}
    for row in json.loads(file.read_text(encoding="utf-8"))["results"]:
        groups.setdefault(row["group"], {})[row["change"]] = row["scores"]
    return groups
