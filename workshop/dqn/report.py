"""What `workshop evaluate` and `workshop runs` print."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workshop.dqn.agent_files import rules
from workshop.dqn.published import PUBLISHED
from workshop.dqn.run import find_runs


def evaluation_as_dict(trained, found, what):
    """An evaluation for a file.

    Args:
        trained: Trained.
        found: Evaluation.
        what: dict: episodes, epsilon, seed.
    """
    return {
        "agent": trained.name,
        "game": trained.game,
        **what,
        "max_frames": rules(trained.preset)["max_frames"],
        "noop_max": trained.preset.noop_max,
        "press_fire": trained.preset.press_fire,
        "repeat_action_probability": trained.preset.repeat_action_probability,
        "actions": list(trained.actions),
        "mean": float(found.scores.mean()),
        "std": float(found.scores.std()),
        "min": int(found.scores.min()),
        "max": int(found.scores.max()),
        "scores": found.scores.tolist(),
        "frames": found.frames.tolist(),
    }


def print_evaluation(trained, found, what):
    """The scores, how they were measured, and what papers published; arguments as in `evaluation_as_dict`."""
    console = Console(highlight=False)
    scores, minutes = found.scores, rules(trained.preset)["max_frames"] / 3600
    console.print(f"[bold]{trained.game}[/bold]: {trained.name}", soft_wrap=True)
    console.print(
        f"[bold]{scores.mean():.1f} ± {scores.std():.1f}[/bold] (mean ± standard deviation), from {scores.min()} to "
        f"{scores.max()}",
        soft_wrap=True,
    )
    fire = ", FIRE pressed at the start of each life" if trained.preset.press_fire else ""
    sticks = trained.preset.repeat_action_probability
    sticky = f"sticky actions with a probability of {sticks:g}, " if sticks else ""
    console.print(
        f"Protocol: {len(scores)} episodes of at most {minutes:.2g} minutes of the game's time, ε {what['epsilon']:g}, up to "
        f"{trained.preset.noop_max} no-ops at the start{fire}, {sticky}seed {what['seed']}; the actions are "
        f"{', '.join(trained.actions)}.",
        soft_wrap=True,
    )
    if trained.game not in PUBLISHED:
        return
    table = Table("published", "random", "human", "DQN", title_justify="left")
    for row in PUBLISHED[trained.game]:
        table.add_row(row.source, f"{row.random:g}", f"{row.human:g}", row.dqn)
    console.print(table)


def print_runs(below):
    """The runs in a folder as a table, newest first."""
    console = Console(highlight=False)
    runs = find_runs(below)
    if not runs:
        console.print(f"There is no run in {below}/. Begin one: workshop train pong", soft_wrap=True)
        return
    # Within 80 columns: a long name is folded, figures never.
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True)
    for name in ("min", "steps", "upd.", "score", "best", "MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for run in runs:
        last = (run.metrics.rows() or [{}])[-1]
        means = [row["mean"] for row in run.evaluations.rows()]
        table.add_row(
            f"[bold]{run.game}, {run.card['preset']}, seed {run.seed}[/bold]\n{escape(run.folder.name)}",
            run.state(),
            _number(last.get("minutes"), 1),
            _short(last.get("steps")),
            _short(last.get("updates")),
            _number(last.get("score"), 1),
            _number(max(means, default=None), 1),
            _number(run.size() / 1e6),
        )
    console.print(table)


def _number(value, digits=0):
    return "–" if value is None else f"{value:,.{digits}f}"


def _short(count):
    """1234567 -> "1.2M"."""
    if count is None or count < 10_000:
        return _number(count)
    return f"{count / 1e6:.1f}M" if count >= 1e6 else f"{count / 1e3:.0f}k"
