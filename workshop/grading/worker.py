"""The process that holds an attendee's code: it loads an answer and calls it, and knows nothing else.

It speaks over its standard input and output, which it puts out of reach of the code before that is loaded: frames of a
4-byte length and plain data (`workshop.exercises.plain`). It says "ready" once. A request is ("load", name, steps,
borrowed) or ("call", driver, arguments as bytes, seconds); the reply to "load" is (verdict, words) as `_load` gives
them, the reply to "call" is an outcome of `subject.run`.
"""

import linecache
import os
import resource
import struct
import sys

MEMORY_BYTES = 4 * 2**30
MAX_REPLY_BYTES = 96 * 2**20  # a value and the arguments, each as large as it may be, and what was printed


def main():
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    _set_limits()

    import workshop
    from workshop.exercises import plain, subject

    def send(message):
        data = plain.encode(message, max_bytes=MAX_REPLY_BYTES)
        replies.write(struct.pack(">I", len(data)) + data)
        replies.flush()

    for name in ("check", "hint", "solution", "progress"):
        setattr(workshop, name, lambda *arguments, **options: None)
    answer = None
    send("ready")
    while header := requests.read(4):
        request = plain.decode(requests.read(struct.unpack(">I", header)[0]))
        if request[0] == "load":
            _, name, steps, borrowed = request
            workshop.borrow = _borrower(borrowed)
            answer, *reply = _load(name, steps)
            send(tuple(reply))
        else:
            send(subject.run(answer, *request[1:]))


def _set_limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS has the limit and does not keep it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _borrower(sources):
    """The `borrow` of this process: it gives what the grader sent along, each in a namespace of its own."""

    def borrow(name):
        name = getattr(name, "__name__", name)
        namespace = {"__name__": name}
        exec(compile(sources[name], f"<borrowed {name}>", "exec", dont_inherit=True), namespace)
        return namespace[name]

    return borrow


def _load(name, steps):
    """Run the definitions that an answer needs, in order.

    Args:
        name: what the answer is called.
        steps: tuples (where, source).

    Returns:
        (the answer or None, verdict, words): the verdict is "" where there is an answer, else "error" or
        "out_of_memory"; the words say what went wrong first, "" if nothing did.
    """
    from workshop.exercises import subject

    namespace = {"__name__": "__main__"}
    words = ""
    for where, source in steps:
        try:
            filename = f"<{where}>"
            _show_lines(filename, source)
            exec(compile(source, filename, "exec", dont_inherit=True), namespace)
        except MemoryError:
            return None, "out_of_memory", f"{where} needs more memory than there is"
        except BaseException as error:
            words = words or f"{where} raises {subject.describe(error)}"
    answer = namespace.get(name)
    if callable(answer):
        return answer, "", words
    return None, "error", words or f"{name} is not a function"


def _show_lines(filename, source):
    """Let tracebacks quote these lines; lines of other definitions in the same cell stay."""
    lines = linecache.cache.get(filename, (0, None, []))[2]
    own = [line + "\n" for line in source.split("\n")]
    lines += ["\n"] * (len(own) - len(lines))
    lines[: len(own)] = [new if new.strip() else old for new, old in zip(own, lines)]
    linecache.cache[filename] = (sum(map(len, lines)), None, lines, filename)


if __name__ == "__main__":
    main()
