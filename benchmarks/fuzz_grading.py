"""Throw files and workers' replies that nobody thought of at the grader, for as long as there is time.

    .venv/bin/python benchmarks/fuzz_grading.py [--minutes 10] [--seed 0] [--json FILE]

Three kinds take turns: any file, with a stand-in for the worker (so that many are tried); any file, graded in earnest;
any reply of a worker. Of every file and every exercise exactly one row has to come, never a `pass`, and no fault of the
grader's own. What fails is made smaller by Hypothesis and printed, with the seed that finds it again. Exit status 0 if
nothing failed.
"""

import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import click
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import InvalidArgument
from machine import this_machine
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the fuzzer stands with the tests

EXAMPLES = {"files": 30, "files graded in earnest": 5, "replies": 15}  # of each kind in a turn
MOST_FAILURES = 20  # after so many there is something to do before going on


@click.command()
@click.option("--minutes", type=float, default=10, show_default=True, help="How long to go on.")
@click.option("--seed", "first", type=int, default=0, show_default=True, help="Of the first turn; each has the next.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write what came of it there."
)
def main(minutes, first, json_file):
    """Look for a file or a reply that the grader is not up to."""
    started, turn, failures = time.monotonic(), first, []
    counts = {kind: Counts() for kind in EXAMPLES}
    with tempfile.TemporaryDirectory() as folder, tqdm(total=round(minutes * 60), unit="s") as bar:
        checks = checks_in(folder)
        while (passed := time.monotonic() - started) < minutes * 60 and len(failures) < MOST_FAILURES:
            kind = list(EXAMPLES)[turn % len(EXAMPLES)]
            strategy, check = checks[kind]
            failure = first_failure(strategy, counts[kind].counting(check), EXAMPLES[kind], turn)
            if failure:
                failures.append({"kind": kind, "seed": turn, "what": failure})
                tqdm.write(f"{kind}, seed {turn}: {failure}")
            turn += 1
            bar.update(round(passed) - bar.n)
            bar.set_postfix(tried=sum(each.tried for each in counts.values()), failures=len(failures))
    results = {
        "machine": this_machine(),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "seeds": [first, turn - 1],
        "counts": {kind: each.as_dict() for kind, each in counts.items()},
        "failures": failures,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False)
    print(text)
    if json_file:
        json_file.write_text(text + "\n", encoding="utf-8")
    raise SystemExit(1 if failures else 0)


class Counts:
    """How many examples of a kind were tried, what verdicts their rows had, and how long the slowest took."""

    def __init__(self):
        self.tried, self.verdicts, self.slowest = 0, Counter(), 0.0

    def counting(self, check):
        """The same check, which is counted as well."""

        def counted(example):
            began = time.monotonic()
            rows = check(example)
            self.tried += 1
            self.verdicts.update(row.verdict for row in rows)
            self.slowest = max(self.slowest, time.monotonic() - began)

        return counted

    def as_dict(self):
        verdicts = dict(self.verdicts.most_common())
        return {"tried": self.tried, "rows by verdict": verdicts, "slowest_seconds": round(self.slowest, 2)}


def checks_in(folder):
    """Kind -> (strategy, function that checks an example and returns its rows)."""
    from tests.grading.fuzzed_files import files, unsolved_files
    from tests.grading.fuzzing import check_file, check_replies, raising_worker, scripts

    return {
        "files": (files, lambda file: check_file(folder, file, raising_worker)),
        "files graded in earnest": (unsolved_files, lambda file: check_file(folder, file)),
        "replies": (scripts, lambda script: [check_replies(folder, script)]),
    }


def first_failure(strategy, check, examples, number):
    """What fails, made as small as it gets; or None."""
    options = settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    try:
        seed(number)(options(given(strategy)(check)))()
    except InvalidArgument:  # of this script, not of the grader
        raise
    except Exception as error:
        notes = getattr(error, "__notes__", [])
        return "\n".join([*traceback.format_exception_only(error), *notes])
    return None


if __name__ == "__main__":
    main()
