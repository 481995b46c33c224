"""Grade submissions: every exercise gives one row, whatever the submission does."""

import time

from workshop.exercises import judge
from workshop.exercises.answers import borrowings, find_answer, is_borrowed, is_stub, needed
from workshop.exercises.catalogue import BY_NAME
from workshop.exercises.reference import reference_names, reference_steps
from workshop.grading.reading import Unreadable, defines, read_submission
from workshop.grading.rows import Row
from workshop.grading.supervisor import Supervisor

SEED = 20151130  # printed with the results, so that a verdict can be repeated
_WORST_FIRST = ("ungradable", "crash", "out_of_memory", "timeout", "error", "fail", "unattempted", "borrowed", "pass")


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
        except Exception as error:  # a fault of ours must not cost the others their grades
            self._problem, self.exercises = _our_fault(error), []

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
        try:
            results = [self._grade_part(part) for part in exercise.parts]
        except Exception as error:
            results = [("ungradable", _our_fault(error), "")] * len(exercise.parts)
        finally:
            self._supervisor.stop()
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
        warning = f" ({part.name} is defined {count} times; the last one counts.)" if count > 1 else ""
        if is_stub(definition):
            return self._unattempted(part.name, warning)
        steps = needed(definition, self._submission.found)
        borrowed = {name for step in steps for name in borrowings(step) if name in BY_NAME}
        if is_borrowed(part.name, definition) or any(part.name in reference_names(name) for name in borrowed):
            return "borrowed", "The reference was borrowed; an answer of your own is still to be written.", ""
        verdict, problem = self._supervisor.load(
            part.name,
            [(f"cell {step.cell.number}", step.source_in_place) for step in steps],
            {name: reference_steps(name) for name in borrowed},
        )
        if verdict:
            return verdict, _as_sentence(problem) + warning, ""
        judgement = judge.judge(part, self._supervisor.call, judge.WHEN_GRADING, SEED)
        if judgement.verdict == "pass":
            return "pass", warning.strip(), ""
        if judgement.verdict == "unattempted":
            return self._unattempted(part.name, warning)
        counterexample = judgement.call
        if judgement.expected:
            counterexample += f"\nexpected {judgement.expected}\nobtained {judgement.obtained}"
        message = judgement.mistake or _as_sentence(judgement.sentence)
        if judgement.verdict == "error" and problem:
            message += f" Before that, {problem}."
        return judgement.verdict, message + warning, counterexample

    def _unattempted(self, name, warning):
        broken = self._submission.broken_cell(name)
        if broken:  # the cell with the attempt in it, beside the one that came with the notebook
            return "error", _cannot_be_read(broken) + warning, ""
        return "unattempted", "Not attempted yet." + warning, ""

    def _without_definition(self, name):
        broken = self._submission.broken_cell(name)
        if broken:
            return "error", _cannot_be_read(broken), ""
        if any(defines(name, source) for source in self._submission.markdown):
            return "unattempted", f"{name} stands in a Markdown cell; turn it into a code cell (press Y).", ""
        return "unattempted", f"There is no definition of {name} in the notebook.", ""


def _as_sentence(words):
    return words[:1].upper() + words[1:] + "."


def _cannot_be_read(cell):
    return f"Cell {cell.number} cannot be read by Python: {cell.error}."


def _our_fault(error):
    return f"The grader failed here ({type(error).__name__}: {error}). Please grade this by hand, and report it."
