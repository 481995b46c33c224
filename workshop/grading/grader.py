"""Grade submissions: every exercise gives one row, whatever the submission does."""

import time

from workshop.exercises import judge
from workshop.exercises.answers import find_answer, is_borrowed, needed
from workshop.exercises.reference import reference_steps
from workshop.grading.reading import Unreadable, defines, read_submission
from workshop.grading.rows import Row
from workshop.grading.supervisor import Supervisor

SEED = 20151130  # printed with the results, so that a verdict can be repeated
_WORST_FIRST = ("crash", "out_of_memory", "timeout", "error", "fail", "unattempted", "borrowed", "pass")


class Grader:
    """Grades one submission, an exercise at a time. Use it in a `with` block.

    Args:
        name: what the submission is called in its rows.
        path: the notebook.

    Attributes:
        exercises: the exercises to grade; empty where the file is unreadable.
    """

    def __init__(self, name, path):
        self.name = name
        self._supervisor = Supervisor()
        try:
            self._submission = read_submission(name, path)
            self._problem, self.exercises = None, self._submission.exercises()
        except Unreadable as error:
            self._problem, self.exercises = str(error), []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._supervisor.__exit__(*error)

    def rows(self):
        """Every row of the submission, each as soon as it is known: one an exercise, or one that says `ungradable`."""
        if self._problem is not None:
            yield Row(self.name, None, None, "ungradable", 0.0, 0.0, self._problem, "", 0.0)
        for exercise in self.exercises:
            yield self.row(exercise)

    def row(self, exercise):
        """The row of one exercise."""
        started = time.monotonic()
        results = [self._grade_part(part) for part in exercise.parts]
        passed = sum(verdict == "pass" for verdict, _, _ in results)
        verdict = min((verdict for verdict, _, _ in results), key=_WORST_FIRST.index)
        several = len(results) > 1
        messages = [
            (f"{part.name}: " if several else "") + message
            for part, (own, message, _) in zip(exercise.parts, results)
            if message and (own == verdict or not several)
        ]
        counterexample = next((text for own, _, text in results if own == verdict and text), "")
        return Row(
            self.name,
            exercise.name,
            exercise.session,
            verdict,
            points=passed / len(results),
            max_points=1.0,
            message=" ".join(messages),
            counterexample=counterexample,
            seconds=round(time.monotonic() - started, 3),
        )

    def _grade_part(self, part):
        """(verdict, message, counterexample) of one name."""
        definition, count = find_answer(part.name, self._submission.found)
        if definition is None:
            return self._without_definition(part.name)
        if is_borrowed(part.name, definition):
            return "borrowed", "The reference was borrowed; an answer of your own is still to be written.", ""
        warning = f" ({part.name} is defined {count} times; the last one counts.)" if count > 1 else ""
        is_loaded, problem = self._supervisor.load(part.name, self._steps(definition))
        if not is_loaded:
            return "error", _as_sentence(problem) + warning, ""
        judgement = judge.judge(part, self._supervisor.call, judge.WHEN_GRADING, SEED)
        if judgement.verdict == "pass":
            return "pass", warning.strip(), ""
        if judgement.verdict == "unattempted":
            return "unattempted", "Not attempted yet." + warning, ""
        counterexample = judgement.call
        if judgement.expected:
            counterexample += f"\nexpected {judgement.expected}\nobtained {judgement.obtained}"
        message = judgement.mistake or _as_sentence(judgement.sentence)
        if judgement.verdict == "error" and problem:
            message += f" Before that, {problem}."
        return judgement.verdict, message + warning, counterexample

    def _without_definition(self, name):
        for cell in self._submission.cells:
            if cell.tree is None and defines(name, cell.source):
                return "error", f"Cell {cell.number} cannot be read by Python: {cell.error}.", ""
        if any(defines(name, source) for source in self._submission.markdown):
            return "unattempted", f"{name} stands in a Markdown cell; turn it into a code cell (press Y).", ""
        return "unattempted", f"There is no definition of {name} in the notebook.", ""

    def _steps(self, definition):
        """What the worker has to run for this answer: its dependencies and itself, top to bottom."""
        steps = []
        for needed_one in needed(definition, self._submission.found):
            borrowed = next((name for name in needed_one.names if is_borrowed(name, needed_one)), None)
            source = reference_steps(borrowed) if borrowed else needed_one.source_in_place
            steps.append((f"cell {needed_one.cell.number}", borrowed, source))
        return steps


def _as_sentence(words):
    return words[:1].upper() + words[1:] + "."
