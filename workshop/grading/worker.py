"""The process that holds an attendee's code: it loads an answer and calls it, and knows nothing else.

It speaks over its standard input and output, which it puts out of reach of the code before that is loaded: frames of a
4-byte length and plain data (`workshop.exercises.plain`). A request is ("load", name, steps) or ("call", driver,
arguments as bytes, seconds); the reply to "load" is (whether there is an answer, what went wrong or ""), the reply to
"call" is an outcome of `subject.run`.
"""

import linecache
import os
import resource
import struct
import sys

MEMORY_BYTES = 4 * 2**30


def main():
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    _set_limits()

    import workshop
    from workshop.exercises import plain, subject

    for name in ("check", "hint", "solution", "progress", "borrow"):
        setattr(workshop, name, lambda *arguments, **options: None)
    answer = None
    while header := requests.read(4):
        request = plain.decode(requests.read(struct.unpack(">I", header)[0]))
        if request[0] == "load":
            answer, problem = _load(*request[1:])
            reply = (answer is not None, problem)
        else:
            reply = subject.run(answer, *request[1:])
        data = plain.encode(reply, max_bytes=2 * plain.MAX_BYTES)
        replies.write(struct.pack(">I", len(data)) + data)
        replies.flush()


def _set_limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS has the limit and does not keep it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _load(name, steps):
    """Run the definitions that an answer needs, in order.

    Args:
        name: what the answer is called.
        steps: tuples (where, borrowed name or None, source). A borrowed answer runs in a namespace of its own.

    Returns:
        (the answer or None, what went wrong first or "").
    """
    namespace = {"__name__": "__main__"}
    problem = ""
    for where, borrowed, source in steps:
        target = {"__name__": borrowed} if borrowed else namespace
        try:
            filename = f"<{where}>"
            linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
            exec(compile(source, filename, "exec", dont_inherit=True), target)
            if borrowed:
                namespace[borrowed] = target[borrowed]
        except BaseException as error:
            problem = problem or f"{where} raises {type(error).__name__}: {str(error)[:500]}"
    answer = namespace.get(name)
    if callable(answer):
        return answer, problem
    return None, problem or f"{name} is not a function"


if __name__ == "__main__":
    main()
