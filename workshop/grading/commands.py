"""`workshop grade`. Nothing heavy is imported before it has begun: `workshop --help` answers at once."""

from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_HANDED_IN = click.Path(exists=True, readable=False, path_type=Path)  # what may not be read is a row, not a usage error
_PAGE = Path("class-page")  # where --watch writes unless it is told otherwise


@click.command(no_args_is_help=True)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_HANDED_IN)
@click.option("--json", "json_file", type=_FILE, help="Write the rows as JSON.")
@click.option("--csv", "csv_file", type=_FILE, help="Write the rows as CSV, safe to open in a spreadsheet.")
@click.option("--junit", "junit_file", type=_FILE, help="Write them as JUnit XML, for continuous integration.")
@click.option(
    "--gradescope",
    "gradescope_file",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write Gradescope's results.json; with several people a folder of them.",
)
@click.option("--html", "html_file", metavar="DIR", type=_FOLDER, help="Write a class page, and a page an attendee.")
@click.option("--only", metavar="NAME", multiple=True, help="Grade this exercise alone; may be given again.")
@click.option("--seed", type=click.IntRange(0), help="Of the inputs that are tried; the results name it.")
@click.option(
    "--workers", type=click.IntRange(1), help="Submissions graded at once.  [default: one more than there are cores]"
)
@click.option("--resume", is_flag=True, help="Keep the rows of an earlier run of the same PATHs, finished or not.")
@click.option(
    "--watch", is_flag=True, help="Go on with what arrives or changes, until Ctrl-C; --html is class-page/ then."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="ray: on a Ray cluster, for a course of thousands (needs the extra `ray`).",
)
@click.option("--address", metavar="A", help="With --engine ray: of a cluster.  [default: one on this machine alone]")
def grade(paths, only, seed, workers, resume, watch, engine, address, **files):
    """Grade notebooks, and all the notebooks below folders.

    \b
    workshop grade ann.ipynb                             every row, in the terminal
    workshop grade handed_in --csv rows.csv              a room of them
    workshop grade handed_in --csv rows.csv --resume     only what is new, has changed or was not reached
    workshop grade ann.ipynb --only td_update --seed 7   one verdict again
    workshop grade handed_in --watch --html page         a class page that follows what arrives

    Each exercise of each submission gives one row, whatever the submission does. Whoever ends a run, with Ctrl-C or
    with `kill -9`, loses nothing: --resume goes on, and grades nothing twice.

    Exit status: 0 says that every row is there, not that every answer is right; 1 that something is missing, 2 that
    there was nothing to grade or that the command was not understood, 130 that Ctrl-C ended it.
    """
    from workshop.grading.grader import SEED
    from workshop.grading.room import usual_workers
    from workshop.grading.run import Options

    if address and engine != "ray":
        raise click.UsageError("--address goes with --engine ray.")
    outputs = {name.removesuffix("_file"): path for name, path in files.items() if path}
    if watch:
        outputs.setdefault("html", _PAGE)
    options = Options(
        paths=paths,
        seed=SEED if seed is None else seed,
        only=_exercises(only),
        workers=workers or usual_workers(),
        engine=engine,
        address=address,
        resume=resume,
        outputs=outputs,
    )
    if watch:
        from workshop.grading.watch import watch as run
    else:
        from workshop.grading.run import grade as run
    raise SystemExit(run(options))


def _exercises(names):
    """The exercises that have these names, each under its first name; None for all."""
    import difflib

    from workshop.exercises.catalogue import BY_NAME

    for name in names:
        if name not in BY_NAME:
            nearest = difflib.get_close_matches(name, BY_NAME, n=1)
            hint = f" Do you mean {nearest[0]}?" if nearest else ""
            raise click.UsageError(f"There is no exercise {name!r}.{hint}")
    return frozenset(BY_NAME[name].name for name in names) or None
