"""What a row says about an answer: a sentence for its author, and the details for the instructor."""

_INLINE = 160  # characters of a call that fits into a sentence; a longer one stands in the counterexample
_PRINTED = 500  # characters of what an answer printed, for the instructor


def message_of(part, judgement):
    """What to tell the author.

    Args:
        part: a `Part`.
        judgement: its `Judgement`.

    Returns:
        (message, counterexample): what is wrong, on which input, which known mistake it looks like, and the first hint;
        and the failing input with expected and obtained, as text. Both are "" where nothing is wrong.
    """
    if judgement.verdict == "pass":
        return "", ""
    sentences = [judgement.mistake, _what_is_wrong(judgement), f"Next: {part.hints[0]}"]
    counterexample = judgement.call
    if judgement.expected:
        counterexample += f"\nexpected {judgement.expected}\nobtained {judgement.obtained}"
    _, picture = _sentence_and_picture(judgement.sentence)
    return " ".join(filter(None, sentences)), counterexample + (f"\n{picture}" if picture else "")


def _what_is_wrong(judgement):
    """One sentence; with the input, where that is short."""
    (wrong, _), call = _sentence_and_picture(judgement.sentence), judgement.call
    is_short, is_of_value = "\n" not in call and len(call) <= _INLINE, wrong.startswith(("should ", "[", "."))
    if is_short and is_of_value and call.endswith(")"):
        return f"{call}{' ' if wrong.startswith('should ') else ''}{wrong}."
    if is_of_value:
        wrong = f"what it returns {'' if wrong.startswith('should ') else 'is wrong at '}{wrong}"
    return _as_sentence(wrong) + (f" The input: {call}." if is_short else "")


def _sentence_and_picture(text):
    """What a `Judgement` says, apart: its first line, or as many as the array in it takes, and the lines below."""
    lines, count = text.split("\n"), 1
    while count < len(lines) and _is_open("".join(lines[:count])):
        count += 1
    return " ".join(line.strip() for line in lines[:count]), "\n".join(lines[count:])


def _is_open(text):
    return any(text.count(opening) > text.count(closing) for opening, closing in ("()", "[]"))


def detail_of(steps, count, judgement=None, problem=""):
    """What an instructor may want to know besides.

    Args:
        steps: the `Definition`s that were loaded, in order.
        count: how many definitions the answer has.
        judgement: the `Judgement`, or None where it was not called.
        problem: what went wrong while the definitions were loaded, "" for nothing.

    Returns:
        Lines of text.
    """
    lines = []
    if judgement:
        lines.append(f"{judgement.examples} inputs tried")
        if judgement.kind:
            lines[0] += f"; on the one that is shown it {_KINDS[judgement.kind]}"
            lines[0] += f" {judgement.error}" if judgement.error else ""
        if judgement.printed:
            printed = judgement.printed
            lines.append(f"it printed: {printed[:_PRINTED].rstrip()}{' …' if len(printed) > _PRINTED else ''}")
    if problem:
        lines.append(f"before that, {problem}")
    lines.append("loaded: " + ", ".join(f"{_names(step)} (cell {step.cell.number})" for step in steps))
    if count > 1:
        lines.append(f"defined {count} times; the last one counts")
    return "\n".join(lines)


_KINDS = {
    "returned": "returned",
    "raised": "raised",
    "not_attempted": "raised NotImplementedError",
    "timeout": "did not come back",
    "too_large": "returned too much:",
    "out_of_memory": "ran out of memory",
    "crashed": "ended its process:",
}


def _names(step):
    return " ".join(sorted(step.names))


def _as_sentence(words):
    is_prose = words.split(" ", 1)[0].rstrip(",:").isalpha()  # code keeps its small letter
    return (words[:1].upper() + words[1:] if is_prose else words) + ("" if words.endswith((".", "?", "!")) else ".")
