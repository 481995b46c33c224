"""Files that are there whole or not at all."""

import os
from pathlib import Path


def write_whole(path, data):
    """Write a file so that nobody ever sees half of it: under another name first, then renamed.

    A link stays one, and what is written to is its target. What cannot be replaced, such as a terminal or a pipe, is
    written to directly.

    Args:
        path: Path.
        data: bytes.

    Raises:
        OSError: the disk is full, and the like; it names the file. A file that was there is then as it was.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:  # that of a full disk names no file, and others name one that nobody asked for
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _replace(path, data):
    partial = path.with_name(f".unfinished-{os.getpid()}-{path.name}")  # two runs may write the same report
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
