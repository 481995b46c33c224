"""`workshop grade --watch`: the class page follows what arrives while the session goes on."""

import json
import time
from collections import Counter

from rich.text import Text

from workshop.grading import outputs, summary
from workshop.grading.finding import find_submissions
from workshop.grading.formats import MAX_JSON_PARTS, Unreadable
from workshop.grading.reading import read_file
from workshop.grading.room import Ended, EngineError
from workshop.grading.run import keep, tell_protections
from workshop.grading.store import Store, StoreError, digest_of
from workshop.grading.summary import counted

_SCAN_SECONDS = 0.25
_PATIENCE_SECONDS = 3  # with a file that stays as it is but cannot be parsed: its other half may be on its way
_WRITE_SECONDS = 1


def watch(options):
    """Grade what is there and whatever arrives, until Ctrl-C.

    Args:
        options: Options; its `outputs` are kept up to date.

    Returns:
        The exit status: 0 after Ctrl-C, 1 where it could not go on, 2 where it cannot write.
    """
    console = summary.console()
    problem = outputs.problem_of(options.outputs, find_submissions(*options.paths), is_watching=True)
    if problem:
        console.print(problem)
        return 2
    try:
        with Store(options.paths, options.seed, options.only, resume=True) as store, options.open_engine() as engine:
            engine.start()
            _Watch(options, store, engine, console).go()
    except (EngineError, StoreError) as error:
        console.print(str(error))
    except OSError as error:
        console.print(f"A report cannot be written: {error.strerror} ({error.filename}).")
    except KeyboardInterrupt:  # before it had begun
        return 0
    else:
        return 0
    console.print("What is known is kept. Go on with the same command.")
    return 1


class Landing:
    """Tells which submissions are to be graded: new or changed, and not still being written.

    Args:
        paths: to watch, as for `find_submissions`.

    Attributes:
        names: of all the submissions that there are, as of the last `scan`.
    """

    def __init__(self, paths):
        self._paths, self.names = paths, []
        self._seen, self._settled = {}, set()  # name -> what the file was like, and since when; names

    def scan(self):
        """(name, path) of the submissions that have settled since the last time."""
        now, landed = time.monotonic(), []
        found = find_submissions(*self._paths)
        self.names = [name for name, _ in found]
        for name, path in found:
            looks = _looks(path)
            before, since = self._seen.get(name, (None, now))
            if looks != before:
                self._seen[name] = looks, now
                self._settled.discard(name)
            elif name not in self._settled and (_is_whole(path) or now > since + _PATIENCE_SECONDS):
                self._settled.add(name)
                landed.append((name, path))
        for name in self._seen.keys() - set(self.names):
            del self._seen[name]
            self._settled.discard(name)
        return landed


def _looks(path):
    """What changes whenever a file does, without reading it."""
    try:
        state = path.lstat()
    except OSError:
        return None
    return state.st_ctime_ns, state.st_mtime_ns, state.st_size, state.st_ino


def _is_whole(path):
    """Whether nothing of the file is missing, as far as can be told, and as far as anybody grades it."""
    if path.suffix.lower() != ".ipynb":
        return True
    try:
        data = read_file(path.name, path)
        if sum(map(data.count, (b",", b"[", b"{"))) <= MAX_JSON_PARTS:
            json.loads(data)
    except Unreadable:  # and waiting will not help
        return True
    except (ValueError, RecursionError):
        return False
    return True


class _Watch:
    def __init__(self, options, store, engine, console):
        self._options, self._store, self._engine, self._console = options, store, engine, console
        self._landing = Landing(options.paths)
        self._waiting, self._under_way = {}, set()  # name -> Task; names
        self._written, self._is_due, self._names = 0.0, True, []
        self._trouble = ""  # with the reports, as it was said

    def go(self):
        """Watch until Ctrl-C."""
        where = ", ".join(map(str, self._options.paths))
        pages = [outputs.place_of(kind, target) for kind, target in self._options.outputs.items()]
        self._write(is_watching=True)
        tell_protections(self._options)
        self._console.print(f"Watching {where}. Ctrl-C ends it.", *pages, sep="\n  ")
        try:
            while True:
                self._look()
                self._listen()
                quiet = not self._under_way and not self._waiting
                if self._is_due and (quiet or time.monotonic() > self._written + _WRITE_SECONDS):
                    self._try_to_write()
        except KeyboardInterrupt:
            self._write(is_watching=False)
            count = len(self._store.rows(self._names))
            self._console.print(f"\nStopped. Rows kept: {count}; the same command goes on.", *pages, sep="\n  ")

    def _look(self):
        for name, path in self._landing.scan():
            task = self._store.task(name, path, digest_of(path))
            if task:
                self._waiting[name] = task
        if self._names != self._landing.names:
            self._names, self._is_due = self._landing.names, True
        for name in self._waiting.keys() - self._under_way:  # one after the other, where a file changes again
            waiting = self._waiting.pop(name)
            task = self._store.task(waiting.name, waiting.path, waiting.digest)  # without what was graded since
            if task:
                self._under_way.add(name)
                self._engine.submit(task)

    def _listen(self):
        """Take in what is graded, until it is time to look again."""
        deadline = time.monotonic() + _SCAN_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            if not self._engine.is_busy:
                time.sleep(left)
                continue
            for event in self._engine.events(left):
                keep(self._store, event)
                self._is_due = True
                if isinstance(event, Ended):
                    self._under_way.discard(event.task.name)
                    self._tell(event.task.name)

    def _tell(self, name):
        verdicts = Counter(row.verdict for row in self._store.rows([name]))
        self._console.print(Text(f"{time.strftime('%H:%M:%S')} {name}: {counted(verdicts)}"))

    def _try_to_write(self):
        """Write, or say once why that cannot be done now: the disk may have room again before the session is over."""
        trouble = ""
        try:
            self._write(is_watching=True)
        except OSError as error:
            trouble = f"A report cannot be written: {error.strerror} ({error.filename}). It is tried again."
            self._written = time.monotonic()
        if trouble and trouble != self._trouble:
            self._console.print(trouble)
        self._trouble = trouble

    def _write(self, is_watching):
        rows = self._store.rows(self._names)
        outputs.write(rows, self._options.outputs, self._options.title(), is_watching)
        self._written, self._is_due = time.monotonic(), False
