"""The `workshop` command."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Playing Atari with deep RL: set-up, notebooks and grading."""


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For a mail to the instructor: everything as JSON.")
@click.option("--roms", "list_roms", is_flag=True, help="Also list every Atari game with the md5 of its ROM file.")
def doctor(as_json, list_roms):
    """Look at this machine: what is ready, and the fix for what is not. Exit status 0 if you can start."""
    from workshop.doctor import run

    raise SystemExit(run(as_json, list_roms))
