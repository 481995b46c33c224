"""An attendee's own pieces of DQN in the engine's fast loop: checked, timed, trained in the background, and watched.

    from workshop import own_pieces

    own_pieces.table()               # each piece: whose, right or wrong, how fast beside ours
    own_pieces.train_catch()         # the same loop on a small game: ten seconds or so
    own_pieces.train_pong()          # begins in the background; again, new pieces take over, or what ended goes on
    own_pieces.watch()               # a picture that follows it
    own_pieces.stop()

The training is a process of its own with a folder below runs/, so it survives a restarted kernel; `workshop train pong
--pieces NOTEBOOK` is the same from a terminal. What is not written yet is the engine's own; a piece that is wrong is refused
with what its check says.
"""

import functools
import os
import time

import numpy as np

from workshop.dqn.checkpoints import CheckpointError
from workshop.dqn.pieces import PIECES, PieceError, Pieces
from workshop.dqn.planning import gigabytes
from workshop.dqn.presets import PRESETS
from workshop.dqn.run import RunError
from workshop.exercises.catalogue import exercise_of
from workshop.exercises.message import Message
from workshop.own_pieces import background, catch, checking, collect, live
from workshop.plots import filmstrip, learning_curve

RHYTHM = {"checkpoint_minutes": 5, "evaluate_minutes": 8, "evaluate_episodes": 5}
OURS = "ours"


def _says_what_is_wrong(function):
    """Decorator: a mistake is answered with a sentence, not with a traceback; an interrupt ends the call alone."""

    @functools.wraps(function)
    def saying(*arguments, **options):
        try:
            return function(*arguments, **options)
        except (PieceError, RunError, CheckpointError, MemoryError) as error:
            Message("open", f"… {function.__name__}: {error}").show()
        except KeyboardInterrupt:
            Message("open", f"… {function.__name__} is interrupted. A training in the background goes on.").show()
        return None

    return saying


@_says_what_is_wrong
def table(use=None):
    """Check and time the pieces that this notebook has so far, and show what came of it. It takes some ten seconds.

    Args:
        use: dict, such as `{"preprocess": "ours"}`, for pieces that shall be the engine's own.
    """
    _Inspected(collect.from_notebook(), use).message().show()


@_says_what_is_wrong
def train_catch(*, use=None, seed=0, seconds=90):
    """Train on Catch with the pieces that this notebook has so far, and show how it went and a game.

    Args:
        use: as in `table`.
        seed: int >= 0.
        seconds: float, after which it is ended.
    """
    collected = collect.from_notebook()
    pieces = Pieces({name: source for name, source in collected.sources.items() if name not in (use or {})})
    learnt = catch.learn(pieces, seconds, seed)
    last = float(np.mean(learnt.scores[-catch.WINDOW :] or [0]))
    how = f"{len(learnt.scores)} games, {learnt.updates} updates, {learnt.seconds:.0f} s"
    whose = ", ".join(name for name in pieces.sources if name != "preprocess") or "none; all are the engine's own"
    if learnt.is_solved:
        Message("good", f"✓ Catch is solved: {how}.", (("text", f"Your pieces in it: {whose}."),)).show()
    else:
        advice = "A mean near −0.6 says that nothing is learnt: check your pieces. A rising one only wants more time."
        Message(
            "bad", f"✗ Catch is not solved yet: the mean score is {last:.2f} after {how}.", (("text", advice),)
        ).show()
    said = {"title": "Catch", "ylabel": "score of a game"}
    _show(learning_curve(learnt.scores, optimum=1.0, window=catch.WINDOW, ylim=(-1.1, 1.3), **said))
    _show(filmstrip(*catch.game(learnt.agent), title="One game"))


def _show(picture):
    if live.in_a_notebook():
        from IPython.display import display

        display(picture)
    else:
        print(picture)


