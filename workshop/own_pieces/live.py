"""A picture in the notebook that follows a training, while the notebook goes on."""

import contextlib
import threading
import time

import numpy as np

from workshop.own_pieces.expected import band, verdict
from workshop.plots.picture import BLACK, BLUE, GREEN, GREY, ORANGE, SKY_BLUE, Picture, drawing, new_figure

SECONDS = 10  # from one picture to the next: as often as a training writes a row
HUMAN = 9.3  # Mnih et al. 2015, Extended Data Table 2


@drawing
def draw(run):
    """The scores of a run over its updates, with the band where they should be, as a `Picture`.

    Args:
        run: `workshop.dqn.run.Run`.
    """
    rows, evaluations, state = run.metrics.rows(), run.evaluations.rows(), run.state()
    figure = new_figure(7.2, 3.6)
    axes = figure.subplots()
    last = rows[-1] if rows else {}
    updates = np.array([row["updates"] for row in rows])
    end = max(2000.0, 1.15 * updates[-1] if len(rows) else 0)
    grid = np.linspace(0, end, 200)
    low, high = band(grid)
    axes.fill_between(grid, low, high, color=SKY_BLUE, alpha=0.35, lw=0, label="should be here")
    scores = np.array([np.nan if row["score"] is None else row["score"] for row in rows])
    axes.plot(updates, scores, color=BLACK, lw=1.6, label="yours, mean of 20 games")
    if evaluations:
        axes.plot(
            [row["updates"] for row in evaluations], [row["mean"] for row in evaluations],
            color=ORANGE, marker="o", ls="none", ms=5, label="evaluation",
        )  # fmt: skip
    axes.axhline(HUMAN, color=GREEN, ls="--", lw=1.2, label="human 9.3")
    axes.axhline(-15, color=BLUE, ls=":", lw=1.2, label="−15")
    axes.set(xlim=(0, end), ylim=(-22, 22), xlabel="updates", ylabel="score of a game", title=f"Pong, {state}")
    axes.grid(axis="y")
    figure.legend(loc="outside right upper", fontsize=8)
    figure.supxlabel(_facts(last), x=0.01, ha="left", size=8, color=GREY)
    said = verdict(last.get("updates", 0), last.get("score"), last.get("updates_per_second", 0) or 0)
    if evaluations:
        said += f" The last evaluation gave {evaluations[-1]['mean']:.1f}".replace("-", "−") + "."
    return Picture.from_figure(figure, f"{_facts(last)} {said}", caption=said)


def _facts(row):
    if not row:
        return "It has begun; the first row comes after some ten seconds."
    score = "–" if row["score"] is None else f"{row['score']:.1f}".replace("-", "−")
    return (
        f"minute {row['minutes']:.1f}: score {score}, {row['updates']:,.0f} updates, {row['updates_per_second']:.0f} a second, "
        f"{row['steps']:,.0f} steps, ε {row['epsilon']:.2f}."
    )


def watch(run, every=SECONDS):
    """Show the picture, and bring it up to date until the training ends. Comes back at once: a thread does it.

    Args:
        run: Run.
        every: float, seconds.
    """
    if not in_a_notebook():
        print(draw(run).alt)
        return
    from IPython.display import display

    handle = display(draw(run), display_id=True)
    _Follower.replace(run, handle, every)


class _Follower(threading.Thread):
    """Updates one picture. There is one at a time: a picture that nobody looks at any more costs time too."""

    present = None

    def __init__(self, run, handle, every):
        super().__init__(daemon=True, name="own_pieces.watch")
        self._run_watched, self._handle, self._every = run, handle, every
        self._ended = threading.Event()

    @classmethod
    def replace(cls, run, handle, every):
        if cls.present:
            cls.present._ended.set()
        cls.present = cls(run, handle, every)
        cls.present.start()

    def run(self):
        while not self._ended.is_set():
            self._ended.wait(self._every)
            is_over = self._run_watched.state() != "running"
            with contextlib.suppress(
                Exception
            ):  # a picture that cannot be drawn is no reason for a traceback in the page
                if not self._ended.is_set():
                    self._handle.update(draw(self._run_watched))
            if is_over:
                return


def wait(run, seconds):
    """Until the training ends, at most so many seconds; an interrupted kernel ends the waiting, not the training."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while run.state() == "running" and time.monotonic() < deadline:
            time.sleep(0.2)


def in_a_notebook():
    """Whether there is a page to show pictures in."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None
