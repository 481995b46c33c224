"""A run of the grader: every submission, a progress bar, what came of it, and the reports that were asked for."""

import shlex
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from workshop.grading import outputs, summary
from workshop.grading.finding import find_submissions
from workshop.grading.room import Begun, EngineError, Graded, Room
from workshop.grading.store import Store, StoreError, digest_of
from workshop.grading.summary import counted

_EXERCISES = 14  # of a submission, until one has been read: for the progress bar
_TICK_SECONDS = 0.5
_SHOWN = 10  # names in a list of them
INTERRUPTED = 130


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Attributes:
        paths: notebooks and folders of them.
        seed: int, of the inputs that are tried.
        only: names of the exercises to grade, or None for all.
        workers: int, the number of grading processes.
        engine: "local" or "ray".
        address: of a Ray cluster, or None for one on this machine.
        resume: whether to go on with an earlier run.
        outputs: dict, kind -> Path, see `outputs.problem_of`.
    """

    paths: tuple[Path, ...]
    seed: int
    only: frozenset | None
    workers: int
    engine: str
    address: str | None
    resume: bool
    outputs: dict

    def open_engine(self):
        """The engine that grades, to be used in a `with` block."""
        if self.engine == "ray":
            from workshop.grading.ray_engine import RayEngine

            return RayEngine(self.workers, self.seed, self.only, self.address)
        return Room(self.workers, self.seed, self.only)

    def title(self):
        """What the class page is called."""
        folders = [path.resolve().name for path in self.paths if path.is_dir()]
        return ", ".join(filter(None, folders)) or "The class"

    def resume_command(self):
        """The command that goes on with this run, if it is interrupted."""
        words = ["workshop", "grade", *map(_no_option, self.paths)]
        for name in sorted(self.only or ()):
            words += ["--only", name]
        words += ["--seed", str(self.seed)]
        for kind, path in self.outputs.items():
            words += [f"--{kind}", str(path)]
        if self.engine == "ray":
            words += ["--engine", "ray"] + (["--address", self.address] if self.address else [])
        return shlex.join([*words, "--resume"])


def grade(options):
    """Grade everything once, and show and write what came of it.

    Args:
        options: Options.

    Returns:
        The exit status: 0 if every row is there, 1 if one is missing, 2 if there is nothing to grade, 130 after Ctrl-C.
    """
    console = summary.console()
    submissions = find_submissions(*options.paths)
    if not submissions:
        console.print(f"There is no notebook (*.ipynb) in {', '.join(map(str, options.paths))}.")
        return 2
    problem = outputs.problem_of(options.outputs, submissions)
    if problem:
        console.print(problem)
        return 2
    try:
        with Store(options.paths, options.seed, options.only, options.resume) as store:
            return _grade(options, submissions, store, console)
    except StoreError as error:
        console.print(str(error))
        return 1


def _grade(options, submissions, store, console):
    tasks = _tasks(submissions, store, options.resume, console)
    names = [name for name, _ in submissions]
    if tasks:
        tell_protections(options)
    problem, status = "", 0
    try:
        with options.open_engine() as engine, Progress(store, names) as progress:
            for task in tasks:
                engine.submit(task)
            while engine.is_busy:
                for event in engine.events(_TICK_SECONDS):
                    keep(store, event)
                    progress.take(event)
    except EngineError as error:
        problem, status = str(error), 1
    except KeyboardInterrupt:
        problem, status = "Interrupted.", INTERRUPTED
    rows = store.rows(names)
    try:
        outputs.write(rows, options.outputs, options.title())
    except OSError as error:
        problem = f"{problem} A report cannot be written: {error.strerror} ({error.filename}).".lstrip()
        status = status or 1
    if status:
        console.print(f"{problem} {len(rows)} rows are kept in {store.path}. Go on with:\n  {options.resume_command()}")
        return status
    summary.show(console, rows, options.seed, {**options.outputs, "resume": store.path})
    missing = sum(len(store.missing(name)) for name in names)
    if missing:
        console.print(f"{missing} rows are missing: this is a fault of the grader, please report it.")
        return 1
    if not rows:
        console.print(f"No submission has an exercise {' or '.join(sorted(options.only))}.")
        return 2
    return 0


def tell_protections(options):
    """Say on stderr which protections hold where the answers are going to run."""
    from workshop.grading import processes, protections

    if options.address:
        words = "Answers run on the cluster's nodes; `workshop doctor` there says with which protections."
    else:
        try:
            words = protections.in_one_line()
        except (OSError, RuntimeError) as error:
            words = f"Which protections hold here cannot be found out: {error}."
        processes.close_nursery()  # this process runs no answer after that
    print(words, file=sys.stderr, flush=True)


def _tasks(submissions, store, resume, console):
    """What is still to be graded; with a sentence about what is not, or is again."""
    before = {name: entry.digest for name, entry in store.entries.items()}
    tasks = [store.task(name, path, digest_of(path)) for name, path in submissions]
    tasks = [task for task in tasks if task]
    if resume:
        changed = [task.name for task in tasks if before.get(task.name, task.digest) != task.digest]
        known = len(store.rows(before.keys() - set(changed)))
        console.print(store.news or f"Going on: {known} rows are known already.")
        if changed:
            console.print(f"Changed since, and graded again: {listed(changed)}.")
    return tasks


class Progress:
    """A bar of rows with the time left and the verdicts so far. Use it in a `with` block.

    Args:
        store: Store.
        names: of the submissions.
    """

    def __init__(self, store, names):
        self._store, self._names = store, names
        self._begun = {name for name in names if name in store.entries}
        self._verdicts = Counter(row.verdict for row in store.rows(names))
        known = self._verdicts.total()
        self._bar = tqdm(total=self._total(), initial=known, unit="row", disable=None, leave=False, dynamic_ncols=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._bar.close()

    def take(self, event):
        """Count what has happened, once the store has it."""
        if isinstance(event, Begun):
            self._begun.add(event.task.name)
            self._bar.total = self._total()
        elif isinstance(event, Graded):
            self._verdicts[event.row.verdict] += 1
            self._bar.set_postfix_str(counted(self._verdicts), refresh=False)
            self._bar.update()

    def _total(self):
        """The number of rows; submissions that have not been read yet have as many as the others in the mean."""
        rows = sum(len(self._store.expected(name)) for name in self._begun)
        mean = rows / len(self._begun) if self._begun else _EXERCISES
        return round(rows + mean * (len(self._names) - len(self._begun)))


def keep(store, event):
    """Put what an engine says into the store."""
    if isinstance(event, Begun):
        store.begin(event.task, event.exercises, digest_of(event.task.path))
    elif isinstance(event, Graded):
        store.add(event.task, event.row)


def _no_option(path):
    """A path as a word of a command, although it begins with a dash."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def listed(names):
    """Names in words, not too many of them."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