@_says_what_is_wrong
def train_pong(minutes=50, *, use=None, seed=0, restart=False):
    """Train on Pong with the pieces that this notebook has so far, in the background.

    The first call begins a training; what is not written yet is the engine's own. Call it again whenever you like: it finds
    the training, also after the kernel was restarted. Pieces that are new or changed take over what was learnt so far. One
    that was killed or stopped goes on from its last checkpoint.

    Args:
        minutes: float, of training.
        use: as in `table`.
        seed: int >= 0.
        restart: bool, whether to begin anew, and to keep nothing of what was learnt.
    """
    run, collected = background.find(), collect.from_notebook()
    if run and not restart and not _is_news(run, collected, use):
        _go_on(run, minutes)
        return
    inspected = _Inspected(collected, use)
    inspected.message().show()
    if inspected.wrong:
        return
    pieces = Pieces(inspected.sources)
    if run and not restart and run.state() != "finished":
        _take_over(run, pieces)
        return
    preset = pieces.fitted(PRESETS["pieces"])
    if preset.replay_capacity < PRESETS["pieces"].replay_capacity:
        words = f"Your ReplayMemory gets {preset.replay_capacity:,} transitions: that is what fits into this machine."
        Message("open", f"… {words}").show()
    if run:
        background.stop(run)
    run = background.begin(pieces, preset, minutes=_limit(minutes), seed=seed, rhythm=RHYTHM)
    takes = gigabytes(_bytes(pieces, preset))
    Message(
        "good",
        f"✓ Training has begun in the background, for {_limit(minutes):g} minutes. Its memory will grow to {takes}.",
        (("text", f"Folder: `{run.folder}`. Go on with the exercises, and look at it with `own_pieces.watch()`."),),
    ).show()


def _is_news(run, collected, use):
    """Whether the notebook has pieces that do not train in this run yet. A kernel that was restarted has none at all."""
    now = {name: source for name, source in collected.sources.items() if name not in (use or {})}
    return any(source.rstrip() != run.pieces.sources.get(name, "").rstrip() for name, source in now.items()) or bool(
        set(use or {}) & set(run.pieces.sources)
    )


def _take_over(run, pieces):
    before = set(run.pieces.sources)
    pieces.fitted(run.preset)
    background.take_over(run, pieces)
    new = ", ".join(name for name in pieces.sources if name not in before) or "what you changed"
    words = "What was learnt so far stays; the games and the network go on with it."
    Message("good", f"✓ Your pieces have taken over: {new}.", (("text", words),)).show()


def _go_on(run, minutes):
    limit, rows, state = _limit(minutes), run.metrics.rows(), run.state()
    done = rows[-1]["minutes"] if rows else 0.0
    whose = ", ".join(run.pieces.sources) or "none, all are the engine's own"
    blocks = [("text", f"Your pieces in it: {whose}."), ("text", f"Folder: `{run.folder}`.")]
    if state == "running":
        heading = f"✓ It trains already: minute {done:.0f} of {run.card['minutes']:g}."
    elif done > limit - 0.2:
        heading = f"✓ It has trained its {done:.0f} minutes."
        blocks.append(("text", f"More of it: `own_pieces.train_pong({2 * max(round(done), 25)})`."))
    else:
        words = background.last_words(run)
        background.go_on(run, limit)
        where = "from its last checkpoint" if run.checkpoints.list() else "from its beginning: nothing was saved yet"
        why = {"stopped": "was stopped", "finished": "had finished"}.get(
            state, "ended without a word, as when a laptop closes,"
        )
        heading = f"✓ It {why} after {done:.0f} minutes, and now goes on {where}."
        if state == "crashed" and words.startswith("Error"):
            blocks.insert(0, ("text", f"What it said in the end: {words}"))
    Message("good", heading, tuple(blocks)).show()


@_says_what_is_wrong
def watch():
    """Show a picture of the training in the background, which follows it while you go on with other cells."""
    run = background.find()
    if run is None:
        raise RunError("no training has begun here; own_pieces.train_pong() begins one")
    live.watch(run)


@_says_what_is_wrong
def stop():
    """Have the training save and stop. `train_pong()` goes on with it."""
    run = background.find()
    if run is None or run.state() != "running":
        raise RunError("no training runs here")
    saved = background.stop(run)
    Message("good" if saved else "open", "✓ It has stopped." if saved else "… It is still saving.").show()


