"""What holds an attendee's code: it loads an answer and calls it, and knows nothing else.

It speaks over one socket: frames of a 4-byte length and plain data (`workshop.exercises.plain`), which are (number,
message). It says ("ready", PROTOCOL) once, as number 0. A request is ("load", name, steps, borrowed, companions) or
("calls", driver, a tuple of arguments as bytes, seconds); the reply to "load" is (verdict, words) as `_load` gives
them, the reply to "calls" is a frame for each call, an outcome of `subject.run`, up to the first that is not
`returned`. A reply has the number of its request, which counts from 1.
"""

import __future__

import linecache
import os
import socket
import struct
import sys

PROTOCOL = 2
MAX_REPLY_BYTES = 96 * 2**20  # a value and the arguments, each as large as it may be, and what was printed
_FUTURE = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


def serve(channel):
    """Answer requests until the grader hangs up, or the answer ends this process."""
    _leave_no_stream_open()
    requests, replies = os.fdopen(os.dup(channel.fileno()), "rb"), os.fdopen(channel.detach(), "wb")

    import workshop
    from workshop.exercises import plain, subject, time_limit

    def send(number, message):
        data = plain.encode_tuple(plain.encode(number), message)
        replies.write(struct.pack(">I", len(data)) + data)
        replies.flush()

    for name in ("check", "hint", "solution", "progress"):
        setattr(workshop, name, lambda *arguments, **options: None)
    answer, limit = None, time_limit.call_within_processor_time
    send(0, plain.encode(("ready", PROTOCOL)))
    while header := requests.read(4):
        number, request = plain.decode(requests.read(struct.unpack(">I", header)[0]))
        if request[0] == "load":
            _, name, steps, borrowed, companions = request
            workshop.borrow = _borrower(borrowed)
            answer, *reply = _load(name, steps, companions)
            send(number, plain.encode(tuple(reply)))
        else:
            _, driver, inputs, seconds = request
            for arguments in inputs:
                kind, outcome = subject.run_encoded(answer, driver, arguments, seconds, limit)
                send(number, outcome)
                if kind != subject.RETURNED:
                    break


def _leave_no_stream_open():
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _borrower(sources):
    """The `borrow` of this process: it gives what the grader sent along, each in a namespace of its own."""

    def borrow(name):
        name = getattr(name, "__name__", name)
        namespace = {"__name__": name}
        exec(compile(sources[name], f"<borrowed {name}>", "exec", dont_inherit=True), namespace)
        return namespace[name]

    return borrow


def _load(name, steps, companions):
    """Run the definitions that an answer needs, in order.

    Args:
        name: what the answer is called.
        steps: tuples (where, source).
        companions: names of other answers among them.

    Returns:
        (the answer, with its companions where it has any, or None, verdict, words): the verdict is "" where there is an
        answer, else "error" or "out_of_memory"; the words say what went wrong first, "" if nothing did.
    """
    from workshop.exercises import subject

    namespace, future = {"__name__": "__main__"}, 0
    words = ""
    for where, source in steps:
        try:
            filename = f"<{where}>"
            _show_lines(filename, source)
            code = compile(source, filename, "exec", future, dont_inherit=True)
            future |= code.co_flags & _FUTURE  # as in a notebook, where one cell's `from __future__` is for all below
            exec(code, namespace)
        except MemoryError:
            return None, "out_of_memory", f"{where} needs more memory than there is"
        except BaseException as error:
            words = words or f"{where} raises {subject.describe(error)}"
    for wanted in (name, *companions):
        if not callable(namespace.get(wanted)):
            return None, "error", words or f"{wanted} is not a function"
    return subject.accompanied(namespace[name], {other: namespace[other] for other in companions}), "", words


def _show_lines(filename, source):
    """Let tracebacks quote these lines; lines of other definitions in the same cell stay."""
    lines = linecache.cache.get(filename, (0, None, []))[2]
    own = [line + "\n" for line in source.split("\n")]
    lines += ["\n"] * (len(own) - len(lines))
    lines[: len(own)] = [new if new.strip() else old for new, old in zip(own, lines)]
    linecache.cache[filename] = (sum(map(len, lines)), None, lines, filename)


def main(descriptor, scratch):
    """A worker that nobody forked, where there is no nursery."""
    import gym  # noqa: F401  before anything is out of reach

    import workshop.exercises.subject  # noqa: F401
    from workshop.grading.confinement import confine, open_rules

    confine(scratch, open_rules())
    serve(socket.socket(fileno=descriptor))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
