"""What a slide shows beside its text, as HTML: pictures, films, code from solutions/, exercises, tables."""

import ast
import base64
import re
import textwrap

from slides import figures, markup
from slides.numbers import card, number
from workshop.dqn.published import PUBLISHED
from workshop.exercises.catalogue import exercise_of
from workshop.exercises.reference import reference_source

SMALLEST, LARGEST = 18, 26  # pixels of a letter on a slide of 1280 × 720
WIDTH = {True: 680, False: 1150}  # pixels for what is shown, beside text or below it
HEIGHT = 480
_ADVANCE, _LEADING = 0.603, 1.36  # of DejaVu Sans Mono


class TooLarge(ValueError):
    """Code that would have to be written too small; the text says how many lines and columns fit."""


def exhibit(kind, argument, is_split):
    """HTML for a directive that stands on a line of its own."""
    if kind == "code":
        return _code(argument, is_split)
    return {"figure": _figure, "video": _video, "exercise": _exercise, "table": _table}[kind](argument)


def _figure(name):
    picture = figures.picture(name)
    return f'<figure><img src="{picture.uri}" alt="{markup.escape(picture.alt)}"></figure>'


def _video(name):
    film = figures.picture(name)
    mp4, poster = (base64.b64encode(data).decode() for data in (film.mp4, film.poster))
    alt = markup.escape(film.alt)
    return (
        f'<figure class="film"><video controls muted loop tabindex="0" playsinline aria-label="{alt}" poster="data:image/png;base64,'
        f'{poster}" src="data:video/mp4;base64,{mp4}"></video><figcaption>film: V plays it</figcaption></figure>'
    )


def fragment(argument):
    """Lines of a reference answer, without its docstrings and without the comments behind its code.

    Args:
        argument: `name`, or `name | from: text | to: text` for the lines from the first one that holds the one text to
            the next one that holds the other.

    Raises:
        LookupError: no such answer, or no such line.
    """
    name, *limits = (part.strip() for part in argument.split("|"))
    lines = without_docstrings(reference_source(name)).splitlines()
    for limit in limits:
        where, text = (part.strip() for part in limit.split(":", 1))
        found = next((number for number, line in enumerate(lines) if text in line), None)
        if where not in ("from", "to") or found is None:
            raise LookupError(f"{name} has no line with {text!r} to cut {where}")
        lines = lines[found:] if where == "from" else lines[: found + 1]
    return textwrap.dedent("\n".join(re.sub(r"(?<=\S)  # .*$", "", line) for line in lines)).strip("\n")


def without_docstrings(source):
    """Python without the docstrings of its functions and classes, and without the empty lines after them."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno
            while last < len(lines) and not lines[last].strip():
                last += 1
            lines[first:last] = [None] * (last - first)
    return "\n".join(line for line in lines if line is not None)


def _code(argument, is_split):
    source = fragment(argument)
    lines = source.splitlines()
    columns = max(map(len, lines))
    size = min(LARGEST, (WIDTH[is_split] - 26) / (_ADVANCE * columns), (HEIGHT - 24) / (_LEADING * len(lines)))
    if size < SMALLEST:
        raise TooLarge(f"{argument}: {len(lines)} lines of {columns} columns would need letters of {size:.1f} pixels")
    name = argument.split("|")[0].strip()
    label = f"Code of {name}, from solutions/"
    return f'<pre class="answer" tabindex="0" aria-label="{label}" role="group" style="--size:{int(size)}">{markup.code(source)}</pre>'


def _exercise(name):
    exercise = exercise_of(name)
    star = " ★" if exercise.is_stretch else ""
    checks = "\n".join(f"check({each})" for each in exercise.names[:3]) + ("\n…" if len(exercise.names) > 3 else "")
    return (
        f'<div class="exercise"><p class="number">Exercise {exercise.number}{star}</p><p class="what">{markup.escape(exercise.title)}'
        f'</p><pre style="--size:24">{markup.code(checks)}</pre><p>{exercise.minutes} minutes</p></div>'
    )


def _table(name):
    head, rows, caption = TABLES[name]()
    heads = "".join(f'<th scope="col">{markup.inline(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{markup.inline(first)}</th>{"".join(f"<td>{markup.inline(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    scrolls = f'<div class="table" tabindex="0" role="group" aria-label="Table: {markup.escape(head[0])}">'
    return f'{scrolls}<table class="numbers"><caption>{markup.inline(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def scores():
    """Pong and Breakout: a random player, a human, both papers, and ours, each with its protocol."""
    rows = []
    for game in ("pong", "breakout"):
        ours = number("our_pong") if game == "pong" else f"{number('breakout_best')} (best of its log)"
        for published in PUBLISHED[game]:
            paper = "2015" if "2015" in published.source else "2013"
            values = (number(f"{game}_{player}_{paper}") for player in ("random", "human", "dqn"))
            rows.append((f"{game.title()}, paper of {paper}", *values, ours if paper == "2015" else ""))
    evaluation = card()["evaluation"]
    caption = (
        "Papers of 2013 (ε 0.05) and 2015 (30 games of up to 5 minutes, ε 0.05, up to 30 no-ops). "
        f"Ours: {len(evaluation['scores'])} games, ε {evaluation['epsilon']}, {number('our_pong_minutes')} minutes on two cores; "
        "Breakout after 50 minutes: it did not learn."
    )
    return ("mean points of a game", "random", "human", "DQN", "ours"), rows, caption


def algorithm_1():
    """The parts of Algorithm 1 and the exercises that write them."""
    pairs = (
        ("initialise replay memory and Q̂ = Q", ("ReplayMemory", "QNetwork")),
        ("with probability ε a random action, else the best", ("epsilon_at", "act")),
        ("play it, store the transition", ("FrameStack", "ReplayMemory")),
        ("draw a batch, set y", ("ReplayMemory", "td_targets")),
        ("a gradient step on (y − Q)², clipped", ("dqn_loss",)),
        ("every C updates Q̂ = Q", ("should_sync", "sync_target")),
    )
    rows = [(line, ", ".join(f"`{name}` ({exercise_of(name).number})" for name in names)) for line, names in pairs]
    return ("Algorithm 1", "yours"), rows, "Every line of the paper's algorithm is a function that you have written."


TABLES = {"scores": scores, "algorithm_1": algorithm_1}
