"""The `workshop` command."""

from pathlib import Path

import click

from workshop.dqn import commands
from workshop.dqn.train_command import train
from workshop.grading.commands import grade


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Playing Atari with deep RL: set-up, notebooks, grading, and training."""


for command in (train, commands.evaluate, commands.play, commands.export, commands.runs, grade):
    main.add_command(command)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For a mail to the instructor: everything as JSON.")
@click.option("--roms", "list_roms", is_flag=True, help="Also list every Atari game with the md5 of its ROM file.")
def doctor(as_json, list_roms):
    """Look at this machine: what is ready, and the fix for what is not. Exit status 0 if you can start."""
    from workshop.doctor import run

    raise SystemExit(run(as_json, list_roms))


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a notebook differs from its master.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Another folder than notebooks/.")
@click.option(
    "--for-marking",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="For a marked course: the kit without answers, in a new folder, to give away.",
)
@click.option(
    "--for-nbgrader",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="For nbgrader: a new course folder, answers in it, whose hidden tests ask the kit's grader.",
)
@click.option(
    "--for-gradescope",
    metavar="ZIP",
    type=click.Path(dir_okay=False, path_type=Path),
    help="For Gradescope: a new autograder.zip, the kit's grader and answers in it, to upload.",
)
@click.option(
    "--for-otter",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="For Otter-Grader: a new folder of test files, which ask the kit's grader.",
)
def build(check, output, **purposes):
    """Make the attendees' notebooks from the masters in solutions/: the same, without the answers.

    For marked courses (see workshop/grading/SCHOOLS.md) there is more to make.
    """
    from workshop import marking, notebooks

    wanted = {purpose.removeprefix("for_"): target for purpose, target in purposes.items() if target}
    if len(wanted) + bool(check or output) > 1:
        raise click.UsageError("each --for-… goes alone.")
    folder = output or notebooks.NOTEBOOKS
    try:
        for purpose, target in wanted.items():
            click.echo(marking.build_for(purpose, target))
        if check:
            stale = notebooks.stale_notebooks(folder)
            if stale:
                raise click.ClickException(f"not what the masters give: {', '.join(stale)}. Run: workshop build")
            click.echo("The notebooks are what the masters give.")
        elif not wanted:
            for path in notebooks.build(folder):
                click.echo(f"wrote {path}")
    except (notebooks.BadMaster, marking.CannotBuild) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
