"""Where an attendee stands, kept in a file so that it survives a restarted kernel and a closed laptop.

The file is `progress.json` in the folder that the environment variable `WORKSHOP_HOME` names, `~/.atari-rl-workshop`
otherwise. It holds, for each name of the catalogue, how the last check ended and what help was taken.
"""

import contextlib
import fcntl
import json
import os
import tempfile
import time
import warnings
from pathlib import Path

PASSED, FAILED, BORROWED = "passed", "failed", "borrowed"


_STATES = (None, PASSED, FAILED, BORROWED)
_EMPTY = {"status": None, "checks": 0, "hints": 0, "solution_seen": False, "since": None}


def home():
    """The folder of the progress file. Raises OSError where the system names no home."""
    try:
        return Path(os.environ.get("WORKSHOP_HOME") or Path.home() / ".atari-rl-workshop")
    except RuntimeError:
        raise OSError("there is no home folder; set WORKSHOP_HOME to a folder") from None


def load():
    """Name -> record. A record has `status`, `checks`, `hints`, `solution_seen` and `since` (seconds since 1970).

    A file that cannot be read is put aside as `progress.json.broken`, with a warning; nothing is deleted.
    """
    path = None
    try:
        path = home() / "progress.json"
        records = json.loads(path.read_text(encoding="utf-8"))
        if not (isinstance(records, dict) and all(map(_is_record, records.values()))):
            raise ValueError("not a table of records")
        return records
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        with contextlib.suppress(OSError, AttributeError):
            path.replace(path.with_suffix(".json.broken"))
        words = f"Your progress could not be read ({error}); it starts afresh. The old file is kept beside it."
        warnings.warn(words, stacklevel=2)
        return {}


def _is_record(record):
    if not isinstance(record, dict):
        return False
    whole = {**_EMPTY, **record}
    are_counts = all(type(whole[field]) is int and 0 <= whole[field] for field in ("checks", "hints"))
    since = whole["since"] or 0
    return are_counts and whole["status"] in _STATES and isinstance(since, (int, float)) and 0 <= since < 1e12


def record_of(name, records=None):
    """The record of one name, with its defaults."""
    return {**_EMPTY, **(load() if records is None else records).get(name, {})}


def update(name, **changes):
    """Change one record. A folder that cannot be written costs a warning, never the attendee's check.

    Args:
        changes: fields to set; a callable is given the old value.

    Returns:
        The new record.
    """
    try:
        home().mkdir(parents=True, exist_ok=True)
        with open(home() / "progress.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two notebooks may be open
            records = load()
            record = _changed(record_of(name, records), changes)
            records[name] = record
            _write(records)
        return record
    except OSError as error:
        warnings.warn(f"Your progress is not saved: {error}.", stacklevel=2)
        return _changed(record_of(name, {}), changes)


def _changed(record, changes):
    record = {**record, "since": record["since"] or time.time()}
    for field, change in changes.items():
        record[field] = change(record[field]) if callable(change) else change
    return record


def _write(records):
    descriptor, temporary = tempfile.mkstemp(dir=home(), prefix="progress.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(records, file, indent=1, sort_keys=True)
        os.replace(temporary, home() / "progress.json")
    except BaseException:
        os.unlink(temporary)
        raise
