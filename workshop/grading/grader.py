"""Grade submissions: every exercise gives one row, whatever the submission does."""

import functools
import time
from dataclasses import dataclass

from workshop.exercises import exam
from workshop.exercises.answers import borrowings, find_answer, is_borrowed, is_stub, needed
from workshop.exercises.catalogue import BY_NAME, part_of
from workshop.exercises.reference import reference_names, reference_steps
from workshop.exercises.version import checker_version
from workshop.grading.explain import detail_of, message_of
from workshop.grading.reading import Unreadable, defines, read_submission
from workshop.grading.rows import Row
from workshop.grading.supervisor import Supervisor

SEED = 20151130  # printed with the results, so that a verdict can be repeated
_WORST_FIRST = ("ungradable", "crash", "out_of_memory", "timeout", "error", "fail", "unattempted", "borrowed", "pass")


@dataclass(frozen=True)
class _Result:
    """What came of one name of an exercise; the fields are those of a `Row`."""

    verdict: str
    message: str
    counterexample: str = ""
    mistake: str = ""
    detail: str = ""
    was_judged: bool = False


class Grader:
    """Grades one submission, an exercise at a time. Use it in a `with` block.

    A row depends on the submission, the seed and the version of the checker alone, and it names the last two. To repeat
    a verdict, check out the kit as it was and grade the file with the row's seed: `workshop grade FILE --seed SEED`.
    Where the row's `checker` comes out the same, nothing that decided has changed.

    Args:
        name: what the submission is called in its rows.
        path: the notebook.
        seed: int, of the inputs that are drawn.

    Attributes:
        exercises: the exercises to grade; empty where the file is unreadable.
    """

    def __init__(self, name, path, seed=SEED):
        self.name, self._seed = name, seed
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
            results = [_Result("ungradable", _our_fault(error))] * len(exercise.parts)
        finally:
            self._supervisor.stop()
        verdict = min((result.verdict for result in results), key=_WORST_FIRST.index)
        decisive = [result for result in results if result.verdict == verdict]
        several = len(results) > 1

        def joined(field, separator, found):
            texts = (
                (part.name, getattr(result, field)) for part, result in zip(exercise.parts, results) if found(result)
            )
            return separator.join((f"{name}: " if several else "") + text for name, text in texts if text)

        return Row(
            self.name,
            exercise.name,
            exercise.session,
            verdict,
            points=sum(result.verdict == "pass" for result in results) / len(results),
            max_points=1.0,
            message=joined("message", " ", lambda result: not several or result.verdict == verdict),
            counterexample=next((result.counterexample for result in decisive if result.counterexample), ""),
            seconds=round(time.monotonic() - started, 3),
            mistake=next((result.mistake for result in decisive if result.mistake), ""),
            detail="\n".join(filter(None, [joined("detail", "\n", lambda result: True), *self._submission.remarks])),
            seed=self._seed if any(result.was_judged for result in results) else None,
            checker=checker_version(exercise.name),
        )

    def _grade_part(self, part):
        """The `_Result` of one name."""
        definition, count = find_answer(part.name, self._submission.found)
        if definition is None:
            return self._without_definition(part.name)
        warning = f" ({part.name} is defined {count} times; the last one counts.)" if count > 1 else ""
        if is_stub(definition):
            return self._unattempted(part.name, warning)
        companions = [find_answer(name, self._submission.found)[0] for name in part.companions]
        for name, companion in zip(part.companions, companions):
            if companion is None or is_stub(companion):
                together = f"{part.name} is graded together with {name}, and there is no {name} in the notebook yet."
                return _Result("unattempted", together + warning)
        steps = self._steps_of(definition, *companions)
        borrowed = {name for step in steps for name in borrowings(step) if name in BY_NAME}
        if is_borrowed(part.name, definition) or any(part.name in reference_names(name) for name in borrowed):
            return _Result("borrowed", "The reference was borrowed; an answer of your own is still to be written.")
        verdict, problem = self._supervisor.load(
            part.name,
            [(f"cell {step.cell.number}", step.source_in_place) for step in steps],
            {name: reference_steps(name) for name in borrowed},
            part.companions,
        )
        if verdict:
            return _Result(verdict, _as_sentence(problem) + warning, detail=detail_of(steps, count))
        judgement = _exam(part.name, self._seed, exam.WHEN_GRADING).judge(self._supervisor.calls)
        detail = detail_of(steps, count, judgement, problem)
        if judgement.verdict == "unattempted":
            return self._unattempted(part.name, warning, detail)
        message, counterexample = message_of(part, judgement)
        if judgement.verdict == "error" and problem:
            message += f" Before that, {problem}."
        return _Result(
            judgement.verdict, (message + warning).strip(), counterexample, judgement.mistake, detail, was_judged=True
        )

    def _steps_of(self, *wanted):
        """Every definition that one of the wanted ones depends on, each once, top to bottom."""
        found = self._submission.found
        chosen = {id(step) for definition in wanted for step in needed(definition, found)}
        return [step for step in found if id(step) in chosen]

    def _unattempted(self, name, warning, detail=""):
        broken = self._submission.broken_cell(name)
        if broken:  # the cell with the attempt in it, beside the one that came with the notebook
            return _Result("error", _cannot_be_read(broken) + warning, detail=detail)
        return _Result("unattempted", "Not attempted yet." + warning, detail=detail)

    def _without_definition(self, name):
        broken = self._submission.broken_cell(name)
        if broken:
            return _Result("error", _cannot_be_read(broken))
        if any(defines(name, source) for source in self._submission.markdown):
            return _Result("unattempted", f"{name} stands in a Markdown cell; turn it into a code cell (press Y).")
        return _Result("unattempted", f"There is no definition of {name} in the notebook.")


@functools.lru_cache(maxsize=64)
def _exam(name, seed, rigour):
    """The `Exam` in one name, prepared once for all submissions that this process grades."""
    return exam.Exam(part_of(name), seed, rigour)


def _as_sentence(words):
    return words[:1].upper() + words[1:] + "."


def _cannot_be_read(cell):
    return f"Cell {cell.number} cannot be read by Python: {cell.error}."


def _our_fault(error):
    return f"The grader failed here ({type(error).__name__}: {error}). Please grade this by hand, and report it."
