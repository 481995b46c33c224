"""Checkpoints: what is loaded is what was saved, what was deleted was not needed, and a large memory is not copied."""

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from tests.dqn.checkpoint_helpers import flip, state_of
from tests.dqn.test_plain_state import assert_same
from workshop.atari.vector import VectorAtari
from workshop.dqn import checkpoint_files
from workshop.dqn.checkpoints import CheckpointError, Checkpoints
from workshop.dqn.replay import ReplayMemory

MIB = 1 << 20


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def steps_of(checkpoints):
    return [(line.step, line.best) for line in checkpoints.list()]


def test_a_training_state_of_real_parts_comes_back(checkpoints):
    memory = ReplayMemory(40_000, 2, (42, 42), stack=4, n_step=3)
    rng = np.random.default_rng(3)
    with VectorAtari("pong", 2, seed=1, frame_shape=(42, 42), workers=0) as env:
        for _ in range(60):
            frames, actions = env.frames, rng.integers(3, size=2)
            step = env.step(actions)
            for i in range(2):
                memory.add(i, frames[i], actions[i], step.rewards[i], step.terminated[i])
        state = {"memory": memory.get_state(), "env": env.get_state(), "rng": rng.bit_generator.state, "epsilon": 0.1}
        saved = checkpoints.save(state, np.int64(60), np.float32(-20.5))
        assert (saved.step, saved.size) == (60, memory.frames.nbytes + 2 * memory.rewards.nbytes // 2 + 2 * 100_800)
        assert saved.written < saved.size / 3, "the memory is nearly empty, and its zeros are one piece"
        back = Checkpoints(checkpoints.folder).load()
        assert_same(state, back)
        again = ReplayMemory(40_000, 2, (42, 42), stack=4, n_step=3)
        again.set_state(back["memory"])
        with VectorAtari("pong", 2, seed=9, frame_shape=(42, 42), workers=0) as other:
            other.set_state(back["env"])
            for _ in range(20):
                ours, theirs = env.step([1, 2]), other.step([1, 2])
                np.testing.assert_array_equal(ours.next_frames, theirs.next_frames)
    [line] = checkpoints.list()
    assert (line.step, line.score, line.problem, line.path) == (60, -20.5, None, saved.path)


@pytest.mark.parametrize("view", ["whole", "strided", "transposed", "reversed", "broadcast", "big-endian"])
def test_arrays_of_many_pieces_come_back(checkpoints, view):
    array = np.random.default_rng(0).integers(2**63, size=(1200, 1100))  # 10 MB, no multiple of a piece
    array = {
        "whole": array,
        "strided": array[::2, ::3],
        "transposed": array.T,
        "reversed": array[::-1],
        "broadcast": np.broadcast_to(array[0], (1300, 1100)),
        "big-endian": array.astype(">f8"),
    }[view]
    checkpoints.save({"array": array, "bytes": array[:900].tobytes()}, 1)
    back = checkpoints.load()
    assert_same({"array": array, "bytes": array[:900].tobytes()}, back)


def test_sizes_around_a_piece_come_back(checkpoints, small_pieces):
    state = {str(size): np.arange(size, dtype=np.uint8) for size in (*range(20), 63, 64, 65, 127, 128, 129, 255)}
    state |= {f"f{size}": np.arange(size, dtype=float) for size in (7, 8, 9, 16, 17)}
    state |= {"bytes": bytes(200), "empty": np.zeros((3, 0, 2)), "scalar": np.array(2.5)}
    checkpoints.save(state, 0)
    assert_same(state, checkpoints.load())


def test_the_last_two_are_kept_and_the_best_apart(checkpoints):
    for step, score in enumerate([1, 5, 3, 5, 4, float("nan")]):
        checkpoints.save({**state_of(step), "memory": np.zeros(9)}, step, score)
        kept = checkpoints.save_best(state_of(step), step, score)
        assert (kept is not None) == (step in (0, 1))
        assert checkpoints.best_score() == max([1, 5][: step + 1])
        assert_same(state_of(min(step, 1)), checkpoints.load_best())
        assert_same(step, checkpoints.load()["step"])
    assert steps_of(checkpoints) == [(4, False), (5, False), (1, True)]
    assert len(list(checkpoints.folder.iterdir())) == 4  # these and .lock
    assert [line.score for line in checkpoints.list()][::2] == [4.0, 5.0]


def test_the_order_of_saving_counts_and_not_the_step(tmp_path):
    for keep in (1, 2, 3):
        store = Checkpoints(tmp_path / str(keep), keep)
        saved = [7, 7, 3, 5, 4, 5]
        for number, step in enumerate(saved, 1):
            store.save(state_of(step), step)
            assert steps_of(store) == [(step, False) for step in saved[max(number - keep, 0) : number]]
            assert_same(state_of(step), store.load())
        store.close()


def test_only_what_is_new_since_the_last_but_one_is_written(checkpoints):
    rng = np.random.default_rng(0)
    memory = rng.integers(256, size=(4, 8 * MIB), dtype=np.uint8)
    written = []
    for step in range(6):
        memory[:, step * 1000 : step * 1000 + 1000] = rng.integers(256, size=(4, 1000), dtype=np.uint8)
        written.append(checkpoints.save({"memory": memory}, step).written)
    assert min(written[:2]) >= memory.nbytes
    assert max(written[2:]) <= 4 * checkpoint_files.CHUNK + 10_000
    assert_same({"memory": memory}, checkpoints.load())


def test_no_file_belongs_to_two_checkpoints(checkpoints, small_pieces):
    for step in range(6):
        state = {"step": step, "same": np.arange(100), "twice": [np.arange(100), np.arange(100)]}
        checkpoints.save(state, step)
        checkpoints.save_best(state, step, step)
        assert {path.stat().st_nlink for path in files_of(checkpoints.folder)} == {1}
        assert_same(state, checkpoints.load())


def test_without_hard_links_everything_is_written(checkpoints, small_pieces, monkeypatch):
    def refuse(*_):
        raise OSError("this file system has none")

    monkeypatch.setattr(os, "link", refuse)
    written = [checkpoints.save(state_of(0), step).written for step in range(4)]
    assert written[3] == pytest.approx(written[0], abs=50)  # the manifest holds the time
    assert_same(state_of(0), checkpoints.load())


def test_a_piece_cut_short_is_not_taken_over(checkpoints, small_pieces):
    for step in range(2):
        checkpoints.save(state_of(0), step)
    for path in checkpoints.list()[0].path.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    checkpoints.save(state_of(0), 2)
    assert_same(state_of(0), checkpoints.load())


def test_what_is_not_ours_is_left_alone(checkpoints):
    checkpoints.folder.mkdir(parents=True)
    (checkpoints.folder / "notes.txt").write_text("mine")
    (checkpoints.folder / "000001-step-1-copy").mkdir()
    for step in range(4):
        checkpoints.save(state_of(step), step)
    assert (checkpoints.folder / "notes.txt").read_text() == "mine"
    assert (checkpoints.folder / "000001-step-1-copy").is_dir()
    assert steps_of(checkpoints) == [(2, False), (3, False)]


def test_an_empty_folder_and_none_at_all(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        store = Checkpoints(folder)
        for load in (store.load, lambda: store.load(previous=True)):  # noqa: B023 - called at once
            with pytest.raises(CheckpointError, match="holds no checkpoint: begin a training"):
                load()
        with pytest.raises(CheckpointError, match="holds no best agent"):
            store.load_best()
        assert store.list() == []
        assert not (tmp_path / "nowhere").exists(), "reading makes no folder"
    store.save(state_of(1), 1)
    with pytest.raises(CheckpointError, match="holds no earlier checkpoint to go back to"):
        store.load(previous=True)
    store.close()


def test_going_back_leaves_what_was_newer_behind(two):
    flip(two.list()[1].path / "manifest.jsonl", 100)
    store = Checkpoints(two.folder)
    store.load(previous=True)
    assert steps_of(store) == [(1, False), (2, False), (1, True)], "nothing is deleted before there is something new"
    two.close()
    store.save(state_of(2, 60), 2)
    assert steps_of(store) == [(1, False), (2, False), (1, True)]
    assert_same(state_of(2, 60), store.load())
    store.save(state_of(3, 60), 3)
    assert steps_of(store) == [(2, False), (3, False), (1, True)]
    store.close()


def test_what_is_not_plain_is_refused_before_anything_is_written(checkpoints):
    with pytest.raises(TypeError, match=r"^agent\.optimizer is a "):
        checkpoints.save({"big": np.ones(MIB), "agent": {"optimizer": object()}}, 1)
    assert not checkpoints.folder.exists()


# Memory


def peak_of(function):
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1] / MIB, result
    finally:
        tracemalloc.stop()


def test_a_large_array_is_not_copied(checkpoints):
    memory = np.random.default_rng(0).integers(256, size=(64, MIB), dtype=np.uint8)
    state = {"replay": {"frames": memory}, "step": 1}
    for _ in range(3):  # with nothing on the disk, and with links
        peak, _ = peak_of(lambda: checkpoints.save(state, 1))
        assert peak < 2
    peak, _ = peak_of(lambda: checkpoints.save({"replay": memory[:, ::2]}, 2))
    assert peak < 4 * 4 + 4, "a piece for each thread"
    peak, back = peak_of(lambda: checkpoints.load(previous=True))
    assert 64 <= peak < 66
    assert_same(state, back)
    back["replay"]["frames"][:] = 0
    peak, again = peak_of(lambda: checkpoints.load(previous=True, into={"replay": back["replay"]}))
    assert peak < 2
    assert again["replay"]["frames"] is back["replay"]["frames"]
    assert_same(state, again)


# Other processes

HOLD = """
import os, sys, time
from workshop.dqn.checkpoints import Checkpoints
store = Checkpoints(sys.argv[1])
store.lock()
if os.fork() == 0:  # a process that it started, such as one that plays, and that lives on
    time.sleep(60)
    os._exit(0)
print("locked", flush=True)
time.sleep(60)
"""


def test_two_trainings_in_one_folder(checkpoints):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, checkpoints.folder], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout.readline() == b"locked\n"
        for write in (checkpoints.lock, lambda: checkpoints.save({}, 1), lambda: checkpoints.save_best({}, 1, 1.0)):
            with pytest.raises(CheckpointError, match=rf"another training \(process {process.pid}\) .*end it first"):
                write()
        assert checkpoints.list() == []
        process.kill()  # its child lives
        process.wait()
        checkpoints.save({"a": 1}, 1)
        assert checkpoints.load() == {"a": 1}
    finally:
        os.killpg(process.pid, 9)
        process.stdout.close()
        process.wait()


