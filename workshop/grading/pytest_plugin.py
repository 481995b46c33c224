"""`pytest solutions/` grades the masters, `pytest solutions/ --submission PATH` somebody else's notebooks.

A test that asks for the fixture `graded_row` runs once for every exercise of every submission, through the same code
as `workshop grade`. A submission that cannot be read gives one test, which fails and says why.
"""

from collections import Counter

import pytest

_ROWS = pytest.StashKey()
_GRADERS = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption(
        "--submission",
        metavar="PATH",
        help="grade this notebook, or every notebook below this folder, instead of the masters in solutions/",
    )


def pytest_generate_tests(metafunc):
    if "graded_row" not in metafunc.fixturenames:
        return
    from workshop.grading.finding import find_submissions
    from workshop.grading.grader import Grader

    path = metafunc.config.getoption("--submission")
    masters = sorted(metafunc.definition.path.parent.glob("session_*.py"))
    submissions = find_submissions(path) if path else [(master.name, master) for master in masters]
    if not submissions:
        raise pytest.UsageError(f"there is no notebook (*.ipynb) in {path}")
    graders = metafunc.config.stash.setdefault(_GRADERS, [])
    cases = []
    for name, file in submissions:
        grader = Grader(name, file)
        graders.append(grader)
        for exercise in grader.exercises or [None]:
            label = f"{exercise.number}-{exercise.name}" if exercise else "ungradable"
            takes_long = exercise is not None and any(part.thorough_seconds for part in exercise.parts)
            marks = [pytest.mark.slow] if takes_long else []
            cases.append(pytest.param((grader, exercise), id=f"{name}-{label}" if path else label, marks=marks))
    metafunc.parametrize("graded_row", cases, indirect=True)


@pytest.fixture
def graded_row(request):
    """The `Row` of one exercise of one submission."""
    grader, exercise = request.param
    row = grader.row(exercise) if exercise else next(grader.rows())
    request.config.stash.setdefault(_ROWS, []).append(row)
    return row


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash.get(_ROWS, [])
    if not rows:
        return
    from workshop.grading.grader import SEED

    counts = Counter(row.verdict for row in rows)
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    terminalreporter.section("grading")
    terminalreporter.line(f"{len(rows)} rows: {verdicts}; {points:g} of {most:g} points; seed {SEED}")


def pytest_sessionfinish(session):
    for grader in session.config.stash.get(_GRADERS, []):
        grader.__exit__()
