"""The files of one checkpoint: a manifest, and the pieces of its large arrays, each under the name of what it holds.

`manifest.jsonl` has three lines: what this is (format, version, kit, step, score), the state as `plain_state` puts it, and
the SHA-256 of the two lines before. A piece is a file named by the SHA-256 of its bytes. So every bit has a checksum.
"""

import errno
import hashlib
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
from tqdm import tqdm

import workshop
from workshop.dqn.plain_state import decode

FORMAT = "atari-rl-workshop checkpoint"
VERSION = (
    1  # of the format. In every version: JSON lines, the first says format, version and kit, the last the checksum
)
CHUNK = 1 << 22  # bytes in a piece; part of the format

_MANIFEST = "manifest.jsonl"
_THREADS = 4  # one waits for the disk while another computes checksums, both without holding Python's lock


class CheckpointError(Exception):
    """A checkpoint that cannot be read or written; the sentence says which file, what is wrong and what to do.

    Attributes:
        previous_step: int, the step of the newest checkpoint before it that is whole, which `load(previous=True)` goes
            back to; None if there is none.
    """

    previous_step = None


def write(folder, step, score, saved, tree, leaves, donor):
    """Write a checkpoint into a folder that is there and empty.

    Args:
        folder: Path.
        step, score, saved: int, float or None, and seconds since 1970, for the first line.
        tree, leaves: what `plain_state.encode` gave. The leaves' lists of names are filled.
        donor: Path of a checkpoint from which equal pieces are taken over as hard links, or None.

    Returns:
        int, the bytes that were written and not linked.

    Raises:
        OSError: the disk is full, and the like. The folder holds a part of it then.
    """
    pieces = []
    for names, array in leaves:
        length = CHUNK // array.itemsize
        pieces += [(names, array, start, start + length) for start in range(0, array.size, length)]

    def write_piece(piece):
        _, array, start, stop = piece
        # A slice of an array in C order is a view; one of `flat` is a copy, one piece long.
        data = (array.reshape(-1) if array.flags.c_contiguous else array.flat)[start:stop].view(np.uint8)
        name, written = hashlib.sha256(data).hexdigest(), 0
        with suppress(FileExistsError):  # this state has it twice, and one of the threads writes it
            if not (donor and _link(donor / name, folder / name, len(data))):
                written = _write_file(folder / name, data)
        return name, len(data), written

    size, total = sum(array.nbytes for _, array in leaves), 0
    with _bar(f"saving step {step}", size) as bar, ThreadPoolExecutor(_THREADS) as pool:
        for (names, *_), (name, length, written) in zip(pieces, pool.map(write_piece, pieces), strict=True):
            names.append(name)
            bar.update(length)
            total += written

    header = {"format": FORMAT, "version": VERSION, "kit": workshop.__version__}
    header |= {"step": step, "score": score, "saved": saved, "size": size}
    content = "".join(json.dumps(line) + "\n" for line in (header, tree)).encode()
    total += _write_file(folder / _MANIFEST, content + _checksum_line(content))
    sync_folder(folder)
    return total


def read(folder, into=None, only_check=False, part=()):
    """The state that a checkpoint's folder holds, after every checksum was found right.

    Args:
        folder: Path.
        into: as in `plain_state.decode`.
        only_check: bool, read everything and keep nothing: the arrays of the state hold anything. Never written to, they
            take no memory either.
        part: keys of dicts in dicts, ("training", "agent"): read what stands there, and nothing else.

    Raises:
        CheckpointError: it is not whole, or not ours, or of a newer format.
    """
    header, tree = read_manifest(folder)

    def read_piece(name, buffer):
        _read_piece(folder / name, np.empty_like(buffer) if only_check else buffer)
        return len(buffer)

    def read_pieces(names, data):
        if len(names) != -(-len(data) // CHUNK) or not all(re.fullmatch("[0-9a-f]{64}", name) for name in names):
            raise ValueError("wrong names of pieces")
        for length in pool.map(read_piece, names, (data[i : i + CHUNK] for i in range(0, len(data), CHUNK))):
            bar.update(length)

    what = f"{'checking' if only_check else 'loading'} step {header['step']}"
    with _bar(what, header["size"]) as bar, ThreadPoolExecutor(_THREADS) as pool:
        try:
            for key in part:
                tree = tree["dict"][key]
            return decode(tree, read_pieces, into)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{folder / _MANIFEST} holds what this kit never writes ({error})") from None


def read_manifest(folder):
    """(header, tree): the first line of a manifest, a dict, and its second, for `plain_state.decode`.

    Raises:
        CheckpointError: it is not whole, or not ours, or of a newer format.
    """
    file = folder / _MANIFEST
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{file} is missing, without which the checkpoint cannot be read") from None
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read ({error.strerror})") from None
    length = len(_checksum_line(b""))
    content, checksum = content[:-length], content[-length:]
    if checksum != _checksum_line(content):
        if FORMAT.encode() in content.split(b"\n")[0]:
            raise CheckpointError(f"{file} is damaged or cut short: its checksum is wrong")
        raise CheckpointError(f"{file} is no checkpoint of this kit, or damaged at its beginning")
    try:
        header, *trees = map(json.loads, content.splitlines())
        if header["format"] != FORMAT:
            raise ValueError(header["format"])
        if header["version"] > VERSION:
            raise CheckpointError(
                f"{file} was written by version {header['kit']} of the kit, in format {header['version']}, and this is "
                f"version {workshop.__version__}, which reads formats up to {VERSION}: update the kit to read it"
            )
        [tree] = trees
        header = {name: header[name] for name in ("step", "score", "saved", "kit", "size")}
    except (KeyError, TypeError, ValueError, RecursionError):
        raise CheckpointError(f"{file} is no checkpoint of this kit") from None
    return header, tree


def sync_folder(path):
    """Bring the names in a folder to the disk, where the file system can. Raises OSError."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(folder)


def _link(source, target, size):
    """Whether `source` is there in full and now has the name `target` as well."""
    try:
        if os.stat(source).st_size != size:
            return False
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # not there, or a file system without hard links
        return False
    return True


def _write_file(path, data):
    """Write a new file and bring it to the disk; returns its size."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    finally:
        os.close(file)
    return len(data)


def _read_piece(path, buffer):
    """Fill `buffer`, (n,) uint8, with a file."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == len(buffer):
                size = file.readinto(buffer)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing, a piece of the checkpoint") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror})") from None
    if size != len(buffer):
        raise CheckpointError(f"{path} has {size:,} bytes and should have {len(buffer):,}")
    if hashlib.sha256(buffer).hexdigest() != path.name:
        raise CheckpointError(f"{path} is damaged: its checksum is wrong")


def _checksum_line(content):
    return json.dumps(hashlib.sha256(content).hexdigest()).encode() + b"\n"


def _bar(what, size):
    """A progress bar that shows after two seconds, on a terminal."""
    return tqdm(total=size, desc=what, unit="B", unit_scale=True, delay=2, leave=False, disable=None)
