"""The curve of a run: scores and Q-values over the minutes, as a PNG that is drawn again while the training goes on."""

import numpy as np

from workshop.dqn.published import PUBLISHED
from workshop.files import write_whole
from workshop.plots.picture import BLUE, GREEN, GREY, ORANGE, VERMILLION, Picture, drawing, new_figure

POINTS = 2000  # a longer curve is thinned out: more than the picture has pixels


def save_curve(run):
    """Draw the curve of a `Run` into its curve.png, which is replaced at once. Raises OSError."""
    picture = draw_curve(run.metrics.rows(), run.evaluations.rows(), run.game, run.folder.name)
    write_whole(run.folder / "curve.png", picture.png)


@drawing
def draw_curve(metrics, evaluations, game, title):
    """The scores of training and of evaluations above, the held-out Q below.

    Args:
        metrics, evaluations: what `Log.rows` gives.
        game: str; where papers published scores for it, they are drawn as lines.
        title: str.

    Returns:
        Picture
    """
    metrics = metrics[:: max(1, len(metrics) // POINTS)] + metrics[-1:]
    minutes = _column(metrics, "minutes")
    figure, sources = new_figure(7.2, 5.6), ""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    scores = _column(metrics, "score")
    above.plot(minutes, scores, color=GREY, lw=1.2, label="training, mean of 20 episodes")
    said = [f"{minutes[-1]:.1f} minutes" if len(minutes) else "nothing yet"]
    if np.isfinite(scores).any():
        last = scores[np.isfinite(scores)][-1]
        said.append(f"training score {last:.1f}")
    if evaluations:
        when, means, spread = (_column(evaluations, name) for name in ("minutes", "mean", "std"))
        above.errorbar(when, means, spread, color=BLUE, marker="o", ms=4, lw=1.6, capsize=2, label="evaluation ± std")
        best = int(np.argmax(means))
        for place in {best, len(means) - 1}:
            above.annotate(
                _number(means[place]), (when[place], means[place]), (0, 7), textcoords="offset points",
                ha="center", weight="bold", color=BLUE,
            )  # fmt: skip
        said.append(f"last evaluation {means[-1]:.1f}, best {means[best]:.1f} after {when[best]:.1f} minutes")
    for published in PUBLISHED.get(game, ())[:1]:
        for name, value, colour, line in (
            ("human", published.human, GREEN, "--"),
            ("random", published.random, VERMILLION, ":"),
        ):
            above.axhline(value, color=colour, ls=line, lw=1.3, label=f"{name} {_number(value)}")
            said.append(f"{name} {value}")
        sources = f"human and random: {published.source}"
    above.set(title=title, ylabel="score of an episode")
    above.margins(y=0.12)
    above.grid(axis="y")
    above.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8)
    values = _column(metrics, "q")
    below.plot(minutes, values, color=ORANGE, lw=1.6)
    if np.isfinite(values).any():
        below.annotate(
            f"{values[-1]:.2f}".replace("-", "−"), (minutes[-1], values[-1]), (4, 0), textcoords="offset points",
            va="center", weight="bold", annotation_clip=False,
        )  # fmt: skip
        said.append(f"mean max Q {values[-1]:.2f}")
    below.set(xlabel="minutes of training", ylabel="mean max Q\n(held-out states)", xlim=(0, None))
    below.grid(axis="y")
    figure.supxlabel(sources, x=0.99, ha="right", size=6.5, color=GREY)
    return Picture.from_figure(figure, f"Learning curve of {title}: {'; '.join(said)}.")


def _column(rows, name):
    return np.array([np.nan if row[name] is None else row[name] for row in rows])


def _number(value):
    return f"{value:.1f}".replace("-", "−")
