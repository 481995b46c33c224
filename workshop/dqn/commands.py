"""`workshop evaluate`, `play`, `export` and `runs`: what can be done with a training; `train_command` begins it.

Nothing heavy is imported before a command has begun: `workshop --help` answers at once.
"""

import functools
from pathlib import Path

import click


def sentences(command):
    """Decorator: what a user can do something about is one sentence and exit status 1, and no traceback."""

    @functools.wraps(command)
    def wrapped(*args, **kwargs):
        from workshop.atari.emulator import EmulatorError
        from workshop.atari.roms import RomError
        from workshop.dqn.agent_files import AgentError
        from workshop.dqn.checkpoints import CheckpointError
        from workshop.dqn.device import NoGPU
        from workshop.dqn.run import RunError
        from workshop.dqn.settings import BadSetting

        try:
            return command(*args, **kwargs)
        except (
            AgentError,
            BadSetting,
            CheckpointError,
            EmulatorError,
            MemoryError,
            NoGPU,
            RomError,
            RunError,
        ) as error:
            raise click.ClickException(str(error) or "There is not enough memory.") from None

    return wrapped


def _trained(named, game, checkpoint):
    """The agent that a command is about: a run's, or one that comes with the kit."""
    from workshop.dqn import agent_files
    from workshop.dqn.run import open_run

    if game:
        if named or checkpoint:
            raise click.UsageError("--pretrained GAME goes without a run.")
        return agent_files.pretrained(game), None
    run = open_run(named)
    return agent_files.from_run(run, checkpoint), run


def of_an_agent(command):
    """Decorator: the argument and the options that name an agent."""
    for option in (
        click.option("--checkpoint", type=click.Choice(["best", "last"]), help="[default: best, if there is one yet]"),
        click.option(
            "--pretrained", "game", metavar="GAME", help="The agent that comes with the kit, instead of a run's."
        ),
        click.argument("named", metavar="[RUN]", required=False),
    ):
        command = option(command)
    return command


@click.command()
@of_an_agent
@click.option("--episodes", type=click.IntRange(1), default=30, show_default=True)
@click.option(
    "--epsilon", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Share of random actions."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON, on standard output.")
@sentences
def evaluate(named, game, checkpoint, episodes, epsilon, seed, as_json):
    """Measure how well an agent plays, by the protocol of Mnih et al. 2015.

    \b
    workshop evaluate                                        the newest run's best agent
    workshop evaluate runs/pong-laptop-seed0-20261121-093000 --checkpoint last
    workshop evaluate --pretrained pong --json

    RUN is a run's folder; the newest in runs/ unless you name one.
    """
    import json

    from tqdm import tqdm

    from workshop.dqn import agent_files, evaluation, report

    agent, _ = _trained(named, game, checkpoint)
    what = {"episodes": episodes, "epsilon": epsilon, "seed": seed}
    with tqdm(total=episodes, unit="game", desc=agent.name, disable=None, leave=False) as bar:

        def progress(ended):
            bar.update(ended - bar.n)

        found = evaluation.evaluate(
            agent.agent.q_values, agent.game, progress=progress, **what, **agent_files.rules(agent.preset)
        )
    if as_json:
        click.echo(json.dumps(report.evaluation_as_dict(agent, found, what), indent=1))
    else:
        report.print_evaluation(agent, found, what)


@click.command()
@of_an_agent
@click.option(
    "--video", type=click.Path(path_type=Path), help="A .mp4 or .gif.  [default: play.gif in the run's folder]"
)
@click.option("--episodes", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--epsilon", type=click.FloatRange(0, 1), default=0.01, show_default=True, help="Share of random actions."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@sentences
def play(named, game, checkpoint, video, episodes, epsilon, seed):
    """Film an agent at play: the screen, its Q-values beside it, and V(s) over time.

    \b
    workshop play                                     the newest run's best agent, as play.gif in the run's folder
    workshop play --pretrained pong                   the one that comes with the kit, as pong.gif
    workshop play runs/pong-laptop-seed0-20261121-093000 --video pong.mp4 --seed 3

    RUN is a run's folder; the newest in runs/ unless you name one. The seed chooses the game.
    """
    from tqdm import tqdm

    from workshop.dqn import play as playing
    from workshop.dqn import video as filming

    try:
        if video:
            filming.check_video_file(video)
        agent, run = _trained(named, game, checkpoint)
        video = video or (run.folder / "play.gif" if run else Path(f"{game}.gif"))
        panel, scores = filming.Panel(agent.actions, agent.name), []
        moments = playing.play(agent, episodes=episodes, epsilon=epsilon, seed=seed, scores=scores)
        moments = tqdm(moments, unit=" steps", desc="playing", disable=None, leave=False)
        filming.write_video(video, map(panel.draw, moments))
    except filming.VideoError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{agent.name} scored {', '.join(map(str, scores))}. The film: {video} ({video.stat().st_size / 1e6:.1f} MB)"
    )


@click.command(no_args_is_help=True)
@click.argument("named", metavar="RUN")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="NAME.npz; its card becomes NAME.json, its curve NAME.png.",
)
@sentences
def export(named, output):
    """Write a run's best agent as a small file, with a card that says where it comes from.

    \b
    workshop export runs/pong-laptop-seed0-20261121-093000 --output workshop/dqn/trained/pong.npz
    """
    from workshop.dqn import agent_files
    from workshop.dqn.run import open_run

    if output.suffix != ".npz" or not output.parent.is_dir():
        raise click.UsageError(f"--output is a .npz in a folder that is there, and not {output}.")
    try:
        size = agent_files.export(open_run(named), output)
    except OSError as error:
        raise click.ClickException(f"{output} was not written: {error.strerror}.") from None
    click.echo(f"wrote {output} ({size / 1e6:.1f} MB) and {output.with_suffix('.json').name}")


@click.command()
@click.argument("below", type=click.Path(file_okay=False, path_type=Path), default=Path("runs"))
@sentences
def runs(below):
    """List the runs in runs/ or another folder, the newest first.

    \b
    workshop runs
    workshop runs kept/

    A run is running, stopped (it was told to), finished (it reached its minutes or steps), or crashed (neither). The score
    is the mean of its last 20 episodes of training (upd.: updates), the best one the best mean of an evaluation.
    """
    from workshop.dqn import report

    report.print_runs(below)
