"""The `workshop` command."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Playing Atari with deep RL: set-up, notebooks and grading."""