def _limit(minutes):
    """The minutes, or fewer where `WORKSHOP_MINUTES` says so: for those who run whole notebooks to see that they run."""
    return min(float(minutes), float(os.environ.get("WORKSHOP_MINUTES") or "inf"))


def _bytes(pieces, preset):
    from workshop.dqn.pieces import TheirMemory
    from workshop.dqn.replay import ReplayMemory

    kind = TheirMemory if "ReplayMemory" in pieces else ReplayMemory
    return kind.bytes_for(preset.replay_capacity, preset.environments, preset.frame_shape)


class _Inspected:
    """Pieces after their checks and measurements.

    Attributes:
        sources: dict, of the pieces that will train.
        wrong: list of `checking.Wrong`; then nothing trains.
    """

    def __init__(self, collected, use=None):
        self.use = dict(use or {})
        unknown = [name for name, whose in self.use.items() if name not in PIECES or whose != OURS]
        if unknown:
            raise PieceError(
                f'use takes {{"preprocess": "ours"}}, and {unknown[0]!r} is no such pair. There are: {", ".join(PIECES)}'
            )
        self.states = collected.states
        self.sources = {name: source for name, source in collected.sources.items() if name not in self.use}
        began = time.monotonic()
        wrong, self.costs = checking.ask(self.sources) if self.sources else ([], [])
        self.seconds = time.monotonic() - began
        for piece in wrong:
            if piece.is_open:  # a class whose methods are not written yet
                self.states[piece.name] = collect.UNATTEMPTED
                del self.sources[piece.name]
        self.wrong = [piece for piece in wrong if not piece.is_open]
        if wrong and not self.wrong and self.sources:
            _, self.costs = checking.ask(self.sources)

    def message(self):
        """What came of it, as a `Message`."""
        rows = [("", "piece", "whose", "ms an update", "ours", "")]
        costs, wrong = {cost.name: cost for cost in self.costs}, {piece.name for piece in self.wrong}
        for name in PIECES:
            title = f"{exercise_of(name).number} {name}"
            if name in wrong:
                rows.append(("✗", title, "yours", "", "", "not right yet"))
            elif name not in self.sources:
                why = "you asked for it" if name in self.use else self.states[name]
                rows.append(("↺", title, "the engine's", "", "", why))
            elif name in costs:
                rows.append(("✓", title, "yours", *_figures(costs[name])))
            else:
                rows.append(("✓", title, "yours", "", "", ""))
        return Message("bad" if wrong else "good", self._heading(), (("table", rows), *self._sentences()))

    def _heading(self):
        if self.wrong:
            count = "One piece is" if len(self.wrong) == 1 else f"{len(self.wrong)} pieces are"
            return f"✗ {count} not right yet, so nothing is trained with them."
        return f"✓ {len(self.sources)} of {len(PIECES)} pieces are yours."

    def _sentences(self):
        for piece in self.wrong:
            yield "text", piece.sentence
        if self.wrong:
            names = ", ".join(f'"{piece.name}": "ours"' for piece in self.wrong)
            yield "text", f"Mend it, or go on with the engine's: `own_pieces.train_pong(use={{{names}}})`"
        for cost in self.costs:
            if cost.is_slow:
                slow = (
                    f"{cost.name} is right, and slow: {cost.theirs:.1f} ms for each update instead of {cost.ours:.1f}. "
                    f"Training takes {1 + cost.share:.1f} times as long with it. The engine's own: "
                    f'`own_pieces.train_pong(use={{"{cost.name}": "ours"}})`'
                )
                yield "text", slow


def _figures(cost):
    ratio = cost.theirs / max(cost.ours, 1e-6)
    said = f"{ratio:.1f} times" if cost.theirs > 0.05 else "next to nothing"
    return f"{cost.theirs:.2f}", f"{cost.ours:.2f}", f"{said}, too slow" if cost.is_slow else said


def inspect_file(path, use=None):
    """The pieces of a file, checked and timed, for `workshop train --pieces`. Raises PieceError."""
    return _Inspected(collect.from_file(path), use)
