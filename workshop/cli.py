"""The `workshop` command."""

from pathlib import Path

import click

from workshop.dqn import commands


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Playing Atari with deep RL: set-up, notebooks, grading, and training."""


for command in (commands.train, commands.evaluate, commands.play, commands.export, commands.runs):
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
def build(check, output):
    """Make the attendees' notebooks from the masters in solutions/: the same, without the answers."""
    from workshop import notebooks

    folder = output or notebooks.NOTEBOOKS
    try:
        if check:
            stale = notebooks.stale_notebooks(folder)
            if stale:
                raise click.ClickException(f"not what the masters give: {', '.join(stale)}. Run: workshop build")
            click.echo("The notebooks are what the masters give.")
        else:
            for path in notebooks.build(folder):
                click.echo(f"wrote {path}")
    except notebooks.BadMaster as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows as JSON.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows as CSV.")
def grade(path, json_file, csv_file):
    """Grade a notebook, or every notebook below a folder.

    Each exercise of each submission gives one row, whatever the submission does. Exit status 0 says that every row is
    there, not that every answer is right.
    """
    from workshop.grading.command import grade as run

    raise SystemExit(run(path, json_file, csv_file))
