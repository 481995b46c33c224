"""JUnit XML, which every continuous integration system shows as a table of tests.

A submission is a test suite, an exercise a test case. What an answer got wrong is a `failure`, what kept it from giving a
value (an exception, a time-out, too much memory, a crash, a file that cannot be read) is an `error`, and what nobody
wrote yet or what was borrowed is `skipped`: the systems count these three apart, and only the first two turn a run red.
Format: what Jenkins accepts, https://github.com/jenkinsci/xunit-plugin (junit-10.xsd).
"""

import xml.etree.ElementTree as ET

from workshop.grading.reports.attendees import title_of

_KINDS = {"pass": None, "fail": "failure", "unattempted": "skipped", "borrowed": "skipped"}  # the rest is an error
_ATTRIBUTES = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def to_junit(rows):
    """JUnit XML text.

    Args:
        rows: list of `Row`.
    """
    totals = {name: value for name, value in _counts(rows).items() if name != "skipped"}  # not allowed here
    root = ET.Element("testsuites", totals, name="workshop grade")
    for submission, own in _by_submission(rows).items():
        suite = ET.SubElement(root, "testsuite", _counts(own), name=submission)
        properties = {f"seed of {row.exercise}": row.seed for row in own if row.seed is not None}
        properties |= {f"checker of {row.exercise}": row.checker for row in own if row.checker}
        if properties:
            parent = ET.SubElement(suite, "properties")
            for name, value in properties.items():
                ET.SubElement(parent, "property", name=name, value=str(value))
        for row in own:
            case = ET.SubElement(suite, "testcase", classname=submission, name=title_of(row), time=f"{row.seconds:.3f}")
            kind = _kind(row)
            if kind == "skipped":
                ET.SubElement(case, kind, message=_one_line(row.message))
            elif kind:
                problem = ET.SubElement(case, kind, type=row.verdict, message=_one_line(row.message))
                problem.text = "\n\n".join(filter(None, (row.message, row.counterexample)))
            out = [f"{row.points:g} of {row.max_points:g} points", *([row.message] if not kind and row.message else [])]
            ET.SubElement(case, "system-out").text = "\n".join(out)
            if row.detail:
                ET.SubElement(case, "system-err").text = row.detail
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _by_submission(rows):
    suites = {}
    for row in rows:
        suites.setdefault(row.submission, []).append(row)
    return suites


def _kind(row):
    return _KINDS.get(row.verdict, "error")


def _counts(rows):
    kinds = [_kind(row) for row in rows]
    counts = {attribute: str(kinds.count(kind)) for kind, attribute in _ATTRIBUTES.items()}
    return {"tests": str(len(rows)), **counts, "time": f"{sum(row.seconds for row in rows):.3f}"}


def _one_line(text):
    return " ".join(text.split("\n"))