@pytest.mark.parametrize("saves", [1, 2, 3])
def test_reading_while_another_saves(checkpoints, monkeypatch, saves):
    """What `workshop evaluate` meets during a training: what it is about to read is deleted under its hands."""
    reader, steps = Checkpoints(checkpoints.folder), iter(range(100))

    def save():
        step = next(steps)
        checkpoints.save(state_of(step), step)
        checkpoints.save_best(state_of(step), step, step)
        return step

    def read_late(path):
        for _ in range(saves):
            last.append(save())
        monkeypatch.undo()
        return checkpoint_files.read(path)

    for load in (lambda: reader.load(), lambda: reader.load_best()):
        last = [save()]
        monkeypatch.setattr("workshop.dqn.checkpoints.read", lambda path, *_, **_options: read_late(path))
        state = load()
        assert_same(state_of(state["step"]), state)
        assert state["step"] in (last[0], last[-1])
        assert len(last) == 1 + saves


def test_listing_while_another_saves(checkpoints, monkeypatch):
    for step in (1, 2):
        checkpoints.save(state_of(step), step)

    def read_late(path):
        monkeypatch.undo()
        checkpoints.save(state_of(3), 3)
        return checkpoint_files.read_manifest(path)

    monkeypatch.setattr("workshop.dqn.checkpoints.read_manifest", read_late)
    assert steps_of(Checkpoints(checkpoints.folder)) == [(2, False)]
    assert steps_of(Checkpoints(checkpoints.folder)) == [(2, False), (3, False)]
