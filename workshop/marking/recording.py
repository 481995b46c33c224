"""Record what the exercises demand: inputs, and what a right answer gives on them, as plain data.

An input is recorded with the call as a reader could type it, with the reference's result as text, and with the
`Demand` on a value. So a check in the bundle can say what is wrong, and knows neither reference nor known mistake.
"""

import inspect
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase
from tqdm import tqdm

from workshop.compat import draws_of_the_seed_alone
from workshop.exercises import plain, subject
from workshop.exercises.catalogue import part_of
from workshop.exercises.judge import with_our_companions
from workshop.exercises.judgement import fault_of
from workshop.exercises.reference import reference, reference_source
from workshop.exercises.rules import RULES
from workshop.exercises.show import show

SEED = 20151130
MAX_INPUT_BYTES = 100_000  # an input that takes more, with its result, is left to the grader
MAX_PART_BYTES = 400_000
_REFERENCE_SECONDS = 60
_SECONDS = 1.0  # for a known mistake
_MORE = 5  # times as many draws, where a known mistake passes what is recorded


def catalogue_of(exercises):
    """What hint, progress and check need to know of these exercises, as a text of JSON."""
    return _json([_declaration(exercise) for exercise in exercises])


def _declaration(exercise):
    parts = [
        {
            "name": part.name,
            "parameters": part.parameters,
            "hints": _hints(part),
            "driver": part.driver,
            "companions": part.companions,
        }
        for part in exercise.parts
    ]
    return {
        "number": exercise.number,
        "title": exercise.title,
        "minutes": exercise.minutes,
        "is_stretch": exercise.is_stretch,
        "parts": parts,
    }


def _hints(part):
    """Those that are no answer: the first, and the second if it quotes no line of code of ours; the last is nearly one."""
    sources = [reference_source(part.name), *(inspect.getsource(mistake.answer) for mistake in part.mistakes)]
    lines = {_squeezed(line) for source in sources for line in source.splitlines()}
    quotable = {line for line in lines if len(line) > 20}
    first, *others = part.hints[:-1]
    return [first, *(hint for hint in others if not any(line in _squeezed(hint) for line in quotable))]


def _squeezed(line):
    return "".join(line.split())


def _json(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def record_all(names):
    """Name -> what `record` gives, for names of the catalogue, from a process of its own.

    Hypothesis draws from the constants of all local modules that are loaded, whoever loaded them. In a process that has
    loaded nothing else the same kit gives the same inputs; and -I, so that nothing comes from where we happen to be.
    """
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([sys.executable, "-I", "-m", "workshop.marking.recording", file.name, *names], check=True)
        return plain.decode(file.read())


def main(target, *names):
    """Write what is recorded of these names to a file."""
    with tqdm(names, unit="answer", disable=None) as bar:
        recorded = {name: record(part_of(name)) for name in bar}
    Path(target).write_bytes(plain.encode(recorded))


def record(part):
    """The recorded inputs of a part, the smallest first.

    Returns:
        A list of dicts: `arguments` (tuple), `is_written` (whether a person chose it), `call` and `expected` (as text),
        `rule` and `facts` (see `workshop.exercises.rules`). All written examples that are small enough; the smallest
        generated ones, as many as a check in the full kit tries, up to `MAX_PART_BYTES` in all; and where a known
        mistake would pass all of these, a generated one that refuses it. Empty where only the grader can judge.
    """
    if not part.can_be_recorded:
        return []
    answer = with_our_companions(part, reference(part.name))
    chosen = list(_recorded(part, answer, part.examples, is_written=True))
    left = MAX_PART_BYTES - sum(map(_size, chosen))
    for each in _recorded(part, answer, _generated(part, part.examples_per_check, chosen)):
        left -= _size(each)
        if left >= 0:
            chosen.append(each)
    passing = _passing(part, chosen)
    more = _generated(part, _MORE * part.examples_per_check, chosen) if passing else []
    for mistake in passing:
        refusing = (each for each in _recorded(part, answer, more) if _refuses(part, each, mistake.answer))
        chosen += itertools.islice(refusing, 1)
    return sorted(chosen, key=lambda each: len(plain.encode(each["arguments"])))


def _passing(part, inputs):
    """The known mistakes that none of the inputs refuses."""
    return [mistake for mistake in part.mistakes if not any(_refuses(part, each, mistake.answer) for each in inputs)]


def _refuses(part, each, answer):
    outcome = subject.run(with_our_companions(part, answer), part.driver, plain.encode(each["arguments"]), _SECONDS)
    if fault_of(outcome, part.parameters, each["arguments"], is_first=False, call_seconds=_SECONDS):
        return True
    try:
        return RULES[each["rule"]].judge(each["arguments"], outcome["value"], **each["facts"]) is not None
    except Exception:  # a value that the rule cannot look at is refused
        return True


def _recorded(part, answer, inputs, is_written=False):
    """Yield what is recorded of each input that is small enough."""
    for arguments in inputs:
        encoded = plain.encode(arguments)
        if len(encoded) > MAX_INPUT_BYTES:
            continue
        expected = _expected(part, answer, arguments)
        demand = part.demand_on(arguments, expected)
        each = {
            "arguments": arguments,
            "is_written": is_written,
            "call": part.describe(part.name, arguments),
            "expected": show(part.shown(expected)),
            **demand._asdict(),
        }
        if _size(each) <= MAX_INPUT_BYTES:
            yield each


def _expected(part, answer, arguments):
    """What the reference gives."""
    outcome = subject.run(answer, part.driver, plain.encode(arguments), _REFERENCE_SECONDS)
    if outcome["kind"] != subject.RETURNED:
        raise RuntimeError(f"our own answer to {part.name} fails on {part.describe(part.name, arguments)}: {outcome}")
    return outcome["value"]


def _size(each):
    return len(plain.encode(each))


def _generated(part, count, known):
    """What the part's strategy gives for the seed in `count` draws, each once, the smallest first; without the known."""
    seen, found = {plain.encode(each["arguments"]) for each in known}, {}

    def collect(arguments):
        encoded = plain.encode(arguments)
        if encoded not in seen:
            found[encoded] = arguments

    settings = hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with draws_of_the_seed_alone():
        hypothesis.seed(SEED)(settings(hypothesis.given(part.cases)(collect)))()
    return [found[encoded] for encoded in sorted(found, key=lambda encoded: (len(encoded), encoded))]


if __name__ == "__main__":
    main(*sys.argv[1:])
