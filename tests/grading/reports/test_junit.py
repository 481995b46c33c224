"""JUnit XML: what Jenkins accepts, whatever the texts are."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given

from tests.grading.reports.samples import few, rows_of
from workshop.grading.reports.attendees import title_of
from workshop.grading.reports.junit import to_junit
from workshop.grading.rows import VERDICTS, Row

# Element -> (attributes it must have, attributes it may have, elements it may hold), as in junit-10.xsd of Jenkins' xunit
# plugin.
STRUCTURE = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        ("group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"),
        ("testsuite", "properties", "testcase", "system-out", "system-err"),
    ),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "testcase": (
        ("name",),
        ("time", "classname", "group"),
        ("skipped", "error", "failure", "system-out", "system-err"),
    ),
    "failure": ((), ("type", "message"), ()),
    "error": ((), ("type", "message"), ()),
    "skipped": ((), ("type", "message"), ()),
    "system-out": ((), (), ()),
    "system-err": ((), (), ()),
}


def expect_structure(element):
    required, optional, children = STRUCTURE[element.tag]
    assert set(required) <= set(element.attrib) <= {*required, *optional}
    for child in element:
        assert child.tag in children
        expect_structure(child)


@few
@given(rows_of())
def test_it_has_the_structure_that_jenkins_asks_for_and_every_row(rows):
    text = to_junit(rows)
    root = ET.fromstring(text.encode())
    assert root.tag == "testsuites"
    expect_structure(root)
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(rows)
    for suite in (root, *root):
        own = suite.findall(".//testcase")
        assert int(suite.get("tests")) == len(own)
        for kind, attribute in (("failure", "failures"), ("error", "errors")):
            assert int(suite.get(attribute)) == sum(case.find(kind) is not None for case in own)
    for suite in root:
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    suites = {suite.get("name"): suite.findall("testcase") for suite in root}
    for row in rows:
        case = next(case for case in suites[row.submission] if case.get("name") == title_of(row))
        problem = next((child for child in case if child.tag in ("failure", "error")), None)
        if problem is not None:
            assert (problem.text or "") == "\n\n".join(filter(None, (row.message, row.counterexample)))
    assert to_junit(rows) == text


@pytest.mark.parametrize("verdict", VERDICTS)
def test_what_a_verdict_becomes(verdict):
    row = Row("ann", "q_target", 1, verdict, 0.0, 1.0, "Why.", "q_target(0)", 0.25, detail="For the instructor")
    case = ET.fromstring(to_junit([row])).find("testsuite/testcase")
    kinds = {"pass": set(), "fail": {"failure"}, "unattempted": {"skipped"}, "borrowed": {"skipped"}}
    assert {child.tag for child in case} == {*kinds.get(verdict, {"error"}), "system-out", "system-err"}
    assert (case.get("classname"), case.get("name"), case.get("time")) == ("ann", "1.8 q_target", "0.250")
    assert case.findtext("system-err") == "For the instructor"


def test_the_seed_and_the_checker_are_beside_the_results():
    row = Row("ann", "q_target", 1, "pass", 1.0, 1.0, "", "", 0.25, seed=7, checker="3f9a")
    suite = ET.fromstring(to_junit([row])).find("testsuite")
    properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert properties == {"seed of q_target": "7", "checker of q_target": "3f9a"}
