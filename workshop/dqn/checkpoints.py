"""Checkpoints on disk: written whole or not at all, the last two and the best kept, and nothing read that is not right.

    checkpoints = Checkpoints(run / "checkpoints")
    checkpoints.lock()                               # no other training writes here
    saved = checkpoints.save(state, step)            # Saved(step, path, size, written, seconds)
    checkpoints.save_best(small_state, step, score)  # kept if no score was higher
    state = checkpoints.load(into=state)             # the newest; fills the arrays that are there already

A checkpoint is a folder, such as `000007-step-120000`, with a file `manifest.jsonl` and one file for each 4 MiB of the
large arrays, named by the SHA-256 of what it holds.

- It is written under another name, brought to the disk (fsync), and then renamed, which happens at once or not at all.
  Older ones go only after that. Killed at any moment, the process leaves what was there before, or the new one as well.
- The ring of a replay memory changes in few places between two checkpoints, so most pieces are on the disk already. They
  are taken over as hard links, which cost nothing, from the checkpoint that goes when this one is complete, and from no
  other: two checkpoints that stay share no file, and a bad spot on the disk costs one of them. So a save writes what is
  new since the last but one. All the zeros of a memory that is not full yet are one piece.
- Manifest and pieces carry checksums, and there is no pickle: a checkpoint from elsewhere cannot run code.
"""

import errno
import fcntl
import math
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from workshop.dqn.checkpoint_files import CheckpointError, read, read_manifest, sync_folder, write
from workshop.dqn.plain_state import encode

_UNFINISHED = ".unfinished-"  # what is being written or deleted; after a crash, whatever bears this name is waste
_NAME = re.compile(r"(best-)?(\d{6,})-step-(\d+)")


class CheckpointNotSaved(CheckpointError):
    """The disk is full or cannot be written to: this checkpoint is lost, all others are as they were. Go on training.

    Attributes:
        errno: int, the operating system's reason, such as `errno.ENOSPC`.
    """

    def __init__(self, sentence, reason):
        super().__init__(sentence)
        self.errno = reason.errno


class Saved(NamedTuple):
    """What a save did."""

    step: int
    path: Path
    size: int  # bytes of the large arrays in the state
    written: int  # bytes written to the disk
    seconds: float


class Checkpoint(NamedTuple):
    """A line of `Checkpoints.list`. With a `problem`, what only the manifest knows is None."""

    step: int
    best: bool
    path: Path
    score: float | None
    saved: float | None  # seconds since 1970
    kit: str | None  # the version that wrote it
    problem: str | None  # what is wrong with its manifest


