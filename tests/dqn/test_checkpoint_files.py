"""Checkpoints that are damaged, foreign or too new: each is refused with a sentence that says what to do."""

import hashlib
import json
import os
import pickle
import shutil

import numpy as np
import pytest

from tests.dqn.checkpoint_helpers import flip, resign, state_of
from tests.dqn.test_plain_state import assert_same
from workshop.dqn import checkpoint_files
from workshop.dqn.checkpoints import CheckpointError


def refused(checkpoints, file, match):
    """The newest is refused, the sentence names the file and offers step 1, and step 1 loads."""
    with pytest.raises(CheckpointError, match=match) as caught:
        checkpoints.load()
    assert str(file) in str(caught.value)
    assert "the one before it, of step 1, is whole: go back to it with --resume --previous" in str(caught.value)
    assert caught.value.previous_step == 1
    assert_same(state_of(1, 60), checkpoints.load(previous=True))


def test_every_flipped_bit_is_refused(two):
    newest = two.list()[1].path
    for file in newest.iterdir():
        for bit in range(0, 8 * file.stat().st_size, 1 if file.name == "manifest.jsonl" else 13):
            flip(file, bit)
            with pytest.raises(CheckpointError, match=f"{file} is "):
                checkpoint_files.read(newest)
            flip(file, bit)
    assert_same(state_of(2, 60), two.load())


def test_every_cut_is_refused(two):
    newest = two.list()[1].path
    for file in newest.iterdir():
        whole = file.read_bytes()
        for longer in (b"\n", whole):
            with open(file, "ab") as end:
                end.write(longer)
            with pytest.raises(CheckpointError, match=str(file)):
                checkpoint_files.read(newest)
        for length in range(len(whole) - 1, -1, -1):
            os.truncate(file, length)
            with pytest.raises(CheckpointError, match=str(file)):
                checkpoint_files.read(newest)
        file.write_bytes(whole)
    assert_same(state_of(2, 60), two.load())


def test_damage_is_refused_and_the_one_before_offered(two):
    newest = two.list()[1].path
    manifest = newest / "manifest.jsonl"
    piece = next(path for path in newest.iterdir() if path != manifest)
    for file in (manifest, piece):
        whole = file.read_bytes()
        flip(file, 8 * len(whole) // 2)
        refused(two, file, "is damaged")
        file.write_bytes(whole[:-3])
        refused(two, file, "cut short" if file == manifest else "has 61 bytes and should have 64")
        file.unlink()
        refused(two, file, "is missing")
        file.mkdir()
        refused(two, file, "cannot be read")
        file.rmdir()
        file.write_bytes(whole)
    shutil.rmtree(newest)
    newest.write_text("a file")
    refused(two, manifest, "cannot be read")


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"[1]", b'{"format": "nbformat"}\n', b"\xff\xfe", b"\n\n\n", "npz", "pickle"]
)
def test_foreign_files_are_refused(two, content, tmp_path):
    newest = two.list()[1].path
    manifest, ran = newest / "manifest.jsonl", tmp_path / "ran"
    if content == "npz":
        np.savez(tmp_path / "x.npz", frames=np.zeros(3))
        content = (tmp_path / "x.npz").read_bytes()
    elif content == "pickle":
        content = pickle.dumps(Bomb(str(ran)))
        pickle.loads(content)
        assert ran.exists(), "the bomb works"
        ran.unlink()
    manifest.write_bytes(content)
    refused(two, manifest, "is no checkpoint of this kit")
    checksummed = content + json.dumps(hashlib.sha256(content).hexdigest()).encode() + b"\n"
    manifest.write_bytes(checksummed)
    refused(two, manifest, "is no checkpoint of this kit")
    assert not ran.exists()


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_newer_format_is_refused(two):
    manifest = two.list()[1].path / "manifest.jsonl"
    resign(manifest, lambda header, tree: (header | {"version": 2, "kit": "3.4.5"}, tree, "a line more"))
    refused(two, manifest, "written by version 3.4.5 of the kit, in format 2, .*: update the kit to read it")
    assert [line.problem is None for line in two.list()] == [True, False, True]
    assert two.list()[1].step == 2


@pytest.mark.parametrize("names", [["../../secret"], ["/etc/passwd"], [], ["0" * 64] * 2, [7], None, "0" * 64])
def test_names_of_pieces_that_lead_elsewhere_are_refused(two, names, tmp_path):
    (tmp_path / "run" / "secret").write_bytes(bytes(64))
    manifest = two.list()[1].path / "manifest.jsonl"
    tree = {"array": {"dtype": "|u1", "shape": [64], "chunks": names}}
    resign(manifest, lambda header, _: (header, tree))
    refused(two, manifest, "holds what this kit never writes")


def test_the_sentence_says_when_nothing_is_left(two):
    for line in two.list():
        flip(line.path / "manifest.jsonl", 2000)
    with pytest.raises(CheckpointError, match="; no earlier one is whole: begin a training without --resume") as caught:
        two.load()
    assert caught.value.previous_step is None
    with pytest.raises(CheckpointError, match="000001-step-1.* is damaged"):
        two.load(previous=True)
    with pytest.raises(CheckpointError, match="best-000003-step-1.* take the newest checkpoint instead"):
        two.load_best()
    assert two.best_score() == -np.inf
    assert two.save_best(state_of(5), 5, -3.0), "anything is better than what cannot be read"
    assert_same(state_of(5), two.load_best())
    assert len([line for line in two.list() if line.best]) == 1