class Checkpoints:
    """The checkpoints of one training.

    Args:
        folder: path; made when it is first written to.
        keep: int >= 1, how many to keep beside the best.
    """

    def __init__(self, folder, keep=2):
        self.folder, self.keep = Path(folder), keep
        self._lock = None
        self._abandoned = []  # newer than the one that `load(previous=True)` went back to

    def save(self, state, step, score=None):
        """Write a checkpoint, then delete those that are older than the last `keep`.

        Args:
            state: plain nested data (see `plain_state`). Not copied: nothing may change it meanwhile.
            step: int, the agent's step.
            score: float or None, for `list`.

        Returns:
            `Saved`.

        Raises:
            TypeError: something in the state is not plain; says where.
            CheckpointNotSaved: the disk is full, or cannot be written to.
            CheckpointError: another process trains in this folder.
        """
        stay = [path for path in self._paths() if path not in self._abandoned]
        outdated = stay[: max(len(stay) - self.keep + 1, 0)]
        saved = self._write("", state, step, score, donor=outdated[-1] if outdated else None)
        self._remove(outdated + self._abandoned)
        self._abandoned = []
        return saved

    def save_best(self, state, step, score):
        """Keep this state in place of the best so far, if its score is higher.

        Args:
            state, step: as in `save`; without the replay memory, so that it is small.
            score: float. NaN is not higher than anything.

        Returns:
            `Saved`, or None if it is not higher.

        Raises:
            As `save`.
        """
        if not score > self.best_score():
            return None
        outdated = self._paths(best=True)
        saved = self._write("best-", state, step, score, donor=None)
        self._remove(outdated)
        return saved

    def best_score(self):
        """The score of the best, a float; -inf if there is none that can be read."""
        scores = [checkpoint.score for checkpoint in self.list() if checkpoint.best and not checkpoint.problem]
        return scores[-1] if scores else -math.inf

    def load(self, previous=False, into=None, part=()):
        """The state of the newest checkpoint, after all its checksums were found right.

        Args:
            previous: bool, go back to the newest whole one before it. The next `save` then deletes what is newer.
            into: a state such as `save` takes, or a part of one. Arrays with the place, dtype and shape of a saved one
                are filled and returned instead of new ones, so that a replay memory is not in memory twice. After a
                CheckpointError they may hold anything.
            part: keys of dicts in dicts, ("training", "agent"): of this part alone, without the rest in memory.

        Raises:
            CheckpointError: there is none, or it is not whole; its `previous_step` says what there is to go back to.
        """
        while True:
            newest_first = self._paths()[::-1]
            candidates = newest_first[1:] if previous else newest_first[:1]
            if not candidates:
                what = "earlier checkpoint to go back to" if newest_first else "checkpoint"
                raise CheckpointError(f"{self.folder} holds no {what}: begin a training without --resume")
            problem = None
            for path in candidates:
                try:
                    state = read(path, into, part=part)
                except CheckpointError as error:
                    problem = problem or error
                else:
                    self._abandoned = newest_first[: newest_first.index(path)]
                    return state
            if candidates[0].exists():
                raise _with_offer(problem, [] if previous else newest_first[1:]) from None
            # A training is running: it saved a newer one and deleted this meanwhile.

    def load_best(self):
        """The state that `save_best` kept.

        Raises:
            CheckpointError: there is none, or it is not whole.
        """
        while True:
            paths = self._paths(best=True)
            if not paths:
                raise CheckpointError(
                    f"{self.folder} holds no best agent: training keeps one from its first evaluation"
                )
            try:
                return read(paths[-1])
            except CheckpointError as error:
                if paths[-1].exists():
                    raise CheckpointError(f"{error}; take the newest checkpoint instead, or train on") from None

    def list(self):
        """All checkpoints as a list of `Checkpoint`, oldest first, the best last. Reads the manifests alone."""
        found = []
        for best in (False, True):
            for path in self._paths(best):
                header, problem = {}, None
                try:
                    header, _ = read_manifest(path)
                except CheckpointError as error:
                    if not path.exists():
                        continue  # a training is running, and deleted it meanwhile
                    problem = str(error)
                score, saved, kit = map(header.get, ("score", "saved", "kit"))
                found.append(Checkpoint(_step(path), best, path, score, saved, kit, problem))
        return found

    def lock(self):
        """Be the only process that writes here, until `close` or the end of the process, however it ends.

        `save` does this too; a training does it before it begins.

        Raises:
            CheckpointError: another process does, or the folder cannot be written to.
        """
        if self._lock:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = open(self.folder / ".lock", "a+")  # noqa: SIM115 - open as long as it is locked
        except OSError as error:
            sentence = f"{self.folder} cannot be written to ({error.strerror}): make room, or choose another folder"
            raise CheckpointNotSaved(sentence, error) from None
        try:
            # Not flock: when this process is killed, one that it started would still hold that.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                file.seek(0)
                other = file.read()
                file.close()
                raise CheckpointError(
                    f"another training (process {other}) saves its checkpoints in {self.folder}: end it first, or give "
                    "this one another folder"
                ) from None
            # Any other error: a network drive that knows no locks. Better to train without one than not at all.
        self._lock = file
        with suppress(OSError):  # on a full disk the lock holds, without the number
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        for waste in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(waste, ignore_errors=True)
        self._remove(self._paths(best=True)[:-1])  # killed before the best so far was deleted

    def close(self):
        """Let another process write here."""
        if self._lock:
            with suppress(OSError):  # the number again
                self._lock.close()
            self._lock = None

    def _paths(self, best=False):
        """The folders of checkpoints, oldest first. What bears any other name is not ours, and is left alone."""
        names = os.listdir(self.folder) if self.folder.is_dir() else []
        ours = [name for name in map(_NAME.fullmatch, names) if name and bool(name[1]) == best]
        return [self.folder / name[0] for name in sorted(ours, key=lambda name: int(name[2]))]

    def _write(self, prefix, state, step, score, donor):
        started = time.perf_counter()
        step, score = int(step), None if score is None else float(score)
        tree, leaves = encode(state)
        size = sum(array.nbytes for _, array in leaves)
        self.lock()
        number = 1 + max((_number(path) for best in (False, True) for path in self._paths(best)), default=0)
        final = self.folder / f"{prefix}{number:06d}-step-{step}"
        partial = self.folder / (_UNFINISHED + final.name)
        try:
            partial.mkdir()
            written = write(partial, step, score, time.time(), tree, leaves, donor)
            os.rename(partial, final)
            sync_folder(self.folder)
        except BaseException as error:
            shutil.rmtree(partial, ignore_errors=True)
            if not isinstance(error, OSError):
                raise
            try:
                free = shutil.disk_usage(self.folder).free
            except OSError:
                sentence = f"{final} was not saved ({error.strerror}): the folder is gone, with all that was in it"
            else:
                sentence = (
                    f"{final} was not saved ({error.strerror}): it takes up to {size / 1e6:,.0f} MB, and "
                    f"{free / 1e6:,.0f} MB are free; make room for the next one, the earlier ones are as they were"
                )
            raise CheckpointNotSaved(sentence, error) from error
        return Saved(step, final, size, written, time.perf_counter() - started)

    def _remove(self, paths):
        """Delete checkpoints. Each loses its name first: a kill halfway leaves nothing that looks like a checkpoint."""
        for path in paths:
            waste = self.folder / (_UNFINISHED + path.name)
            with suppress(OSError):  # then the next save tries again
                os.rename(path, waste)
                shutil.rmtree(waste, ignore_errors=True)


def _with_offer(problem, older):
    """The problem with a checkpoint, and what there is to do about it."""
    step = None
    for path in older:
        with suppress(CheckpointError):
            read(path, only_check=True)
            step = _step(path)
            break
    offer = f"the one before it, of step {step}, is whole: go back to it with --resume --previous"
    if step is None:
        offer = "no earlier one is whole: begin a training without --resume"
    error = CheckpointError(f"{problem}; {offer}")
    error.previous_step = step
    return error


def _number(path):
    return int(_NAME.fullmatch(path.name)[2])


def _step(path):
    return int(_NAME.fullmatch(path.name)[3])
